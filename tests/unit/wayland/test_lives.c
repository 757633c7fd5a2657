// SPDX-License-Identifier: GPL-2.0-only
/* The lives of compositor, host, its worker and agent: each ends, and comes back. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "halves.h"

/* The host's only child */
static pid_t worker_of(pid_t pid)
{
	int child = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &child), 1);
	fclose(f);
	return child;
}

/* A line of /proc/PID/status, as it is there */
static bool status_has(pid_t pid, const char *line)
{
	static char text[8192];
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return strstr(text, line);
}

static void worker_is_confined(void **state)
{
	struct rlimit limit;
	pid_t worker;

	program_enter();
	worker = worker_of(host);
	assert_true(status_has(worker, "\nSeccomp:\t2\n"));
	assert_true(status_has(worker, "\nNoNewPrivs:\t1\n"));
	assert_true(status_has(worker, "\nCapPrm:\t0000000000000000\n"));
	assert_true(status_has(worker, "\nCapEff:\t0000000000000000\n"));
	/* 32, for each of 32 programs 196, of 8 contents 4, of 512 buffers 5 */
	assert_int_equal(prlimit(worker, RLIMIT_NOFILE, NULL, &limit), 0);
	assert_true(limit.rlim_max <= 32 + 32 * 196 + 8 * 4 + 512 * 5);
}

static void worker_killed(void **state)
{
	pid_t worker;

	program_enter();
	worker = worker_of(host);
	kill(worker, SIGKILL);
	expect_end("the host's half has closed the channel");
	while (!log_has("worker killed by signal 9"))
		usleep(10000);
	expect_others_live();
	assert_int_not_equal(worker_of(host), worker);
	assert_true(status_has(worker_of(host), "\nSeccomp:\t2\n"));
}

static void worker_stopped(void **state)
{
	pid_t worker;

	program_enter();
	worker = worker_of(host);
	kill(worker, SIGSTOP);
	/* the host ends in time, whatever its worker does */
	assert_int_equal(halves_stop(&host, SIGTERM), 0);
	assert_int_equal(kill(worker, 0), -1);
	program_leave();
	host_start();
	expect_others_live();
}

static void worker_started_by_hand_fails(void **state)
{
	const char *const argv[] = { getenv("XWL_PROGRAM"), "worker", NULL };
	int status;
	pid_t pid = halves_run(argv);

	status = halves_stop(&pid, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void host_killed(void **state)
{
	program_enter();
	halves_stop(&host, SIGKILL);
	while (wl_display_roundtrip(display) > 0)
		;
	/* by the worker, which does not outlive the host's half */
	assert_non_null(strstr(complaint, "the host's half has ended"));
	complaint[0] = '\0';
	program_leave();
	/* a program that comes meanwhile is told so */
	program_join();
	expect_end("cannot reach the host's half");
	program_leave();
	host_start();
	expect_others_live();
}

static void compositor_killed_and_restarted(void **state)
{
	char path[128];

	program_enter();
	compositor_stop(compositor);
	expect_end("the compositor has closed the connection");
	program_leave();
	program_join();
	expect_end("compositor at ");
	program_leave();
	snprintf(path, sizeof(path), "%s/comp", folder);
	unlink(path);
	compositor = compositor_start("comp");
	expect_others_live();
}

/* A compositor that knows of contexts is told whose programs these are */
static void programs_have_a_security_context(void **state)
{
	unsigned int before;
	char path[128];

	if (!compositor_has_contexts())
		skip();
	program_enter();
	before = seen->sandboxed;
	assert_true(before > 0);
	assert_int_equal(before, seen->clients - 1);
	assert_string_equal(seen->engine, "org.xen-dmabuf");
	assert_string_equal(seen->sandboxed_as, "work");
	assert_null(strstr(globals, "wp_security_context"));
	expect_others_live();
	assert_int_equal(seen->sandboxed, before + 1);
	/* the next compositor is asked anew */
	compositor_stop(compositor);
	expect_end("the compositor has closed the connection");
	program_leave();
	snprintf(path, sizeof(path), "%s/comp", folder);
	unlink(path);
	compositor = compositor_start("comp");
	expect_others_live();
	assert_int_equal(seen->sandboxed, 1);
}

static void compositor_that_does_not_answer(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	compositor_stop(compositor);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/comp", folder);
	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, 5), 0);
	program_join();
	expect_end("it does not answer");
	program_leave();
	close(fd);
	unlink(address.sun_path);
	compositor = compositor_start("comp");
	expect_others_live();
}

static void agent_stopped(void **state)
{
	struct wl_surface *surface;
	int i;

	program_enter();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, halves_setup, halves_teardown)
		TEST(worker_is_confined),
		TEST(worker_killed),
		TEST(worker_stopped),
		TEST(worker_started_by_hand_fails),
		TEST(host_killed),
		TEST(compositor_killed_and_restarted),
		TEST(programs_have_a_security_context),
		TEST(compositor_that_does_not_answer),
		TEST(agent_stopped),
	};
	int failed;

	if (halves_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return halves_end() || failed;
}
