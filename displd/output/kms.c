// SPDX-License-Identifier: GPL-2.0-only
/* Shows pictures through atomic mode setting. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/container_of.h"
#include "output/kms.h"
#include "output/kms-card.h"

#define PAGE 4096U
#define XRGB8888 0x34325258U /* "XR24" */
/* of flips, where the driver has no vertical blank to wait for */
#define PERIOD (XDC_NS_PER_S / 60)
#define CARDS 16
/*
 * The pitch must be a multiple of this, in bytes.  Cards count it in units of 8
 * or 16, cirrus after making pixels narrower; and drivers of simple cards
 * (cirrus, ast, mgag200) round down silently.
 */
#define PITCH_ALIGN 32
/* a page flip that takes longer has timed out */
#define FLIP_TIMEOUT (2 * XDC_NS_PER_S)

struct kms_image {
	struct xd_image image;
	uint32_t fb;
	uint32_t handle; /* of shadows */
	uint64_t size;
};

struct kms_output {
	struct xd_output output;
	struct xd_kms_pipe pipe;
	struct xdc_timer pace; /* delays flip_done() of drivers without vblank */
	struct xdc_timer timeout; /* of the flip under way */
	uint64_t last; /* when a flip was done last */
	uint32_t x, y; /* pixel of the image at the upper left of the screen */
	bool on;
};

static struct kms_output *from_output(struct xd_output *o)
{
	return container_of(o, struct kms_output, output);
}

static struct kms_image *from_image(struct xd_image *image)
{
	return container_of(image, struct kms_image, image);
}

static int card_fd(const struct kms_output *k)
{
	return k->pipe.card->source.fd;
}

/* ---- images ---- */

static bool plane_takes(const struct kms_output *k, uint32_t fourcc)
{
	unsigned int i;

	for (i = 0; i < k->pipe.nr_formats; i++)
		if (k->pipe.formats[i] == fourcc)
			return true;
	return false;
}

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	uint32_t handles[4] = { 0 }, pitches[4] = { pic->pitch };
	uint32_t offsets[4] = { pic->offset };
	uint32_t format = pic->format->fourcc;
	struct kms_output *k = from_output(o);
	struct kms_image *i;
	int err = 0;

	/* nothing lies behind the picture: alpha is ignored */
	if (!plane_takes(k, format))
		format = pic->format->opaque;
	if (!plane_takes(k, format))
		return -EOPNOTSUPP;
	if (pic->width < k->pipe.mode.hdisplay ||
	    pic->height < k->pipe.mode.vdisplay)
		return -ERANGE;
	if (pic->pitch % PITCH_ALIGN)
		return -EINVAL;
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	if (drmPrimeFDToHandle(card_fd(k), pic->dmabuf, &handles[0])) {
		err = -errno;
	} else {
		if (drmModeAddFB2(card_fd(k), pic->width, pic->height, format,
				  handles, pitches, offsets, &i->fb, 0))
			err = -errno;
		/* the framebuffer holds what the handle held */
		drmCloseBufferHandle(card_fd(k), handles[0]);
	}
	if (err) {
		free(i);
		return err;
	}
	i->image.width = pic->width;
	i->image.height = pic->height;
	*image = &i->image;
	return 0;
}

static void release(struct xd_output *o, struct xd_image *image)
{
	struct kms_image *i = from_image(image);
	struct kms_output *k = from_output(o);

	if (i->fb)
		drmModeRmFB(card_fd(k), i->fb);
	if (i->image.pixels)
		munmap(i->image.pixels, i->size);
	if (i->handle)
		drmModeDestroyDumbBuffer(card_fd(k), i->handle);
	free(i);
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	struct kms_output *k = from_output(o);
	uint32_t w = k->pipe.mode.hdisplay, h = k->pipe.mode.vdisplay;
	uint32_t handles[4] = { 0 }, pitches[4] = { 0 }, offsets[4] = { 0 };
	struct kms_image *i = calloc(1, sizeof(*i));
	uint64_t at;
	void *map;
	int err;

	if (!i)
		return -ENOMEM;
	i->image.width = w;
	i->image.height = h;
	if (drmModeCreateDumbBuffer(card_fd(k), w, h, 32, 0, &i->handle,
				    &i->image.pitch, &i->size) ||
	    drmModeMapDumbBuffer(card_fd(k), i->handle, &at))
		goto fail;
	handles[0] = i->handle;
	pitches[0] = i->image.pitch;
	if (drmModeAddFB2(card_fd(k), w, h, XRGB8888, handles, pitches, offsets,
			  &i->fb, 0))
		goto fail;
	map = mmap(NULL, i->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   card_fd(k), (off_t)at);
	if (map == MAP_FAILED)
		goto fail;
	i->image.pixels = map;
	*image = &i->image;
	return 0;
fail:
	err = errno ? -errno : -EIO;
	release(o, &i->image);
	return err;
}

