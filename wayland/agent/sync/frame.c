// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "agent/sync/frame.h"
#include "agent/sync/planes.h"

void xwl_frame_sync_init(struct xwl_frame_sync *s)
{
	memset(s, 0, sizeof(*s));
	s->acquire = -1;
}

void xwl_frame_sync_acquire(struct xwl_frame_sync *s, int fd)
{
	if (s->acquire >= 0)
		close(s->acquire);
	s->acquire = fd;
}

void xwl_frame_sync_release(struct xwl_frame_sync *s, struct xwl_release *r)
{
	if (s->release)
		s->release->end(s->release, false);
	s->release = r;
}

void xwl_frame_sync_drop(struct xwl_frame_sync *s)
{
	xwl_frame_sync_acquire(s, -1);
	xwl_frame_sync_release(s, NULL);
	memset(&s->from, 0, sizeof(s->from));
	memset(&s->until, 0, sizeof(s->until));
}

static int check_frame(struct xwl_proxy *p, const struct xwl_frame_sync *s,
		       const struct xwl_object *buffer)
{
	bool set = s->acquire >= 0 || s->release;

	if (set && !buffer)
		return xwl_proxy_fail(
			p,
			"a commit with synchronisation but without a buffer");
	if (set && !xwl_planes_of(buffer))
		return xwl_proxy_fail(
			p,
			"synchronisation of a buffer that is not of linux-dmabuf");
	if (s->pointed && buffer && (s->acquire < 0 || !s->release))
		return xwl_proxy_fail(
			p, "a frame without its acquire or release point");
	if (s->from.timeline && s->from.timeline == s->until.timeline &&
	    s->from.value >= s->until.value)
		return xwl_proxy_fail(
			p, "the acquire point is not before the release point");
	return 0;
}

/* The file that the frame waits for; -1: it is drawn */
static int find_awaited(const struct xwl_frame_sync *s,
			const struct xwl_object *buffer)
{
	const struct xwl_planes *planes = xwl_planes_of(buffer);
	struct pollfd file = { .fd = s->acquire, .events = POLLIN };

	if (s->acquire >= 0)
		return poll(&file, 1, 0) ? -1 : s->acquire;
	return planes ? xwl_planes_busy(planes) : -1;
}

int xwl_frame_sync_commit(struct xwl_proxy *p, struct xwl_frame_sync *s,
			  const struct xwl_object *buffer)
{
	int fd, err = p->waiting ? -EAGAIN : check_frame(p, s, buffer);

	if (err)
		return err;
	fd = find_awaited(s, buffer);
	if (fd >= 0) {
		err = p->await(p, fd);
		return err ? err : -EAGAIN;
	}
	if (s->release &&
	    xwl_releases_add(&xwl_planes_of(buffer)->shown, s->release))
		return xwl_proxy_fail(
			p,
			"too many frames of one buffer that is not released");
	s->release = NULL;
	xwl_frame_sync_drop(s);
	return 0;
}
