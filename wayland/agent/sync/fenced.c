// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sync_file.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "agent/sync/claim.h"
#include "agent/sync/fenced.h"
#include "common/container_of.h"

/* The object, of zwp_linux_buffer_release_v1, that hears when the buffer is let go */
struct listener {
	struct xwl_release release;
	struct xwl_proxy *proxy;
	uint32_t id, serial;
};

static int get_synchronization(void *proxy, struct xwl_object *o,
			       struct xwl_message *m)
{
	return xwl_claim_begin(proxy, o, m, false);
}

static int destroy(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	int err = xwl_proxy_delete(proxy, o);

	return err ? err : XWL_DONE;
}

static bool is_fence(int fd)
{
	struct sync_file_info info = { 0 };

	return !ioctl(fd, SYNC_IOC_FILE_INFO, &info);
}

static int set_acquire_fence(void *proxy, struct xwl_object *o,
			     struct xwl_message *m)
{
	struct xwl_frame_sync *s = xwl_claim_sync(proxy, o);

	if (!s)
		return -EPROTO;
	if (!is_fence(m->args[0].fd))
		return xwl_proxy_fail(
			proxy, "set_acquire_fence: the file is no fence");
	if (s->acquire >= 0)
		return xwl_proxy_fail(proxy, "a second fence for one frame");
	xwl_frame_sync_acquire(s, m->args[0].fd);
	m->args[0].fd = -1;
	return XWL_DONE;
}

static void end_listener(struct xwl_release *r, bool committed)
{
	struct listener *l = container_of(r, struct listener, release);
	struct xwl_object *o = xwl_objects_find(&l->proxy->objects, l->id);
	struct xwl_message m;

	if (committed && o && o->serial == l->serial) {
		xwl_message_event(o->interface, o->id, "immediate_release", &m);
		if (!xwl_stream_send(l->proxy->program, &m))
			xwl_proxy_delete(l->proxy, o);
	}
	free(l);
}

/* NULL: out of memory */
static struct xwl_release *make_listener(struct xwl_proxy *p,
					 const struct xwl_object *o)
{
	struct listener *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	l->release.end = end_listener;
	l->proxy = p;
	l->id = o->id;
	l->serial = o->serial;
	return &l->release;
}

static int get_release(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_frame_sync *s = xwl_claim_sync(proxy, o);
	struct xwl_proxy *p = proxy;
	struct xwl_release *r;
	struct xwl_object *made;
	int err;

	if (!s)
		return -EPROTO;
	if (s->release)
		return xwl_proxy_fail(p, "a second release for one frame");
	err = xwl_proxy_add(p, o, m, 0, &made);
	if (err)
		return err;
	r = make_listener(p, made);
	if (!r)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	xwl_frame_sync_release(s, r);
	return XWL_DONE;
}

const struct xwl_handler xwl_fenced_requests[] = {
	{ "zwp_linux_explicit_synchronization_v1", "destroy", destroy },
	{ "zwp_linux_explicit_synchronization_v1", "get_synchronization",
	  get_synchronization },
	{ "zwp_linux_surface_synchronization_v1", "destroy", xwl_claim_end },
	{ "zwp_linux_surface_synchronization_v1", "set_acquire_fence",
	  set_acquire_fence },
	{ "zwp_linux_surface_synchronization_v1", "get_release", get_release },
	{ NULL, NULL, NULL },
};
