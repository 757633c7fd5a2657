// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/ask.h"
#include "common/fd-socket.h"
#include "common/unix-socket.h"

static const struct xdc_asker asker = {
	.program = "asker",
	.hint = "Does it run?",
	.timeout_ms = 200,
};

static char folder[] = "/tmp/test_ask.XXXXXX", path[64], said[256];
static pid_t daemon_pid;

static int make_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

/* A daemon that answers one request with @line and a file; NULL: with neither */
static void answer(const char *line, const char *text)
{
	int listener = xdc_unix_listen(path, SOCK_SEQPACKET, 0600), fd, file;
	struct pollfd p = { .fd = listener, .events = POLLIN };
	char request[64];

	assert_true(listener >= 0);
	daemon_pid = fork();
	assert_true(daemon_pid >= 0);
	if (daemon_pid) {
		close(listener);
		return;
	}
	poll(&p, 1, 10000);
	fd = accept(listener, NULL, NULL);
	recv(fd, request, sizeof(request), 0);
	file = text ? make_file(text) : -1;
	if (line)
		xdc_socket_send(fd, line, strlen(line), &file,
				file < 0 ? 0 : 1);
	_exit(0);
}

/* Prints a status, and keeps what was said on stderr */
static int ask_status_to(FILE *out, bool json)
{
	int err = dup(STDERR_FILENO), log = memfd_create("stderr", 0), ret;

	memset(said, 0, sizeof(said));
	dup2(log, STDERR_FILENO);
	ret = xdc_ask_status(&asker, path, json, out);
	dup2(err, STDERR_FILENO);
	assert_true(pread(log, said, sizeof(said) - 1, 0) >= 0);
	fclose(out);
	close(err);
	close(log);
	return ret;
}

static int ask_status(char *printed, size_t size, bool json)
{
	memset(printed, 0, size);
	return ask_status_to(fmemopen(printed, size, "w"), json);
}

static int end_daemon(void **state)
{
	if (daemon_pid > 0)
		waitpid(daemon_pid, NULL, 0);
	daemon_pid = 0;
	unlink(path);
	return 0;
}

static void the_file_is_printed(void **state)
{
	char printed[64];

	answer("ok", "one\ttwo\n");
	assert_int_equal(ask_status(printed, sizeof(printed), false), 0);
	assert_string_equal(printed, "one\ttwo\n");
	end_daemon(state);
	answer("ok", "{}");
	assert_int_equal(ask_status(printed, sizeof(printed), true), 0);
	assert_string_equal(printed, "{}\n");
}

static void nothing_reaches_the_terminal(void **state)
{
	char printed[64];

	answer("ok", "\x1b[2Jwork\x7f\r\n");
	assert_int_equal(ask_status(printed, sizeof(printed), false), 0);
	assert_string_equal(printed, "?[2Jwork??\n");
}

/* The file is read by blocks of 4096 bytes */
static void control_character_across_blocks_is_hidden(void **state)
{
	char text[4096 + 8], printed[sizeof(text)];

	memset(text, 'x', sizeof(text));
	strcpy(text + 4095, "\xc2\x9b"
			    "2J");
	answer("ok", text);
	assert_int_equal(ask_status(printed, sizeof(printed), false), 0);
	assert_string_equal(printed + 4094, "x??2J");
}

static void errors_do_not_reach_the_terminal(void **state)
{
	char printed[64];

	answer("error: \x1b[2J", NULL);
	assert_int_equal(ask_status(printed, sizeof(printed), false), 1);
	assert_non_null(strstr(said, ": ?[2J\n"));
}

static void errors_are_told(void **state)
{
	static const struct {
		const char *line, *said;
	} all[] = {
		{ "error: too late", "too late\n" },
		{ "error 22 too late", "too late\n" },
		{ "okay", "unexpected answer\n" },
		{ "ok", "unexpected answer\n" }, /* without a file */
		{ NULL, "closed without an answer\n" },
	};
	char printed[64], want[128];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		answer(all[i].line, NULL);
		assert_int_equal(ask_status(printed, sizeof(printed), false),
				 1);
		snprintf(want, sizeof(want), "asker: %s: %s", path,
			 all[i].said);
		assert_string_equal(said, want);
		assert_string_equal(printed, "");
		end_daemon(state);
	}
}

static void a_disk_that_is_full(void **state)
{
	answer("ok", "one\n");
	assert_int_equal(ask_status_to(fopen("/dev/full", "w"), false), 1);
	assert_non_null(strstr(said, "writing the status: No space left"));
}

static void a_daemon_that_is_not_there(void **state)
{
	char printed[64];

	assert_int_equal(ask_status(printed, sizeof(printed), false), 1);
	assert_non_null(strstr(said, "No such file"));
	assert_non_null(strstr(said, "\nDoes it run?\n"));
}

static void a_daemon_that_does_not_answer(void **state)
{
	int listener = xdc_unix_listen(path, SOCK_SEQPACKET, 0600);
	char printed[64];

	assert_true(listener >= 0);
	assert_int_equal(ask_status(printed, sizeof(printed), false), 1);
	assert_non_null(strstr(said, "timed out"));
	assert_null(strstr(said, "Does it run?"));
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, end_daemon)
		TEST(the_file_is_printed),
		TEST(nothing_reaches_the_terminal),
		TEST(control_character_across_blocks_is_hidden),
		TEST(errors_do_not_reach_the_terminal),
		TEST(errors_are_told),
		TEST(a_disk_that_is_full),
		TEST(a_daemon_that_is_not_there),
		TEST(a_daemon_that_does_not_answer),
	};
	int ret;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/control", folder);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return ret;
}
