// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"
#include "gnttab.h"

struct driver driver;

const uint32_t refs[PAGES] = { 8, 9 };
static char theirs[2];
xengnttab_handle *h1 = (void *)&theirs[0];
xengnttab_handle *h2 = (void *)&theirs[1];

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat64(int fd, struct stat *st);
void *__wrap_dlsym(void *handle, const char *name);

int __wrap_fstat(int fd, struct stat *st)
{
	if (driver.fail_fstat && !--driver.fail_fstat) {
		errno = EIO;
		return -1;
	}
	return __real_fstat(fd, st);
}

/* the name of the call with large file support */
int __wrap_fstat64(int fd, struct stat *st)
{
	return __wrap_fstat(fd, st);
}

static int close_theirs(xengnttab_handle *xgt)
{
	assert_true(xgt == h1 || xgt == h2);
	driver.closes++;
	return 0;
}

void *__wrap_dlsym(void *handle, const char *name)
{
	(void)handle;
	assert_string_equal(name, "xengnttab_close");
	return driver.dlsym_fails ? NULL : (void *)close_theirs;
}

int new_dmabuf(void)
{
	int fd = memfd_create("dma-buf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PAGES * XENDMABUF_PAGE_SIZE), 0);
	return fd;
}

int new_read_only_dmabuf(void)
{
	int fd = new_dmabuf(), again;
	char path[32];

	/* openat(): open() is the library's, and leads to the fake */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	assert_true(again >= 0);
	close(fd);
	return again;
}

static int new_lease(void)
{
	int fds[2];

	assert_true(driver.nr < MAX_LEASES);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	/* a high number: the tests are about the lowest free numbers, for dma-bufs */
	driver.fd[driver.nr] = fcntl(fds[0], F_DUPFD_CLOEXEC, 100 + driver.nr);
	driver.end[driver.nr] = fcntl(fds[1], F_DUPFD_CLOEXEC, 300 + driver.nr);
	close(fds[0]);
	close(fds[1]);
	return driver.fd[driver.nr++];
}

void returned(int lease)
{
	close(driver.end[lease]);
	driver.end[lease] = -1;
}

static int driver_ioctl(int fd, unsigned long request, void *arg)
{
	struct xen_dmabuf_map *map = arg;
	struct xen_dmabuf_grant *grant = arg;
	int i;

	assert_true(fake_is_open(fd));
	if (request == XEN_DMABUF_IOC_INFO)
		return 0;
	if (request == XEN_DMABUF_LEASE_IOC_REVOKE) {
		for (i = 0; i < driver.nr; i++)
			if (driver.fd[i] == fd)
				driver.revokes[i]++;
		return driver.err;
	}
	if (driver.err)
		return driver.err;
	if (request == XEN_DMABUF_IOC_MAP) {
		assert_int_equal(map->flags, 0);
		assert_int_equal(map->nr_refs, PAGES);
		assert_ptr_equal(map->refs, refs);
		driver.domid = map->domid;
		map->lease_fd = new_lease();
		map->dmabuf_fd = new_dmabuf();
		return 0;
	}
	assert_int_equal(request, XEN_DMABUF_IOC_GRANT);
	driver.grant_flags = grant->flags;
	assert_int_equal(grant->nr_refs, PAGES);
	driver.domid = grant->domid;
	((uint32_t *)(uintptr_t)grant->refs)[1] = 77;
	grant->lease_fd = new_lease();
	return 0;
}

static int open_device(const char *path, int flags)
{
	(void)flags;
	assert_memory_equal(path, "/dev/xen/dmabuf", 15);
	return driver.err ? driver.err : fake_chardev();
}

static int has_xen(const char *path)
{
	(void)path;
	return 0;
}

int driver_setup(void **state)
{
	memset(&driver, 0, sizeof(driver));
	fake_setup(state);
	fake.ioctl = driver_ioctl;
	fake.open = open_device;
	fake.access = has_xen;
	return 0;
}

int driver_teardown(void **state)
{
	int i;

	xdl_gnttab_reset();
	for (i = 0; i < driver.nr; i++) {
		if (driver.end[i] >= 0)
			close(driver.end[i]);
		/* RETURNED */
		if (fake_is_open(driver.fd[i]))
			fail_msg("lease %d was not closed", i);
	}
	return fake_teardown(state);
}

uint32_t export(xengnttab_handle *h)
{
	uint32_t fd = 9999;

	assert_int_equal(
		xengnttab_dmabuf_exp_from_refs(h, 7, 0, PAGES, refs, &fd), 0);
	assert_int_equal(driver.domid, 7);
	assert_true(fake_is_open((int)fd));
	return fd;
}

int import(xengnttab_handle *h, int fd)
{
	uint32_t out[PAGES] = { 0 };

	assert_int_equal(xengnttab_dmabuf_imp_to_refs(h, 3, (uint32_t)fd, PAGES,
						      out),
			 0);
	assert_int_equal(driver.domid, 3);
	assert_int_equal(out[1], 77);
	return driver.nr - 1;
}
