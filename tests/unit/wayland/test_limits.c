// SPDX-License-Identifier: GPL-2.0-only
/* What a guest may cost: each limit, and that all is given back. */
#include "unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host/windows/buffers.h"
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

/* The pointer shows what was committed before, not what is set for the next commit */
static void cursors_are_as_large_as_what_is_shown(void **state)
{
	scene.policy.max[XWL_CURSOR] = 7;
	assert_int_equal(guest_sends(SURFACE2, "attach", NUMBERS(BUFFER), NULL),
			 0);
	assert_int_equal(guest_sends(SURFACE2, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(guest_sends(SURFACE2, "attach", NUMBERS(0), NULL), 0);
	assert_int_equal(guest_sends(POINTER, "set_cursor",
				     NUMBERS(1, SURFACE2, 0, 0), NULL),
			 -EDQUOT);
	assert_string_equal(scene.bridge.why.text, "max-cursor = 7 exceeded");
	scene_end();
	scene_begin();
	scene.policy.max[XWL_CURSOR] = 7;
	assert_int_equal(guest_sends(SURFACE2, "attach", NUMBERS(BUFFER), NULL),
			 0);
	assert_int_equal(guest_sends(SURFACE2, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(
		guest_sends(SURFACE2, "set_buffer_scale", NUMBERS(2), NULL), 0);
	assert_int_equal(guest_sends(POINTER, "set_cursor",
				     NUMBERS(1, SURFACE2, 0, 0), NULL),
			 -EDQUOT);
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

	scene.policy.max[XWL_BUFFERS] = scene.account.used[XWL_BUFFERS] + 1;
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

/* They keep files, without a buffer as well */
static void parameters_count_as_buffers(void **state)
{
	unsigned int i;

	scene.policy.max[XWL_BUFFERS] = scene.account.used[XWL_BUFFERS] + 2;
	for (i = 0; i < 3; i++)
		assert_int_equal(guest_sends(DMABUF, "create_params",
					     NUMBERS(FREE_ID + i), NULL),
				 i < 2 ? 0 : -EDQUOT);
	assert_non_null(strstr(scene.bridge.why.text, "max-buffers"));
	assert_int_equal(guest_sends(FREE_ID, "destroy", NUMBERS(0), NULL), 0);
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(FREE_ID)), NULL),
			 0);
	assert_int_equal(guest_sends(DMABUF, "create_params",
				     NUMBERS(FREE_ID + 2), NULL),
			 0);
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

static void damage(const char *request, int32_t x, const char *sent)
{
	scene_forget();
	assert_int_equal(
		guest_sends(SURFACE, request, NUMBERS(x, 0, 1, 1), NULL), 0);
	assert_string_equal(scene.sent, sent);
}

/* A region of damage grows until the surface is shown, whether it is committed or not */
static void many_rectangles_of_damage_become_one(void **state)
{
	unsigned int i;

	scene.policy.max[XWL_RECTANGLES] = 3;
	for (i = 0; i < 2; i++) {
		damage("damage", -4, "wl_surface.damage(-4, 0, 1, 1)\n");
		damage("damage_buffer", 2,
		       "wl_surface.damage_buffer(2, 0, 1, 1)\n");
		assert_int_equal(
			guest_sends(SURFACE, "commit", NUMBERS(0), NULL), 0);
		damage("damage", 4, "wl_surface.damage(4, 0, 1, 1)\n");
		damage("damage", 6,
		       "wl_surface.damage(-16777216, -16777216, 33554432, 33554432)\n");
		damage("damage_buffer", 4,
		       "wl_surface.damage_buffer(4, 0, 1, 1)\n");
		damage("damage_buffer", 6,
		       "wl_surface.damage_buffer(-16777216, -16777216, 33554432, 33554432)\n");
	}
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
	assert_int_equal(scene.account.used[XWL_MEMORY], 1025 + 1);
	assert_int_equal(add_plane(300 << 20), -EDQUOT);
	assert_non_null(strstr(scene.bridge.why.text, "max-memory = 256"));
	memfds_are_dmabufs = false;
}

/* One end of it is the dma-buf: full, it cannot be written, as if something read it */
static int full_socket(int *other)
{
	int ends[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	while (write(ends[0], "reader", 6) > 0)
		;
	*other = ends[1];
	return ends[0];
}

static void drain(int fd)
{
	static char piece[65536];

	while (read(fd, piece, sizeof(piece)) > 0)
		;
}

static int make_buffer(void)
{
	int other;

	memfds_are_dmabufs = true;
	xwl_fds_push(&scene.fds, full_socket(&other));
	assert_int_equal(
		guest_sends(PARAMS, "add", NUMBERS(0, 0, 32, 0, 0), NULL), 0);
	assert_int_equal(guest_sends(PARAMS, "create_immed",
				     NUMBERS(FREE_ID, 8, 8, 0, 0), NULL),
			 0);
	memfds_are_dmabufs = false;
	scene_forget();
	return other;
}

static void release_waits_for_readers(void **state)
{
	int other = make_buffer();
	const struct xwl_object *buffer =
		xwl_objects_find(&scene.bridge.guest, FREE_ID);
	uint32_t serial = buffer->serial;

	assert_int_equal(compositor_sends(FREE_ID, "release", NUMBERS(0), NULL),
			 0);
	assert_int_equal(scene.nr_events, 0);
	/* it was for another reason that the loop came, and a second release */
	assert_int_equal(xwl_buffers_idle(&scene.bridge, FREE_ID, serial), 0);
	assert_int_equal(compositor_sends(FREE_ID, "release", NUMBERS(0), NULL),
			 0);
	assert_int_equal(scene.nr_events, 0);
	drain(other);
	/* of a buffer that had the id before */
	assert_int_equal(xwl_buffers_idle(&scene.bridge, FREE_ID, serial + 1),
			 0);
	assert_int_equal(scene.nr_events, 0);
	assert_int_equal(xwl_buffers_idle(&scene.bridge, FREE_ID, serial), 0);
	assert_string_equal(scene.sent, "wl_buffer.release()\n");
	/* nothing reads: the next one is passed on at once */
	scene_forget();
	assert_int_equal(compositor_sends(FREE_ID, "release", NUMBERS(0), NULL),
			 0);
	assert_int_equal(scene.nr_events, 1);
	close(other);
}

static void destroyed_buffer_is_not_released(void **state)
{
	int other = make_buffer();
	uint32_t serial =
		xwl_objects_find(&scene.bridge.guest, FREE_ID)->serial;

	assert_int_equal(compositor_sends(FREE_ID, "release", NUMBERS(0), NULL),
			 0);
	assert_int_equal(guest_sends(FREE_ID, "destroy", NUMBERS(0), NULL), 0);
	drain(other);
	assert_int_equal(xwl_buffers_idle(&scene.bridge, FREE_ID, serial), 0);
	assert_int_equal(scene.nr_events, 0);
	close(other);
}

static void planes_of_a_buffer(void **state)
{
	int i, ret = 0;

	memfds_are_dmabufs = true;
	for (i = 0; i < 5 && !ret; i++)
		ret = add_plane(4096);
	memfds_are_dmabufs = false;
	assert_int_equal(i, 5);
	assert_int_equal(ret, -EPROTO);
	assert_non_null(strstr(scene.bridge.why.text, "more than 4 planes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
		TEST(dmabufs_are_charged),
		TEST(dmabufs_over_the_limit),
		TEST(release_waits_for_readers),
		TEST(destroyed_buffer_is_not_released),
		TEST(planes_of_a_buffer),
		TEST(limits_of_objects),
		TEST(limit_of_windows_counts_popups),
		TEST(cursors_are_small_and_at_the_pointer),
		TEST(cursors_are_as_large_as_what_is_shown),
		TEST(cursors_have_no_subsurfaces),
		TEST(limits_of_buffers),
		TEST(parameters_count_as_buffers),
		TEST(limit_of_rectangles),
		TEST(many_rectangles_of_damage_become_one),
		TEST(limit_of_depth),
		TEST(subsurface_may_move_to_another_parent),
		TEST(programs_share_an_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
