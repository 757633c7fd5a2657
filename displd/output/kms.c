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
#include "output/kms-commit.h"
#include "output/kms-look.h"
#include "output/kms-pipe.h"

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

struct kms_image {
	struct xd_image image;
	struct xd_kms_fb fb;
	uint32_t handle; /* of shadows */
	uint64_t size;
};

struct kms_output {
	struct xd_output output;
	struct xd_kms_pipe *pipe;
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
	return k->pipe->card->source.fd;
}

/* ---- images ---- */

static bool plane_takes(const struct kms_output *k, uint32_t fourcc)
{
	unsigned int i;

	for (i = 0; i < k->pipe->nr_formats; i++)
		if (k->pipe->formats[i] == fourcc)
			return true;
	return false;
}

static int set_refusal(struct kms_output *k, int err, const char *why)
{
	snprintf(k->output.why, sizeof(k->output.why), "%s", why);
	return err;
}

static void free_image(struct xd_kms_fb *fb)
{
	free(container_of(fb, struct kms_image, fb));
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
		return set_refusal(k, -EOPNOTSUPP,
				   "the card cannot show this format");
	if (pic->width < k->pipe->mode.hdisplay ||
	    pic->height < k->pipe->mode.vdisplay)
		return set_refusal(k, -ERANGE,
				   "smaller than the screen's mode");
	if (pic->pitch % PITCH_ALIGN)
		return set_refusal(k, -EINVAL,
				   "rows are not a multiple of 32 bytes");
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	if (drmPrimeFDToHandle(card_fd(k), pic->dmabuf, &handles[0])) {
		err = -errno;
	} else {
		if (drmModeAddFB2(card_fd(k), pic->width, pic->height, format,
				  handles, pitches, offsets, &i->fb.id, 0))
			err = -errno;
		/* the framebuffer holds what the handle held */
		drmCloseBufferHandle(card_fd(k), handles[0]);
	}
	if (err) {
		free(i);
		return err;
	}
	i->image.width = i->fb.width = pic->width;
	i->image.height = i->fb.height = pic->height;
	i->fb.imported = true;
	i->fb.removed = free_image;
	*image = &i->image;
	return 0;
}

