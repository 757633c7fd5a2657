// SPDX-License-Identifier: GPL-2.0-only
/* What people ask of a running host's half. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "halves.h"

extern const struct wl_interface xdg_surface_interface, xdg_toplevel_interface;

/* Of xdg-shell, for wl_proxy_marshal_flags() */
enum { GET_XDG_SURFACE = 2, GET_TOPLEVEL = 1, SET_TITLE = 2 };

static char out[16384];

/* The program's output; its exit status is returned */
static int ask(const char *arguments)
{
	char command[512];
	FILE *f;
	size_t n;

	snprintf(command, sizeof(command), "%s --socket %s/host %s 2>&1",
		 getenv("XWL_PROGRAM"), folder, arguments);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	return WEXITSTATUS(pclose(f));
}

static void expect(const char *text)
{
	if (!strstr(out, text))
		fail_msg("no '%s' in:\n%s", text, out);
}

/* The setup's own connection may not be there yet, or still be */
static void ask_until(const char *arguments, const char *text)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		assert_int_equal(ask(arguments), 0);
		if (strstr(out, text))
			return;
		usleep(100000);
	}
	expect(text);
}

static void show_window(int32_t width, int32_t height, unsigned int frames)
{
	struct wl_surface *surface = wl_compositor_create_surface(wl);
	struct wl_proxy *xdg, *toplevel;
	struct image image = image_make(width, height);

	xdg = wl_proxy_marshal_flags(wm, GET_XDG_SURFACE,
				     &xdg_surface_interface, 1, 0, NULL,
				     surface);
	toplevel = wl_proxy_marshal_flags(xdg, GET_TOPLEVEL,
					  &xdg_toplevel_interface, 1, 0, NULL);
	wl_proxy_marshal_flags(toplevel, SET_TITLE, NULL, 1, 0, "mail \"x\"");
	for (; frames; frames--) {
		wl_surface_attach(surface, image.buffer, 0, 0);
		surface_show(surface);
	}
}

static void status_without_programs(void **state)
{
	ask_until(
		"status",
		"work: 0 programs, 0 surfaces, 0 buffers with 0 of 256 MiB\n");
	ask_until("status --json", "\"programs\": 0");
	expect("\"windows\": []");
}

static void status_of_windows(void **state)
{
	program_enter();
	show_window(640, 480, 3);
	show_window(16, 16, 2);
	assert_int_equal(ask("status"), 0);
	expect("work: 1 programs, 2 surfaces, 2 buffers with 1 of 256 MiB\n");
	expect("  frames: 0 shared, 3 copied, 2 sent\n");
	expect("  copied: 3: ");
	expect("  [work] mail \"x\": 640x480, frames: 0 shared, 3 copied\n");
	expect("  [work] mail \"x\": 16x16, frames: 0 shared, 0 copied, 2 sent\n");
	assert_int_equal(ask("status --json"), 0);
	expect("\"guest\": \"work\"");
	expect("\"title\": \"[work] mail \\\"x\\\"\"");
	expect("\"copied\": 3");
}

static void status_of_programs_that_ended(void **state)
{
	program_enter();
	wl_surface_set_buffer_scale(wl_compositor_create_surface(wl), 99);
	expect_end("wl_surface.set_buffer_scale: argument 1 is 99");
	assert_int_equal(ask("status"), 0);
	expect("  disconnected: 1 programs, last: wl_surface.set_buffer_scale");
	program_leave();
}

static void status_without_a_host(void **state)
{
	halves_stop(&host, SIGTERM);
	assert_int_equal(ask("status"), 1);
	expect("host.control: No such file or directory");
	host_start();
}

static void copy_and_paste_need_the_key(void **state)
{
	assert_int_equal(ask("copy work"), 1);
	expect("clipboard = ask is not configured");
	halves_stop(&host, SIGTERM);
	host_config("clipboard = ask");
	host_start();
	assert_int_equal(ask("copy work"), 1);
	expect("has copied nothing new");
	assert_int_equal(ask("paste work"), 1);
	expect("no window of the guest has the focus");
}

/* Who connects and says nothing, or nonsense, keeps nobody from being answered */
static void connections_without_a_request(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd[20], i;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/host.control",
		 folder);
	for (i = 0; i < 20; i++) {
		fd[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		assert_int_equal(connect(fd[i], (struct sockaddr *)&address,
					 sizeof(address)),
				 0);
	}
	/* eight wait for five seconds; the others are gone */
	sleep(6);
	assert_int_equal(ask("status"), 0);
	for (i = 0; i < 20; i++)
		close(fd[i]);
	fd[0] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&address,
				 sizeof(address)),
			 0);
	assert_int_equal(write(fd[0], "a request that is longer than any other",
			       39),
			 39);
	memset(out, 0, sizeof(out));
	assert_true(read(fd[0], out, sizeof(out) - 1) > 0);
	expect("error: unknown request");
	close(fd[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, halves_setup, halves_teardown)
		TEST(status_without_programs),
		TEST(status_of_windows),
		TEST(status_of_programs_that_ended),
		TEST(status_without_a_host),
		TEST(copy_and_paste_need_the_key),
		TEST(connections_without_a_request),
	};
	int failed;

	if (halves_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return halves_end() || failed;
}
