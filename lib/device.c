// SPDX-License-Identifier: LGPL-2.1-or-later
/* The device: open, ask, restrict */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "call.h"
#include "handle.h"
#include "paths.h"

/*
 * Decides between "load the driver" and "boot under Xen".  A kernel may lack
 * /sys/hypervisor, and a container may hide it or /dev/xen: one is enough.
 */
static bool is_under_xen(void)
{
	char type[8] = "";
	ssize_t len;
	int fd;

	if (!access("/dev/xen", F_OK))
		return true;
	fd = xdl_open("/sys/hypervisor/type", O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, type, sizeof(type) - 1);
	close(fd);
	return len >= 3 && !strncmp(type, "xen", 3);
}

static int query_device(int fd, struct xen_dmabuf_info *info, size_t size)
{
	return xdl_ioctl_fill(fd, XEN_DMABUF_IOC_INFO, info, size,
			      offsetof(struct xen_dmabuf_info,
				       grants_reserved));
}

XDL_API int xendmabuf_open_fd(int fd, struct xendmabuf **out)
{
	struct xen_dmabuf_info info;
	struct stat st;
	int err;

	*out = NULL;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	err = query_device(fd, &info, sizeof(info));
	/* Some drivers return EINVAL for an unknown ioctl */
	if (err == -EINVAL || err == -ENOSYS)
		return -ENOTTY;
	if (err)
		return err;
	*out = xdl_handle_new(fd);
	return *out ? 0 : -ENOMEM;
}

static int open_node(const char *path)
{
	int fd = xdl_open_device(path, O_RDWR);

	/* What is missing, the driver or Xen, is found out later */
	return fd == -ENODEV ? -ENOENT : fd;
}

/* The node for everything, or the one for granting if that is all there is */
static int open_device(void)
{
	int fd = open_node(XDL_DEVICE), fallback;

	if (fd != -EACCES && fd != -EPERM && fd != -ENOENT)
		return fd;
	fallback = open_node(XDL_DEVICE_GRANT);
	return fallback == -ENOENT ? fd : fallback;
}

XDL_API int xendmabuf_open(struct xendmabuf **out)
{
	int fd, err;

	*out = NULL;
	fd = open_device();
	if (fd == -ENOENT && !is_under_xen())
		return -ENODEV;
	if (fd < 0)
		return fd;
	err = xendmabuf_open_fd(fd, out);
	if (err)
		close(fd);
	return err;
}

XDL_API int xendmabuf_info(struct xendmabuf *x, struct xen_dmabuf_info *info,
			   size_t size)
{
	int err = query_device(x->fd, info, size);

	if (err)
		xdl_handle_failed(x,
				  &(struct xdl_failure){ .call = XDL_CALL_INFO,
							 .err = err });
	return err;
}

XDL_API int xendmabuf_restrict(struct xendmabuf *x, uint16_t domid,
			       unsigned int may)
{
	struct xen_dmabuf_restrict args = {
		.size = sizeof(args),
		.flags = may,
		.domid = domid,
	};
	int err = xdl_ioctl(x->fd, XEN_DMABUF_IOC_RESTRICT, &args);

	if (err)
		xdl_handle_failed(
			x, &(struct xdl_failure){ .call = XDL_CALL_RESTRICT,
						  .err = err,
						  .domid = domid });
	return err;
}
