// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's half waits for a frame in dma-bufs until it is drawn, and tells of its end:
 * over a proxy, with pipes for dma-bufs and fences, and timelines of the test's own.
 */
#include "unit.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "guest.h"
#include "kernel.h"
#include "wayland-config.h"

extern const struct wl_interface wp_linux_drm_syncobj_manager_v1_interface
	__attribute__((weak));

/* ids of the program */
enum {
	REGISTRY = 2,
	COMPOSITOR,
	DMABUF,
	SHM,
	SURFACE,
	PARAMS,
	BUFFER,
	FENCES,
	FENCED, /* the surface, by fences */
	POINTS,
	POINTED, /* the surface, by points */
	TIMELINE,
	RELEASE,
	FREE_ID,
};

/* names of this half's globals */
#define GLOBAL_FENCES (int64_t)0xfffffff0
#define GLOBAL_POINTS (int64_t)0xfffffff1

#define TIMELINES 16

static int drawn; /* the buffer's dma-buf: write to it when it is */

/* ---- the program ---- */

static void adds_plane(uint32_t params)
{
	int file[2];

	assert_int_equal(pipe(file), 0);
	drawn = file[1];
	assert_int_equal(sends_file(params, "add", NUMBERS(0, 0, 32, 0, 0),
				    NULL, file[0]),
			 0);
}

static void draws(int fd)
{
	uint64_t value = 1;

	assert_int_equal(write(fd, &value, sizeof(value)), sizeof(value));
}

static void makes_buffer(void)
{
	MUST_SEND(DMABUF, "create_params", PARAMS);
	adds_plane(PARAMS);
	MUST_SEND(PARAMS, "create_immed", BUFFER, 8, 8, 0, 0);
}

static void shows_buffer(void)
{
	MUST_SEND(SURFACE, "attach", BUFFER, 0, 0);
}

/* What client.c does when the file is readable */
static void tries_again(void)
{
	guest.awaited = -1;
	guest.proxy.waiting = false;
	MUST_SEND(SURFACE, "commit", 0);
}

static int setup(void **state)
{
	guest_begin();
	memset(&kernel, 0, sizeof(kernel));
	MUST_SEND(XWL_DISPLAY, "get_registry", REGISTRY);
	binds(REGISTRY, 1, "wl_compositor", 4, COMPOSITOR);
	binds(REGISTRY, 2, "zwp_linux_dmabuf_v1", 3, DMABUF);
	binds(REGISTRY, 3, "wl_shm", 1, SHM);
	MUST_SEND(COMPOSITOR, "create_surface", SURFACE);
	makes_buffer();
	return 0;
}

static int teardown(void **state)
{
	guest_end();
	close(drawn);
	assert_int_equal(kernel.timelines, 0);
	return 0;
}

/* ---- what the kernel knows of being drawn ---- */

static void frame_waits_until_it_is_drawn(void **state)
{
	shows_buffer();
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	assert_true(guest.proxy.waiting);
	/* the loop asks again for other reasons, and nothing changes */
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	assert_int_equal(commits(SURFACE), 0);
	draws(drawn);
	tries_again();
	assert_int_equal(guest.awaited, -1);
	assert_int_equal(commits(SURFACE), 1);
}

static void drawn_frame_does_not_wait(void **state)
{
	draws(drawn);
	shows_buffer();
	MUST_SEND(SURFACE, "commit", 0);
	assert_int_equal(commits(SURFACE), 1);
	assert_int_equal(guest.awaited, -1);
}

static void commit_without_a_new_buffer_does_not_wait(void **state)
{
	MUST_SEND(SURFACE, "commit", 0);
	shows_buffer();
	MUST_SEND(SURFACE, "attach", 0, 0, 0);
	MUST_SEND(SURFACE, "commit", 0);
	assert_int_equal(commits(SURFACE), 2);
}

static void buffer_of_the_compositor_waits_too(void **state)
{
	uint32_t made = XWL_SERVER_IDS;

	close(drawn);
	MUST_SEND(DMABUF, "create_params", FREE_ID);
	adds_plane(FREE_ID);
	MUST_SEND(FREE_ID, "create", 8, 8, 0, 0);
	host_says(FREE_ID, "created", NUMBERS(made));
	MUST_SEND(SURFACE, "attach", made, 0, 0);
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	draws(drawn);
	tries_again();
	assert_int_equal(commits(SURFACE), 1);
}

/* The program will never know of it, and cannot destroy it */
static void buffer_for_destroyed_parameters_is_destroyed(void **state)
{
	MUST_SEND(DMABUF, "create_params", FREE_ID);
	adds_plane(FREE_ID);
	MUST_SEND(FREE_ID, "create", 8, 8, 0, 0);
	MUST_SEND(FREE_ID, "destroy", 0);
	host_says(FREE_ID, "created", NUMBERS(XWL_SERVER_IDS));
	assert_int_equal(requests(XWL_SERVER_IDS, 0), 1);
	assert_int_equal(events(FREE_ID, 0), 0);
	/* the host's half may use the id again */
	host_says(FREE_ID, "created", NUMBERS(XWL_SERVER_IDS));
	assert_int_equal(requests(XWL_SERVER_IDS, 0), 1);
}

