// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/sandbox.h"
#include "tests/unit/common/forbidden.h"

static int fd, ends[2];

/* ---- what works ---- */

static void use_memory(void)
{
	size_t i, sizes[] = { 100, 1 << 16, 1 << 24 };
	char *p;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = malloc(sizes[i]);
		if (!p)
			_exit(1);
		p[sizes[i] - 1] = 1;
		p = realloc(p, sizes[i] * 2);
		if (!p)
			_exit(1);
		free(p);
	}
}

static void use_descriptors(void)
{
	struct statfs fs;
	struct timespec now;
	struct stat st;
	char byte;

	if (pread(fd, &byte, 1, 0) != 1 || fstat(fd, &st) || fstatfs(fd, &fs) ||
	    fcntl(fd, F_DUPFD_CLOEXEC, 0) < 0 ||
	    clock_gettime(CLOCK_MONOTONIC, &now))
		_exit(1);
}

static void use_messages(void)
{
	struct iovec iov = { (char[]){ 'x' }, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (sendmsg(ends[0], &msg, 0) != 1 || recvmsg(ends[1], &msg, 0) != 1)
		_exit(1);
}

/* ---- what does not ---- */

static void call_another_ioctl(void)
{
	ioctl(0, TIOCSTI, "x");
}

static void make_memory(void)
{
	memfd_create("test", MFD_CLOEXEC);
}

static void ask_for_size(void)
{
	int n;

	ioctl(ends[0], FIONREAD, &n);
}

/* How a child ends that does this in the sandbox */
static int try_in_sandbox(const struct xdc_sandbox *needs, void (*what)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		if (xdc_sandbox_enter(needs))
			_exit(99);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static const struct xdc_sandbox nothing;

static void memory_and_descriptors_work(void **state)
{
	assert_int_equal(try_in_sandbox(&nothing, use_memory), 0);
	assert_int_equal(try_in_sandbox(&nothing, use_descriptors), 0);
	assert_int_equal(try_in_sandbox(&nothing, use_messages), 0);
}

static void expect_killed(const struct xdc_sandbox *needs, void (*what)(void),
			  size_t number)
{
	int status = try_in_sandbox(needs, what);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("attempt %zu: status %x", number, status);
}

static void other_calls_kill(void **state)
{
	size_t i;

	for (i = 0; forbidden_attempt(i); i++)
		expect_killed(&nothing, forbidden_attempt(i), i);
	expect_killed(&nothing, make_memory, i);
	expect_killed(&nothing, ask_for_size, i + 1);
}

static void needs_are_added(void **state)
{
	static const int calls[] = { SCMP_SYS(memfd_create) };
	static const uint32_t ioctls[] = { FIONREAD };
	static const struct xdc_sandbox needs = { calls, 1, ioctls, 1 };

	assert_int_equal(try_in_sandbox(&needs, make_memory), 0);
	assert_int_equal(try_in_sandbox(&needs, ask_for_size), 0);
	expect_killed(&needs, call_another_ioctl, 0);
}

static int open_files(void **state)
{
	forbidden_prepare();
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_and_descriptors_work),
		cmocka_unit_test(other_calls_kill),
		cmocka_unit_test(needs_are_added),
	};

	return cmocka_run_group_tests(tests, open_files, NULL);
}
