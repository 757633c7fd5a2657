// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/pages.h"

/* More than the page map is read at a time */
#define PAGES 1000U
#define SIZE (PAGES * XDC_PAGE)

static int pagemap, memfd;
static struct xdc_pages pages;

static int begin(void **state)
{
	memfd = memfd_create("test", MFD_CLOEXEC);
	return ftruncate(memfd, SIZE) ||
	       xdc_pages_watch(&pages, pagemap, memfd, 0, SIZE);
}

static int end(void **state)
{
	xdc_pages_forget(&pages);
	xdc_pages_forget(&pages);
	return close(memfd);
}

static void writing_changes_nothing(void **state)
{
	uint8_t *p =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);

	assert_true(xdc_pages_intact(&pages));
	memset(p, 7, SIZE);
	assert_true(xdc_pages_intact(&pages));
	munmap(p, SIZE);
	assert_true(xdc_pages_intact(&pages));
}

static void hole(unsigned int page)
{
	assert_int_equal(fallocate(memfd,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   (off_t)page * XDC_PAGE, XDC_PAGE),
			 0);
}

static void holes_are_seen(void **state)
{
	static const unsigned int places[] = { 0, 511, 512, PAGES - 1 };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		hole(places[i]);
		assert_false(xdc_pages_intact(&pages));
		xdc_pages_forget(&pages);
		assert_int_equal(
			xdc_pages_watch(&pages, pagemap, memfd, 0, SIZE), 0);
		assert_true(xdc_pages_intact(&pages));
	}
}

/* It has other pages then, which nobody else can see */
static void hole_that_was_filled_again(void **state)
{
	hole(3);
	assert_int_equal(pwrite(memfd, "x", 1, 3 * XDC_PAGE), 1);
	assert_false(xdc_pages_intact(&pages));
}

static void hole_of_another_process(void **state)
{
	pid_t pid = fork();
	int status;
	void *p;

	if (!pid) {
		p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd,
			 0);
		_exit(madvise(p, XDC_PAGE, MADV_REMOVE) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(xdc_pages_intact(&pages));
}

static void file_that_was_shorter(void **state)
{
	assert_int_equal(ftruncate(memfd, SIZE / 2), 0);
	assert_int_equal(ftruncate(memfd, SIZE), 0);
	assert_false(xdc_pages_intact(&pages));
}

static void part_of_a_file(void **state)
{
	xdc_pages_forget(&pages);
	assert_int_equal(xdc_pages_watch(&pages, pagemap, memfd,
					 (uint64_t)2 * XDC_PAGE, XDC_PAGE),
			 0);
	hole(1);
	hole(3);
	assert_true(xdc_pages_intact(&pages));
	hole(2);
	assert_false(xdc_pages_intact(&pages));
}

static void page_map_that_cannot_be_read(void **state)
{
	pages.pagemap = -1;
	assert_false(xdc_pages_intact(&pages));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(writing_changes_nothing),
		TEST(holes_are_seen),
		TEST(hole_that_was_filled_again),
		TEST(hole_of_another_process),
		TEST(file_that_was_shorter),
		TEST(part_of_a_file),
		TEST(page_map_that_cannot_be_read),
	};

	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
