// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include <xendmabuf.h>

#include "common/kms.h"
#include "picture/kms.h"
#include "system/node.h"

#define KMS_CARDS_MAX 64

__attribute__((format(printf, 3, 4))) static int refuse(struct kms *k, int err,
							const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(k->why, sizeof(k->why), fmt, args);
	va_end(args);
	return err;
}

static bool pick_mode_and_crtc(struct kms *k, const drmModeRes *res,
			       const drmModeConnector *c)
{
	const drmModeModeInfo *mode =
		xdc_kms_pick_mode(c, k->pic->width, k->pic->height);
	int crtc = xdc_kms_pick_crtc(k->fd, res, c, 0, 0);

	if (!mode || crtc < 0)
		return false;
	k->mode = *mode;
	k->crtc = res->crtcs[crtc];
	return true;
}

static int pick_output(struct kms *k, const char *wanted)
{
	drmModeRes *res = drmModeGetResources(k->fd);
	bool seen = false, connected = false;
	int i, found = 0;

	if (!res)
		return refuse(k, -ENODEV, "%s drives no screens", k->card);
	for (i = 0; i < res->count_connectors && !found; i++) {
		drmModeConnector *c;

		c = drmModeGetConnector(k->fd, res->connectors[i]);
		if (!c)
			continue;
		xdc_kms_connector_name(c, k->connector_name,
				       sizeof(k->connector_name));
		if (!wanted || !strcmp(wanted, k->connector_name)) {
			seen = true;
			if (c->connection == DRM_MODE_CONNECTED) {
				connected = true;
				k->connector = c->connector_id;
				found = pick_mode_and_crtc(k, res, c);
			}
		}
		drmModeFreeConnector(c);
	}
	drmModeFreeResources(res);
	if (found)
		return 0;
	if (!seen)
		return refuse(k, -ENOENT,
			      "%s has no connector %s. Try: ls /sys/class/drm",
			      k->card, wanted ? wanted : "at all");
	if (!connected)
		return refuse(k, -ENOENT, "no screen is connected to %s of %s",
			      wanted ? wanted : "any connector", k->card);
	return refuse(
		k, -ENOENT,
		"no mode of %s fits into a picture of %u x %u. Try: grant a larger one, 800x600 or 1024x768 for most",
		k->card, k->pic->width, k->pic->height);
}

static int import_dmabuf(struct kms *k, int dmabuf)
{
	int err;

	if (!drmPrimeFDToHandle(k->fd, dmabuf, &k->handle))
		return 0;
	err = -errno;
	switch (err) {
	case -EREMOTEIO:
		return refuse(
			k, err,
			"%s (%s) cannot reach the pages by DMA, and copying behind your back is refused. Try: --copy, or another --card",
			k->card, k->driver);
	case -ENOSYS:
	case -EOPNOTSUPP:
	case -EINVAL:
	case -ENODEV:
		return refuse(
			k, err,
			"the driver of %s (%s) cannot import a dma-buf (%s). Try: another --card, a newer kernel, or --copy",
			k->card, k->driver, strerror(-err));
	case -EACCES:
		return refuse(
			k, err,
			"%s (%s) maps for writing, and the buffer is read-only. Try: --copy, or grant it without --read-only",
			k->card, k->driver);
	default:
		return refuse(k, err, "%s (%s) cannot import the dma-buf: %s",
			      k->card, k->driver, strerror(-err));
	}
}

/* Allocate memory of the card's own, and map the dma-buf to copy from. */
static int make_copy(struct kms *k, int dmabuf)
{
	int64_t size = xendmabuf_size(dmabuf);
	uint64_t offset;
	uint64_t own_size;
	void *source;

	if (size < 0 ||
	    (uint64_t)k->pic->stride * k->pic->height > (uint64_t)size)
		return refuse(k, -ERANGE,
			      "the dma-buf is smaller than its picture");
	if (drmModeCreateDumbBuffer(k->fd, k->pic->width, k->pic->height, 32, 0,
				    &k->handle, &k->own_pitch, &own_size) ||
	    drmModeMapDumbBuffer(k->fd, k->handle, &offset))
		return refuse(k, -errno, "%s (%s) has no memory for a copy: %s",
			      k->card, k->driver, strerror(errno));
	k->own_size = own_size;
	k->own = mmap(NULL, k->own_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      k->fd, (off_t)offset);
	if (k->own == MAP_FAILED) {
		k->own = NULL;
		return refuse(k, -errno, "%s: mmap of its memory: %s", k->card,
			      strerror(errno));
	}
	source = mmap(NULL, (size_t)k->pic->pages * XENDMABUF_PAGE_SIZE,
		      PROT_READ, MAP_SHARED, dmabuf, 0);
	if (source == MAP_FAILED)
		return refuse(k, -errno, "mmap of the dma-buf: %s",
			      strerror(errno));
	k->source = source;
	k->dmabuf = dmabuf;
	return 0;
}

static int copy_pixels(struct kms *k)
{
	uint32_t y;
	int err;

	err = xendmabuf_access_begin(k->dmabuf, XENDMABUF_READ);
	if (err)
		return refuse(k, err, "reading the dma-buf: %s",
			      strerror(-err));
	for (y = 0; y < k->pic->height; y++)
		memcpy((char *)k->own + (size_t)y * k->own_pitch,
		       (const char *)k->source + (size_t)y * k->pic->stride,
		       (size_t)k->pic->width * 4);
	return xendmabuf_access_end(k->dmabuf, XENDMABUF_READ);
}

