// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/udmabuf.h"

#define PAGE 4096
#define SIZE (4 * PAGE)

static int memfd(int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void file_is_sealed_against_shrinking(void **state)
{
	int fd = memfd(0);

	assert_int_equal(xdc_udmabuf_prepare(fd, SIZE), 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK);
	/* again, and one that takes no further seals */
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	assert_int_equal(xdc_udmabuf_prepare(fd, SIZE), 0);
	close(fd);
}

static void file_that_cannot_be_sealed_is_refused(void **state)
{
	static const struct {
		int seals, err;
	} tries[] = {
		{ F_SEAL_SEAL, -EPERM },
		{ F_SEAL_WRITE, -EROFS },
		{ F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK, -EROFS },
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		fd = memfd(tries[i].seals);
		assert_int_equal(xdc_udmabuf_sealable(fd), tries[i].err);
		assert_int_equal(xdc_udmabuf_prepare(fd, SIZE + PAGE),
				 tries[i].err);
		assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
		close(fd);
	}
	assert_int_equal(xdc_udmabuf_prepare(STDIN_FILENO, SIZE), -EINVAL);
	assert_int_equal(xdc_udmabuf_prepare(-1, SIZE), -EBADF);
}

static void file_grows_but_is_not_cut_off(void **state)
{
	int fd = memfd(0);

	assert_int_equal(xdc_udmabuf_prepare(fd, SIZE - 1), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
	assert_int_equal(xdc_udmabuf_prepare(fd, SIZE + PAGE), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE + PAGE);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	assert_int_equal(xdc_udmabuf_prepare(fd, SIZE + 2 * PAGE), -EPERM);
	close(fd);
}

static void looking_at_a_file_does_not_seal_it(void **state)
{
	char path[64];
	int fd = memfd(0), reader;

	assert_int_equal(xdc_udmabuf_sealable(fd), 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS), 0);
	/* who may only read it may not seal it */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(xdc_udmabuf_sealable(reader), -EPERM);
	assert_int_equal(xdc_udmabuf_prepare(reader, SIZE), -EPERM);
	assert_int_equal(xdc_udmabuf_prepare(fd, SIZE), 0);
	assert_int_equal(xdc_udmabuf_sealable(reader), 0);
	close(reader);
	close(fd);
}

static void limit_is_whole_mebibytes(void **state)
{
	uint64_t max = xdc_udmabuf_max();

	assert_true(max && !(max % (1 << 20)));
}

static void no_device_is_an_error(void **state)
{
	int fd = memfd(F_SEAL_SHRINK);

	assert_int_equal(xdc_udmabuf_make(-1, fd, 0, SIZE), -EBADF);
	close(fd);
}

/* Where the machine has it, and this user may open it */
static void part_of_a_file_becomes_a_dmabuf(void **state)
{
	int device = open(XDC_UDMABUF_PATH, O_RDWR | O_CLOEXEC);
	int fd, dmabuf;
	char *p;

	if (device < 0)
		skip();
	fd = memfd(F_SEAL_SHRINK);
	assert_int_equal(pwrite(fd, "here", 4, PAGE), 4);
	dmabuf = xdc_udmabuf_make(device, fd, PAGE, PAGE);
	assert_true(dmabuf >= 0);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, dmabuf, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	assert_memory_equal(p, "here", 4);
	munmap(p, PAGE);
	close(dmabuf);
	assert_int_equal(xdc_udmabuf_make(device, fd, PAGE, SIZE), -EINVAL);
	close(fd);
	close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_sealed_against_shrinking),
		cmocka_unit_test(file_that_cannot_be_sealed_is_refused),
		cmocka_unit_test(file_grows_but_is_not_cut_off),
		cmocka_unit_test(looking_at_a_file_does_not_seal_it),
		cmocka_unit_test(limit_is_whole_mebibytes),
		cmocka_unit_test(no_device_is_an_error),
		cmocka_unit_test(part_of_a_file_becomes_a_dmabuf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
