// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compositor-parts.h"

#include "linux-dmabuf-server-protocol.h"

#define XR24 0x34325258U
#define RG16 0x36314752U
#define XR15 0x35315258U
#define IMPLICIT 0x00ffffffffffffffULL
#define WAITING 256

static struct wl_resource *waiting[WAITING]; /* params without an answer */
static struct wl_resource *feedback_object;

static const struct wl_buffer_interface buffer_ops = {
	.destroy = compositor_destroy
};

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
	unsigned int i;

	for (i = 0; i < WAITING; i++)
		if (waiting[i] == r)
			waiting[i] = NULL;
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

static void answer(struct wl_resource *r)
{
	struct wl_resource *buffer;

	if (comp.fault == FAULT_PARAMS) {
		wl_resource_post_error(r, 7, "cannot import the dma-buf");
		return;
	}
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

void compositor_answer(void)
{
	struct wl_resource *r;
	unsigned int i;

	for (i = 0; i < WAITING; i++) {
		r = waiting[i];
		waiting[i] = NULL;
		if (r)
			answer(r);
	}
}

static void params_create(struct wl_client *client, struct wl_resource *r,
			  int32_t width, int32_t height, uint32_t fourcc,
			  uint32_t flags)
{
	struct compositor_dmabuf *d = wl_resource_get_user_data(r);
	unsigned int i;

	d->width = width;
	d->height = height;
	d->fourcc = fourcc;
	if (!comp.slow) {
		answer(r);
		return;
	}
	for (i = 0; i < WAITING && waiting[i]; i++)
		;
	assert(i < WAITING);
	waiting[i] = r;
}

static const struct zwp_linux_buffer_params_v1_interface params_ops = {
	.destroy = compositor_destroy,
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
	.destroy = compositor_destroy,
};

static void feedback_gone(struct wl_resource *r)
{
	feedback_object = NULL;
}

/* A table of three formats, of which the tranche has the last two: RG16, XR15 */
static int make_table(uint32_t *size)
{
	static const struct {
		uint32_t fourcc, pad;
		uint64_t modifier;
	} table[3] = { { .fourcc = XR24 },
		       { .fourcc = RG16 },
		       { .fourcc = XR15 } };
	int pipes[2], fd = memfd_create("table", MFD_CLOEXEC);

	*size = sizeof(table);
	assert(write(fd, table, sizeof(table)) == (ssize_t)sizeof(table));
	if (comp.table == TABLE_SHORT)
		assert(!ftruncate(fd, sizeof(table[0])));
	if (comp.table == TABLE_EMPTY)
		assert(!ftruncate(fd, 0));
	if (comp.table != TABLE_PIPE)
		return fd;
	close(fd);
	assert(!pipe2(pipes, O_CLOEXEC));
	close(pipes[1]);
	return pipes[0];
}

void compositor_feedback(uint32_t drop)
{
	struct wl_resource *f = feedback_object;
	struct wl_array indices;
	uint32_t size;
	int fd = make_table(&size);

	zwp_linux_dmabuf_feedback_v1_send_format_table(f, fd, size);
	close(fd);
	wl_array_init(&indices);
	zwp_linux_dmabuf_feedback_v1_send_main_device(f, &indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_target_device(f, &indices);
	/* and an index beyond the table */
	if (drop != RG16)
		*(uint16_t *)wl_array_add(&indices, 2) = 1;
	if (drop != XR15)
		*(uint16_t *)wl_array_add(&indices, 2) = 2;
	*(uint16_t *)wl_array_add(&indices, 2) = 7;
	zwp_linux_dmabuf_feedback_v1_send_tranche_formats(f, &indices);
	zwp_linux_dmabuf_feedback_v1_send_tranche_flags(f, 0);
	zwp_linux_dmabuf_feedback_v1_send_tranche_done(f);
	zwp_linux_dmabuf_feedback_v1_send_done(f);
	wl_array_release(&indices);
}

static void get_feedback(struct wl_client *client, struct wl_resource *r,
			 uint32_t id)
{
	feedback_object = wl_resource_create(
		client, &zwp_linux_dmabuf_feedback_v1_interface,
		wl_resource_get_version(r), id);
	wl_resource_set_implementation(feedback_object, &feedback_ops, NULL,
				       feedback_gone);
	compositor_feedback(0);
}

static const struct zwp_linux_dmabuf_v1_interface dmabuf_ops = {
	.destroy = compositor_destroy,
	.create_params = create_params,
	.get_default_feedback = get_feedback,
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