/* The framebuffer may still be on screen: it holds what the handle held */
static void release(struct xd_output *o, struct xd_image *image)
{
	struct kms_image *i = from_image(image);
	struct kms_output *k = from_output(o);

	if (i->image.pixels)
		munmap(i->image.pixels, i->size);
	if (i->handle)
		drmModeDestroyDumbBuffer(card_fd(k), i->handle);
	xd_kms_remove(k->pipe, &i->fb);
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	struct kms_output *k = from_output(o);
	uint32_t w = k->pipe->mode.hdisplay, h = k->pipe->mode.vdisplay;
	uint32_t handles[4] = { 0 }, pitches[4] = { 0 }, offsets[4] = { 0 };
	struct kms_image *i = calloc(1, sizeof(*i));
	uint64_t at;
	void *map;
	int err;

	if (!i)
		return -ENOMEM;
	i->image.width = i->fb.width = w;
	i->image.height = i->fb.height = h;
	i->fb.removed = free_image;
	if (drmModeCreateDumbBuffer(card_fd(k), w, h, 32, 0, &i->handle,
				    &i->image.pitch, &i->size) ||
	    drmModeMapDumbBuffer(card_fd(k), i->handle, &at))
		goto fail;
	handles[0] = i->handle;
	pitches[0] = i->image.pitch;
	if (drmModeAddFB2(card_fd(k), w, h, XRGB8888, handles, pitches, offsets,
			  &i->fb.id, 0))
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

/* ---- pictures ---- */

static int show(struct xd_output *o, struct xd_image *image, uint32_t x,
		uint32_t y)
{
	return xd_kms_show(from_output(o)->pipe, &from_image(image)->fb, x, y);
}

static void off(struct xd_output *o)
{
	xd_kms_off(from_output(o)->pipe);
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	return xd_kms_flip(from_output(o)->pipe, &from_image(image)->fb);
}

static void screen_lost(struct xd_kms_pipe *p)
{
	struct kms_output *k = p->user;

	/* which of the images the driver cannot show is not known */
	if (p->stalled)
		k->output.broke(&k->output, NULL,
				"it did not complete a page flip");
	k->output.lost(&k->output);
}

static void image_refused(struct xd_kms_pipe *p, struct xd_kms_fb *fb, int err)
{
	struct kms_image *i = container_of(fb, struct kms_image, fb);
	struct kms_output *k = p->user;

	if (fb->imported && err != -EACCES) {
		k->output.refused(&k->output, &i->image, err);
		return;
	}
	xdc_log(XDC_WARNING, "%s of %s (%s): picture refused: %s", p->name,
		p->card->path, p->card->driver, strerror(-err));
	k->output.lost(&k->output);
}

static void flip_completed(struct xd_kms_pipe *p)
{
	struct kms_output *k = p->user;

	k->output.flip_done(&k->output);
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	const struct kms_output *k =
		container_of(o, const struct kms_output, output);

	snprintf(buf, len, "%s of %s (%s)", k->pipe->name, k->pipe->card->path,
		 k->pipe->card->driver);
	*w = k->pipe->mode.hdisplay;
	*h = k->pipe->mode.vdisplay;
}

static const char *connector(const struct xd_output *o)
{
	return container_of(o, const struct kms_output, output)->pipe->name;
}

static const char *target(const struct xd_output *o)
{
	return container_of(o, const struct kms_output, output)
		->pipe->card->path;
}

static void destroy(struct xd_output *o)
{
	struct kms_output *k = from_output(o);

	xd_kms_leave(k->pipe);
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
	.target = target,
};

/* Found out without opening the card, which would disturb other programs */
static int explain_no_screen(const char *path, const char *connector,
			     struct xdc_reason *why)
{
	if (*connector)
		return xdc_reason_set(
			why, -ENOENT,
			"connector %s of %s does not exist or has no screen",
			connector, path);
	return xdc_reason_set(why, -ENOENT, "no screen is connected to %s",
			      path);
}

static int open_pipe(struct xdc_loop *loop, const struct xd_policy *policy,
		     const char *path, uint32_t w, uint32_t h,
		     struct xd_kms_pipe **out, struct xdc_reason *why)
{
	struct xd_kms_card *card;
	int err;

	if (!xd_kms_card_is_open(path) &&
	    !xd_kms_may_have_screen(path, policy->connector))
		return explain_no_screen(path, policy->connector, why);
	err = xd_kms_card_get(loop, path, &card, why);
	if (err)
		return err;
	err = xd_kms_pipe_claim(card, policy->connector, w, h, out, why);
	/* the pipe has its own reference */
	xd_kms_card_put(card);
	return err;
}

static int open_on(struct xdc_loop *loop, const struct xd_policy *policy,
		   const char *path, uint32_t w, uint32_t h,
		   struct xd_output **out, struct xdc_reason *why)
{
	struct kms_output *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	err = open_pipe(loop, policy, path, w, h, &k->pipe, why);
	if (err) {
		free(k);
		return err;
	}
	k->output.ops = &ops;
	k->output.needs_flips = k->pipe->needs_flips;
	if (!k->pipe->card->vblank)
		k->output.period = PERIOD;
	k->pipe->user = k;
	k->pipe->flipped = flip_completed;
	k->pipe->refused = image_refused;
	k->pipe->lost = screen_lost;
	xd_kms_pipe_start(k->pipe);
	*out = &k->output;
	return 0;
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
	bool denied = false;
	int i, err = -ENODEV, short_of = 0;

	if (*policy->card) {
		err = open_on(loop, policy, policy->card, w, h, out, why);
		if (choose && (err == -EBUSY || err == -EACCES))
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
		if (none || (err == -EBUSY && !busy) ||
		    (err == -EACCES && !busy && !short_of))
			first = *why;
		busy |= err == -EBUSY;
		denied |= err == -EACCES;
		if (xd_output_is_temporary(err) && !busy) {
			short_of = err;
			first = *why;
		}
	}
	*why = first;
	if (choose && busy)
		return -EBUSY;
	if (short_of)
		return short_of;
	if (choose && denied)
		return -EACCES;
	/* a better card may be plugged in, whatever is wrong with these */
	return -EAGAIN;
}