static void planes_are_limited(void **state)
{
	int i, ret = 0;

	MUST_SEND(DMABUF, "create_params", FREE_ID);
	for (i = 0; i < 5 && !ret; i++)
		ret = sends_file(FREE_ID, "add", NUMBERS(i, 0, 32, 0, 0), NULL,
				 eventfd(0, 0));
	assert_int_equal(i, 5);
	EXPECT_END(ret, "more than 4 planes");
}

static void all_planes_are_limited(void **state)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 512 && !ret; i++) {
		MUST_SEND(DMABUF, "create_params", FREE_ID + i);
		ret = sends_file(FREE_ID + i, "add", NUMBERS(0, 0, 32, 0, 0),
				 NULL, eventfd(0, 0));
		commits(SURFACE); /* or the files wait in the link */
	}
	EXPECT_END(ret, "more than 512 planes");
}

/* ---- globals of this half ---- */

static unsigned int globals_with(enum xwl_sync_by by)
{
	guest.device.by = by;
	/* of the registry before */
	events(0, 0);
	MUST_SEND(XWL_DISPLAY, "get_registry", FREE_ID);
	return events(FREE_ID, 0);
}

static void globals_by_what_there_is(void **state)
{
	assert_int_equal(globals_with(XWL_SYNC_NOTHING), 0);
	EXPECT_END(sends_file(REGISTRY, "bind",
			      NUMBERS(GLOBAL_FENCES, 1, FENCES),
			      "zwp_linux_explicit_synchronization_v1", -1),
		   "no global");
}

static void globals_with_a_device(void **state)
{
	assert_int_equal(globals_with(XWL_SYNC_FENCES), 1);
	EXPECT_END(sends_file(REGISTRY, "bind",
			      NUMBERS(GLOBAL_POINTS, 1, POINTS),
			      "wp_linux_drm_syncobj_manager_v1", -1),
		   "no global");
}

static void globals_with_timelines(void **state)
{
	assert_int_equal(globals_with(XWL_SYNC_TIMELINES),
			 &wp_linux_drm_syncobj_manager_v1_interface ? 2 : 1);
	EXPECT_END(sends_file(REGISTRY, "bind",
			      NUMBERS(GLOBAL_FENCES, 3, FENCES),
			      "zwp_linux_explicit_synchronization_v1", -1),
		   "version 3");
}

static void device_by_what_the_kernel_can(void **state)
{
	struct xwl_sync_device d;

	kernel.eventfd_error = EINVAL; /* as Linux 6.1 answers */
	xwl_sync_device_open(&d);
	assert_int_equal(d.by, XWL_SYNC_FENCES);
	xwl_sync_device_close(&d);
	/* which Debian 12's libdrm cannot ask for */
	kernel.eventfd_error = ENOENT;
	xwl_sync_device_open(&d);
	assert_int_equal(d.by,
			 XWL_TIMELINES ? XWL_SYNC_TIMELINES : XWL_SYNC_FENCES);
	xwl_sync_device_close(&d);
}

/* ---- fences ---- */

static void begins_fenced(void)
{
	binds(REGISTRY, GLOBAL_FENCES, "zwp_linux_explicit_synchronization_v1",
	      2, FENCES);
	MUST_SEND(FENCES, "get_synchronization", FENCED, SURFACE);
	kernel.is_fence = true;
	draws(drawn);
}

static void fence_holds_the_frame_back(void **state)
{
	int fence[2];

	begins_fenced();
	assert_int_equal(pipe(fence), 0);
	assert_int_equal(sends_file(FENCED, "set_acquire_fence", NUMBERS(0),
				    NULL, fence[0]),
			 0);
	shows_buffer();
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	draws(fence[1]);
	tries_again();
	assert_int_equal(commits(SURFACE), 1);
	/* of that frame alone */
	shows_buffer();
	MUST_SEND(SURFACE, "commit", 0);
	close(fence[1]);
}

static void release_is_told_once(void **state)
{
	begins_fenced();
	MUST_SEND(FENCED, "get_release", RELEASE);
	shows_buffer();
	MUST_SEND(SURFACE, "commit", 0);
	assert_int_equal(events(RELEASE, 1), 0);
	host_says(BUFFER, "release", NUMBERS(0));
	assert_int_equal(events(RELEASE, 1), 1);
	/* its id is free again */
	assert_null(xwl_objects_known(&guest.proxy.objects, RELEASE));
	host_says(BUFFER, "release", NUMBERS(0));
	assert_int_equal(events(RELEASE, 1), 0);
}

