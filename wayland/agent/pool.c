// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "agent/pool.h"
#include "agent/ways.h"
#include "common/container_of.h"
#include "wire/memory.h"

/* A pool that loses its pages so often is copied from then on */
#define LOST_MAX 2U
/* Each holds a descriptor, and all programs share this process' limit of them */
#define POOLS_MAX 512U
/*
 * So often a buffer is tried that needs room, with a pause behind each: for longer than
 * the other domain keeps unused buffers, if its configuration does not say otherwise
 */
#define TRIES_MAX 30U

/* Lives as long as its object or a buffer of it */
struct xwl_pool {
	struct xwl_attached attached;
	struct xwl_proxy *proxy;
	int fd;
	int32_t size;
	bool dmabuf;
	unsigned int users;
	unsigned int lost; /* buffers whose pages the program has taken away */
};

static void put_pool(struct xwl_pool *pool)
{
	if (--pool->users)
		return;
	pool->proxy->pools--;
	close(pool->fd);
	free(pool);
}

static void detach_pool(struct xwl_attached *a)
{
	put_pool(container_of(a, struct xwl_pool, attached));
}

static void detach_buffer(struct xwl_attached *a)
{
	struct xwl_buffer *b = container_of(a, struct xwl_buffer, attached);

	LIST_REMOVE(b, entry);
	if (b->share)
		b->share->ops->destroy(b->share);
	put_pool(b->pool);
	free(b);
}

struct xwl_buffer *xwl_buffer_of(const struct xwl_object *o)
{
	if (!o || !o->data || o->data->destroy != detach_buffer)
		return NULL;
	return container_of(o->data, struct xwl_buffer, attached);
}

/* Reading from another kind of file could block */
static bool is_memory(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == HUGETLBFS_MAGIC);
}

/* What a wl_shm pool can be of; otherwise the program is told */
static int check_file(struct xwl_proxy *p, int fd, bool dmabuf)
{
	if (dmabuf && !p->maker)
		return xwl_proxy_fail(
			p,
			"wl_shm.create_pool: the file is a dma-buf, and this domain shares none with the compositor's");
	if (!dmabuf && !is_memory(fd))
		return xwl_proxy_fail(
			p,
			"wl_shm.create_pool: the file is not in memory (tmpfs, hugetlbfs, dma-buf)");
	return 0;
}

static int create_pool(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;
	struct xwl_object *made;
	struct xwl_pool *pool;
	bool dmabuf = xwl_memory_is_dmabuf(m->args[1].fd);
	int err = check_file(p, m->args[1].fd, dmabuf);

	if (err)
		return err;
	if (m->args[2].i <= 0)
		return xwl_proxy_fail(p, "wl_shm.create_pool: invalid size %d",
				      m->args[2].i);
	if (p->pools == POOLS_MAX)
		return xwl_proxy_fail(p, "more than %u pools of wl_shm",
				      POOLS_MAX);
	err = xwl_proxy_add(p, o, m, 0, &made);
	if (err)
		return err;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	pool->attached.destroy = detach_pool;
	pool->proxy = p;
	p->pools++;
	pool->fd = m->args[1].fd;
	pool->dmabuf = dmabuf;
	pool->size = m->args[2].i;
	pool->users = 1;
	m->args[1].fd = -1;
	made->data = &pool->attached;
	return XWL_DONE;
}

static struct xwl_pool *pool_of(const struct xwl_object *o)
{
	return container_of(o->data, struct xwl_pool, attached);
}

static int resize_pool(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_pool *pool = pool_of(o);

	if (m->args[0].i < pool->size)
		return xwl_proxy_fail(
			proxy,
			"wl_shm_pool.resize: from %d to %d bytes, but pools cannot shrink",
			pool->size, m->args[0].i);
	pool->size = m->args[0].i;
	return XWL_DONE;
}

static int destroy_pool(void *proxy, struct xwl_object *o,
			struct xwl_message *m)
{
	int err = xwl_proxy_delete(proxy, o);

	return err ? err : XWL_DONE;
}

static bool fits_pool(const struct xwl_pool *pool, int32_t offset,
		      const struct xwl_buffer_record *shape)
{
	uint64_t bytes = xwl_buffer_bytes(shape);

	return offset >= 0 && bytes &&
	       (uint64_t)offset + bytes <= (uint64_t)pool->size;
}

static int create_buffer(void *proxy, struct xwl_object *o,
			 struct xwl_message *m)
{
	const struct xwl_buffer_record shape = {
		.id = m->args[0].u,
		.width = m->args[2].i,
		.height = m->args[3].i,
		.stride = m->args[4].i,
		.format = m->args[5].u,
	};
	struct xwl_pool *pool = pool_of(o);
	struct xwl_proxy *p = proxy;
	struct xwl_object *made;
	struct xwl_buffer *b;
	int err;

