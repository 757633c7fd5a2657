// SPDX-License-Identifier: GPL-2.0-only
/* The content of a clipboard arrives whole, or not at all. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/relay.h"
#include "host/clipboard/transfer.h"
#include "host/policy/config.h"

#define KIB 1024

static struct xdc_loop loop;
static struct xwl_policy policy;
static struct xwl_account account = { .policy = &policy };
static struct xwl_transfers transfers = LIST_HEAD_INITIALIZER(transfers);
static struct xwl_relays relays = LIST_HEAD_INITIALIZER(relays);

/* Where the content comes from: from[1] is written to; and where it goes: to[0] is read */
static int from[2], to[2];

static struct xdc_source reader;
static uint8_t got[1024 * KIB];
static size_t got_len;
static bool ended;

static void make_pipe(int ends[2])
{
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void make_sockets(int ends[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
}

static void read_some(struct xdc_source *s, uint32_t events)
{
	/* a slow one: less than a pipe holds */
	ssize_t n = read(s->fd, got + got_len, 10000);

	if (n > 0)
		got_len += (size_t)n;
	if (n)
		return;
	ended = true;
	xdc_loop_stop(&loop);
}

static void give_up(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

/* Until the reader has seen the end, or this time is over */
static void run(unsigned int ms)
{
	struct xdc_timer limit = { 0 };

	xdc_timer_init(&loop, &limit, give_up);
	xdc_timer_in(&limit, ms * XDC_NS_PER_MS);
	assert_int_equal(xdc_loop_run(&loop), 0);
	loop.stop = false;
	xdc_timer_fini(&limit);
}

/* Until nothing is on its way any more */
static void run_until_idle(void)
{
	int i;

	for (i = 0; i < 200 && account.used[XWL_TRANSFERS]; i++)
		run(50);
	assert_int_equal(account.used[XWL_TRANSFERS], 0);
}

static void begin(void (*make_from)(int ends[2]), void (*make_to)(int ends[2]))
{
	make_from(from);
	make_to(to);
	got_len = 0;
	ended = false;
	reader = (struct xdc_source){ .fd = to[0], .ready = read_some };
	assert_int_equal(xdc_loop_add(&loop, &reader, EPOLLIN), 0);
	assert_int_equal(xwl_transfer_start(&loop, &account, &transfers,
					    from[0], to[1]),
			 0);
}

static void end(void)
{
	xdc_loop_remove(&loop, &reader);
	close(to[0]);
	xwl_transfers_end(&transfers);
	assert_int_equal(account.used[XWL_TRANSFERS], 0);
}

/* A child writes @len bytes, each from its place */
static void write_bytes(size_t len)
{
	uint8_t byte[256];
	size_t i, n;

	for (i = 0; i < sizeof(byte); i++)
		byte[i] = (uint8_t)i;
	if (fork()) {
		close(from[1]);
		return;
	}
	fcntl(from[1], F_SETFL, 0);
	for (i = 0; i < len; i += n) {
		n = len - i < sizeof(byte) ? len - i : sizeof(byte);
		if (write(from[1], byte, n) != (ssize_t)n)
			_exit(1);
	}
	_exit(0);
}

static void expect_bytes(size_t len)
{
	size_t i;

	assert_true(ended);
	assert_int_equal(got_len, len);
	for (i = 0; i < len; i++)
		if (got[i] != (uint8_t)i)
			fail_msg("byte %zu is %u", i, got[i]);
}

static void content_arrives_whole(void **state)
{
	static const size_t sizes[] = { 1, 256, 65536, 256 * KIB };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* into another program's pipe, and into a guest's socket */
		begin(make_sockets, make_pipe);
		write_bytes(sizes[i]);
		run(10000);
		expect_bytes(sizes[i]);
		end();
		begin(make_pipe, make_sockets);
		write_bytes(sizes[i]);
		run(10000);
		expect_bytes(sizes[i]);
		end();
	}
}

static void empty_content_ends(void **state)
{
	begin(make_pipe, make_sockets);
	write_bytes(0);
	run(10000);
	expect_bytes(0);
	end();
}

static void content_too_large_is_dropped(void **state)
{
	begin(make_pipe, make_sockets);
	write_bytes(256 * KIB + 1);
	run(10000);
	expect_bytes(0);
	end();
}

static void content_too_late_is_dropped(void **state)
{
	policy.max[XWL_CLIPBOARD_TIME] = 1;
	begin(make_pipe, make_sockets);
	/* it never ends */
	assert_int_equal(write(from[1], "x", 1), 1);
	run(10000);
	expect_bytes(0);
	close(from[1]);
	end();
}

/* Its pipe is full, and is not read */
static void reader_that_does_not_read(void **state)
{
	policy.max[XWL_CLIPBOARD_TIME] = 1;
	begin(make_sockets, make_pipe);
	xdc_loop_change(&loop, &reader, 0);
	write_bytes(256 * KIB);
	run_until_idle();
	end();
}

static void reader_that_has_closed(void **state)
{
	begin(make_sockets, make_pipe);
	xdc_loop_remove(&loop, &reader);
	reader.fd = -1;
	close(to[0]);
	to[0] = dup(0);
	write_bytes(256 * KIB);
	run_until_idle();
	end();
}

static void transfers_are_limited(void **state)
{
	int more[2][2], byte;

	policy.max[XWL_TRANSFERS] = 1;
	begin(make_pipe, make_sockets);
	make_pipe(more[0]);
	make_sockets(more[1]);
	assert_int_equal(xwl_transfer_start(&loop, &account, &transfers,
					    more[0][0], more[1][1]),
			 -EDQUOT);
	assert_int_equal(read(more[1][0], &byte, 1), 0);
	close(more[0][1]);
	close(more[1][0]);
	write_bytes(100);
	run(10000);
	expect_bytes(100);
	end();
}

/* The agent's part: into a pipe of the program's */
static void begin_relay(void)
{
	make_sockets(from);
	make_pipe(to);
	got_len = 0;
	ended = false;
	reader = (struct xdc_source){ .fd = to[0], .ready = read_some };
	assert_int_equal(xdc_loop_add(&loop, &reader, EPOLLIN), 0);
	assert_int_equal(xwl_relay_start(&loop, &relays, from[0], to[1]), 0);
}

static void end_relay(void)
{
	assert_true(LIST_EMPTY(&relays));
	xdc_loop_remove(&loop, &reader);
	close(to[0]);
}

static void relay_brings_all(void **state)
{
	begin_relay();
	write_bytes(300 * KIB);
	run(10000);
	expect_bytes(300 * KIB);
	end_relay();
}

/* More than the pipe holds has come, and its sender has closed */
static void relay_sleeps_until_the_program_reads(void **state)
{
	struct epoll_event event;
	uint8_t bytes[2048];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	begin_relay();
	/* a pipe holds 16 pieces of whatever size */
	for (i = 0; i < 40; i++)
		assert_int_equal(write(from[1], bytes, sizeof(bytes)),
				 sizeof(bytes));
	close(from[1]);
	xdc_loop_change(&loop, &reader, 0);
	/* until nothing wakes the loop any more */
	for (i = 0; i < 200 && epoll_wait(loop.epfd, &event, 1, 0); i++)
		run(10);
	assert_true(i < 200);
	xdc_loop_change(&loop, &reader, EPOLLIN);
	run(10000);
	expect_bytes(40 * sizeof(bytes));
	end_relay();
}

static void too_many_relays(void **state)
{
	int writers[17], readers[17], i, err = 0;

	for (i = 0; i < 17; i++) {
		make_sockets(from);
		make_pipe(to);
		writers[i] = from[1];
		readers[i] = to[0];
		err = xwl_relay_start(&loop, &relays, from[0], to[1]);
		assert_int_equal(err, i < 16 ? 0 : -EMFILE);
	}
	xwl_relays_end(&relays);
	for (i = 0; i < 17; i++) {
		assert_int_equal(read(readers[i], got, 1), 0);
		close(readers[i]);
		close(writers[i]);
	}
}

static int reset_policy(void **state)
{
	xwl_config_defaults(&policy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(content_arrives_whole, reset_policy),
		cmocka_unit_test_setup(empty_content_ends, reset_policy),
		cmocka_unit_test_setup(content_too_large_is_dropped,
				       reset_policy),
		cmocka_unit_test_setup(content_too_late_is_dropped,
				       reset_policy),
		cmocka_unit_test_setup(reader_that_does_not_read, reset_policy),
		cmocka_unit_test_setup(reader_that_has_closed, reset_policy),
		cmocka_unit_test_setup(transfers_are_limited, reset_policy),
		cmocka_unit_test(relay_brings_all),
		cmocka_unit_test(relay_sleeps_until_the_program_reads),
		cmocka_unit_test(too_many_relays),
	};

	signal(SIGPIPE, SIG_IGN);
	if (xdc_loop_init(&loop))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