/* A dumb buffer: memory of the kind that the card scans out from */
static int alloc(struct xd_output *o, size_t size, int *dmabuf)
{
	struct kms_output *k = from_output(o);
	uint32_t handle, pitch;
	uint64_t got;
	int err = 0;

	if (drmModeCreateDumbBuffer(card_fd(k), PAGE / 4,
				    (uint32_t)(size / PAGE), 32, 0, &handle,
				    &pitch, &got))
		return errno ? -errno : -EIO;
	if (got < size)
		err = -EOPNOTSUPP;
	else if (drmPrimeHandleToFD(card_fd(k), handle, DRM_CLOEXEC | DRM_RDWR,
				    dmabuf))
		err = errno ? -errno : -EIO;
	/* the dma-buf holds what the handle held */
	drmModeDestroyDumbBuffer(card_fd(k), handle);
	return err;
}

static int reach(struct xd_output *o, int dmabuf)
{
	struct kms_output *k = from_output(o);
	uint32_t handle;

	if (drmPrimeFDToHandle(card_fd(k), dmabuf, &handle))
		return -errno;
	drmCloseBufferHandle(card_fd(k), handle);
	return 0;
}

/* ---- commits ---- */

struct commit {
	drmModeAtomicReq *req;
	int err;
};

static void set_prop(struct commit *c, uint32_t object, uint32_t prop,
		     uint64_t value)
{
	if (c->req && drmModeAtomicAddProperty(c->req, object, prop, value) < 0)
		c->err = -ENOMEM;
}

/* Shadows have the mode's size, and the right part of the picture in them */
static void set_image(struct commit *c, const struct kms_output *k,
		      const struct kms_image *i)
{
	const struct xd_kms_pipe *p = &k->pipe;
	uint32_t w = p->mode.hdisplay, h = p->mode.vdisplay;
	uint32_t x = i->image.pixels ? 0 : k->x, y = i->image.pixels ? 0 : k->y;

	if (x > i->image.width - w)
		x = i->image.width - w;
	if (y > i->image.height - h)
		y = i->image.height - h;
	set_prop(c, p->plane, p->prop.fb, i->fb);
	set_prop(c, p->plane, p->prop.crtc, p->crtc);
	set_prop(c, p->plane, p->prop.src_x, (uint64_t)x << 16);
	set_prop(c, p->plane, p->prop.src_y, (uint64_t)y << 16);
	set_prop(c, p->plane, p->prop.src_w, (uint64_t)w << 16);
	set_prop(c, p->plane, p->prop.src_h, (uint64_t)h << 16);
	set_prop(c, p->plane, p->prop.crtc_x, 0);
	set_prop(c, p->plane, p->prop.crtc_y, 0);
	set_prop(c, p->plane, p->prop.crtc_w, w);
	set_prop(c, p->plane, p->prop.crtc_h, h);
}

static void set_mode(struct commit *c, const struct kms_output *k, bool on)
{
	const struct xd_kms_pipe *p = &k->pipe;

	set_prop(c, p->connector, p->prop.connector_crtc, on ? p->crtc : 0);
	set_prop(c, p->crtc, p->prop.mode, on ? p->blob : 0);
	set_prop(c, p->crtc, p->prop.active, on);
}

