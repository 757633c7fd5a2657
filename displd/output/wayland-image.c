// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/container_of.h"
#include "output/wayland-image.h"

#define IMPLICIT 0x00ffffffffffffffULL

__attribute__((format(printf, 3, 4))) static int
refuse_picture(struct xd_wl_surface *s, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->why, XD_WHY_MAX, fmt, args);
	va_end(args);
	return err;
}

/* Nothing lies behind a guest's screen: alpha is ignored */
static int check_format(const struct xd_wl *wl, struct xd_wl_surface *s,
			const struct xd_format *f)
{
	if (xd_wl_formats_find(&wl->formats, f->opaque))
		return 0;
	return refuse_picture(s, -EOPNOTSUPP,
			      "the compositor takes no dma-bufs in %s",
			      f->name);
}

/* A part of a picture is shown through a viewport */
static int check_part(const struct xd_wl *wl, struct xd_wl_surface *s,
		      const struct xd_picture *pic)
{
	if (wl->viewporter ||
	    (pic->width == s->width && pic->height == s->height))
		return 0;
	return refuse_picture(
		s, -ERANGE,
		"larger than the screen, and the compositor has no wp_viewporter");
}

/*
 * Many GPUs read rows that begin at multiples of 64 bytes only, and their drivers
 * take dma-bufs with other rows and show garbage.
 */
static int check_rows(struct xd_wl_surface *s, const struct xd_picture *pic)
{
	if (!s->row_alignment || !(pic->pitch % s->row_alignment))
		return 0;
	return refuse_picture(
		s, -EINVAL,
		"rows of %u bytes are not a multiple of %u (row-alignment)",
		pic->pitch, s->row_alignment);
}

/* If a picture is larger than its memory, the compositor may end the connection */
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
	int err = 0;

	if (wl->ready)
		err = check_format(wl, s, pic->format);
	if (!err && !fits_memory(pic))
		err = refuse_picture(s, -EINVAL, "larger than its memory");
	if (!err && (pic->width < s->width || pic->height < s->height))
		err = refuse_picture(s, -ERANGE, "smaller than the screen");
	if (!err && wl->ready)
		err = check_part(wl, s, pic);
	if (!err)
		err = check_rows(s, pic);
	if (err)
		return err;
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

bool xd_wl_image_is_import(const struct xd_wl_image *i)
{
	return i->fd < 0;
}

static bool is_object(void *proxy, uint32_t id)
{
	return proxy && wl_proxy_get_id(proxy) == id;
}

bool xd_wl_image_owns(const struct xd_wl_image *i, uint32_t id)
{
	return is_object(i->params, id) || is_object(i->buffer, id);
}

static void free_image(struct xd_wl_image *i)
{
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

static void destroy_orphan(struct xd_wl_orphan *o)
{
	struct xd_wl_image *i = container_of(o, struct xd_wl_image, orphan);

	xd_wl_drop(i->wl, o);
	free_image(i);
}

/*
 * While the compositor makes a buffer it would hold the guest's memory: the image
 * stays until that buffer can be destroyed.  So it does while the request to
 * destroy a buffer does not fit into the socket.
 */
void xd_wl_image_destroy(struct xd_wl_image *i)
{
	struct xd_wl *wl = i->wl;

	if (wl->dead || (!i->params && !(i->buffer && wl->full))) {
		free_image(i);
		return;
	}
	i->surface = NULL;
	i->orphan.destroy = destroy_orphan;
	xd_wl_keep(wl, &i->orphan, !i->params);
}

/* ---- buffers ---- */

static void released(void *data, struct wl_buffer *buffer)
{
	struct xd_wl_image *i = data;

	i->held = false;
	if (i->surface)
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

/* The compositor has answered: destroy it, unless the socket is full */
static void end_orphan(struct xd_wl_image *i, struct wl_buffer *buffer)
{
	xd_wl_drop(i->wl, &i->orphan);
	i->buffer = buffer;
	xd_wl_image_destroy(i);
}

static void created(void *data, struct zwp_linux_buffer_params_v1 *params,
		    struct wl_buffer *buffer)
{
	struct xd_wl_image *i = data;

	destroy_params(i);
	if (i->surface) {
		set_buffer(i, buffer);
		return;
	}
	wl_buffer_add_listener(buffer, &buffer_listener, i);
	end_orphan(i, buffer);
}

static void failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct xd_wl_image *i = data;

	destroy_params(i);
	if (!i->surface) {
		end_orphan(i, NULL);
		return;
	}
	refuse_picture(i->surface, 0, "the compositor cannot use the dma-buf");
	i->surface->image_ready(i->surface, i, -EIO);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = created,
	.failed = failed,
};

static int ask_import(struct xd_wl_image *i)
{
	const struct xd_picture *pic = &i->picture;
	const struct xd_wl_format *f;
	struct xd_wl *wl = i->wl;
	uint64_t modifier;
	int err = check_format(wl, i->surface, pic->format);

	if (!err)
		err = check_part(wl, i->surface, pic);
	if (err)
		return err;
	f = xd_wl_formats_find(&wl->formats, pic->format->opaque);
	modifier = f->linear ? 0 : IMPLICIT;
	wl->imports++;
	wl->new_import = xdc_loop_now(wl->loop);
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
