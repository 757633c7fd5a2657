// SPDX-License-Identifier: GPL-2.0-only
/* What a guest may cost: each limit, and that all is given back. */
#include "unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "scene.h"

/* Makes objects until one is refused */
static void exhaust(uint32_t id, const char *request, enum xwl_limit limit)
{
	uint32_t n, start = scene.account.used[limit];
	char text[64];
	int err;

	for (n = 0; n <= scene.policy.max[limit]; n++) {
		err = guest_sends(id, request, NUMBERS(FREE_ID + n), NULL);
		if (err)
			break;
	}
	assert_int_equal(err, -EDQUOT);
	assert_int_equal(n, scene.policy.max[limit] - start);
	snprintf(text, sizeof(text), "%s = %u exceeded", xwl_limit_name(limit),
		 scene.policy.max[limit]);
	assert_string_equal(scene.bridge.why.text, text);
}

static void limits_of_objects(void **state)
{
	exhaust(COMPOSITOR, "create_surface", XWL_SURFACES);
	scene_end();
	scene_begin();
	exhaust(SURFACE, "frame", XWL_CALLBACKS);
	scene_end();
	scene_begin();
	exhaust(COMPOSITOR, "create_region", XWL_OBJECTS);
}

static void limit_of_windows_counts_popups(void **state)
{
	scene.policy.max[XWL_WINDOWS] = 2;
	assert_int_equal(guest_sends(XDG_SURFACE, "get_popup",
				     NUMBERS(FREE_ID, 0, POSITIONER), NULL),
			 0);
	assert_int_equal(guest_sends(XDG_SURFACE, "get_popup",
				     NUMBERS(FREE_ID + 1, 0, POSITIONER), NULL),
			 -EDQUOT);
}

static void cursors_are_small_and_at_the_pointer(void **state)
{
	scene.policy.max[XWL_CURSOR] = 8;
	/* the surface's size is told when it commits */
	assert_int_equal(guest_sends(POINTER, "set_cursor",
				     NUMBERS(1, SURFACE2, -300, 300), NULL),
			 0);
	assert_non_null(strstr(scene.sent, ", 0, 8)\n"));
	assert_int_equal(guest_sends(SURFACE2, "attach", NUMBERS(BUFFER), NULL),
			 0);
	assert_int_equal(guest_sends(SURFACE2, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(guest_sends(POINTER, "set_cursor", NUMBERS(1), NULL),
			 0);
	scene.policy.max[XWL_CURSOR] = 7;
	assert_int_equal(guest_sends(SURFACE2, "commit", NUMBERS(0), NULL),
			 -EDQUOT);
	assert_string_equal(scene.bridge.why.text, "max-cursor = 7 exceeded");
}

static void cursors_have_no_subsurfaces(void **state)
{
	assert_int_equal(guest_sends(POINTER, "set_cursor",
				     NUMBERS(1, SURFACE2, 0, 0), NULL),
			 0);
	assert_int_equal(guest_sends(COMPOSITOR, "create_surface",
				     NUMBERS(FREE_ID), NULL),
			 0);
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(FREE_ID + 1, FREE_ID, SURFACE2),
				     NULL),
			 -EPROTO);
	scene_end();
	scene_begin();
	assert_int_equal(guest_sends(COMPOSITOR, "create_surface",
				     NUMBERS(FREE_ID), NULL),
			 0);
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(FREE_ID + 1, FREE_ID, SURFACE2),
				     NULL),
			 0);
	assert_int_equal(guest_sends(POINTER, "set_cursor",
				     NUMBERS(1, SURFACE2, 0, 0), NULL),
			 -EPROTO);
	assert_string_equal(scene.bridge.why.text,
			    "a cursor cannot have sub-surfaces");
}

static void limits_of_buffers(void **state)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { FREE_ID, XWL_BUFFER_INLINE, 0, 64, 64, 256, 0 },
	};

	scene.policy.max[XWL_BUFFERS] = 2;
	assert_int_equal(guest_record(bytes, xwl_record_write(&r, bytes)), 0);
	r.buffer.id++;
	assert_int_equal(guest_record(bytes, xwl_record_write(&r, bytes)),
			 -EDQUOT);
	scene.policy.max[XWL_BUFFERS] = 10;
	scene.policy.max[XWL_MEMORY] = 20;
	assert_int_equal(guest_record(bytes, xwl_record_write(&r, bytes)),
			 -EDQUOT);
	assert_non_null(strstr(scene.bridge.why.text, "max-memory"));
}