static int submit(struct kms_output *k, struct commit *c, uint32_t flags)
{
	void *data = xd_kms_flip_data(&k->pipe, k->pipe.number);

	if (!c->req)
		return -ENOMEM;
	if (!c->err && drmModeAtomicCommit(card_fd(k), c->req, flags, data))
		c->err = errno ? -errno : -EIO;
	drmModeAtomicFree(c->req);
	return c->err;
}

/* Events of flips under way still come, and are ignored by their number */
static void forget_flips(struct kms_output *k)
{
	k->pipe.number++;
	xdc_timer_at(&k->pace, 0);
	xdc_timer_at(&k->timeout, 0);
}

/*
 * Drivers that copy images to the card (cirrus, ast, mgag200) begin at the
 * image's corner, even if x and y say otherwise.
 */
static bool can_show(const struct kms_output *k, const struct xd_image *image)
{
	return image->pixels || !k->pipe.damage || (!k->x && !k->y);
}

static int show(struct xd_output *o, struct xd_image *image, uint32_t x,
		uint32_t y)
{
	struct commit c = { 0 };
	struct kms_output *k = from_output(o);
	int err;

	k->x = x;
	k->y = y;
	if (!can_show(k, image))
		return -EOPNOTSUPP;
	c.req = drmModeAtomicAlloc();
	set_mode(&c, k, true);
	set_image(&c, k, from_image(image));
	/* blocks until a flip under way is done and the old image is not read */
	err = submit(k, &c, DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (err)
		return err;
	forget_flips(k);
	k->on = true;
	return 0;
}

static void off(struct xd_output *o)
{
	struct commit c = { .req = drmModeAtomicAlloc() };
	struct kms_output *k = from_output(o);
	int err;

	forget_flips(k);
	if (!k->on) {
		drmModeAtomicFree(c.req);
		return;
	}
	k->on = false;
	set_mode(&c, k, false);
	set_prop(&c, k->pipe.plane, k->pipe.prop.fb, 0);
	set_prop(&c, k->pipe.plane, k->pipe.prop.crtc, 0);
	err = submit(k, &c, DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (err)
		xdc_log(XDC_WARNING, "%s of %s: cannot switch off: %s",
			k->pipe.name, k->pipe.card->path, strerror(-err));
}

static int try_flip(struct kms_output *k, struct xd_image *image,
		    uint32_t flags)
{
	struct commit c = { .req = drmModeAtomicAlloc() };

	set_image(&c, k, from_image(image));
	return submit(k, &c,
		      flags | DRM_MODE_ATOMIC_NONBLOCK |
			      DRM_MODE_PAGE_FLIP_EVENT);
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	struct kms_output *k = from_output(o);
	int err;

	if (!k->on)
		return -ENODEV;
	if (!can_show(k, image))
		return -EOPNOTSUPP;
	k->pipe.number++;
	err = try_flip(k, image, 0);
	/* some drivers need a modeset for another format or pitch */
	if (err == -EINVAL)
		err = try_flip(k, image, DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (!err)
		xdc_timer_in(&k->timeout, FLIP_TIMEOUT);
	/* unplugged: call lost(), but not from within this call */
	else if (err == -ENODEV)
		xdc_timer_in(&k->timeout, 1);
	return err;
}

static void time_out(struct xdc_timer *t)
{
	struct kms_output *k = container_of(t, struct kms_output, timeout);

	xdc_log(XDC_ERROR, "%s of %s (%s): page flip timed out", k->pipe.name,
		k->pipe.card->path, k->pipe.card->driver);
	k->output.lost(&k->output);
}

static void lost(struct xd_kms_pipe *p)
{
	struct kms_output *k = container_of(p, struct kms_output, pipe);

	k->output.lost(&k->output);
}

static void finish_flip(struct kms_output *k)
{
	k->last = xdc_now();
	k->output.flip_done(&k->output);
}

static void finish_paced(struct xdc_timer *t)
{
	finish_flip(container_of(t, struct kms_output, pace));
}

static void flipped(struct xd_kms_pipe *p)
{
	struct kms_output *k = container_of(p, struct kms_output, pipe);

	xdc_timer_at(&k->timeout, 0);
	if (p->card->vblank || xdc_now() >= k->last + PERIOD)
		finish_flip(k);
	else
		xdc_timer_at(&k->pace, k->last + PERIOD);
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	const struct kms_output *k =
		container_of(o, const struct kms_output, output);

	snprintf(buf, len, "%s of %s (%s)", k->pipe.name, k->pipe.card->path,
		 k->pipe.card->driver);
	*w = k->pipe.mode.hdisplay;
	*h = k->pipe.mode.vdisplay;
}

static const char *connector(const struct xd_output *o)
{
	return container_of(o, const struct kms_output, output)->pipe.name;
}

static void destroy(struct xd_output *o)
{
	struct xd_kms_card *card;
	struct kms_output *k = from_output(o);

	off(o);
	card = k->pipe.card;
	xd_kms_pipe_release(&k->pipe);
	xdc_timer_fini(&k->pace);
	xdc_timer_fini(&k->timeout);
	xd_kms_card_put(card);
	free(k);
}

static const struct xd_output_ops ops = {
	.name = "kms",
	.destroy = destroy,
	.import = import,
	.shadow = shadow,
	.release = release,
	.show = show,
	.off = off,
	.flip = flip,
	.alloc = alloc,
	.reach = reach,
	.describe = describe,
	.connector = connector,
};

static int open_on(struct xdc_loop *loop, const struct xd_policy *policy,
		   const char *path, uint32_t w, uint32_t h,
		   struct xd_output **out, struct xdc_reason *why)
{
	struct xd_kms_card *card;
	struct kms_output *k;
	int err;

	err = xd_kms_card_get(loop, path, &card, why);
	if (err)
		return err;
	k = calloc(1, sizeof(*k));
	if (!k) {
		err = xdc_reason_set(why, -ENOMEM, "out of memory");
		goto put;
	}
	k->output.ops = &ops;
	k->pipe.flipped = flipped;
	k->pipe.lost = lost;
	k->pace.source.fd = k->timeout.source.fd = -1;
	err = xdc_timer_init(loop, &k->pace, finish_paced);
	if (!err)
		err = xdc_timer_init(loop, &k->timeout, time_out);
	if (err) {
		xdc_reason_set(why, err, "no timer: %s", strerror(-err));
		goto fini_timers;
	}
	err = xd_kms_pipe_claim(card, &k->pipe, policy->connector, w, h, why);
	if (err)
		goto fini_timers;
	k->output.needs_flips = k->pipe.damage;
	*out = &k->output;
	return 0;

fini_timers:
	xdc_timer_fini(&k->pace);
	xdc_timer_fini(&k->timeout);
	free(k);
put:
	xd_kms_card_put(card);
	return err;
}

/* A screen or card may be plugged in, and another program may release it */
static bool may_recover(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -ENXIO ||
	       err == -EBUSY || err == -EACCES;
}

int xd_kms_open(struct xdc_loop *loop, const struct xd_policy *policy,
		uint32_t w, uint32_t h, struct xd_output **out,
		struct xdc_reason *why)
{
	struct xdc_reason first;
	bool choose = policy->output == XD_OUTPUT_AUTO, busy = false;
	int i, err = -ENODEV;

	if (*policy->card) {
		err = open_on(loop, policy, policy->card, w, h, out, why);
		if (choose && err == -EBUSY)
			return err;
		return may_recover(err) ? -EAGAIN : err;
	}
	xdc_reason_set(&first, 0, "there is no graphics card in /dev/dri");
	for (i = 0; i < CARDS; i++) {
		bool none = err == -ENODEV;
		char path[32];

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		if (access(path, F_OK))
			continue;
		err = open_on(loop, policy, path, w, h, out, why);
		if (!err)
			return 0;
		/* the reason of a card without screens tells least */
		if (none || (err == -EBUSY && !busy))
			first = *why;
		busy |= err == -EBUSY;
	}
	*why = first;
	if (choose && busy)
		return -EBUSY;
	/* a better card may be plugged in, whatever is wrong with these */
	return -EAGAIN;
}