	if (!fits_pool(pool, m->args[1].i, &shape))
		return xwl_proxy_fail(
			p,
			"wl_shm_pool.create_buffer: %d x %d, stride %d at %d does not fit into %d bytes",
			shape.width, shape.height, shape.stride, m->args[1].i,
			pool->size);
	err = xwl_objects_add(&p->objects, shape.id, &wl_buffer_interface, 1,
			      &made);
	if (err)
		return xwl_proxy_fail(p, "wl_shm_pool.create_buffer: id %u: %s",
				      shape.id, strerror(-err));
	b = calloc(1, sizeof(*b));
	if (!b)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	b->attached.destroy = detach_buffer;
	b->pool = pool;
	pool->users++;
	b->source.fd = pool->fd;
	b->source.dmabuf = pool->dmabuf;
	b->source.offset = (uint64_t)m->args[1].i;
	b->source.shape = shape;
	b->source.maker = p->maker;
	b->source.across = p->across;
	b->source.why = XWL_WHY_OFF;
	LIST_INSERT_HEAD(&p->buffers, b, entry);
	made->data = &b->attached;
	return XWL_DONE;
}

static int destroy_buffer(void *proxy, struct xwl_object *o,
			  struct xwl_message *m)
{
	struct xwl_buffer *b = xwl_buffer_of(o);
	int err;

	/* one that the host's half knows ends there, and its id is freed there */
	if (!b || b->share)
		return XWL_PASS;
	err = xwl_proxy_delete(proxy, o);
	return err ? err : XWL_DONE;
}

const struct xwl_handler xwl_pool_requests[] = {
	{ "wl_shm", "create_pool", create_pool },
	{ "wl_shm_pool", "create_buffer", create_buffer },
	{ "wl_shm_pool", "resize", resize_pool },
	{ "wl_shm_pool", "destroy", destroy_pool },
	{ "wl_buffer", "destroy", destroy_buffer },
	{ NULL, NULL, NULL },
};

/* What was shown before makes room soon, as when a window is resized */
static bool await_room(struct xwl_proxy *p, struct xwl_buffer *b,
		       enum xwl_why why)
{
	if (why != XWL_WHY_NO_ROOM || b->tries == TRIES_MAX)
		return false;
	b->tries++;
	p->pause(p);
	return true;
}

static int explain_failure(struct xwl_proxy *p, const struct xwl_buffer *b,
			   enum xwl_why why, int err)
{
	if (err != -EOPNOTSUPP)
		return xdc_reason_set(&p->why, err, "cannot share a buffer: %s",
				      strerror(-err));
	return xdc_reason_set(&p->why, err,
			      "a buffer of %" PRIu64
			      " KiB can neither be shared nor sent: %s",
			      xwl_buffer_bytes(&b->source.shape) >> 10,
			      xwl_why_text(why));
}

int xwl_buffer_announce(struct xwl_proxy *p, struct xwl_buffer *b)
{
	enum xwl_why why;
	int err;

	if (b->share)
		return 0;
	if (p->waiting)
		return -EAGAIN;
	if (b->pool->lost >= LOST_MAX) {
		b->source.maker = NULL;
		b->source.why = XWL_WHY_HOLES;
	}
	err = xwl_ways_create(&b->source, p->link, &b->share, &why);
	if (err == -EOPNOTSUPP && await_room(p, b, why))
		return -EAGAIN;
	b->tries = 0;
	return err ? explain_failure(p, b, why, err) : 0;
}

static bool has_lost_pages(const struct xwl_buffer *b)
{
	const struct xwl_share_ops *ops = b->share->ops;

	return ops->intact && !ops->intact(b->share);
}

static void lose_share(struct xwl_buffer *b)
{
	b->share->ops->destroy(b->share);
	b->share = NULL;
	b->source.again = true;
	b->pool->lost++;
	b->stale = (struct xwl_box){ 0, 0, INT32_MAX, INT32_MAX };
}

int xwl_buffer_renew(struct xwl_proxy *p, struct xwl_buffer *b)
{
	int err;

	/* none: it has lost them, and there was no room yet */
	if (b->share && !has_lost_pages(b))
		return 0;
	if (b->share)
		lose_share(b);
	err = xwl_buffer_announce(p, b);
	return err ? err : 1;
}

int xwl_buffer_update(struct xwl_proxy *p, struct xwl_buffer *b)
{
	const struct xwl_buffer_record *shape = &b->source.shape;
	int err;

	if (!b->share->ops->update)
		return 0;
	xwl_box_cut(&b->stale, shape->width, shape->height);
	if (xwl_box_empty(&b->stale))
		return 0;
	err = b->share->ops->update(b->share, &b->source, p->link, &b->stale);
	if (err == -EIO)
		return xwl_proxy_fail(
			p, "a buffer's file is shorter than its pool");
	if (err)
		return xdc_reason_set(&p->why, err, "cannot send pixels: %s",
				      strerror(-err));
	p->copied +=
		(uint64_t)(b->stale.y2 - b->stale.y1) * (uint64_t)shape->stride;
	memset(&b->stale, 0, sizeof(b->stale));
	return 0;
}