static int make_fb(struct kms *k)
{
	uint32_t handles[4] = { k->handle };
	uint32_t pitches[4] = { k->source ? k->own_pitch : k->pic->stride };
	uint32_t offsets[4] = { 0 };

	if (drmModeAddFB2(k->fd, k->pic->width, k->pic->height, k->pic->format,
			  handles, pitches, offsets, &k->fb, 0))
		return refuse(
			k, -errno,
			"%s (%s) cannot scan out %u x %u with a stride of %u: %s",
			k->card, k->driver, k->pic->width, k->pic->height,
			pitches[0], strerror(errno));
	return 0;
}

static int open_card(struct kms *k, const struct kms_wish *wish)
{
	struct xt_refusal refusal;
	int err;

	k->fd = open(k->card, O_RDWR | O_CLOEXEC);
	if (k->fd < 0) {
		err = -errno;
		xt_node_refused(k->card, err, "modprobe the card's driver",
				&refusal);
		return refuse(k, err, "%s. Try: %s", refusal.why,
			      refusal.advice);
	}
	xdc_kms_driver_name(k->fd, k->driver, sizeof(k->driver));
	err = pick_output(k, wish->connector);
	if (!err)
		err = wish->copy ? make_copy(k, wish->dmabuf)
				 : import_dmabuf(k, wish->dmabuf);
	if (!err)
		err = make_fb(k);
	if (err)
		kms_close(k);
	return err;
}

static void init_kms(struct kms *k, const struct kms_wish *wish)
{
	memset(k, 0, sizeof(*k));
	k->fd = -1;
	k->dmabuf = -1;
	k->pic = wish->pic;
}

int kms_open(struct kms *k, const struct kms_wish *wish)
{
	char first_why[sizeof(k->why)] = "";
	int first_err = 0;
	int i, err;

	if (wish->card) {
		init_kms(k, wish);
		snprintf(k->card, sizeof(k->card), "%s", wish->card);
		return open_card(k, wish);
	}
	for (i = 0; i < KMS_CARDS_MAX; i++) {
		init_kms(k, wish);
		snprintf(k->card, sizeof(k->card), "/dev/dri/card%d", i);
		if (access(k->card, F_OK))
			continue;
		err = open_card(k, wish);
		if (!err)
			return 0;
		/* the reason of a card without the connector tells least */
		if (!first_err || first_err == -ENOENT) {
			first_err = err;
			memcpy(first_why, k->why, sizeof(first_why));
		}
	}
	if (!first_err)
		return refuse(
			k, -ENODEV,
			"there is no graphics card in /dev/dri. Try: modprobe the card's driver");
	memcpy(k->why, first_why, sizeof(k->why));
	return first_err;
}

int kms_show(struct kms *k)
{
	int err;

	if (k->source) {
		err = copy_pixels(k);
		if (err)
			return err;
	}
	if (!k->before)
		k->before = drmModeGetCrtc(k->fd, k->crtc);
	if (!drmModeSetCrtc(k->fd, k->crtc, k->fb, 0, 0, &k->connector, 1,
			    &k->mode))
		return 0;
	err = -errno;
	if (err == -EACCES || err == -EPERM)
		return refuse(
			k, err,
			"another program (X, Wayland) has %s. Try: stop it, or switch to a free console",
			k->card);
	return refuse(k, err, "%s (%s) cannot set mode %s on %s: %s", k->card,
		      k->driver, k->mode.name, k->connector_name,
		      strerror(-err));
}

int kms_refresh(struct kms *k)
{
	drmModeClip all = {
		.x2 = (uint16_t)k->pic->width,
		.y2 = (uint16_t)k->pic->height,
	};
	int err;

	if (k->source) {
		err = copy_pixels(k);
		if (err)
			return err;
	}
	if (!drmModeDirtyFB(k->fd, k->fb, &all, 1))
		return 0;
	/* a card that scans out the memory itself needs no DIRTYFB */
	if (errno == ENOSYS)
		return 0;
	return refuse(k, -errno, "%s (%s): DIRTYFB: %s", k->card, k->driver,
		      strerror(errno));
}

void kms_close(struct kms *k)
{
	if (k->before) {
		if (k->before->mode_valid && k->before->buffer_id)
			drmModeSetCrtc(k->fd, k->before->crtc_id,
				       k->before->buffer_id, k->before->x,
				       k->before->y, &k->connector, 1,
				       &k->before->mode);
		else
			drmModeSetCrtc(k->fd, k->crtc, 0, 0, 0, NULL, 0, NULL);
		drmModeFreeCrtc(k->before);
		k->before = NULL;
	}
	if (k->fb)
		drmModeRmFB(k->fd, k->fb);
	k->fb = 0;
	if (k->own)
		munmap(k->own, k->own_size);
	k->own = NULL;
	if (k->source)
		munmap((void *)k->source,
		       (size_t)k->pic->pages * XENDMABUF_PAGE_SIZE);
	k->source = NULL;
	if (k->handle)
		drmCloseBufferHandle(k->fd, k->handle);
	k->handle = 0;
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}
