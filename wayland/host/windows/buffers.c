// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "common/container_of.h"
#include "host/bridge/forward.h"
#include "host/windows/buffers.h"
#include "wire/memory.h"

#define KIB 1024U

static void destroy_image(struct xwl_attached *a)
{
	struct xwl_image *i = container_of(a, struct xwl_image, attached);
	unsigned int plane;

	for (plane = 0; plane < i->nr_planes; plane++)
		close(i->planes[plane]);
	if (i->bytes)
		munmap(i->bytes, i->size);
	xwl_charge_release(i->charge);
	free(i);
}

struct xwl_image *xwl_image_of(const struct xwl_object *buffer)
{
	if (!buffer || !buffer->data || buffer->data->destroy != destroy_image)
		return NULL;
	return container_of(buffer->data, struct xwl_image, attached);
}

/* On @o, which had none */
static int add_image(struct xwl_bridge *b, struct xwl_object *o,
		     const struct xwl_image *what)
{
	struct xwl_charge *charge = xwl_charge_create(b->account);
	struct xwl_image *i = charge ? malloc(sizeof(*i)) : NULL;

	if (!i) {
		free(charge);
		return xdc_reason_set(&b->why, -ENOMEM, "out of memory");
	}
	*i = *what;
	i->charge = charge;
	i->attached.destroy = destroy_image;
	o->data = &i->attached;
	return 0;
}

static bool cannot_shrink(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && seals & F_SEAL_SHRINK;
}

static int check_memory(struct xwl_bridge *b, const struct xwl_buffer_record *r,
			int fd)
{
	uint64_t end = r->offset + xwl_buffer_bytes(r);
	struct stat st;

	if (!xwl_memory_is_dmabuf(fd) && !cannot_shrink(fd))
		return xwl_bridge_refuse(
			b,
			"a buffer's memory is neither a dma-buf nor a memfd sealed against shrinking");
	if (fstat(fd, &st) || st.st_size < 0 || (uint64_t)st.st_size < end)
		return xwl_bridge_refuse(b,
					 "a buffer is larger than its memory");
	return 0;
}

/* The pool ends with the buffer's own end; the descriptor is taken over */
static int send_pool(struct xwl_bridge *b, const struct xwl_buffer_record *r,
		     const struct xwl_object *pool, int fd)
{
	struct xwl_message m;

	xwl_bridge_request(b->shm, "create_pool", &m);
	m.args[0].u = pool->id;
	m.args[1].fd = fd;
	m.args[2].i = (int32_t)(r->offset + xwl_buffer_bytes(r));
	return b->ops->to_compositor(b, &m);
}

static int send_buffer(struct xwl_bridge *b, const struct xwl_buffer_record *r,
		       const struct xwl_object *buffer, struct xwl_object *pool)
{
	struct xwl_message m;
	int err;

	xwl_bridge_request(pool, "create_buffer", &m);
	m.args[0].u = buffer->peer;
	m.args[1].i = (int32_t)r->offset;
	m.args[2].i = r->width;
	m.args[3].i = r->height;
	m.args[4].i = r->stride;
	m.args[5].u = r->format;
	err = b->ops->to_compositor(b, &m);
	if (err)
		return err;
	xwl_bridge_request(pool, "destroy", &m);
	err = b->ops->to_compositor(b, &m);
	pool->state = XWL_DEAD;
	return err;
}

static int add_pool(struct xwl_bridge *b, struct xwl_object **out)
{
	int err;

	if (!b->shm)
		return xdc_reason_set(&b->why, -EOPNOTSUPP,
				      "the compositor has no wl_shm");
	err = xwl_bridge_own(b, &wl_shm_pool_interface, 1, out);
	return err ? xdc_reason_set(&b->why, err, "too many objects") : 0;
}

static uint64_t count_kib(const struct xwl_buffer_record *r)
{
	return xwl_buffer_bytes(r) / KIB + 1;
}

