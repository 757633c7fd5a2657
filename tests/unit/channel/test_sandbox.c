// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/memory.h"
#include "link/sandbox.h"
#include "tests/unit/common/forbidden.h"

static int fd;
static struct xch_memory_maker maker;

static void use_what_is_there(void)
{
	char byte;
	void *p = malloc(1 << 20);

	if (!p || pread(fd, &byte, 1, 0) != 1 ||
	    memfd_create("test", MFD_CLOEXEC) < 0 ||
	    eventfd(0, EFD_CLOEXEC) < 0 || fcntl(fd, F_DUPFD_CLOEXEC, 0) < 0)
		_exit(1);
	free(p);
}

static int again(const struct xch_memory_maker *m, int memfd, uint64_t offset,
		 uint64_t size)
{
	return fcntl(memfd, F_DUPFD_CLOEXEC, 0);
}

/* A program's memory, and whether its pages are still the same */
static void watch_memory(void)
{
	struct xch_memory *memory;
	int memfd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	maker.make = again;
	if (pwrite(memfd, "x", 1, 4000) != 1 ||
	    xch_memory_make(&maker, memfd, 4001, &memory) < 0 ||
	    !xch_memory_intact(memory))
		_exit(1);
	xch_memory_free(memory);
}

/* dma-bufs for programs, of which an eventfd passes for one */
static void count_made(void)
{
	int event = eventfd(0, EFD_CLOEXEC);

	if (xch_made_add(&maker.made, event, 4096) ||
	    xch_made_room(&maker.made, 4096, 2, 8192) ||
	    xch_made_room(&maker.made, 4096, 2, 4096) != -EDQUOT)
		_exit(1);
	close(event);
	if (xch_made_room(&maker.made, 4096, 2, 4096))
		_exit(1);
}

/* How a child ends that does this in the sandbox */
static int try_in_sandbox(void (*what)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* of this process, not of the test's */
		xch_memory_maker_init(
			&maker, -1, open("/proc/self/pagemap", O_RDONLY), 4096);
		if (xch_made_init(&maker.made) || xch_sandbox_enter())
			_exit(2);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void sandbox_keeps_what_is_needed(void **state)
{
	assert_int_equal(try_in_sandbox(use_what_is_there), 0);
	assert_int_equal(try_in_sandbox(watch_memory), 0);
	assert_int_equal(try_in_sandbox(count_made), 0);
}

static void sandbox_kills_for_the_rest(void **state)
{
	size_t i;

	for (i = 0; forbidden_attempt(i); i++) {
		int status = try_in_sandbox(forbidden_attempt(i));

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("attempt %zu: status %x", i, status);
	}
}

static int open_file(void **state)
{
	forbidden_prepare();
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sandbox_keeps_what_is_needed),
		cmocka_unit_test(sandbox_kills_for_the_rest),
	};

	return cmocka_run_group_tests(tests, open_file, NULL);
}
