// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ends.h"
#include "sockets.h"

static size_t fill_socket(int fd)
{
	static const uint8_t data[8192];
	size_t all = 0;
	ssize_t n;

	while ((n = send(fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		all += (size_t)n;
	assert_int_equal(errno, EAGAIN);
	return all;
}

static size_t empty_socket(int fd)
{
	static uint8_t data[8192];
	size_t all = 0;
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
		all += (size_t)n;
	return all;
}

/* A reader that does not read stops its own channel, and nothing else */
static void channel_slow_reader_stops_its_own(void **state)
{
	struct pair slow = ends_open(XCH_STREAM), quick = ends_open(XCH_STREAM);
	size_t sent = 0, got = 0, more;
	unsigned int i;
	char text[8];

	for (i = 0; i < 20; i++) {
		sent += fill_socket(slow.near);
		ends_settle();
	}
	/* back-pressure has reached the program */
	more = fill_socket(slow.near);
	assert_int_equal(more, 0);
	/* no more than the window waits here, and the sockets hold */
	assert_true(slow.far_ch->window.open.bytes < XCH_CREDIT_BYTES / 2);
	assert_true(slow.near_ch->credit.bytes < XCH_CREDIT_FRAME + 1);
	assert_int_equal(write(quick.near, "quick", 6), 6);
	ends_settle();
	assert_int_equal(read(quick.far, text, sizeof(text)), 6);
	for (i = 0; i < 100 && got < sent; i++) {
		got += empty_socket(slow.far);
		ends_settle();
	}
	assert_int_equal(got, sent);
	assert_true(frames[XCH_CREDIT] >= 2);
	ends_close(&slow);
	ends_close(&quick);
}

/* 16 KiB each, one after the other */
static void channel_turns_are_fair(void **state)
{
	struct pair p[3];
	unsigned int i, bulk = 0;

	for (i = 0; i < 3; i++)
		p[i] = ends_open(XCH_STREAM);
	nr_data = 0;
	for (i = 0; i < 2; i++)
		fill_socket(p[i].near);
	assert_int_equal(write(p[2].near, "small", 6), 6);
	ends_settle();
	for (i = 0; i < nr_data; i++)
		if (order[i] == p[2].near_ch->id)
			break;
	/* at most one turn of each of the others came before */
	assert_true(i <= 2);
	for (i = 0; i + 1 < 8; i++)
		bulk += order[i] == order[i + 1];
	assert_int_equal(bulk, 0);
	for (i = 0; i < 3; i++)
		ends_close(&p[i]);
}

static void channel_many_at_a_time(void **state)
{
	static struct pair p[CHANNELS];
	struct xch_open open = { .type = XCH_STREAM, .service = "camera" };
	struct xch_channel *ch;
	unsigned int i;
	char text[16];
	int fd;

	for (i = 0; i < CHANNELS; i++)
		p[i] = ends_open(XCH_STREAM);
	/* one more than the peer allows */
	assert_int_equal(xch_channels_open(&client.set,
					   sockets_make(XCH_STREAM, &fd), &open,
					   &ch),
			 -EUSERS);
	close(fd);
	for (i = 0; i < CHANNELS; i++)
		assert_int_equal(write(p[i].near, &i, sizeof(i)), sizeof(i));
	ends_settle();
	for (i = 0; i < CHANNELS; i++) {
		unsigned int got;

		assert_int_equal(read(p[i].far, &got, sizeof(got)),
				 sizeof(got));
		assert_int_equal(got, i);
	}
	for (i = 0; i < CHANNELS; i++)
		ends_close(&p[i]);
	ends_settle();
	assert_int_equal(client.set.nr + server.set.nr, 0);
	/* and places are free again */
	p[0] = ends_open(XCH_STREAM);
	assert_int_equal(write(p[0].near, "again", 6), 6);
	ends_settle();
	assert_int_equal(read(p[0].far, text, sizeof(text)), 6);
	ends_close(&p[0]);
}

/*
 * A channel that both have shut is over for the peer, even if the program here
 * has not taken everything
 */
static void channel_draining_takes_no_place(void **state)
{
	static const uint8_t data[65536];
	struct pair p[CHANNELS + 1];
	int small = 4096;
	unsigned int i;

	for (i = 0; i < CHANNELS; i++)
		p[i] = ends_open(XCH_STREAM);
	assert_int_equal(setsockopt(p[0].far_ch->program.fd, SOL_SOCKET,
				    SO_SNDBUF, &small, sizeof(small)),
			 0);
	assert_int_equal(write(p[0].near, data, sizeof(data)), sizeof(data));
	shutdown(p[0].near, SHUT_WR);
	shutdown(p[0].far, SHUT_WR);
	ends_settle();
	/* more than fits into the socket waits at the server */
	assert_false(xch_inbox_empty(&p[0].far_ch->inbox));
	assert_int_equal(client.nr_closed, 1);
	assert_int_equal(server.nr_closed, 0);
	p[CHANNELS] = ends_open(XCH_STREAM);
	for (i = 0; i < 100 && !server.nr_closed; i++) {
		empty_socket(p[0].far);
		ends_settle();
	}
	assert_int_equal(server.nr_closed, 1);
	for (i = 0; i <= CHANNELS; i++)
		ends_close(&p[i]);
}

/* Over for both, but for what the client's program has not read */
static int leave_draining(struct pair *p)
{
	static const uint8_t data[65536];
	struct xch_open open = { .type = XCH_STREAM, .service = "camera" };
	int small = 4096, end = sockets_make(XCH_STREAM, &p->near), err;

	assert_int_equal(setsockopt(end, SOL_SOCKET, SO_SNDBUF, &small,
				    sizeof(small)),
			 0);
	err = xch_channels_open(&client.set, end, &open, &p->near_ch);
	if (err) {
		close(p->near);
		return err;
	}
	ends_settle();
	p->far_ch = server.asked[(server.nr_asked - 1) % CHANNELS];
	xch_channel_accept(p->far_ch, sockets_make(XCH_STREAM, &p->far));
	ends_settle();
	assert_int_equal(write(p->far, data, sizeof(data)), sizeof(data));
	shutdown(p->near, SHUT_WR);
	shutdown(p->far, SHUT_WR);
	ends_settle();
	return 0;
}

/* Of those that were opened here there are no more than of the peer's */
static void channel_draining_is_bounded_for_each_end(void **state)
{
	static struct pair p[3 * CHANNELS];
	struct xch_open open = { .type = XCH_STREAM, .service = "camera" };
	struct xch_channel *ch;
	unsigned int i, nr = 0;
	int err = 0, fd;

	while (!err && nr < 3 * CHANNELS) {
		err = leave_draining(&p[nr]);
		nr += !err;
	}
	assert_int_equal(err, -EUSERS);
	assert_int_equal(nr, 2 * CHANNELS);
	assert_int_equal(client.nr_closed, 0);
	/* the peer's have their own places */
	assert_int_equal(xch_channels_open(&server.set,
					   sockets_make(XCH_STREAM, &fd), &open,
					   &ch),
			 0);
	ends_settle();
	assert_int_equal(client.nr_asked, 1);
	close(fd);
	for (i = 0; i < 100 && !client.nr_closed; i++) {
		empty_socket(p[0].near);
		ends_settle();
	}
	ends_close(&p[0]);
	assert_int_equal(leave_draining(&p[0]), 0);
	for (i = 0; i < nr; i++)
		ends_close(&p[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, ends_begin, ends_end)
		TEST(channel_slow_reader_stops_its_own),
		TEST(channel_turns_are_fair),
		TEST(channel_many_at_a_time),
		TEST(channel_draining_takes_no_place),
		TEST(channel_draining_is_bounded_for_each_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
