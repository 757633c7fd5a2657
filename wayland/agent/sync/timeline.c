// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sync/claim.h"
#include "agent/sync/device.h"
#include "agent/sync/timeline.h"
#include "common/container_of.h"

/* Lives as long as its object or a point that is to be signalled */
struct timeline {
	struct xwl_attached attached;
	unsigned int users;
	uint32_t serial; /* its object's */
	int device;
	uint32_t handle;
};

struct signal {
	struct xwl_release release;
	struct timeline *timeline;
	uint64_t point;
};

static void put_timeline(struct timeline *t)
{
	if (--t->users)
		return;
	xwl_sync_forget(t->device, t->handle);
	free(t);
}

static void detach_timeline(struct xwl_attached *a)
{
	put_timeline(container_of(a, struct timeline, attached));
}

static int import_timeline(void *proxy, struct xwl_object *o,
			   struct xwl_message *m)
{
	struct timeline *t = calloc(1, sizeof(*t));
	struct xwl_proxy *p = proxy;
	struct xwl_object *made;
	int err;

	if (!t)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	t->attached.destroy = detach_timeline;
	t->users = 1;
	t->device = p->sync->fd;
	err = xwl_sync_import(t->device, m->args[1].fd, &t->handle);
	if (err) {
		free(t);
		return xwl_proxy_fail(p, "import_timeline: no timeline: %s",
				      strerror(-err));
	}
	err = xwl_proxy_add(p, o, m, 0, &made);
	if (err) {
		put_timeline(t);
		return err;
	}
	t->serial = made->serial;
	made->data = &t->attached;
	return XWL_DONE;
}

static int destroy(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	int err = xwl_proxy_delete(proxy, o);

	return err ? err : XWL_DONE;
}

static int get_surface(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	return xwl_claim_begin(proxy, o, m, true);
}

static struct timeline *timeline_of(struct xwl_proxy *p,
				    const struct xwl_message *m)
{
	const struct xwl_object *o =
		xwl_objects_find(&p->objects, m->args[0].u);

	return container_of(o->data, struct timeline, attached);
}

static struct xwl_point point_of(const struct timeline *t,
				 const struct xwl_message *m)
{
	return (struct xwl_point){
		.timeline = t->serial,
		.value = (uint64_t)m->args[1].u << 32 | m->args[2].u,
	};
}

static int set_acquire_point(void *proxy, struct xwl_object *o,
			     struct xwl_message *m)
{
	struct xwl_frame_sync *s = xwl_claim_sync(proxy, o);
	struct timeline *t = timeline_of(proxy, m);
	struct xwl_proxy *p = proxy;
	int fd;

	if (!s)
		return -EPROTO;
	s->from = point_of(t, m);
	fd = xwl_sync_eventfd(t->device, t->handle, s->from.value);
	if (fd < 0)
		return xdc_reason_set(&p->why, fd,
				      "cannot wait for a point: %s",
				      strerror(-fd));
	xwl_frame_sync_acquire(s, fd);
	return XWL_DONE;
}

static void end_signal(struct xwl_release *r, bool committed)
{
	struct signal *s = container_of(r, struct signal, release);

	if (committed)
		xwl_sync_signal(s->timeline->device, s->timeline->handle,
				s->point);
	put_timeline(s->timeline);
	free(s);
}

/* NULL: out of memory */
static struct xwl_release *make_signal(struct timeline *t, uint64_t point)
{
	struct signal *s = malloc(sizeof(*s));

	if (!s)
		return NULL;
	s->release.end = end_signal;
	s->timeline = t;
	s->point = point;
	t->users++;
	return &s->release;
}

static int set_release_point(void *proxy, struct xwl_object *o,
			     struct xwl_message *m)
{
	struct xwl_frame_sync *s = xwl_claim_sync(proxy, o);
	struct timeline *t = timeline_of(proxy, m);
	struct xwl_proxy *p = proxy;
	struct xwl_release *r;

	if (!s)
		return -EPROTO;
	s->until = point_of(t, m);
	r = make_signal(t, s->until.value);
	if (!r)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	xwl_frame_sync_release(s, r);
	return XWL_DONE;
}

const struct xwl_handler xwl_timeline_requests[] = {
	{ "wp_linux_drm_syncobj_manager_v1", "destroy", destroy },
	{ "wp_linux_drm_syncobj_manager_v1", "get_surface", get_surface },
	{ "wp_linux_drm_syncobj_manager_v1", "import_timeline",
	  import_timeline },
	{ "wp_linux_drm_syncobj_timeline_v1", "destroy", destroy },
	{ "wp_linux_drm_syncobj_surface_v1", "destroy", xwl_claim_end },
	{ "wp_linux_drm_syncobj_surface_v1", "set_acquire_point",
	  set_acquire_point },
	{ "wp_linux_drm_syncobj_surface_v1", "set_release_point",
	  set_release_point },
	{ NULL, NULL, NULL },
};