static void destroyed_buffer_is_let_go(void **state)
{
	begins_fenced();
	MUST_SEND(FENCED, "get_release", RELEASE);
	shows_buffer();
	MUST_SEND(SURFACE, "commit", 0);
	MUST_SEND(BUFFER, "destroy", 0);
	host_says(XWL_DISPLAY, "delete_id", NUMBERS(BUFFER));
	assert_int_equal(events(RELEASE, 1), 1);
}

static void misuse_of_fences(const char *request, int64_t number, int fd,
			     const char *why)
{
	int ret = sends_file(FENCED, request, NUMBERS(number), NULL, fd);

	if (!ret)
		ret = sends_file(FENCED, request, NUMBERS(number + 1), NULL,
				 fd < 0 ? fd : dup(fd));
	EXPECT_END(ret, why);
}

static void second_fence(void **state)
{
	begins_fenced();
	misuse_of_fences("set_acquire_fence", 0, eventfd(0, 0),
			 "a second fence for one frame");
}

static void second_release(void **state)
{
	begins_fenced();
	misuse_of_fences("get_release", RELEASE, -1,
			 "a second release for one frame");
}

static void file_that_is_no_fence(void **state)
{
	begins_fenced();
	kernel.is_fence = false;
	misuse_of_fences("set_acquire_fence", 0, eventfd(0, 0), "is no fence");
}

static void second_object_of_a_surface(void **state)
{
	begins_fenced();
	EXPECT_END(SENDS(FENCES, "get_synchronization", FREE_ID, SURFACE),
		   "the surface has a synchronisation object");
}

static void surface_is_free_again(void **state)
{
	begins_fenced();
	MUST_SEND(FENCED, "get_release", RELEASE);
	MUST_SEND(FENCED, "destroy", 0);
	MUST_SEND(FENCES, "get_synchronization", FREE_ID, SURFACE);
	MUST_SEND(FENCES, "destroy", 0);
	/* what the first has asked for is void */
	shows_buffer();
	MUST_SEND(SURFACE, "commit", 0);
	host_says(BUFFER, "release", NUMBERS(0));
	assert_int_equal(events(RELEASE, 1), 0);
}

static void surface_is_gone(void **state)
{
	begins_fenced();
	MUST_SEND(SURFACE, "destroy", 0);
	EXPECT_END(SENDS(FENCED, "get_release", RELEASE),
		   "its surface is destroyed");
}

static void frame_without_a_buffer(void **state)
{
	begins_fenced();
	MUST_SEND(FENCED, "get_release", RELEASE);
	EXPECT_END(SENDS(SURFACE, "commit", 0), "without a buffer");
}

static void many_frames_of_one_buffer(void **state)
{
	int i, ret = 0;

	begins_fenced();
	for (i = 0; i < 65 && !ret; i++) {
		MUST_SEND(FENCED, "get_release", RELEASE + i);
		shows_buffer();
		ret = SENDS(SURFACE, "commit", 0);
	}
	assert_int_equal(i, 65);
	EXPECT_END(ret, "too many frames of one buffer");
}

/* ---- points ---- */

static void imports_timeline(uint32_t id)
{
	assert_int_equal(sends_file(POINTS, "import_timeline", NUMBERS(id),
				    NULL, eventfd(0, 0)),
			 0);
}

static void begins_pointed(void)
{
	/* as in Debian 12 */
	if (!&wp_linux_drm_syncobj_manager_v1_interface || !XWL_TIMELINES)
		skip();
	binds(REGISTRY, GLOBAL_POINTS, "wp_linux_drm_syncobj_manager_v1", 1,
	      POINTS);
	MUST_SEND(POINTS, "get_surface", POINTED, SURFACE);
	imports_timeline(TIMELINE);
	shows_buffer();
}

static void points_of_a_frame(void **state)
{
	begins_pointed();
	MUST_SEND(POINTED, "set_acquire_point", TIMELINE, 1, 5);
	/* the first of them is replaced, and never kernel.signalled */
	MUST_SEND(POINTED, "set_release_point", TIMELINE, 1, 9);
	MUST_SEND(POINTED, "set_release_point", TIMELINE, 1, 6);
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	assert_int_equal(guest.awaited, kernel.point_eventfd);
	/* not by what the kernel knows */
	draws(drawn);
	guest.proxy.waiting = false;
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	draws(kernel.point_eventfd);
	tries_again();
	assert_int_equal(commits(SURFACE), 1);
	/* the point outlives its object */
	MUST_SEND(TIMELINE, "destroy", 0);
	assert_int_equal(kernel.signalled, 0);
	host_says(BUFFER, "release", NUMBERS(0));
	assert_int_equal(kernel.signalled, 1);
	assert_true(kernel.signalled_point == (1ULL << 32 | 6));
	assert_int_equal(kernel.timelines, 0);
}

