// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both halves as they are run, between libwayland's client and a compositor of
 * libwayland's server.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "halves.h"

extern const struct wl_interface xdg_surface_interface, xdg_toplevel_interface;

/* Of xdg-shell, for wl_proxy_marshal_flags() */
enum { GET_XDG_SURFACE = 2, GET_TOPLEVEL = 1, SET_TITLE = 2, SET_APP_ID = 3 };

static void globals_are_filtered(void **state)
{
	program_enter();
	assert_non_null(strstr(globals, "wl_compositor:4 "));
	assert_non_null(strstr(globals, "zwp_linux_dmabuf_v1:3 "));
	assert_non_null(strstr(globals, "wl_output:3 "));
	assert_null(strstr(globals, "wl_shell"));
	/* GTK does not start without, whatever the policy is */
	assert_non_null(strstr(globals, "wl_data_device_manager:3 "));
}

static void pixels_are_equal(void **state)
{
	static const int32_t sizes[][2] = { { 1, 1 },	  { 16, 16 },
					    { 128, 128 }, { 129, 128 },
					    { 640, 480 }, { 1920, 1080 } };
	struct wl_surface *surface;
	struct image image;
	size_t i;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		image = image_make(sizes[i][0], sizes[i][1]);
		image_fill(&image, 0, 0, image.width, image.height);
		wl_surface_attach(surface, image.buffer, 0, 0);
		wl_surface_damage(surface, 0, 0, INT32_MAX, INT32_MAX);
		surface_show(surface);
		expect_image(&image);
		wl_buffer_destroy(image.buffer);
	}
}

/* As programs do it: two buffers in turn, and damage since the last frame alone */
static void damage_over_two_buffers(void **state)
{
	struct wl_surface *surface;
	struct image images[2];
	int32_t x, y, w, h;
	int frame;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	images[0] = image_make(300, 200);
	images[1] = image_make(300, 200);
	image_fill(&images[0], 0, 0, 300, 200);
	for (frame = 0; frame < 60; frame++) {
		struct image *to = &images[frame & 1];

		x = rand() % 300;
		y = rand() % 200;
		w = 1 + rand() % (300 - x);
		h = 1 + rand() % (200 - y);
		memcpy(to->pixels, images[!(frame & 1)].pixels, 300 * 200 * 4);
		image_fill(to, x, y, w, h);
		wl_surface_attach(surface, to->buffer, 0, 0);
		if (frame & 2)
			wl_surface_damage_buffer(surface, x, y, w, h);
		else
			wl_surface_damage(surface, x, y, w, h);
		surface_show(surface);
		expect_image(to);
	}
}

static void damage_in_scaled_coordinates(void **state)
{
	struct wl_surface *surface;
	struct image image;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	image = image_make(300, 200);
	wl_surface_set_buffer_scale(surface, 2);
	wl_surface_attach(surface, image.buffer, 0, 0);
	surface_show(surface);
	image_fill(&image, 200, 100, 50, 50);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_damage(surface, 100, 50, 25, 25);
	surface_show(surface);
	expect_image(&image);
}

static void buffer_on_two_surfaces(void **state)
{
	struct wl_surface *a, *b;
	struct image image;

	program_enter();
	a = wl_compositor_create_surface(wl);
	b = wl_compositor_create_surface(wl);
	image = image_make(100, 300);
	wl_surface_attach(a, image.buffer, 0, 0);
	surface_show(a);
	image_fill(&image, 0, 0, 100, 300);
	/* no damage: for this surface all of it is new */
	wl_surface_attach(b, image.buffer, 0, 0);
	surface_show(b);
	expect_image(&image);
}

static void ids_are_used_again(void **state)
{
	struct wl_surface *surface;
	struct image image;
	uint32_t highest = 0, id;
	int i;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	for (i = 0; i < 3000; i++) {
		image = image_make(8, 8);
		id = wl_proxy_get_id((struct wl_proxy *)image.buffer);
		highest = id > highest ? id : highest;
		wl_surface_attach(surface, image.buffer, 0, 0);
		if (i & 1)
			surface_show(surface);
		wl_buffer_destroy(image.buffer);
		munmap(image.pixels, 256);
		close(image.fd);
		/* attached, and destroyed before it was shown */
		wl_surface_attach(surface, NULL, 0, 0);
	}
	assert_true(highest < 100);
}

