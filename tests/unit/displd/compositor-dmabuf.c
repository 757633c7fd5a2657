// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compositor-parts.h"

#include "linux-dmabuf-server-protocol.h"

#define XR24 0x34325258U
#define RG16 0x36314752U
#define IMPLICIT 0x00ffffffffffffffULL

static struct wl_resource *params_waiting;

static void destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_ops = { .destroy = destroy };

static void buffer_gone(struct wl_resource *r)
{
	struct compositor_dmabuf *d = wl_resource_get_user_data(r);

	close(d->fd);
	free(d);
	comp.dmabufs--;
}

static void params_gone(struct wl_resource *r)
{
	struct compositor_dmabuf *d = wl_resource_get_user_data(r);

	if (params_waiting == r)
		params_waiting = NULL;
	comp.params_pending--;
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	free(d);
}

static void params_add(struct wl_client *client, struct wl_resource *r, int fd,
		       uint32_t plane, uint32_t offset, uint32_t pitch,
		       uint32_t hi, uint32_t lo)
{
	struct compositor_dmabuf *d = wl_resource_get_user_data(r);

	assert(plane == 0 && d->fd < 0);
	d->fd = fd;
	d->offset = offset;
	d->pitch = pitch;
	d->modifier = (uint64_t)hi << 32 | lo;
}

void compositor_answer(void)
{
	struct wl_resource *r = params_waiting, *buffer;

	params_waiting = NULL;
	if (!r)
		return;
	if (comp.refuse) {
		zwp_linux_buffer_params_v1_send_failed(r);
		return;
	}
	buffer = wl_resource_create(wl_resource_get_client(r),
				    &wl_buffer_interface, 1, 0);
	wl_resource_set_implementation(
		buffer, &buffer_ops, wl_resource_get_user_data(r), buffer_gone);
	wl_resource_set_user_data(r, NULL);
	comp.dmabufs++;
	zwp_linux_buffer_params_v1_send_created(r, buffer);
}

static void params_create(struct wl_client *client, struct wl_resource *r,
			  int32_t width, int32_t height, uint32_t fourcc,
			  uint32_t flags)
{
	struct compositor_dmabuf *d = wl_resource_get_user_data(r);

	d->width = width;
	d->height = height;
	d->fourcc = fourcc;
	params_waiting = r;
	if (!comp.slow)
		compositor_answer();
}

static const struct zwp_linux_buffer_params_v1_interface params_ops = {
	.destroy = destroy,
	.add = params_add,
	.create = params_create,
};

static void create_params(struct wl_client *client, struct wl_resource *r,
			  uint32_t id)
{
	struct wl_resource *params = wl_resource_create(
		client, &zwp_linux_buffer_params_v1_interface,
		wl_resource_get_version(r), id);
	struct compositor_dmabuf *d = calloc(1, sizeof(*d));

	d->fd = -1;
	comp.params_pending++;
	wl_resource_set_implementation(params, &params_ops, d, params_gone);
}

static const struct zwp_linux_dmabuf_feedback_v1_interface feedback_ops = {
	.destroy = destroy,
};

/* A table of two formats, and a tranche with the second alone: RG16 */
static void feedback(struct wl_client *client, struct wl_resource *r,
		     uint32_t id)
{
	static const struct {
		uint32_t fourcc, pad;
		uint64_t modifier;
	} table[2] = { { .fourcc = XR24 }, { .fourcc = RG16 } };
	struct wl_resource *f = wl_resource_create(
		client, &zwp_linux_dmabuf_feedback_v1_interface,
		wl_resource_get_version(r), id);
	int fd = memfd_create("table", MFD_CLOEXEC);
	struct wl_array indices;

	wl_resource_set_implementation(f, &feedback_ops, NULL, NULL);
	assert(write(fd, table, sizeof(table)) == (ssize_t)sizeof(table));
	zwp_linux_dmabuf_feedback_v1_send_format_table(f, fd, sizeof(table));
	close(fd);
	wl_array_init(&indices);
	zwp_linux_dmabuf_feedback_v1_send_main_device(f, &indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(f, &indices);
	/* and an index beyond the table */
	*(uint16_t *)wl_array_add(&indices, 2) = 1;
	*(uint16_t *)wl_array_add(&indices, 2) = 7;
	zwp_linux_dmabuf_feedback_v1_send_tranche_formats(f, &indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(f, 0);
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(f);
	zwp_linux_dmabuf_feedback_v1_send_done(f);
	wl_array_release(&indices);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_ops = {
	.destroy = destroy,
	.create_params = create_params,
	.get_default_feedback = feedback,
};

static void bind_dmabuf(struct wl_client *client, void *data, uint32_t version,
			uint32_t id)
{
	struct wl_resource *r = wl_resource_create(
		client, &zwp_linux_dmabuf_v1_interface, (int)version, id);

	wl_resource_set_implementation(r, &dmabuf_ops, NULL, NULL);
	if (version >= 4)
		return;
	zwp_linux_dmabuf_v1_send_modifier(r, XR24, (uint32_t)(IMPLICIT >> 32),
					  (uint32_t)IMPLICIT);
	zwp_linux_dmabuf_v1_send_modifier(r, RG16, (uint32_t)(IMPLICIT >> 32),
					  (uint32_t)IMPLICIT);
	zwp_linux_dmabuf_v1_send_modifier(r, RG16, 0, 0);
}

void compositor_dmabuf_add(struct wl_display *display)
{
	wl_global_create(display, &zwp_linux_dmabuf_v1_interface,
			 (int)comp.dmabuf_version, NULL, bind_dmabuf);
}
