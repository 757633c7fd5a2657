// SPDX-License-Identifier: LGPL-2.1-or-later
/* Leases: the state of a map or a grant, waiting for its end, requesting it */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "api.h"
#include "call.h"
#include "handle.h"
#include "lease.h"

struct xendmabuf_lease *xdl_lease_new(void)
{
	struct xendmabuf_lease *lease = calloc(1, sizeof(*lease));

	if (lease)
		lease->fd = -1;
	return lease;
}

static int query_lease(int fd, struct xen_dmabuf_lease_info *info, size_t size)
{
	return xdl_ioctl_fill(fd, XEN_DMABUF_LEASE_IOC_INFO, info, size,
			      offsetof(struct xen_dmabuf_lease_info, pinned));
}

static int open_by_id(struct xendmabuf *x, uint64_t id, uint32_t flags,
		      struct xendmabuf_lease **lease)
{
	struct xen_dmabuf_lease_open args = {
		.size = sizeof(args),
		.flags = flags,
		.lease_id = id,
		.lease_fd = -1,
	};
	struct xendmabuf_lease *l;
	int err;

	*lease = NULL;
	l = xdl_lease_new();
	err = l ? xdl_ioctl(x->fd, XEN_DMABUF_IOC_LEASE_OPEN, &args) : -ENOMEM;
	if (err) {
		free(l);
		xdl_handle_failed(
			x, &(struct xdl_failure){ .call = XDL_CALL_LEASE_OPEN,
						  .err = err,
						  .lease_id = id });
		return err;
	}
	l->fd = args.lease_fd;
	l->id = id;
	*lease = l;
	return 0;
}

XDL_API int xendmabuf_lease_open(struct xendmabuf *x, uint64_t id,
				 struct xendmabuf_lease **lease)
{
	return open_by_id(x, id, 0, lease);
}

XDL_API int xendmabuf_lease_observe(struct xendmabuf *x, uint64_t id,
				    struct xendmabuf_lease **lease)
{
	return open_by_id(x, id, XEN_DMABUF_LEASE_OBSERVE, lease);
}

XDL_API int xendmabuf_lease_from_fd(int fd, struct xendmabuf_lease **lease)
{
	struct xen_dmabuf_lease_info info;
	int err;

	*lease = NULL;
	err = query_lease(fd, &info, sizeof(info));
	/* Some drivers return EINVAL for an unknown ioctl */
	if (err == -EINVAL || err == -ENOSYS)
		err = -ENOTTY;
	if (err)
		return err;
	*lease = xdl_lease_new();
	if (!*lease)
		return -ENOMEM;
	(*lease)->fd = fd;
	(*lease)->id = info.lease_id;
	return 0;
}

XDL_API int xendmabuf_lease_fd(const struct xendmabuf_lease *lease)
{
	return lease->fd;
}

XDL_API uint64_t xendmabuf_lease_id(const struct xendmabuf_lease *lease)
{
	return lease->id;
}

XDL_API int xendmabuf_lease_info(struct xendmabuf_lease *lease,
				 struct xen_dmabuf_lease_info *info,
				 size_t size)
{
	return query_lease(lease->fd, info, size);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

XDL_API int xendmabuf_lease_wait(struct xendmabuf_lease *lease, int timeout_ms)
{
	/*
	 * POLLHUP is reported without being requested.  POLLIN is not requested:
	 * it stays on until xendmabuf_lease_info() acknowledges it, which is
	 * left to the caller, so that this loop would spin.
	 */
	struct pollfd p = { .fd = lease->fd };
	int64_t end = 0, left = timeout_ms;
	int ret;

	if (timeout_ms > 0)
		/* now_ms() rounds down: one more, so as not to return early */
		end = now_ms() + timeout_ms + 1;
	for (;;) {
		ret = poll(&p, 1, timeout_ms < 0 ? -1 : (int)left);
		if (ret < 0)
			return -errno;
		if (p.revents & POLLHUP)
			return 0;
		if (p.revents & POLLNVAL)
			return -EBADF;
		if (p.revents & POLLERR)
			return -EIO;
		if (timeout_ms < 0)
			continue;
		left = timeout_ms ? end - now_ms() : 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (left > timeout_ms)
			left = timeout_ms;
	}
}

XDL_API int xendmabuf_lease_revoke(struct xendmabuf_lease *lease)
{
	struct xen_dmabuf_lease_revoke args = { .size = sizeof(args) };

	return xdl_ioctl(lease->fd, XEN_DMABUF_LEASE_IOC_REVOKE, &args);
}

XDL_API int xendmabuf_lease_dmabuf(struct xendmabuf_lease *lease,
				   int *dmabuf_fd)
{
	struct xen_dmabuf_lease_dmabuf args = {
		.size = sizeof(args),
		.dmabuf_fd = -1,
	};
	int err = xdl_ioctl(lease->fd, XEN_DMABUF_LEASE_IOC_DMABUF, &args);

	*dmabuf_fd = err ? -1 : args.dmabuf_fd;
	return err;
}

XDL_API void xendmabuf_lease_close(struct xendmabuf_lease *lease)
{
	if (!lease)
		return;
	close(lease->fd);
	free(lease);
}

XDL_API const char *xendmabuf_state_name(uint32_t state)
{
	switch (state) {
	case XEN_DMABUF_LEASE_ACTIVE:
		return "ACTIVE";
	case XEN_DMABUF_LEASE_REVOKED:
		return "REVOKED";
	case XEN_DMABUF_LEASE_RETURNED:
		return "RETURNED";
	}
	return "UNKNOWN";
}
