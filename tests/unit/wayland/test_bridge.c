// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "host/policy/config.h"
#include "scene.h"
#include "sent.h"

static void ids_are_translated(void **state)
{
	assert_int_equal(
		guest_sends(SURFACE, "attach", NUMBERS(BUFFER, 0, 0), NULL), 0);
	EXPECT("wl_surface.attach(%u, 0, 0)\n", compositor_id(BUFFER));
	assert_int_equal(guest_sends(SURFACE, "attach", NUMBERS(0, 0, 0), NULL),
			 0);
	EXPECT("wl_surface.attach(0, 0, 0)\n");
	/* an id that leaves a gap at the guest leaves none at the compositor */
	assert_int_equal(guest_sends(COMPOSITOR, "create_surface",
				     NUMBERS(9000), NULL),
			 0);
	EXPECT("wl_compositor.create_surface(%u)\n", compositor_id(9000));
	assert_true(compositor_id(9000) < 60);
	assert_int_equal(compositor_sends(POINTER, "enter",
					  NUMBERS(1, compositor_id(9000), 0, 0),
					  NULL),
			 0);
	EXPECT("wl_pointer.enter(1, 9000, 0, 0)\n");
}

static void lowest_ids_are_used_again(void **state)
{
	uint32_t id = compositor_id(GONE);

	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id", NUMBERS(id),
					 NULL),
			 0);
	EXPECT("wl_display.delete_id(%u)\n", GONE);
	assert_int_equal(guest_sends(COMPOSITOR, "create_region", NUMBERS(GONE),
				     NULL),
			 0);
	EXPECT("wl_compositor.create_region(%u)\n", id);
}

static void events_for_destroyed_objects_are_dropped(void **state)
{
	assert_int_equal(guest_sends(POINTER, "release", NUMBERS(0), NULL), 0);
	scene_forget();
	assert_int_equal(compositor_sends(POINTER, "button",
					  NUMBERS(1, 2, 3, 1), NULL),
			 0);
	expect_sent("");
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(POINTER)), NULL),
			 0);
	EXPECT("wl_display.delete_id(%u)\n", POINTER);
	assert_null(xwl_objects_known(&scene.bridge.guest, POINTER));
}

static void events_may_name_destroyed_objects(void **state)
{
	uint32_t surface = compositor_id(SURFACE2);

	assert_int_equal(guest_sends(SURFACE2, "destroy", NUMBERS(0), NULL), 0);
	scene_forget();
	/* the program's library knows that it has destroyed it */
	assert_int_equal(compositor_sends(POINTER, "leave", NUMBERS(1, surface),
					  NULL),
			 0);
	EXPECT("wl_pointer.leave(1, %u)\n", SURFACE2);
}

static void objects_of_the_hosts_own_are_hidden(void **state)
{
	uint32_t sync = scene.bridge.first_sync->id;

	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(sync), NULL),
			 0);
	assert_int_equal(compositor_says(scene.bridge.registry->id,
					 "global_remove", NUMBERS(1), NULL),
			 0);
	assert_int_equal(compositor_says(scene.bridge.shm->id, "format",
					 NUMBERS(1), NULL),
			 0);
	expect_sent("");
}

static void only_globals_of_the_allow_list(void **state)
{
	uint32_t registry = compositor_id(REGISTRY);

	assert_int_equal(compositor_says(registry, "global", NUMBERS(50, 1),
					 "zwlr_layer_shell_v1"),
			 0);
	assert_int_equal(compositor_says(registry, "global_remove", NUMBERS(50),
					 NULL),
			 0);
	expect_sent("");
	assert_int_equal(compositor_says(registry, "global", NUMBERS(51, 99),
					 "zwp_linux_dmabuf_v1"),
			 0);
	expect_sent("wl_registry.global(51, \"zwp_linux_dmabuf_v1\", 3)\n");
	assert_int_equal(compositor_says(registry, "global_remove", NUMBERS(51),
					 NULL),
			 0);
	expect_sent("wl_registry.global_remove(51)\n");
	/* it may have been bound before that was known */
	assert_int_equal(guest_sends(REGISTRY, "bind", NUMBERS(51, 3, FREE_ID),
				     "zwp_linux_dmabuf_v1"),
			 0);
}