static void frame_without_a_point(void **state)
{
	begins_pointed();
	MUST_SEND(POINTED, "set_acquire_point", TIMELINE, 0, 1);
	EXPECT_END(SENDS(SURFACE, "commit", 0),
		   "without its acquire or release point");
}

static void points_in_the_wrong_order(void **state)
{
	begins_pointed();
	MUST_SEND(POINTED, "set_acquire_point", TIMELINE, 0, 6);
	MUST_SEND(POINTED, "set_release_point", TIMELINE, 0, 6);
	EXPECT_END(SENDS(SURFACE, "commit", 0), "not before the release point");
}

/* The second gets the memory of the first, at the latest when malloc() holds enough back */
static void points_of_two_timelines(void **state)
{
	int i;

	begins_pointed();
	for (i = 0; i < TIMELINES; i++) {
		imports_timeline(FREE_ID);
		MUST_SEND(POINTED, "set_acquire_point", FREE_ID, 0, 6);
		MUST_SEND(FREE_ID, "destroy", 0);
		imports_timeline(FREE_ID);
		MUST_SEND(POINTED, "set_release_point", FREE_ID, 0, 1);
		MUST_SEND(FREE_ID, "destroy", 0);
		draws(kernel.point_eventfd);
		shows_buffer();
		MUST_SEND(SURFACE, "commit", 0);
	}
}

static void points_of_a_destroyed_object(void **state)
{
	begins_pointed();
	MUST_SEND(POINTED, "set_acquire_point", TIMELINE, 0, 1);
	MUST_SEND(POINTED, "set_release_point", TIMELINE, 0, 2);
	MUST_SEND(POINTED, "destroy", 0);
	draws(drawn);
	MUST_SEND(SURFACE, "commit", 0);
	host_says(BUFFER, "release", NUMBERS(0));
	assert_int_equal(kernel.signalled, 0);
}

static void program_ends_before_the_release(void **state)
{
	begins_pointed();
	MUST_SEND(POINTED, "set_acquire_point", TIMELINE, 0, 1);
	MUST_SEND(POINTED, "set_release_point", TIMELINE, 0, 2);
	draws(kernel.point_eventfd);
	MUST_SEND(SURFACE, "commit", 0);
	/* teardown: its timeline is not left imported */
}

static void file_that_is_no_timeline(void **state)
{
	begins_pointed();
	kernel.is_no_timeline = true;
	EXPECT_END(sends_file(POINTS, "import_timeline", NUMBERS(FREE_ID), NULL,
			      eventfd(0, 0)),
		   "no timeline");
}

static void memory_has_no_points(void **state)
{
	int memory = memfd_create("pool", MFD_CLOEXEC);

	begins_pointed();
	assert_int_equal(ftruncate(memory, 4096), 0);
	assert_int_equal(sends_file(SHM, "create_pool", NUMBERS(FREE_ID, 4096),
				    NULL, memory),
			 0);
	MUST_SEND(FREE_ID, "create_buffer", FREE_ID + 1, 0, 8, 8, 32, 0);
	MUST_SEND(SURFACE, "attach", FREE_ID + 1, 0, 0);
	MUST_SEND(POINTED, "set_acquire_point", TIMELINE, 0, 1);
	MUST_SEND(POINTED, "set_release_point", TIMELINE, 0, 2);
	EXPECT_END(SENDS(SURFACE, "commit", 0), "not of linux-dmabuf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(frame_waits_until_it_is_drawn),
		TEST(drawn_frame_does_not_wait),
		TEST(commit_without_a_new_buffer_does_not_wait),
		TEST(buffer_of_the_compositor_waits_too),
		TEST(buffer_for_destroyed_parameters_is_destroyed),
		TEST(planes_are_limited),
		TEST(all_planes_are_limited),
		TEST(globals_by_what_there_is),
		TEST(globals_with_a_device),
		TEST(globals_with_timelines),
		TEST(device_by_what_the_kernel_can),
		TEST(fence_holds_the_frame_back),
		TEST(release_is_told_once),
		TEST(destroyed_buffer_is_let_go),
		TEST(second_fence),
		TEST(second_release),
		TEST(file_that_is_no_fence),
		TEST(second_object_of_a_surface),
		TEST(surface_is_free_again),
		TEST(surface_is_gone),
		TEST(frame_without_a_buffer),
		TEST(many_frames_of_one_buffer),
		TEST(points_of_a_frame),
		TEST(frame_without_a_point),
		TEST(points_in_the_wrong_order),
		TEST(points_of_two_timelines),
		TEST(points_of_a_destroyed_object),
		TEST(program_ends_before_the_release),
		TEST(file_that_is_no_timeline),
		TEST(memory_has_no_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
