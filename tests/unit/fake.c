// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"

struct fake fake;

static int fds_before;
static int in_test;

int __real_open(const char *path, int flags, ...);
int __real_poll(struct pollfd *p, nfds_t nr, int timeout);
int __real_ioctl(int fd, unsigned long request, void *arg);
int __real_access(const char *path, int mode);
ssize_t __real_readlink(const char *path, char *to, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_poll(struct pollfd *p, nfds_t nr, int timeout);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_access(const char *path, int mode);
ssize_t __wrap_readlink(const char *path, char *to, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);

static int answer(int ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	/* The library must open with O_CLOEXEC; gcov does not */
	if (in_test)
		assert_true(flags & O_CLOEXEC);
	if (fake.open)
		return answer(fake.open(path, flags));
	return __real_open(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags, 0600);
}

int __wrap_poll(struct pollfd *p, nfds_t nr, int timeout)
{
	if (fake.poll)
		return answer(fake.poll(p, nr, timeout));
	return __real_poll(p, nr, timeout);
}

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (fake.ioctl)
		return answer(fake.ioctl(fd, request, arg));
	return __real_ioctl(fd, request, arg);
}

int __wrap_access(const char *path, int mode)
{
	if (fake.access)
		return answer(fake.access(path));
	return __real_access(path, mode);
}

ssize_t __wrap_readlink(const char *path, char *to, size_t size)
{
	const char *target;

	if (!fake.readlink)
		return __real_readlink(path, to, size);
	target = fake.readlink(path);
	if (!target)
		return answer(-ENOENT);
	/* as the system call does it: no 0 at the end */
	size = strlen(target) < size ? strlen(target) : size;
	memcpy(to, target, size);
	return size;
}

static int alloc_fails(void)
{
	if (!fake.fail_alloc || --fake.fail_alloc)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *__wrap_malloc(size_t size)
{
	return alloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return alloc_fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return alloc_fails() ? NULL : __real_realloc(p, size);
}

int fake_filled(const void *at, int byte, size_t len)
{
	const unsigned char *p = at;

	while (len && *p == byte) {
		p++;
		len--;
	}
	return !len;
}

/* Without /proc, which a build root need not have */
int fake_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fake_is_open(fd);
	return n;
}

int fake_is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int fake_setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fds_before = fake_fds();
	in_test = 1;
	return 0;
}

int fake_teardown(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	in_test = 0;
	if (fake_fds() == fds_before)
		return 0;
	print_error("file descriptors: %d before, %d after\n", fds_before,
		    fake_fds());
	return -1;
}

int fake_chardev(void)
{
	int fd = __real_open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

int fake_file(const char *content)
{
	int fd = memfd_create("fake", MFD_CLOEXEC);
	ssize_t len = strlen(content);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}