static void screens_that_come_and_go(void **state)
{
	uint32_t registry = compositor_id(REGISTRY), name;

	for (name = 1000; name < 1000 + 3 * XWL_OFFERED_MAX; name++) {
		assert_int_equal(compositor_says(registry, "global",
						 NUMBERS(name, 4), "wl_output"),
				 0);
		assert_int_equal(compositor_says(registry, "global_remove",
						 NUMBERS(name), NULL),
				 0);
	}
}

static void policy_offers_more_globals(void **state)
{
	scene_end();
	xwl_config_defaults(&scene.policy);
	scene.policy.allow = XWL_ALLOW_POINTER_LOCK;
	scene_begin();
	assert_int_equal(guest_sends(REGISTRY, "bind",
				     NUMBERS(GLOBAL_POLICY, 1, FREE_ID),
				     "zwp_pointer_constraints_v1"),
			 0);
}

static void names_of_screens_are_replaced(void **state)
{
	assert_int_equal(compositor_sends(OUTPUT, "name", NUMBERS(0), "DP-1"),
			 0);
	expect_sent("wl_output.name(\"XEN-10\")\n");
	assert_int_equal(compositor_sends(OUTPUT, "description", NUMBERS(0),
					  "Dell U2720Q serial 123"),
			 0);
	expect_sent("wl_output.description(\"screen\")\n");
	assert_int_equal(compositor_sends(OUTPUT, "geometry",
					  NUMBERS(0, 0, 600, 340, 0, 0),
					  "Dell"),
			 0);
	expect_sent(
		"wl_output.geometry(0, 0, 600, 340, 0, \"Xen\", \"screen\", 0)\n");
}

static void screens_have_one_name_each(void **state)
{
	scene.policy.allow |= XWL_ALLOW_OUTPUT_LAYOUT;
	compositor_says(compositor_id(REGISTRY), "global", NUMBERS(20, 3),
			"zxdg_output_manager_v1");
	guest_sends(REGISTRY, "bind", NUMBERS(10, 4, FREE_ID), "wl_output");
	guest_sends(REGISTRY, "bind", NUMBERS(20, 3, FREE_ID + 1),
		    "zxdg_output_manager_v1");
	guest_sends(FREE_ID + 1, "get_xdg_output",
		    NUMBERS(FREE_ID + 2, FREE_ID), NULL);
	scene_forget();
	compositor_sends(OUTPUT, "name", NUMBERS(0), "DP-1");
	compositor_sends(FREE_ID, "name", NUMBERS(0), "DP-1");
	compositor_sends(FREE_ID + 2, "name", NUMBERS(0), "DP-1");
	expect_sent("wl_output.name(\"XEN-10\")\nwl_output.name(\"XEN-10\")\n"
		    "zxdg_output_v1.name(\"XEN-10\")\n");
}

static void places_of_screens_are_told_if_allowed(void **state)
{
	const int64_t *geometry = NUMBERS(1920, -1080, 600, 340, 0, 1);

	assert_int_equal(compositor_sends(OUTPUT, "geometry", geometry, "Dell"),
			 0);
	expect_sent(
		"wl_output.geometry(0, 0, 600, 340, 0, \"Xen\", \"screen\", 1)\n");
	scene.policy.allow |= XWL_ALLOW_OUTPUT_LAYOUT;
	assert_int_equal(compositor_sends(OUTPUT, "geometry", geometry, "Dell"),
			 0);
	expect_sent(
		"wl_output.geometry(1920, -1080, 600, 340, 0, \"Xen\", \"screen\", 1)\n");
}

static void only_linear_modifiers_are_told(void **state)
{
	assert_int_equal(compositor_sends(DMABUF, "modifier",
					  NUMBERS(1, 0x01000000, 2), NULL),
			 0);
	expect_sent("");
	assert_int_equal(compositor_sends(DMABUF, "modifier", NUMBERS(1, 0, 0),
					  NULL),
			 0);
	expect_sent("zwp_linux_dmabuf_v1.modifier(1, 0, 0)\n");
	assert_int_equal(compositor_sends(DMABUF, "modifier",
					  NUMBERS(1, 0x00ffffff, 0xffffffff),
					  NULL),
			 0);
	expect_sent("zwp_linux_dmabuf_v1.modifier(1, 16777215, -1)\n");
}

