// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/sync/planes.h"
#include "common/container_of.h"

/* Of one program: all programs share this process' limit of descriptors */
#define FILES_MAX 512U

static void detach_planes(struct xwl_attached *a)
{
	struct xwl_planes *planes =
		container_of(a, struct xwl_planes, attached);
	unsigned int i;

	xwl_releases_tell(&planes->shown);
	for (i = 0; i < planes->nr; i++)
		close(planes->fd[i]);
	planes->proxy->planes -= planes->nr;
	free(planes);
}

struct xwl_planes *xwl_planes_of(const struct xwl_object *buffer)
{
	if (!buffer || !buffer->data || buffer->data->destroy != detach_planes)
		return NULL;
	return container_of(buffer->data, struct xwl_planes, attached);
}

int xwl_planes_busy(const struct xwl_planes *planes)
{
	struct pollfd file = { .events = POLLIN };
	unsigned int i;

	for (i = 0; i < planes->nr; i++) {
		file.fd = planes->fd[i];
		if (!poll(&file, 1, 0))
			return file.fd;
	}
	return -1;
}

/* Made with the first plane; NULL: out of memory */
static struct xwl_planes *make_planes(struct xwl_proxy *p,
				      struct xwl_object *params)
{
	struct xwl_planes *planes = calloc(1, sizeof(*planes));

	if (!planes)
		return NULL;
	planes->attached.destroy = detach_planes;
	planes->proxy = p;
	LIST_INIT(&planes->shown.list);
	params->data = &planes->attached;
	return planes;
}

static int add_plane(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_planes *planes = xwl_planes_of(o);
	struct xwl_proxy *p = proxy;
	int fd;

	if (!planes)
		planes = make_planes(p, o);
	if (!planes)
		return xdc_reason_set(&p->why, -ENOMEM, "out of memory");
	if (planes->nr == XWL_PLANES_MAX)
		return xwl_proxy_fail(p, "a buffer of more than %u planes",
				      XWL_PLANES_MAX);
	if (p->planes == FILES_MAX)
		return xwl_proxy_fail(p, "more than %u planes of dma-bufs",
				      FILES_MAX);
	fd = fcntl(m->args[0].fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return xdc_reason_set(&p->why, -errno, "a plane's dma-buf: %s",
				      strerror(errno));
	planes->fd[planes->nr++] = fd;
	p->planes++;
	return XWL_PASS;
}

static void move_planes(struct xwl_object *params, struct xwl_object *buffer)
{
	if (!buffer || buffer->data)
		return;
	buffer->data = params->data;
	params->data = NULL;
}

/* The request has made its buffer */
static int made_at_once(void *proxy, struct xwl_object *o,
			struct xwl_message *m)
{
	struct xwl_proxy *p = proxy;

	move_planes(o, xwl_objects_find(&p->objects, m->args[0].u));
	return XWL_PASS;
}

/* The compositor has made it */
static int created(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	return made_at_once(proxy, o, m);
}

static int released(void *proxy, struct xwl_object *o, struct xwl_message *m)
{
	struct xwl_planes *planes = xwl_planes_of(o);

	if (planes)
		xwl_releases_tell(&planes->shown);
	return XWL_PASS;
}

const struct xwl_handler xwl_planes_requests[] = {
	{ "zwp_linux_buffer_params_v1", "add", add_plane },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_planes_sent[] = {
	{ "zwp_linux_buffer_params_v1", "create_immed", made_at_once },
	{ NULL, NULL, NULL },
};

const struct xwl_handler xwl_planes_events[] = {
	{ "zwp_linux_buffer_params_v1", "created", created },
	{ "wl_buffer", "release", released },
	{ NULL, NULL, NULL },
};