static void unseen_buffers_cost_the_host_nothing(void **state)
{
	int i;

	program_enter();
	/* more than max-memory, but none is ever shown */
	for (i = 0; i < 100; i++)
		close(image_make(1024, 1024).fd);
	assert_true(wl_display_roundtrip(display) > 0);
}

static void titles_name_the_guest(void **state)
{
	struct wl_surface *surface;
	struct wl_proxy *xdg, *top;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	xdg = wl_proxy_marshal_flags(wm, GET_XDG_SURFACE,
				     &xdg_surface_interface, 1, 0, NULL,
				     surface);
	top = wl_proxy_marshal_flags(xdg, GET_TOPLEVEL, &xdg_toplevel_interface,
				     1, 0, NULL);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_string_equal(seen->title, "[work]");
	assert_string_equal(seen->app_id, "xen.work");
	wl_proxy_marshal_flags(top, SET_TITLE, NULL, 1, 0, "[gui] mail");
	wl_proxy_marshal_flags(top, SET_APP_ID, NULL, 1, 0, "org.mail");
	assert_true(wl_display_roundtrip(display) > 0);
	assert_string_equal(seen->title, "[work] [gui] mail");
	assert_string_equal(seen->app_id, "xen.work.org.mail");
}

static char keymap[64];

static void take_keymap(void *data, struct wl_keyboard *k, uint32_t format,
			int32_t fd, uint32_t size)
{
	assert_int_equal(pread(fd, keymap, sizeof(keymap), 0), size);
	/* a copy, which no program can change */
	assert_true(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE);
	close(fd);
}

static void keymap_arrives(void **state)
{
	static const struct wl_keyboard_listener listener = {
		.keymap = take_keymap,
	};
	int i;

	program_enter();
	for (i = 0; i < 2; i++) {
		keymap[0] = '\0';
		wl_keyboard_add_listener(wl_seat_get_keyboard(seat), &listener,
					 NULL);
		assert_true(wl_display_roundtrip(display) > 0);
		assert_string_equal(keymap, KEYMAP);
	}
}

static void done(void *data, struct wl_callback *c, uint32_t time)
{
	*(int *)data += 1;
	wl_callback_destroy(c);
}

static void frames_are_called_back(void **state)
{
	static const struct wl_callback_listener listener = { done };
	struct wl_surface *surface;
	int frames = 0, i;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	for (i = 0; i < 300; i++) {
		wl_callback_add_listener(wl_surface_frame(surface), &listener,
					 &frames);
		surface_show(surface);
	}
	assert_int_equal(frames, 300);
}

