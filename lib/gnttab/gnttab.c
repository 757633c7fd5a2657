// SPDX-License-Identifier: LGPL-2.1-or-later
/* libxengnttab's calls for dma-bufs, on /dev/xen/dmabuf instead of gntdev */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include <xengnttab.h>

#include "../api.h"
#include "gnttab.h"
#include "table.h"

static pthread_mutex_t device_lock = PTHREAD_MUTEX_INITIALIZER;
static struct xendmabuf *device;

/*
 * One for the process, opened at the first call: a program may close all
 * descriptors that are open when it starts.
 */
static int get_device(struct xendmabuf **x)
{
	int err = 0;

	pthread_mutex_lock(&device_lock);
	if (!device)
		err = xendmabuf_open(&device);
	*x = device;
	pthread_mutex_unlock(&device_lock);
	return err;
}

void xdl_gnttab_reset(void)
{
	xdl_table_forget(NULL);
	pthread_mutex_lock(&device_lock);
	xendmabuf_close(device);
	device = NULL;
	pthread_mutex_unlock(&device_lock);
}

static int set_errno(int err)
{
	if (!err)
		return 0;
	errno = -err;
	return -1;
}

static int exp_from_refs(const void *xgt, uint32_t domid, uint32_t flags,
			 uint32_t count, const uint32_t *refs, uint32_t *fd)
{
	const uint32_t hints = GNTDEV_DMA_FLAG_WC | GNTDEV_DMA_FLAG_COHERENT;
	struct xendmabuf *x;
	struct xdl_entry *entry;
	int dmabuf, err;

	/* Hints only: foreign pages are cached as their owner caches them */
	if (flags & ~hints || flags == hints)
		return -EINVAL;
	if (!count || domid > UINT16_MAX)
		return -EINVAL;
	err = get_device(&x);
	if (err)
		return err;
	xdl_table_sweep();
	entry = xdl_entry_new(xgt, XDL_ENTRY_EXPORT);
	if (!entry)
		return -ENOMEM;
	err = xendmabuf_map(x, (uint16_t)domid, refs, count, 0, &dmabuf,
			    &entry->lease);
	if (err)
		goto put;
	err = xdl_table_add(entry, dmabuf, (uint32_t)dmabuf);
	if (err)
		goto close;
	*fd = (uint32_t)dmabuf;
	return 0;

close:
	close(dmabuf);
put:
	xdl_entry_put(entry);
	return err;
}

XDL_API int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt,
					   uint32_t domid, uint32_t flags,
					   uint32_t count, const uint32_t *refs,
					   uint32_t *fd)
{
	return set_errno(exp_from_refs(xgt, domid, flags, count, refs, fd));
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Signals do not interrupt this wait: they do not interrupt gntdev's */
static int wait_until(struct xendmabuf_lease *lease, int64_t end)
{
	int64_t left;
	int err;

	do {
		left = end - now_ms();
		if (left < 0)
			left = 0;
		if (left > INT_MAX)
			left = INT_MAX;
		err = xendmabuf_lease_wait(lease, (int)left);
	} while (err == -EINTR || (err == -ETIMEDOUT && now_ms() < end));
	return err;
}

/*
 * The number of a closed descriptor can stand for several dma-bufs that had it in
 * turn.  Which one is meant is unknown: wait until all of them are released.
 */
static int exp_wait_released(const void *xgt, uint32_t fd, uint32_t wait_to_ms)
{
	int64_t end = now_ms() + wait_to_ms;
	struct xdl_entry *entry;
	struct xdl_meaning m;
	int err = -ENOENT;

	xdl_table_sweep();
	xdl_table_means(&m, xgt, XDL_ENTRY_EXPORT, fd);
	while ((entry = xdl_table_find(&m))) {
		err = wait_until(entry->lease, end);
		if (!err)
			xdl_table_drop(entry);
		xdl_entry_put(entry);
		if (err)
			break;
	}
	return err;
}

XDL_API int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt,
					       uint32_t fd, uint32_t wait_to_ms)
{
	return set_errno(exp_wait_released(xgt, fd, wait_to_ms));
}