static enum xwl_way way_of(enum xwl_why why, int fd)
{
	if (fd < 0)
		return XWL_WAY_SENT;
	return why == XWL_WHY_SHARED ? XWL_WAY_SHARED : XWL_WAY_COPIED;
}

/* @fd: set to the memory of a buffer that is sent; the compositor reads it */
static int find_pixels(struct xwl_bridge *b, const struct xwl_buffer_record *r,
		       struct xwl_image *i, int *fd)
{
	size_t size = (size_t)xwl_buffer_bytes(r);
	int memory;

	if (*fd >= 0)
		return 0;
	memory = xwl_memory_make(size, &i->bytes);
	if (memory < 0)
		return xdc_reason_set(&b->why, memory,
				      "no memory for an inline buffer: %s",
				      strerror(-memory));
	i->size = size;
	*fd = memory;
	return 0;
}

/* @fd: the memory of a buffer; -1 if it is inline */
static int note_source(struct xwl_bridge *b, struct xwl_charge *c, int fd)
{
	if (fd < 0 || !xwl_memory_is_dmabuf(fd))
		return 0;
	return xwl_charge_source(c, fd, &b->why);
}

static int make_image(struct xwl_bridge *b, const struct xwl_buffer_record *r,
		      enum xwl_why why, struct xwl_object *buffer, int *fd)
{
	struct xwl_image image = {
		.way = way_of(why, *fd),
		.why = why,
		.width = r->width,
		.height = r->height,
	};
	int err = add_image(b, buffer, &image);

	if (!err)
		err = xwl_charge_add(xwl_image_of(buffer)->charge, count_kib(r),
				     &b->why);
	if (!err)
		err = note_source(b, xwl_image_of(buffer)->charge, *fd);
	return err ? err : find_pixels(b, r, xwl_image_of(buffer), fd);
}

static int create_buffer(struct xwl_bridge *b,
			 const struct xwl_buffer_record *r, enum xwl_why why,
			 int fd)
{
	struct xwl_object *buffer, *pool;
	int err = fd < 0 ? 0 : check_memory(b, r, fd);

	/* ids are taken in the order in which the compositor sees them */
	if (!err)
		err = add_pool(b, &pool);
	if (!err)
		err = xwl_bridge_pair(b, r->id, &wl_buffer_interface, 1,
				      &buffer);
	if (!err)
		err = make_image(b, r, why, buffer, &fd);
	if (err) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = send_pool(b, r, pool, fd);
	return err ? err : send_buffer(b, r, buffer, pool);
}

/* A buffer of the same size, which costs the same */
static struct xwl_object *find_same(struct xwl_bridge *b,
				    const struct xwl_buffer_record *r)
{
	struct xwl_object *buffer = xwl_objects_find(&b->guest, r->id);
	const struct xwl_image *i = xwl_image_of(buffer);

	if (!i || (i->way != XWL_WAY_SHARED && i->way != XWL_WAY_COPIED) ||
	    i->width != r->width || i->height != r->height ||
	    i->charge->kib != count_kib(r))
		return NULL;
	return strcmp(buffer->interface->name, "wl_buffer") ? NULL : buffer;
}

/* The memory that it had counts on if a surface may show it */
static int renew_charge(struct xwl_bridge *b, struct xwl_image *i)
{
	struct xwl_charge *charge;
	int err;

	if (!i->charge->surfaces) {
		xwl_charge_drop_sources(i->charge);
		return 0;
	}
	charge = xwl_charge_create(b->account);
	if (!charge)
		return xdc_reason_set(&b->why, -ENOMEM, "out of memory");
	err = xwl_charge_add(charge, i->charge->kib, &b->why);
	if (err) {
		xwl_charge_release(charge);
		return err;
	}
	xwl_charge_release(i->charge);
	i->charge = charge;
	return 0;
}

/* From now on @made stands for the guest's buffer at the compositor */
static int exchange_buffer(struct xwl_bridge *b, struct xwl_object *buffer,
			   struct xwl_object *made)
{
	struct xwl_object *old = xwl_bridge_peer(b, buffer);
	struct xwl_message m;
	int err;

