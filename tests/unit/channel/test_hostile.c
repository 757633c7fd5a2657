// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ends.h"

static size_t put_data(uint8_t *raw, uint32_t id, size_t len, bool last)
{
	static const uint8_t bytes[XCH_DATAGRAM_MAX];
	struct xch_data data = { .bytes = bytes, .len = len, .end = last };

	return xch_put_data(raw, id, &data);
}

static void hostile_more_than_the_window(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct pair p = ends_open(XCH_STREAM);
	uint32_t id = p.far_ch->id;
	int err = 0;
	unsigned int i;

	/* nobody reads at the server */
	for (i = 0; i < 64 && !err; i++)
		err = ends_inject(&server, put_data(raw, id, 16384, false),
				  raw);
	assert_int_equal(err, -EPROTO);
	assert_true(p.far_ch->bytes_received < 2 * XCH_CREDIT_BYTES + 212992);
	ends_close(&p);
}

/* Tiny frames take memory, too */
static void hostile_tiny_frames(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct pair p = ends_open(XCH_STREAM);
	unsigned int i;
	int err = 0;

	for (i = 0; i < 10000 && !err; i++)
		err = ends_inject(&server,
				  put_data(raw, p.far_ch->id, 1, false), raw);
	assert_int_equal(err, -EPROTO);
	ends_close(&p);
}

static void hostile_frames_end_the_link(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct pair s = ends_open(XCH_STREAM), d = ends_open(XCH_SEQPACKET);
	struct xch_open open = { .type = XCH_STREAM, .service = "x" };
	uint32_t stream = s.far_ch->id, datagrams = d.far_ch->id;
	uint32_t credit[] = { XCH_CREDIT_BYTES_MAX, 1 };

	/* channels that never were */
	assert_int_equal(ends_inject(&server, put_data(raw, 1001, 1, false),
				     raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server, put_data(raw, 2, 1, false), raw),
			 -EPROTO);
	/* an id of ours, and one for the second time */
	assert_int_equal(ends_inject(&server, xch_put_open(raw, 2, &open), raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server, xch_put_open(raw, stream, &open),
				     raw),
			 -EPROTO);
	/* empty pieces, and ends where there are none */
	assert_int_equal(ends_inject(&server, put_data(raw, stream, 0, false),
				     raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server, put_data(raw, stream, 1, true),
				     raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server,
				     put_data(raw, datagrams, 0, false), raw),
			 -EPROTO);
	/* a datagram without end */
	assert_int_equal(ends_inject(&server,
				     put_data(raw, datagrams, 32768, false),
				     raw),
			 0);
	assert_int_equal(ends_inject(&server,
				     put_data(raw, datagrams, 1, false), raw),
			 -EPROTO);
	/* endless credit */
	assert_int_equal(ends_inject(&server,
				     xch_put_numbers(raw, XCH_CREDIT, stream, 0,
						     credit, 2),
				     raw),
			 -EPROTO);
	/* an answer to what was not asked */
	assert_int_equal(ends_inject(&server,
				     xch_put_numbers(raw, XCH_OPENED, stream, 0,
						     credit, 2),
				     raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server,
				     xch_put_plain(raw, XCH_REFUSED, stream, 1),
				     raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server,
				     xch_put_plain(raw, XCH_SHUT, stream, 4),
				     raw),
			 -EPROTO);
	assert_int_equal(ends_inject(&server,
				     xch_put_plain(raw, XCH_RESET, stream, 0),
				     raw),
			 -EPROTO);
	/* data after the end of data */
	assert_int_equal(ends_inject(&server,
				     xch_put_plain(raw, XCH_SHUT, stream,
						   XCH_SHUT_WRITE),
				     raw),
			 0);
	assert_int_equal(ends_inject(&server, put_data(raw, stream, 1, false),
				     raw),
			 -EPROTO);
	ends_close(&s);
	ends_close(&d);
}

static void hostile_flood_of_channels(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct xch_open open = { .type = XCH_STREAM, .service = "x" };
	unsigned int i;
	int err = 0;

	/* refused ones count until the refusal is sent */
	for (i = 0; i < 1000 && !err; i++) {
		err = ends_inject(&server, xch_put_open(raw, 2 * i + 1, &open),
				  raw);
		if (!err)
			xch_channel_refuse(server.asked[i % CHANNELS], -EACCES);
	}
	assert_int_equal(err, -EPROTO);
	assert_int_equal(i, CHANNELS + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, ends_begin, ends_end)
		TEST(hostile_more_than_the_window),
		TEST(hostile_tiny_frames),
		TEST(hostile_frames_end_the_link),
		TEST(hostile_flood_of_channels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