static void only_formats_of_known_size_are_told(void **state)
{
	static const uint32_t hidden[] = { WL_SHM_FORMAT_NV12,
					   WL_SHM_FORMAT_YUYV, WL_SHM_FORMAT_C8,
					   0x20303030 };
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_int_equal(compositor_sends(SHM, "format",
						  NUMBERS(hidden[i]), NULL),
				 0);
	expect_sent("");
	assert_int_equal(compositor_sends(SHM, "format",
					  NUMBERS(WL_SHM_FORMAT_XRGB8888),
					  NULL),
			 0);
	EXPECT("wl_shm.format(%d)\n", WL_SHM_FORMAT_XRGB8888);
	assert_int_equal(compositor_sends(SHM, "format",
					  NUMBERS(WL_SHM_FORMAT_ABGR2101010),
					  NULL),
			 0);
	EXPECT("wl_shm.format(%d)\n", WL_SHM_FORMAT_ABGR2101010);
}

static void objects_that_the_compositor_makes(void **state)
{
	uint32_t id = XWL_SERVER_IDS + 3;

	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(id), NULL),
			 0);
	EXPECT("zwp_linux_buffer_params_v1.created(%d)\n", (int32_t)id);
	assert_int_equal(scene.account.used[XWL_BUFFERS], 3);
	assert_int_equal(
		guest_sends(SURFACE, "attach", NUMBERS(id, 0, 0), NULL), 0);
	EXPECT("wl_surface.attach(%d, 0, 0)\n", (int32_t)id);
	/* in use */
	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(id), NULL),
			 -EPROTO);
	assert_int_equal(guest_sends(id, "destroy", NUMBERS(0), NULL), 0);
	assert_int_equal(scene.account.used[XWL_BUFFERS], 2);
	/* an event that was under way, and then the id again */
	scene_forget();
	assert_int_equal(compositor_says(id, "release", NUMBERS(0), NULL), 0);
	expect_sent("");
	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(id), NULL),
			 0);
	/* a client's id is none that a compositor may choose */
	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(FREE_ID),
					  NULL),
			 -EPROTO);
}

static void events_that_make_objects_for_destroyed_ones(void **state)
{
	uint32_t id = XWL_SERVER_IDS;

	assert_int_equal(guest_sends(PARAMS, "destroy", NUMBERS(0), NULL), 0);
	scene_forget();
	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(id), NULL),
			 0);
	/* the guest cannot, and what it was charged for it is given back */
	expect_sent("wl_buffer.destroy()\n");
	assert_int_equal(compositor_says(id, "release", NUMBERS(0), NULL), 0);
	expect_sent("");
	/* the compositor may use the id again */
	assert_int_equal(compositor_sends(PARAMS, "created", NUMBERS(id), NULL),
			 0);
	expect_sent("wl_buffer.destroy()\n");
}

static void buffers_get_a_pool_each(void **state)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { FREE_ID, 0, 4096, 8, 8, 32, 1 },
	};
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	xwl_fds_push(&scene.fds, fd);
	assert_int_equal(guest_record(bytes, xwl_record_write(&r, bytes)), 0);
	EXPECT("wl_shm.create_pool(%u, fd, 4352)\n"
	       "wl_shm_pool.create_buffer(%u, 4096, 8, 8, 32, 1)\n"
	       "wl_shm_pool.destroy()\n",
	       compositor_id(FREE_ID) - 1, compositor_id(FREE_ID));
	assert_int_equal(scene.account.used[XWL_MEMORY], 2);
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(FREE_ID) - 1),
					 NULL),
			 0);
	expect_sent("");
	assert_int_equal(guest_sends(FREE_ID, "destroy", NUMBERS(0), NULL), 0);
	scene_forget();
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(compositor_id(FREE_ID)), NULL),
			 0);
	EXPECT("wl_display.delete_id(%u)\n", FREE_ID);
	assert_int_equal(scene.account.used[XWL_MEMORY], 1);
}