static void limit_ends_the_program_with_a_reason(void **state)
{
	char line[96];
	int i;

	program_leave();
	halves_stop(&host, SIGTERM);
	host_config("max-surfaces = 4\nmax-windows = 4");
	host_start();
	program_enter();
	for (i = 0; i < 5; i++)
		wl_compositor_create_surface(wl);
	expect_end("max-surfaces = 4 exceeded");
	/* in the guest's own log, too, and whose program it was */
	snprintf(line, sizeof(line),
		 "program %d disconnected: max-surfaces = 4 exceeded",
		 getpid());
	assert_true(log_has(line));
	expect_others_live();
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void rate_makes_the_program_wait(void **state)
{
	struct wl_surface *surface;
	uint64_t start;
	int i;

	program_leave();
	halves_stop(&host, SIGTERM);
	host_config("max-rate = 200");
	host_start();
	program_enter();
	surface = wl_compositor_create_surface(wl);
	start = now_ms();
	/* one record is taken at once, and the next when all of it is paid for */
	for (i = 0; i < 800; i++)
		wl_surface_commit(surface);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_true(now_ms() - start > 2500);
	assert_true(seen->commits >= 800);
	expect_others_live();
}

static void broken_rule_ends_the_program_with_a_reason(void **state)
{
	program_enter();
	wl_surface_set_buffer_scale(wl_compositor_create_surface(wl), 99);
	expect_end("wl_surface.set_buffer_scale: argument 1 is 99");
	expect_others_live();
}

/* The other half has closed then, and not read all that the program has said */
static void reason_is_logged_where_the_program_goes_on(void **state)
{
	char text[3001];
	int round, i;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (round = 0; round < 10; round++) {
		struct wl_data_source *source;
		struct wl_surface *surface;

		program_enter();
		source = wl_data_device_manager_create_data_source(clipboard);
		surface = wl_compositor_create_surface(wl);
		for (i = 0; i < 40; i++) {
			wl_surface_set_buffer_scale(surface, 99);
			wl_data_source_offer(source, text);
			wl_display_flush(display);
		}
		while (wl_display_roundtrip(display) > 0)
			;
		program_leave();
	}
	assert_true(log_has("disconnected: wl_surface.set_buffer_scale: "));
	assert_false(log_has(strerror(ECONNRESET)));
	expect_others_live();
}

static void too_many_pools(void **state)
{
	int fd = memfd_create("pool", MFD_CLOEXEC), i;

	program_enter();
	for (i = 0; i < 600; i++)
		wl_shm_pool_destroy(wl_shm_create_pool(shm, fd, 4096));
	assert_true(wl_display_roundtrip(display) > 0);
	for (i = 0; i <= 512; i++)
		wl_shm_create_pool(shm, fd, 4096);
	close(fd);
	expect_end("more than 512 pools");
	expect_others_live();
}

static void file_that_is_too_short(void **state)
{
	struct wl_surface *surface;
	struct image image;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	image = image_make(512, 512);
	assert_int_equal(ftruncate(image.fd, 4096), 0);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_commit(surface);
	expect_end("shorter than its pool");
	expect_others_live();
}

static void file_that_is_not_in_memory(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	program_enter();
	wl_shm_create_pool(shm, fd, 4096);
	close(fd);
	expect_end("not in memory");
	expect_others_live();
}

static void guest_without_a_section(void **state)
{
	char conf[128];
	const char *const argv[] = {
		getenv("XWL_PROGRAM"), "--config", conf, "host", "other", NULL
	};
	pid_t pid;
	int status;

	snprintf(conf, sizeof(conf), "%s/conf", folder);
	pid = halves_run(argv);
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(log_has("no section [guest other]"));
}

static void many_programs(void **state)
{
	struct wl_display *programs[40];
	int i, served = 0;

	for (i = 0; i < 40; i++) {
		programs[i] = wl_display_connect("guest-0");
		assert_non_null(programs[i]);
		served += wl_display_roundtrip(programs[i]) > 0;
	}
	assert_int_equal(served, 32);
	assert_non_null(strstr(complaint, "max-programs = 32 exceeded"));
	complaint[0] = '\0';
	for (i = 0; i < 40; i++)
		wl_display_disconnect(programs[i]);
	usleep(200000);
	expect_others_live();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, halves_setup, halves_teardown)
		TEST(globals_are_filtered),
		TEST(pixels_are_equal),
		TEST(damage_over_two_buffers),
		TEST(damage_in_scaled_coordinates),
		TEST(buffer_on_two_surfaces),
		TEST(ids_are_used_again),
		TEST(unseen_buffers_cost_the_host_nothing),
		TEST(titles_name_the_guest),
		TEST(keymap_arrives),
		TEST(frames_are_called_back),
		TEST(limit_ends_the_program_with_a_reason),
		TEST(rate_makes_the_program_wait),
		TEST(broken_rule_ends_the_program_with_a_reason),
		TEST(reason_is_logged_where_the_program_goes_on),
		TEST(too_many_pools),
		TEST(file_that_is_too_short),
		TEST(file_that_is_not_in_memory),
		TEST(guest_without_a_section),
		TEST(many_programs),
	};
	int failed;

	if (halves_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return halves_end() || failed;
}
