// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "link/pipe.h"

static int ends[2];

static int begin(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(xch_pipe_prepare(), 0);
	/* blocking, as a program's is */
	return pipe2(ends, O_CLOEXEC);
}

static int end(void **state)
{
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void pipe_ends_told_apart(void **state)
{
	bool writes;

	assert_true(xch_pipe_is(ends[0], &writes));
	assert_false(writes);
	assert_true(xch_pipe_is(ends[1], &writes));
	assert_true(writes);
	assert_false(xch_pipe_is(-1, &writes));
}

static void pipe_read_does_not_block(void **state)
{
	char text[8];

	assert_int_equal(xch_pipe_read(ends[0], text, 8), -EAGAIN);
	assert_int_equal(write(ends[1], "content", 7), 7);
	assert_int_equal(xch_pipe_read(ends[0], text, 3), 3);
	assert_int_equal(xch_pipe_read(ends[0], text + 3, 5), 4);
	assert_memory_equal(text, "content", 7);
	close(ends[1]);
	assert_int_equal(xch_pipe_read(ends[0], text, 8), 0);
	ends[1] = -1;
}

static void pipe_write_does_not_block(void **state)
{
	static char data[100000];
	size_t all = 0;
	ssize_t n;
	char text[8];

	while ((n = xch_pipe_write(ends[1], data, sizeof(data))) > 0)
		all += (size_t)n;
	assert_int_equal(n, -EAGAIN);
	assert_true(all >= 4096);
	/* and nothing is left over from what did not fit */
	while (all) {
		n = read(ends[0], data, sizeof(data));
		assert_true(n > 0);
		all -= (size_t)n;
	}
	assert_int_equal(xch_pipe_write(ends[1], "content", 7), 7);
	assert_int_equal(read(ends[0], text, 8), 7);
	assert_memory_equal(text, "content", 7);
	close(ends[0]);
	ends[0] = -1;
	assert_int_equal(xch_pipe_write(ends[1], "content", 7), -EPIPE);
	/* of another pipe */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(xch_pipe_read(ends[0], text, 8), -EAGAIN);
}

static void pipe_non_blocking_stays_the_programs(void **state)
{
	char text[8];

	assert_int_equal(xch_pipe_read(ends[0], text, 8), -EAGAIN);
	assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pipe_ends_told_apart, begin,
						end),
		cmocka_unit_test_setup_teardown(pipe_read_does_not_block, begin,
						end),
		cmocka_unit_test_setup_teardown(pipe_write_does_not_block,
						begin, end),
		cmocka_unit_test_setup_teardown(
			pipe_non_blocking_stays_the_programs, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