static int send_memory(uint32_t flags, int32_t width)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.arg = flags ? XWL_WHY_HOLES : XWL_WHY_SHARED,
		.buffer = { FREE_ID, flags, 0, width, 8, 32, 1 },
	};
	int fd;

	if (!(flags & XWL_BUFFER_INLINE)) {
		fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_int_equal(ftruncate(fd, 4096), 0);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
		xwl_fds_push(&scene.fds, fd);
	}
	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static void buffers_get_other_memory(void **state)
{
	uint32_t before, after;

	assert_int_equal(send_memory(0, 8), 0);
	before = compositor_id(FREE_ID);
	scene_forget();
	assert_int_equal(send_memory(XWL_BUFFER_AGAIN, 8), 0);
	after = compositor_id(FREE_ID);
	assert_int_not_equal(before, after);
	EXPECT("wl_shm.create_pool(%u, fd, 256)\n"
	       "wl_buffer.destroy()\n"
	       "wl_shm_pool.create_buffer(%u, 0, 8, 8, 32, 1)\n"
	       "wl_shm_pool.destroy()\n",
	       after - 1, after);
	/* it costs what it did, and is the guest's under the same id */
	assert_int_equal(scene.account.used[XWL_BUFFERS], 3);
	assert_int_equal(scene.account.used[XWL_MEMORY], 2);
	assert_int_equal(compositor_says(before, "release", NUMBERS(0), NULL),
			 0);
	expect_sent("");
	assert_int_equal(compositor_says(after, "release", NUMBERS(0), NULL),
			 0);
	expect_sent("wl_buffer.release()\n");
	/* the guest does not learn of the id that is free now */
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(before), NULL),
			 0);
	expect_sent("");
	assert_int_equal(guest_sends(SURFACE, "attach", NUMBERS(FREE_ID), NULL),
			 0);
	EXPECT("wl_surface.attach(%u, 0, 0)\n", after);
	assert_int_equal(guest_sends(SURFACE, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(scene.account.frames[XWL_WAY_COPIED], 1);
	assert_int_equal(scene.account.copied[XWL_WHY_HOLES], 1);
	/* the surface shows the memory that the buffer had */
	assert_int_equal(send_memory(XWL_BUFFER_AGAIN, 8), 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], 3);
	assert_int_equal(guest_sends(SURFACE, "attach", NUMBERS(FREE_ID), NULL),
			 0);
	assert_int_equal(guest_sends(SURFACE, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(scene.account.used[XWL_MEMORY], 2);
	/* of another shape */
	assert_int_equal(send_memory(XWL_BUFFER_AGAIN, 7), -EPROTO);
}

static void buffers_that_lose_their_memory_become_inline(void **state)
{
	assert_int_equal(send_memory(0, 8), 0);
	assert_int_equal(send_memory(XWL_BUFFER_AGAIN | XWL_BUFFER_INLINE, 8),
			 0);
	assert_int_equal(guest_sends(SURFACE, "attach", NUMBERS(FREE_ID), NULL),
			 0);
	assert_int_equal(guest_sends(SURFACE, "commit", NUMBERS(0), NULL), 0);
	assert_int_equal(scene.account.frames[XWL_WAY_SENT], 1);
	assert_int_equal(scene.account.copied[XWL_WHY_HOLES], 1);
	assert_int_equal(scene.account.used[XWL_MEMORY], 2);
	/* what is sent is never taken away */
	assert_int_equal(send_memory(XWL_BUFFER_AGAIN, 8), -EPROTO);
}

static void keymaps_are_copies(void **state)
{
	uint32_t id = FREE_ID;
	int fd = memfd_create("keymap", MFD_CLOEXEC);

	assert_int_equal(guest_sends(SEAT, "get_keyboard", NUMBERS(id), NULL),
			 0);
	scene_forget();
	assert_int_equal(write(fd, "xkb_keymap {}", 14), 14);
	xwl_fds_push(&scene.fds, fd);
	assert_int_equal(compositor_sends(id, "keymap", NUMBERS(1, 14), NULL),
			 0);
	expect_sent("wl_keyboard.keymap(1, fd, 14)\n");
	/* shorter than it says, or huge */
	xwl_fds_push(&scene.fds, memfd_create("keymap", MFD_CLOEXEC));
	assert_int_equal(compositor_sends(id, "keymap", NUMBERS(1, 14), NULL),
			 -EIO);
	xwl_fds_push(&scene.fds, memfd_create("keymap", MFD_CLOEXEC));
	assert_int_equal(compositor_sends(id, "keymap", NUMBERS(1, 1 << 21),
					  NULL),
			 -EFBIG);
}

/* The inode of the keymap that the guest gets; 0: none */
static ino_t tell_keymap(uint32_t keyboard, const char *text, uint32_t size)
{
	int fd = memfd_create("keymap", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text) + 1), strlen(text) + 1);
	xwl_fds_push(&scene.fds, fd);
	scene.file = 0;
	assert_int_equal(compositor_sends(keyboard, "keymap", NUMBERS(1, size),
					  NULL),
			 0);
	return scene.file;
}

