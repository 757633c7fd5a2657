// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls mean the same to a 32-bit program. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "compat32.h"

#define PROGRAM "/usr/libexec/xen-dmabuf/tests/compat32"

/* the program's exit status; -1 if this kernel does not run 32-bit programs */
static int run_program(const struct compat32 *in, int dmabuf)
{
	int pipefd[2], status;
	pid_t pid;

	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	assert_int_equal(write(pipefd[1], in, sizeof(*in)), sizeof(*in));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		alarm(60);
		dup2(dmabuf, 64);
		dup2(pipefd[0], 0);
		dup2(64, 3);
		execl(PROGRAM, PROGRAM, NULL);
		_exit(127);
	}
	close(pipefd[0]);
	close(pipefd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		fail_msg("signal %d", WTERMSIG(status));
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

static void ioctls_work_from_a_32_bit_program(void **state)
{
	struct compat32 in = { .domid = world.domid, .answer = 0x12345678 };
	uint8_t page[PAGE];
	struct local l;
	int i, step;

	(void)state;
	if (access(PROGRAM, X_OK)) {
		note("there are no 32-bit programs on this architecture");
		skip();
	}
	guest_plain(0, COMPAT32_PAGES, "rw", 70, in.refs);
	for (i = 0; i < COMPAT32_PAGES; i++) {
		pattern_fill(page, i, 1, 70);
		memcpy(&in.first[i], page, sizeof(in.first[i]));
	}
	local_alloc(&l, COMPAT32_PAGES, "heap", 71);
	step = run_program(&in, l.fd);
	if (step < 0) {
		note("this kernel runs no 32-bit programs");
		local_end(&l);
		agent("free 0");
		skip();
	}
	/* the number of the failed step in compat32.c */
	assert_int_equal(step, 0);
	/* the program has changed only the first page */
	assert_int_equal(agent("check 0 70"), 1);
	assert_int_equal(agent_value[1], 0);
	local_end(&l);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(ioctls_work_from_a_32_bit_program),
	};

	return world_run("compat", tests);
}
