// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both halves as they are run, between libwayland's client and a compositor of
 * libwayland's server.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include "compositor.h"

extern const struct wl_interface xdg_wm_base_interface, xdg_surface_interface,
	xdg_toplevel_interface;

/* Of xdg-shell, for wl_proxy_marshal_flags() */
enum { GET_XDG_SURFACE = 2, GET_TOPLEVEL = 1, SET_TITLE = 2, SET_APP_ID = 3 };

static char folder[] = "/tmp/test_halves.XXXXXX";
static char log_path[sizeof(folder) + 8];
static pid_t compositor, host, agent;
static char complaint[1024]; /* what libwayland logged of an error */

/* A program of the guest */
static struct wl_display *display;
static struct wl_compositor *wl;
static struct wl_shm *shm;
static struct wl_seat *seat;
static struct wl_proxy *wm;
static char globals[1024];

static void keep_complaint(const char *fmt, va_list args)
{
	vsnprintf(complaint, sizeof(complaint), fmt, args);
}

static pid_t run(const char *const *argv)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDERR_FILENO);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static void await_socket(const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, i, err = -1;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder,
		 name);
	for (i = 0; err && i < 1000; i++) {
		fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
		err = connect(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
		if (err)
			usleep(10000);
	}
	if (err)
		fail_msg("nobody listens at %s", address.sun_path);
}

static void write_config(const char *more)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/conf", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "[default]\ndisplay = comp\n%s\n[guest work]\n", more);
	fclose(f);
}

static void start_host(void)
{
	char conf[128], path[128];
	const char *const argv[] = { getenv("XWL_PROGRAM"),
				     "--config",
				     conf,
				     "--socket",
				     path,
				     "host",
				     "work",
				     NULL };

	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(path, sizeof(path), "%s/host", folder);
	host = run(argv);
	await_socket("host", SOCK_SEQPACKET);
}

static void start_agent(void)
{
	char path[128];
	const char *const argv[] = { getenv("XWL_PROGRAM"),
				     "--display",
				     "guest-0",
				     "agent",
				     path,
				     NULL };

	snprintf(path, sizeof(path), "%s/host", folder);
	agent = run(argv);
	await_socket("guest-0", SOCK_STREAM);
}

static int stop(pid_t *pid, int signal)
{
	int status = 0;

	if (*pid > 0) {
		kill(*pid, signal);
		waitpid(*pid, &status, 0);
	}
	*pid = 0;
	return status;
}

static int setup(void **state)
{
	write_config("");
	compositor = compositor_start("comp");
	start_host();
	start_agent();
	return 0;
}

static bool in_log(const char *text)
{
	static char log[65536];
	FILE *f = fopen(log_path, "r");
	size_t n;

	if (!f)
		return false;
	n = fread(log, 1, sizeof(log) - 1, f);
	log[n] = '\0';
	fclose(f);
	return strstr(log, text);
}

static void leave(void)
{
	if (display)
		wl_display_disconnect(display);
	display = NULL;
	wl = NULL;
	shm = NULL;
	seat = NULL;
	wm = NULL;
	globals[0] = '\0';
}

static int teardown(void **state)
{
	leave();
	/* each ends in order, and by itself */
	assert_int_equal(stop(&agent, SIGTERM), 0);
	assert_int_equal(stop(&host, SIGTERM), 0);
	compositor_stop(compositor);
	unlink(log_path);
	return 0;
}

static void add_global(void *data, struct wl_registry *r, uint32_t name,
		       const char *interface, uint32_t version)
{
	size_t at = strlen(globals);

	snprintf(globals + at, sizeof(globals) - at, "%s:%u ", interface,
		 version);
	if (!strcmp(interface, "wl_compositor"))
		wl = wl_registry_bind(r, name, &wl_compositor_interface, 4);
	else if (!strcmp(interface, "wl_shm"))
		shm = wl_registry_bind(r, name, &wl_shm_interface, 1);
	else if (!strcmp(interface, "wl_seat"))
		seat = wl_registry_bind(r, name, &wl_seat_interface, 5);
	else if (!strcmp(interface, "xdg_wm_base"))
		wm = wl_registry_bind(r, name, &xdg_wm_base_interface, 1);
}