	buffer->peer = made->id;
	made->peer = buffer->id;
	/* its id is this half's own until the compositor frees it */
	old->peer = 0;
	xwl_bridge_request(old, "destroy", &m);
	err = b->ops->to_compositor(b, &m);
	old->state = XWL_DEAD;
	return err;
}

static int replace_buffer(struct xwl_bridge *b,
			  const struct xwl_buffer_record *r, enum xwl_why why,
			  int fd)
{
	struct xwl_object *buffer = find_same(b, r), *pool, *made;
	enum xwl_way way = way_of(why, fd);
	struct xwl_image *image;
	int err = 0;

	if (!buffer)
		err = xwl_bridge_refuse(
			b,
			"new memory for a buffer that does not exist or has another size");
	else if (fd >= 0)
		err = check_memory(b, r, fd);
	if (!err)
		err = add_pool(b, &pool);
	if (!err && xwl_bridge_own(b, &wl_buffer_interface, 1, &made))
		err = xdc_reason_set(&b->why, -ENOSPC, "too many objects");
	if (!err)
		err = renew_charge(b, xwl_image_of(buffer));
	if (!err)
		err = note_source(b, xwl_image_of(buffer)->charge, fd);
	if (!err)
		err = find_pixels(b, r, xwl_image_of(buffer), &fd);
	if (err) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = send_pool(b, r, pool, fd);
	if (!err)
		err = exchange_buffer(b, buffer, made);
	if (err)
		return err;
	image = xwl_image_of(buffer);
	image->way = way;
	image->why = why;
	return send_buffer(b, r, buffer, pool);
}

int xwl_buffers_create(struct xwl_bridge *b, const struct xwl_buffer_record *r,
		       enum xwl_why why, int fd)
{
	return r->flags & XWL_BUFFER_AGAIN ? replace_buffer(b, r, why, fd)
					   : create_buffer(b, r, why, fd);
}

int xwl_buffers_write(struct xwl_bridge *b, const struct xwl_pixels_record *r,
		      const void *bytes, size_t len)
{
	struct xwl_image *i = xwl_image_of(xwl_objects_find(&b->guest, r->id));

	if (!i || !i->bytes)
		return xwl_bridge_refuse(
			b,
			"pixels for object %u, which is not an inline buffer",
			r->id);
	if (r->offset > i->size || len > i->size - r->offset)
		return xwl_bridge_refuse(b,
					 "pixels beyond the end of a buffer");
	memcpy(i->bytes + r->offset, bytes, len);
	return 0;
}

static int refuse_pool(void *bridge, struct xwl_object *o,
		       struct xwl_message *m)
{
	return xwl_bridge_refuse(
		bridge,
		"wl_shm.create_pool: the guest's half must announce each buffer instead");
}

static int image_of_planes(struct xwl_bridge *b, struct xwl_object *params)
{
	static const struct xwl_image image = { .way = XWL_WAY_DMABUF };

	return params->data ? 0 : add_image(b, params, &image);
}

static int keep_plane(struct xwl_bridge *b, struct xwl_image *i, int fd)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (kept < 0)
		return xdc_reason_set(&b->why, -errno, "a plane's dma-buf: %s",
				      strerror(errno));
	i->planes[i->nr_planes++] = kept;
	return XWL_PASS;
}

/* The memory of the planes is the parameters' until a buffer is made of them */
static int add_plane(void *bridge, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct stat st;
	int err;

	if (xwl_image_of(o) && xwl_image_of(o)->nr_planes == XWL_PLANES_MAX)
		return xwl_bridge_refuse(b, "a buffer of more than %u planes",
					 XWL_PLANES_MAX);
	if (!xwl_memory_is_dmabuf(m->args[0].fd) || fstat(m->args[0].fd, &st) ||
	    st.st_size < 0)
		return xwl_bridge_refuse(b,
					 "a plane's memory is not a dma-buf");
	err = image_of_planes(b, o);
	if (!err)
		err = xwl_charge_add(xwl_image_of(o)->charge,
				     (uint64_t)st.st_size / KIB + 1, &b->why);
	if (!err)
		err = xwl_charge_source(xwl_image_of(o)->charge, m->args[0].fd,
					&b->why);
	return err ? err : keep_plane(b, xwl_image_of(o), m->args[0].fd);
}