/*
 * gntdev does not look at how a dma-buf's descriptor is open, and programs written
 * for it export with DRM_CLOEXEC alone: for reading only.
 */
static unsigned int get_grant_flags(int fd)
{
	int mode = fcntl(fd, F_GETFL);

	return mode >= 0 && (mode & O_ACCMODE) == O_RDONLY
		       ? XENDMABUF_FORCE_WRITE
		       : 0;
}

static int imp_to_refs(const void *xgt, uint32_t domid, int fd, uint32_t number,
		       uint32_t count, uint32_t *refs)
{
	struct xendmabuf *x;
	struct xdl_entry *entry;
	int64_t size;
	int err;

	size = xendmabuf_size(fd);
	if (size < 0)
		return (int)size;
	if (size != (int64_t)count * XENDMABUF_PAGE_SIZE)
		return -EINVAL;
	err = get_device(&x);
	if (err)
		return err;
	entry = xdl_entry_new(xgt, XDL_ENTRY_IMPORT);
	if (!entry)
		return -ENOMEM;
	err = xendmabuf_grant(x, fd, 0, (uint16_t)domid, get_grant_flags(fd),
			      refs, count, &entry->lease);
	if (!err)
		err = xdl_table_add(entry, fd, number);
	/* Closing the lease revokes the grant */
	if (err)
		xdl_entry_put(entry);
	return err;
}

XDL_API int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt, uint32_t domid,
					 uint32_t fd, uint32_t count,
					 uint32_t *refs)
{
	int own, err;

	if (!count || domid > UINT16_MAX)
		return set_errno(-EINVAL);
	/* Another thread may close @fd meanwhile: use a duplicate */
	own = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return -1;
	err = imp_to_refs(xgt, domid, own, fd, count, refs);
	close(own);
	return set_errno(err);
}

XDL_API int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd)
{
	struct xdl_entry *entry;
	struct xdl_meaning m;

	xdl_table_means(&m, xgt, XDL_ENTRY_IMPORT, fd);
	entry = xdl_table_take(&m);
	if (!entry)
		return set_errno(-ENOENT);
	/* A forked child may have the lease open, too: closing does not revoke */
	xendmabuf_lease_revoke(entry->lease);
	xdl_entry_put(entry);
	return 0;
}

/*
 * A program that is linked with what pkg-config says calls names with __wrap_ (the
 * linker's option --wrap), so that it does not matter whether libxengnttab comes first.
 */
#define WRAPPED(name)                          \
	extern __typeof__(name) __wrap_##name; \
	XDL_API __typeof__(name) __wrap_##name __attribute__((alias(#name)))

WRAPPED(xengnttab_dmabuf_exp_from_refs);
WRAPPED(xengnttab_dmabuf_exp_wait_released);
WRAPPED(xengnttab_dmabuf_imp_to_refs);
WRAPPED(xengnttab_dmabuf_imp_release);
WRAPPED(xengnttab_close);

typedef int close_call(xengnttab_handle *xgt);

/* libxengnttab's, whether it was loaded after this library or before it */
static close_call *find_close(void)
{
	close_call *next = (close_call *)dlsym(RTLD_NEXT, "xengnttab_close");

	if (!next)
		next = (close_call *)dlsym(RTLD_DEFAULT, "xengnttab_close");
	/* The name without __wrap_ may be libxengnttab's here, too */
	return next == __wrap_xengnttab_close ? NULL : next;
}

/* As with gntdev, closing the handle releases its buffers */
XDL_API int xengnttab_close(xengnttab_handle *xgt)
{
	close_call *next = find_close();

	if (xgt)
		xdl_table_forget(xgt);
	return next ? next(xgt) : set_errno(-ENOSYS);
}