static void remove_global(void *data, struct wl_registry *r, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = { add_global,
							       remove_global };

static void join(void)
{
	display = wl_display_connect("guest-0");
	assert_non_null(display);
	wl_registry_add_listener(wl_display_get_registry(display),
				 &registry_listener, NULL);
}

static void enter(void)
{
	join();
	if (wl_display_roundtrip(display) < 0)
		fail_msg("no answer: %s", complaint);
	assert_non_null(wl);
	assert_non_null(shm);
	assert_non_null(seat);
	assert_non_null(wm);
}

struct image {
	struct wl_buffer *buffer;
	uint32_t *pixels;
	int32_t width, height;
	int fd;
};

static struct image make_image(int32_t width, int32_t height)
{
	struct image i = { .width = width, .height = height };
	size_t size = (size_t)(width * height) * 4;
	struct wl_shm_pool *pool;

	i.fd = memfd_create("client", MFD_CLOEXEC);
	assert_int_equal(ftruncate(i.fd, (off_t)size + 4096), 0);
	i.pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, i.fd,
			4096);
	assert_ptr_not_equal(i.pixels, MAP_FAILED);
	pool = wl_shm_create_pool(shm, i.fd, (int32_t)size + 4096);
	i.buffer = wl_shm_pool_create_buffer(pool, 4096, width, height,
					     width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	return i;
}

static void fill(struct image *i, int32_t x, int32_t y, int32_t w, int32_t h)
{
	int32_t at, row;

	for (row = y; row < y + h; row++)
		for (at = x; at < x + w; at++)
			i->pixels[row * i->width + at] = (uint32_t)rand();
}

/* Commits, and waits until the compositor has it */
static void show(struct wl_surface *surface)
{
	wl_surface_commit(surface);
	if (wl_display_roundtrip(display) < 0)
		fail_msg("no answer: %s", complaint);
}

static void expect_image(const struct image *i)
{
	assert_int_equal(seen->width, i->width);
	assert_int_equal(seen->height, i->height);
	assert_true(seen->pixels ==
		    hash_pixels(i->pixels, i->width, i->height, i->width * 4));
}

static void globals_are_filtered(void **state)
{
	enter();
	assert_non_null(strstr(globals, "wl_compositor:4 "));
	assert_non_null(strstr(globals, "zwp_linux_dmabuf_v1:3 "));
	assert_non_null(strstr(globals, "wl_output:3 "));
	assert_null(strstr(globals, "wl_shell"));
	assert_null(strstr(globals, "wl_data_device_manager"));
}

static void pixels_are_equal(void **state)
{
	static const int32_t sizes[][2] = { { 1, 1 },	  { 16, 16 },
					    { 128, 128 }, { 129, 128 },
					    { 640, 480 }, { 1920, 1080 } };
	struct wl_surface *surface;
	struct image image;
	size_t i;

	enter();
	surface = wl_compositor_create_surface(wl);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		image = make_image(sizes[i][0], sizes[i][1]);
		fill(&image, 0, 0, image.width, image.height);
		wl_surface_attach(surface, image.buffer, 0, 0);
		wl_surface_damage(surface, 0, 0, INT32_MAX, INT32_MAX);
		show(surface);
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

	enter();
	surface = wl_compositor_create_surface(wl);
	images[0] = make_image(300, 200);
	images[1] = make_image(300, 200);
	fill(&images[0], 0, 0, 300, 200);
	for (frame = 0; frame < 60; frame++) {
		struct image *to = &images[frame & 1];

		x = rand() % 300;
		y = rand() % 200;
		w = 1 + rand() % (300 - x);
		h = 1 + rand() % (200 - y);
		memcpy(to->pixels, images[!(frame & 1)].pixels, 300 * 200 * 4);
		fill(to, x, y, w, h);
		wl_surface_attach(surface, to->buffer, 0, 0);
		if (frame & 2)
			wl_surface_damage_buffer(surface, x, y, w, h);
		else
			wl_surface_damage(surface, x, y, w, h);
		show(surface);
		expect_image(to);
	}
}

static void damage_in_scaled_coordinates(void **state)
{
	struct wl_surface *surface;
	struct image image;

	enter();
	surface = wl_compositor_create_surface(wl);
	image = make_image(300, 200);
	wl_surface_set_buffer_scale(surface, 2);
	wl_surface_attach(surface, image.buffer, 0, 0);
	show(surface);
	fill(&image, 200, 100, 50, 50);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_damage(surface, 100, 50, 25, 25);
	show(surface);
	expect_image(&image);
}

static void buffer_on_two_surfaces(void **state)
{
	struct wl_surface *a, *b;
	struct image image;

	enter();
	a = wl_compositor_create_surface(wl);
	b = wl_compositor_create_surface(wl);
	image = make_image(100, 300);
	wl_surface_attach(a, image.buffer, 0, 0);
	show(a);
	fill(&image, 0, 0, 100, 300);
	/* no damage: for this surface all of it is new */
	wl_surface_attach(b, image.buffer, 0, 0);
	show(b);
	expect_image(&image);
}

static void ids_are_used_again(void **state)
{
	struct wl_surface *surface;
	struct image image;
	uint32_t highest = 0, id;
	int i;

	enter();
	surface = wl_compositor_create_surface(wl);
	for (i = 0; i < 3000; i++) {
		image = make_image(8, 8);
		id = wl_proxy_get_id((struct wl_proxy *)image.buffer);
		highest = id > highest ? id : highest;
		wl_surface_attach(surface, image.buffer, 0, 0);
		if (i & 1)
			show(surface);
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

	enter();
	/* more than max-memory, but none is ever shown */
	for (i = 0; i < 100; i++)
		close(make_image(1024, 1024).fd);
	assert_true(wl_display_roundtrip(display) > 0);
}

static void titles_name_the_guest(void **state)
{
	struct wl_surface *surface;
	struct wl_proxy *xdg, *top;

	enter();
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

	enter();
	wl_keyboard_add_listener(wl_seat_get_keyboard(seat), &listener, NULL);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_string_equal(keymap, KEYMAP);
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

	enter();
	surface = wl_compositor_create_surface(wl);
	for (i = 0; i < 300; i++) {
		wl_callback_add_listener(wl_surface_frame(surface), &listener,
					 &frames);
		show(surface);
	}
	assert_int_equal(frames, 300);
}

/* The connection ends with this reason, in the program and in the log */
static void expect_end(const char *why)
{
	while (wl_display_roundtrip(display) > 0)
		;
	/* libwayland has logged the error */
	if (!strstr(complaint, why))
		fail_msg("program was told '%s' instead of '%s'", complaint,
			 why);
	if (!in_log(why))
		fail_msg("the log does not have '%s'", why);
	complaint[0] = '\0';
}

static void expect_others_live(void)
{
	struct wl_surface *surface;
	struct image image;

	leave();
	enter();
	surface = wl_compositor_create_surface(wl);
	image = make_image(64, 64);
	fill(&image, 0, 0, 64, 64);
	wl_surface_attach(surface, image.buffer, 0, 0);
	show(surface);
	expect_image(&image);
}

static void limit_ends_the_program_with_a_reason(void **state)
{
	int i;

	leave();
	stop(&host, SIGTERM);
	write_config("max-surfaces = 4\nmax-windows = 4");
	start_host();
	enter();
	for (i = 0; i < 5; i++)
		wl_compositor_create_surface(wl);
	expect_end("max-surfaces = 4 exceeded");
	expect_others_live();
}

static void broken_rule_ends_the_program_with_a_reason(void **state)
{
	enter();
	wl_surface_set_buffer_scale(wl_compositor_create_surface(wl), 99);
	expect_end("wl_surface.set_buffer_scale: argument 1 is 99");
	expect_others_live();
}

static void file_that_is_too_short(void **state)
{
	struct wl_surface *surface;
	struct image image;

	enter();
	surface = wl_compositor_create_surface(wl);
	image = make_image(512, 512);
	assert_int_equal(ftruncate(image.fd, 4096), 0);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_commit(surface);
	expect_end("shorter than its pool");
	expect_others_live();
}

static void file_that_is_no_memory(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	enter();
	wl_shm_create_pool(shm, fd, 4096);
	close(fd);
	expect_end("not in memory");
	expect_others_live();
}

static void host_killed(void **state)
{
	enter();
	stop(&host, SIGKILL);
	while (wl_display_roundtrip(display) > 0)
		;
	assert_non_null(strstr(complaint, "closed the channel"));
	complaint[0] = '\0';
	leave();
	/* a program that comes meanwhile is told so */
	join();
	expect_end("no channel to the host's half");
	leave();
	start_host();
	expect_others_live();
}

static void compositor_killed_and_back(void **state)
{
	char path[128];

	enter();
	compositor_stop(compositor);
	expect_end("the compositor has closed the connection");
	leave();
	join();
	expect_end("compositor at ");
	leave();
	snprintf(path, sizeof(path), "%s/comp", folder);
	unlink(path);
	compositor = compositor_start("comp");
	expect_others_live();
}

static void agent_stopped(void **state)
{
	struct wl_surface *surface;
	int i;

	enter();
	surface = wl_compositor_create_surface(wl);
	kill(agent, SIGSTOP);
	for (i = 0; i < 1000; i++)
		wl_surface_commit(surface);
	wl_display_flush(display);
	usleep(100000);
	kill(agent, SIGCONT);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_true(seen->commits >= 1000);
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
	pid = run(argv);
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(in_log("no section [guest other]"));
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
		TEST(broken_rule_ends_the_program_with_a_reason),
		TEST(file_that_is_too_short),
		TEST(file_that_is_no_memory),
		TEST(host_killed),
		TEST(compositor_killed_and_back),
		TEST(agent_stopped),
		TEST(guest_without_a_section),
		TEST(many_programs),
	};
	char command[64];
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	setenv("XDG_RUNTIME_DIR", folder, 1);
	wl_log_set_handler_client(keep_complaint);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		failed = 1;
	return failed;
}