/* A program may ask for as many keyboards as it likes, and keep their keymaps */
static void keyboards_share_a_keymap(void **state)
{
	ino_t first, second;

	assert_int_equal(
		guest_sends(SEAT, "get_keyboard", NUMBERS(FREE_ID), NULL), 0);
	assert_int_equal(guest_sends(SEAT, "get_keyboard", NUMBERS(FREE_ID + 1),
				     NULL),
			 0);
	first = tell_keymap(FREE_ID, "xkb_keymap { us }", 18);
	assert_int_not_equal(first, 0);
	assert_int_equal(tell_keymap(FREE_ID + 1, "xkb_keymap { us }", 18),
			 first);
	/* another one, and one that begins like it */
	second = tell_keymap(FREE_ID, "xkb_keymap { de }", 18);
	assert_int_not_equal(second, first);
	assert_int_not_equal(tell_keymap(FREE_ID, "xkb_keymap { de }", 14),
			     second);
	/* none at all */
	assert_int_not_equal(tell_keymap(FREE_ID, "", 0), 0);
}

static void errors_of_the_compositor_are_told(void **state)
{
	assert_int_equal(compositor_says(XWL_DISPLAY, "error",
					 NUMBERS(compositor_id(SURFACE), 3),
					 "no role"),
			 -ECONNABORTED);
	EXPECT("wl_display.error(%u, 3, \"no role\")\n", SURFACE);
	assert_string_equal(scene.bridge.why.text,
			    "compositor: error 3 of wl_surface: no role");
}

static void errors_about_own_objects_name_the_display(void **state)
{
	assert_int_equal(compositor_says(XWL_DISPLAY, "error",
					 NUMBERS(scene.bridge.shm->id, 1),
					 "bad pool"),
			 -ECONNABORTED);
	expect_sent("wl_display.error(1, 1, \"bad pool\")\n");
}

static void faults_of_the_compositor(void **state)
{
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id",
					 NUMBERS(4000), NULL),
			 -EREMOTEIO);
	assert_int_equal(compositor_says(XWL_DISPLAY, "delete_id", NUMBERS(1),
					 NULL),
			 -EREMOTEIO);
	assert_int_equal(compositor_sends(POINTER, "enter",
					  NUMBERS(1, 4000, 0, 0), NULL),
			 -EREMOTEIO);
	assert_int_equal(
		compositor_sends(POINTER, "enter",
				 NUMBERS(1, scene.bridge.shm->id, 0, 0), NULL),
		-EREMOTEIO);
	assert_int_equal(scene.nr_events, 0);
}

static void compositor_that_is_gone(void **state)
{
	scene.closed = true;
	assert_int_equal(guest_sends(SURFACE, "commit", NUMBERS(0), NULL),
			 -EPIPE);
	assert_int_equal(guest_sends(SURFACE2, "destroy", NUMBERS(0), NULL),
			 -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
		TEST(ids_are_translated),
		TEST(lowest_ids_are_used_again),
		TEST(events_for_destroyed_objects_are_dropped),
		TEST(events_may_name_destroyed_objects),
		TEST(objects_of_the_hosts_own_are_hidden),
		TEST(only_globals_of_the_allow_list),
		TEST(screens_that_come_and_go),
		TEST(policy_offers_more_globals),
		TEST(names_of_screens_are_replaced),
		TEST(screens_have_one_name_each),
		TEST(places_of_screens_are_told_if_allowed),
		TEST(only_linear_modifiers_are_told),
		TEST(only_formats_of_known_size_are_told),
		TEST(objects_that_the_compositor_makes),
		TEST(events_that_make_objects_for_destroyed_ones),
		TEST(buffers_get_a_pool_each),
		TEST(buffers_get_other_memory),
		TEST(buffers_that_lose_their_memory_become_inline),
		TEST(keymaps_are_copies),
		TEST(keyboards_share_a_keymap),
		TEST(errors_of_the_compositor_are_told),
		TEST(errors_about_own_objects_name_the_display),
		TEST(faults_of_the_compositor),
		TEST(compositor_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
