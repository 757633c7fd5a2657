// SPDX-License-Identifier: LGPL-2.1-or-later
/* The device: open, what it can do, and the two ways through it */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

int xdl_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int xdl_ioctl(int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

void xdl_failed(struct xendmabuf *x, const struct xdl_failure *failure)
{
	pthread_mutex_lock(&x->lock);
	x->failure = *failure;
	pthread_mutex_unlock(&x->lock);
}

/*
 * Whether to say "load the driver" or "boot under Xen".  /sys/hypervisor can
 * be compiled out or hidden from a container, so either sign is enough.
 */
static bool under_xen(void)
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

static int query(int fd, struct xen_dmabuf_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return xdl_ioctl(fd, XEN_DMABUF_IOC_INFO, info);
}

static struct xendmabuf *handle_new(int fd)
{
	struct xendmabuf *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	if (pthread_mutex_init(&x->lock, NULL)) {
		free(x);
		return NULL;
	}
	x->fd = fd;
	return x;
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
	err = query(fd, &info);
	/* Some drivers answer EINVAL to calls that they do not know */
	if (err == -EINVAL || err == -ENOSYS)
		return -ENOTTY;
	if (err)
		return err;
	*out = handle_new(fd);
	return *out ? 0 : -ENOMEM;
}

XDL_API int xendmabuf_open(struct xendmabuf **out)
{
	int fd, err;

	*out = NULL;
	fd = xdl_open(XDL_DEVICE, O_RDWR);
	/* A node without a driver is as good as no node */
	if (fd == -ENXIO || fd == -ENODEV || fd == -ENOTDIR)
		fd = -ENOENT;
	if (fd == -ENOENT && !under_xen())
		return -ENODEV;
	if (fd < 0)
		return fd;
	err = xendmabuf_open_fd(fd, out);
	if (err)
		close(fd);
	return err;
}

XDL_API void xendmabuf_close(struct xendmabuf *x)
{
	if (!x)
		return;
	close(x->fd);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

XDL_API int xendmabuf_fd(const struct xendmabuf *x)
{
	return x->fd;
}

XDL_API int xendmabuf_info(struct xendmabuf *x, struct xen_dmabuf_info *info)
{
	int err = query(x->fd, info);

	if (err)
		xdl_failed(x, &(struct xdl_failure){ .call = XDL_CALL_INFO,
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
		xdl_failed(x, &(struct xdl_failure){ .call = XDL_CALL_RESTRICT,
						     .err = err,
						     .domid = domid });
	return err;
}

/* The library's flags are the driver's. */
_Static_assert(XENDMABUF_RDONLY == XEN_DMABUF_MAP_RDONLY, "read-only");
_Static_assert(XENDMABUF_CONTIGUOUS == XEN_DMABUF_MAP_CONTIGUOUS, "contiguous");
_Static_assert(XENDMABUF_REVOCABLE == XEN_DMABUF_MAP_REVOCABLE, "revocable");

static int check(const uint32_t *refs, size_t nr_refs, unsigned int flags,
		 unsigned int known)
{
	if (flags & ~known)
		return -EOPNOTSUPP;
	if (!nr_refs || !refs)
		return -EINVAL;
	/* The kernel counts in 32 bits: do not let it see less than was asked */
	if (nr_refs > UINT32_MAX)
		return -EFBIG;
	return 0;
}

static void map_failed(struct xendmabuf *x, struct xdl_failure *failure,
		       const uint32_t *refs, size_t bad_ref)
{
	bool told = failure->err == -EACCES || failure->err == -ESRCH;

	if (told && bad_ref < failure->nr_refs)
		failure->bad_value = refs[bad_ref];
	else
		bad_ref = 0;
	pthread_mutex_lock(&x->lock);
	x->failure = *failure;
	x->bad_ref = bad_ref;
	pthread_mutex_unlock(&x->lock);
}

XDL_API int xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
				     const uint32_t *refs, size_t nr_refs,
				     unsigned int flags, unsigned int dma_bits,
				     int *dmabuf_fd,
				     struct xendmabuf_lease **lease)
{
	struct xen_dmabuf_map args = {
		.size = sizeof(args),
		.flags = flags,
		.domid = domid,
		.nr_refs = nr_refs,
		.refs = (uintptr_t)refs,
		.dma_bits = dma_bits,
		.dmabuf_fd = -1,
		.lease_fd = -1,
	};
	struct xendmabuf_lease *l = NULL;
	int err;

	*dmabuf_fd = -1;
	if (lease)
		*lease = NULL;
	err = check(refs, nr_refs, flags,
		    XENDMABUF_RDONLY | XENDMABUF_CONTIGUOUS |
			    XENDMABUF_REVOCABLE);
	if (err)
		goto failed;
	if (lease) {
		l = xdl_lease_new();
		err = l ? 0 : -ENOMEM;
		if (err)
			goto failed;
	}
	err = xdl_ioctl(x->fd, XEN_DMABUF_IOC_MAP, &args);
	if (err)
		goto failed;
	if (l) {
		l->fd = args.lease_fd;
		l->id = args.lease_id;
		*lease = l;
	} else {
		close(args.lease_fd);
	}
	*dmabuf_fd = args.dmabuf_fd;
	return 0;

failed:
	free(l);
	map_failed(x,
		   &(struct xdl_failure){ .call = XDL_CALL_MAP,
					  .err = err,
					  .domid = domid,
					  .nr_refs = nr_refs },
		   refs, args.bad_ref);
	return err;
}

XDL_API int xendmabuf_map(struct xendmabuf *x, uint16_t domid,
			  const uint32_t *refs, size_t nr_refs,
			  unsigned int flags, int *dmabuf_fd,
			  struct xendmabuf_lease **lease)
{
	return xendmabuf_map_for_device(x, domid, refs, nr_refs, flags, 0,
					dmabuf_fd, lease);
}

XDL_API size_t xendmabuf_bad_ref(const struct xendmabuf *x)
{
	struct xendmabuf *handle = (struct xendmabuf *)x;
	size_t bad_ref;

	pthread_mutex_lock(&handle->lock);
	bad_ref = handle->bad_ref;
	pthread_mutex_unlock(&handle->lock);
	return bad_ref;
}

XDL_API int xendmabuf_grant(struct xendmabuf *x, int dmabuf_fd, uint64_t offset,
			    uint16_t domid, unsigned int flags, uint32_t *refs,
			    size_t nr_refs, struct xendmabuf_lease **lease)
{
	struct xen_dmabuf_grant args = {
		.size = sizeof(args),
		.flags = flags & XENDMABUF_RDONLY ? XEN_DMABUF_GRANT_RDONLY : 0,
		.domid = domid,
		.dmabuf_fd = dmabuf_fd,
		.offset = offset,
		.nr_refs = nr_refs,
		.lease_fd = -1,
		.refs = (uintptr_t)refs,
	};
	struct xendmabuf_lease *l = NULL;
	int err;

	/* Without the lease the grant would end before it is told to anybody */
	if (!lease)
		return -EINVAL;
	*lease = NULL;
	err = check(refs, nr_refs, flags, XENDMABUF_RDONLY);
	if (err)
		goto failed;
	l = xdl_lease_new();
	err = l ? 0 : -ENOMEM;
	if (err)
		goto failed;
	err = xdl_ioctl(x->fd, XEN_DMABUF_IOC_GRANT, &args);
	if (err)
		goto failed;
	l->fd = args.lease_fd;
	l->id = args.lease_id;
	*lease = l;
	return 0;

failed:
	free(l);
	xdl_failed(x, &(struct xdl_failure){ .call = XDL_CALL_GRANT,
					     .err = err,
					     .domid = domid,
					     .nr_refs = nr_refs });
	return err;
}
