// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/container_of.h"
#include "output/wayland-image.h"

#define IMPLICIT 0x00ffffffffffffffULL

/* Nothing lies behind a guest's screen: alpha is ignored */
static bool takes_format(const struct xd_wl *wl, const struct xd_format *f)
{
	return !wl->ready || xd_wl_formats_find(&wl->formats, f->opaque);
}

/*
 * If a picture is larger than its memory, the compositor may end the connection,
 * and other guests' windows with it.
 */
static bool fits_memory(const struct xd_picture *pic)
{
	off_t size = lseek(pic->dmabuf, 0, SEEK_END);

	return size < 0 || pic->offset + (uint64_t)pic->pitch * pic->height <=
				   (uint64_t)size;
}

int xd_wl_image_import(struct xd_wl *wl, struct xd_wl_surface *s,
		       const struct xd_picture *pic, struct xd_wl_image **out)
{
	struct xd_wl_image *i;

	if (!takes_format(wl, pic->format))
		return -EOPNOTSUPP;
	if (!fits_memory(pic))
		return -EINVAL;
	/* a part is shown through a viewport */
	if (pic->width < s->width || pic->height < s->height)
		return -ERANGE;
	if (wl->ready && !wl->viewporter &&
	    (pic->width != s->width || pic->height != s->height))
		return -ERANGE;
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	i->surface = s;
	i->wl = wl;
	i->picture = *pic;
	i->fd = -1;
	i->image.width = pic->width;
	i->image.height = pic->height;
	*out = i;
	return 0;
}

int xd_wl_image_shadow(struct xd_wl *wl, struct xd_wl_surface *s,
		       struct xd_wl_image **out)
{
	struct xd_wl_image *i = calloc(1, sizeof(*i));
	void *map;
	int err;

	if (!i)
		return -ENOMEM;
	i->surface = s;
	i->wl = wl;
	i->image.width = s->width;
	i->image.height = s->height;
	i->image.pitch = s->width * 4;
	i->size = (size_t)i->image.pitch * s->height;
	i->fd = memfd_create("xen-displd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (i->fd < 0 || ftruncate(i->fd, (off_t)i->size))
		goto fail;
	/* a compositor need not guard against SIGBUS */
	fcntl(i->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	map = mmap(NULL, i->size, PROT_READ | PROT_WRITE, MAP_SHARED, i->fd, 0);
	if (map == MAP_FAILED)
		goto fail;
	i->image.pixels = map;
	*out = i;
	return 0;
fail:
	err = -errno;
	xd_wl_image_destroy(i);
	return err;
}

/* Shadows are never orphans: their buffers need no answer */
static void end_orphan(struct xd_wl_image *i, struct wl_buffer *buffer)
{
	LIST_REMOVE(&i->orphan, entry);
	if (buffer)
		wl_buffer_destroy(buffer);
	free(i);
}

static void destroy_orphan(struct xd_wl_orphan *o)
{
	struct xd_wl_image *i = container_of(o, struct xd_wl_image, orphan);

	zwp_linux_buffer_params_v1_destroy(i->params);
	end_orphan(i, NULL);
}

void xd_wl_image_destroy(struct xd_wl_image *i)
{
	struct xd_wl *wl = i->wl;

	if (i->params && !wl->dead) {
		/*
		 * The compositor is about to make a buffer, which would hold
		 * the guest's memory: stay until it can be destroyed.
		 */
		i->surface = NULL;
		i->orphan.destroy = destroy_orphan;
		LIST_INSERT_HEAD(&wl->orphans, &i->orphan, entry);
		return;
	}
	if (i->params)
		zwp_linux_buffer_params_v1_destroy(i->params);
	if (i->buffer)
		wl_buffer_destroy(i->buffer);
	if (i->image.pixels)
		munmap(i->image.pixels, i->size);
	if (i->fd >= 0)
		close(i->fd);
	free(i);
}

/* ---- buffers ---- */

static void released(void *data, struct wl_buffer *buffer)
{
	struct xd_wl_image *i = data;

	i->held = false;
	i->surface->image_released(i->surface, i);
}

static const struct wl_buffer_listener buffer_listener = {
	.release = released,
};

static void set_buffer(struct xd_wl_image *i, struct wl_buffer *buffer)
{
	i->buffer = buffer;
	wl_buffer_add_listener(buffer, &buffer_listener, i);
	i->surface->image_ready(i->surface, i, 0);
}

static void destroy_params(struct xd_wl_image *i)
{
	zwp_linux_buffer_params_v1_destroy(i->params);
	i->params = NULL;
}

static void created(void *data, struct zwp_linux_buffer_params_v1 *params,
		    struct wl_buffer *buffer)
{
	struct xd_wl_image *i = data;

	destroy_params(i);
	if (i->surface)
		set_buffer(i, buffer);
	else
		end_orphan(i, buffer);
}

static void failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct xd_wl_image *i = data;

	destroy_params(i);
	if (i->surface)
		i->surface->image_ready(i->surface, i, -EIO);
	else
		end_orphan(i, NULL);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = created,
	.failed = failed,
};

static int ask_import(struct xd_wl_image *i)
{
	const struct xd_picture *pic = &i->picture;
	const struct xd_wl *wl = i->wl;
	const struct xd_wl_format *f =
		xd_wl_formats_find(&wl->formats, pic->format->opaque);
	uint64_t modifier;

	if (!f)
		return -EOPNOTSUPP;
	if (!wl->viewporter && (pic->width != i->surface->width ||
				pic->height != i->surface->height))
		return -ERANGE;
	modifier = f->linear ? 0 : IMPLICIT;
	i->params = zwp_linux_dmabuf_v1_create_params(wl->dmabuf);
	zwp_linux_buffer_params_v1_add_listener(i->params, &params_listener, i);
	zwp_linux_buffer_params_v1_add(i->params, pic->dmabuf, 0, pic->offset,
				       pic->pitch, (uint32_t)(modifier >> 32),
				       (uint32_t)modifier);
	/* not create_immed: then a refusal may end the connection */
	zwp_linux_buffer_params_v1_create(i->params, (int32_t)pic->width,
					  (int32_t)pic->height, f->fourcc, 0);
	return 0;
}

static int ask_shadow(struct xd_wl_image *i)
{
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;

	if (i->size > INT32_MAX)
		return -EFBIG;
	pool = wl_shm_create_pool(i->wl->shm, i->fd, (int32_t)i->size);
	buffer = wl_shm_pool_create_buffer(pool, 0, (int32_t)i->image.width,
					   (int32_t)i->image.height,
					   (int32_t)i->image.pitch,
					   WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	set_buffer(i, buffer);
	return 0;
}

int xd_wl_image_ask(struct xd_wl_image *i)
{
	if (i->buffer || i->params)
		return 0;
	return i->fd >= 0 ? ask_shadow(i) : ask_import(i);
}
