// SPDX-License-Identifier: GPL-2.0-only
/* How many buffers may be in one dma-buf, each of which the compositor may map. */
#include "unit.h"

#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/windows/buffers.h"
#include "scene.h"

/* A memfd is a dma-buf for this test */
int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);

int __wrap_fstatfs64(int fd, struct statfs *fs)
{
	int ret = __real_fstatfs64(fd, fs);

	fs->f_type = 0x444d4142;
	return ret;
}

static int dmabuf;

static int begin(void **state)
{
	dmabuf = memfd_create("dma-buf", MFD_CLOEXEC);
	assert_int_equal(ftruncate(dmabuf, 65536), 0);
	return scene_setup(state);
}

static int end(void **state)
{
	close(dmabuf);
	return scene_teardown(state);
}

static int make_buffer(uint32_t id, unsigned int flags, int fd)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { id, flags, 0, 64, 64, 256, 0 },
	};

	xwl_fds_push(&scene.fds, dup(fd));
	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static void destroy_buffer(uint32_t id)
{
	assert_int_equal(guest_sends(id, "destroy", NUMBERS(0), NULL), 0);
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(id)), NULL),
			 0);
}

static void seventeenth_buffer_in_a_dmabuf_refused(void **state)
{
	uint32_t i;

	for (i = 0; i < 15; i++)
		assert_int_equal(make_buffer(FREE_ID + i, 0, dmabuf), 0);
	/* linux-dmabuf's count, too */
	xwl_fds_push(&scene.fds, dup(dmabuf));
	assert_int_equal(
		guest_sends(PARAMS, "add", NUMBERS(0, 0, 256, 0, 0), NULL), 0);
	assert_int_equal(make_buffer(FREE_ID + 15, 0, dmabuf), -EDQUOT);
	assert_string_equal(
		scene.bridge.why.text,
		"more than 16 buffers are in one dma-buf at a time");
}

static void buffer_that_is_gone_does_not_count(void **state)
{
	uint32_t i;

	for (i = 0; i < 40; i++) {
		assert_int_equal(make_buffer(FREE_ID, 0, dmabuf), 0);
		destroy_buffer(FREE_ID);
	}
	assert_true(LIST_EMPTY(&scene.account.sources));
}

static void buffer_that_is_shown_counts(void **state)
{
	assert_int_equal(make_buffer(FREE_ID, 0, dmabuf), 0);
	assert_int_equal(guest_sends(SURFACE, "attach", NUMBERS(FREE_ID), NULL),
			 0);
	assert_int_equal(guest_sends(SURFACE, "commit", NUMBERS(0), NULL), 0);
	destroy_buffer(FREE_ID);
	assert_false(LIST_EMPTY(&scene.account.sources));
}

static void memory_that_was_exchanged_does_not_count(void **state)
{
	int other = memfd_create("other", MFD_CLOEXEC);
	int i;

	assert_int_equal(ftruncate(other, 65536), 0);
	assert_int_equal(make_buffer(FREE_ID, 0, dmabuf), 0);
	for (i = 0; i < 20; i++)
		assert_int_equal(make_buffer(FREE_ID, XWL_BUFFER_AGAIN,
					     i & 1 ? dmabuf : other),
				 0);
	for (i = 1; i < 16; i++)
		assert_int_equal(make_buffer(FREE_ID + i, 0, other), 0);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(seventeenth_buffer_in_a_dmabuf_refused),
		TEST(buffer_that_is_gone_does_not_count),
		TEST(buffer_that_is_shown_counts),
		TEST(memory_that_was_exchanged_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