/* Until the compositor has made the buffer, its parameters have what is known of it */
static int note_size(struct xwl_bridge *b, struct xwl_object *params,
		     int32_t width, int32_t height)
{
	int err = image_of_planes(b, params);
	struct xwl_image *i = xwl_image_of(params);

	if (err || i->width)
		return err;
	i->width = width;
	i->height = height;
	return XWL_PASS;
}

static int create_later(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	return note_size(bridge, o, m->args[0].i, m->args[1].i);
}

/* The parameters give all that they have to the buffer */
static void become_buffer(struct xwl_object *params, struct xwl_object *buffer)
{
	buffer->data = params->data;
	params->data = NULL;
}

static int create_at_once(void *bridge, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_object *buffer;
	int err = note_size(bridge, o, m->args[1].i, m->args[2].i);

	if (!err)
		err = xwl_forward(bridge, o, m, &buffer);
	if (err)
		return err;
	become_buffer(o, buffer);
	return XWL_DONE;
}

int xwl_buffers_created(void *bridge, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	struct xwl_object *params = xwl_objects_known(&b->guest, o->peer);
	uint32_t id = m->args[0].u;
	int err = xwl_bridge_adopt(b, id, m->args[0].interface, o->version);

	if (err)
		return err;
	become_buffer(params, xwl_objects_find(&b->guest, id));
	m->object = o->peer;
	err = b->ops->to_guest(b, m);
	return err ? err : XWL_DONE;
}

/* XWL_DONE: the guest will be told when nothing reads any more */
static int await_readers(struct xwl_bridge *b, const struct xwl_object *buffer,
			 struct xwl_image *i)
{
	struct pollfd file = { .events = POLLOUT };
	unsigned int plane;
	int err;

	for (plane = 0; plane < i->nr_planes && !i->awaited; plane++) {
		file.fd = i->planes[plane];
		if (poll(&file, 1, 0))
			continue;
		err = b->ops->await(b, file.fd, buffer);
		if (err)
			return err;
		i->awaited = true;
	}
	return i->awaited ? XWL_DONE : XWL_PASS;
}

int xwl_buffers_released(void *bridge, struct xwl_object *o,
			 struct xwl_message *m)
{
	struct xwl_bridge *b = bridge;
	const struct xwl_object *buffer = xwl_objects_find(&b->guest, o->peer);
	struct xwl_image *i = xwl_image_of(buffer);

	return i ? await_readers(b, buffer, i) : XWL_PASS;
}

int xwl_buffers_idle(struct xwl_bridge *b, uint32_t id, uint32_t serial)
{
	const struct xwl_object *buffer = xwl_objects_find(&b->guest, id);
	struct xwl_image *i = xwl_image_of(buffer);
	struct xwl_message m;
	int ret;

	if (!i || buffer->serial != serial)
		return 0;
	i->awaited = false;
	ret = await_readers(b, buffer, i);
	if (ret != XWL_PASS)
		return ret < 0 ? ret : 0;
	xwl_message_event(buffer->interface, id, "release", &m);
	return b->ops->to_guest(b, &m);
}

const struct xwl_handler xwl_buffer_requests[] = {
	{ "wl_shm", "create_pool", refuse_pool },
	{ "zwp_linux_buffer_params_v1", "add", add_plane },
	{ "zwp_linux_buffer_params_v1", "create", create_later },
	{ "zwp_linux_buffer_params_v1", "create_immed", create_at_once },
	{ NULL, NULL, NULL },
};