static void limit_of_rectangles(void **state)
{
	uint32_t i;

	scene.policy.max[XWL_RECTANGLES] = 5;
	for (i = 0; i < 5; i++)
		assert_int_equal(guest_sends(REGION, i & 1 ? "add" : "subtract",
					     NUMBERS(0, 0, 1, 1), NULL),
				 0);
	assert_int_equal(guest_sends(REGION, "add", NUMBERS(0, 0, 1, 1), NULL),
			 -EDQUOT);
}

/* Surfaces 100, 101 ..., each below the one before; up: made from the bottom */
static int make_tree(unsigned int depth, bool up)
{
	unsigned int i, n;
	int err = 0;

	for (i = 0; i <= depth; i++)
		assert_int_equal(guest_sends(COMPOSITOR, "create_surface",
					     NUMBERS(100 + i), NULL),
				 0);
	for (i = 0; i < depth && !err; i++) {
		n = up ? depth - 1 - i : i;
		err = guest_sends(SUBCOMPOSITOR, "get_subsurface",
				  NUMBERS(200 + n, 101 + n, 100 + n), NULL);
	}
	return err;
}

static void limit_of_depth(void **state)
{
	assert_int_equal(make_tree(8, false), 0);
	scene_end();
	scene_begin();
	assert_int_equal(make_tree(9, false), -EDQUOT);
	scene_end();
	scene_begin();
	assert_int_equal(make_tree(8, true), 0);
	scene_end();
	scene_begin();
	assert_int_equal(make_tree(9, true), -EDQUOT);
}

static void subsurface_may_move_to_another_parent(void **state)
{
	assert_int_equal(make_tree(1, false), 0);
	assert_int_equal(guest_sends(200, "destroy", NUMBERS(0), NULL), 0);
	/* the other way round is no loop now */
	assert_int_equal(guest_sends(SUBCOMPOSITOR, "get_subsurface",
				     NUMBERS(201, 100, 101), NULL),
			 0);
}

static void programs_share_an_account(void **state)
{
	struct xwl_bridge second;

	assert_int_equal(xwl_bridge_init(&second, &scene.policy, &scene.account,
					 scene.bridge.ops),
			 0);
	xwl_bridge_fini(&second);
	assert_int_equal(scene.account.used[XWL_SURFACES], 2);
}

/* A memfd is a dma-buf for this test */
static bool memfds_are_dmabufs;

int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);

int __wrap_fstatfs64(int fd, struct statfs *fs)
{
	int ret = __real_fstatfs64(fd, fs);

	if (memfds_are_dmabufs)
		fs->f_type = 0x444d4142;
	return ret;
}

static int add_plane(off_t size)
{
	int fd = memfd_create("plane", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, size), 0);
	xwl_fds_push(&scene.fds, fd);
	return guest_sends(PARAMS, "add", NUMBERS(0, 0, 32, 0, 0), NULL);
}

static void dmabufs_are_charged(void **state)
{
	uint32_t before = scene.account.used[XWL_MEMORY];
	uint32_t id = XWL_SERVER_IDS;

	memfds_are_dmabufs = true;
	assert_int_equal(add_plane(1 << 20), 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + 1025);
	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(id), NULL),
			 0);
	/* the memory is the buffer's now */
	assert_int_equal(guest_sends(PARAMS, "destroy", NUMBERS(0), NULL), 0);
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(PARAMS)), NULL),
			 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before + 1025);
	assert_int_equal(guest_sends(id, "destroy", NUMBERS(0), NULL), 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], before);
	memfds_are_dmabufs = false;
}

static void dmabufs_over_the_limit(void **state)
{
	memfds_are_dmabufs = true;
	assert_int_equal(add_plane(1 << 20), 0);
	assert_int_equal(guest_sends(PARAMS, "create_immed",
				     NUMBERS(FREE_ID, 8, 8, 0, 0), NULL),
			 0);
	assert_int_equal(xwl_objects_find(&scene.bridge.guest, FREE_ID)->count,
			 1025);
	assert_int_equal(add_plane(300 << 20), -EDQUOT);
	assert_non_null(strstr(scene.bridge.why.text, "max-memory = 256"));
	memfds_are_dmabufs = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
		TEST(dmabufs_are_charged),
		TEST(dmabufs_over_the_limit),
		TEST(limits_of_objects),
		TEST(limit_of_windows_counts_popups),
		TEST(cursors_are_small_and_at_the_pointer),
		TEST(cursors_have_no_subsurfaces),
		TEST(limits_of_buffers),
		TEST(limit_of_rectangles),
		TEST(limit_of_depth),
		TEST(subsurface_may_move_to_another_parent),
		TEST(programs_share_an_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
