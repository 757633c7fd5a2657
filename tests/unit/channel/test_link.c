// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <unistd.h>
#include <xen/dmabuf.h>

#include "links.h"

/* A test starts the ends by itself */
static int begin_unstarted(void **state)
{
	*state = "unstarted";
	return links_begin(state);
}

static void link_hello_tells_limits(void **state)
{
	assert_int_equal(links_server.link.hello.channels, 64);
	assert_int_equal(links_server.link.hub.granted.max_buffers, 16);
	assert_true(links_server.link.hub.grants);
}

/* Buffers linger until the end with less has no more of them */
static void link_hello_tells_when_it_gets_crowded(void **state)
{
	const struct xch_mapped_set *mapped = &links_server.link.hub.mapped;

	links_start(&links_server, XCH_SERVER);
	links_config.hub.grants = 1000;
	links_config.hub.buffers = 8;
	links_start(&links_client, XCH_CLIENT);
	links_settle();
	assert_int_equal(mapped->max_total, 65536);
	assert_int_equal(mapped->crowd_total, 1000);
	assert_int_equal(mapped->crowd_buffers, 8);
	/* the other way it does not matter */
	assert_int_equal(links_server.link.hub.granted.max_total, 65536);
	assert_int_equal(links_client.link.hub.mapped.crowd_total, 65536);
}

static void grants_are_those_of_the_table_or_the_limits(void **state)
{
	struct xen_dmabuf_info info = {
		.grants_total = 32768,
		.grants_reserved = 1024,
		.file_pages_granted_limit = 40000,
	};

	assert_int_equal(xch_driver_grants(&info), 31744);
	info.file_pages_granted_limit = 2000;
	assert_int_equal(xch_driver_grants(&info), 2000);
	info.grants_total = 1000;
	assert_int_equal(xch_driver_grants(&info), 0);
}

static void link_bytes_cross(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	unsigned int before;
	char text[8];
	int i;

	before = links_server.events + links_client.events;
	for (i = 0; i < 10; i++) {
		assert_int_equal(write(p.near, "request", 7), 7);
		links_settle();
		assert_int_equal(read(p.far, text, 8), 7);
		assert_int_equal(write(p.far, "answer", 6), 6);
		links_settle();
		assert_int_equal(read(p.near, text, 8), 6);
	}
	/* one event a message */
	assert_int_equal(links_server.events + links_client.events - before,
			 20);
	links_close(&p);
}

static void link_megabytes_cross_whole(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	static uint8_t data[60000], back[60000];
	uint32_t sent = 0, got = 0, i;
	ssize_t n;

	while (got < 8U << 20) {
		for (i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)((sent + i) * 37 >> 4);
		n = write(p.near, data, sizeof(data));
		sent += n > 0 ? (uint32_t)n : 0;
		links_run_for(XDC_NS_PER_MS / 4);
		n = read(p.far, back, sizeof(back));
		for (i = 0; n > 0 && i < (uint32_t)n; i++)
			assert_int_equal(back[i],
					 (uint8_t)((got + i) * 37 >> 4));
		got += n > 0 ? (uint32_t)n : 0;
	}
	links_close(&p);
}

static void link_peer_gone_ends_all(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	char text[8];

	assert_int_equal(write(p.near, "last", 4), 4);
	links_settle();
	xch_link_fini(&links_client.link);
	links_client.link.loop = NULL;
	links_settle();
	assert_int_equal(links_server.ended, -EPIPE);
	assert_int_equal(links_server.closed_with, -EPIPE);
	assert_int_equal(read(p.far, text, 8), 4);
	assert_int_equal(read(p.far, text, 8), 0);
	links_close(&p);
}

/* One end has said HELLO and died before the other has looked for the first time */
static void link_with_a_dead_peer_ends(void **state)
{
	links_start(&links_client, XCH_CLIENT);
	links_settle();
	xch_link_fini(&links_client.link);
	links_client.link.loop = NULL;
	links_start(&links_server, XCH_SERVER);
	links_settle();
	assert_int_equal(links_server.ended, -EPIPE);
}

static void link_silence_is_asked_about(void **state)
{
	links_config.ping_after = 50 * XDC_NS_PER_MS;
	links_config.hung_after = 800 * XDC_NS_PER_MS;
	links_start(&links_server, XCH_SERVER);
	links_start(&links_client, XCH_CLIENT);
	links_run_for(300 * XDC_NS_PER_MS);
	/* whichever asks first, the other hears from it and need not ask; it answers */
	assert_true(links_server.link.ping + links_client.link.ping > 0);
	assert_false(links_server.link.hung);
	/* and now it does not */
	xdc_loop_remove(&links_loop, &links_client.link.source);
	xdc_timer_at(&links_client.link.timer, 0);
	links_run_for(1500 * XDC_NS_PER_MS);
	assert_true(links_server.link.hung);
	assert_int_equal(links_server.ended, 0);
}

static void link_without_hello_ends(void **state)
{
	links_config.hello_timeout = 20 * XDC_NS_PER_MS;
	links_start(&links_server, XCH_SERVER);
	links_run_for(100 * XDC_NS_PER_MS);
	assert_int_equal(links_server.ended, -ETIMEDOUT);
}

/* The client's end of the ring, without a link */
static void inject(struct xch_ring *ring, const uint8_t *raw, size_t len)
{
	uint64_t one = 1;

	assert_int_equal(xch_ring_write(ring, raw, len), len);
	xch_ring_flush(ring);
	assert_int_equal(write(links_server.event.fd, &one, 8), 8);
	links_settle();
}

static void hostile_first_frames(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct xch_hello hello = { .version_min = 7,
				   .version_max = 9,
				   .frame_max = XCH_FRAME_MAX };
	struct xch_ring ring;

	/* anything before HELLO */
	links_start(&links_server, XCH_SERVER);
	assert_int_equal(xch_ring_attach(&ring, &links_memory, XCH_CLIENT), 0);
	inject(&ring, raw, xch_put_plain(raw, XCH_PING, 0, 1));
	assert_int_equal(links_server.ended, -EPROTO);
	xch_link_fini(&links_server.link);
	/* a version from the future */
	links_server.ended = 0;
	xch_ring_format(&links_memory);
	links_start(&links_server, XCH_SERVER);
	assert_int_equal(xch_ring_attach(&ring, &links_memory, XCH_CLIENT), 0);
	inject(&ring, raw, xch_put_hello(raw, &hello));
	assert_int_equal(links_server.ended, -EPROTONOSUPPORT);
}

static void hostile_frames_and_indices(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct link_pair p = links_open(XCH_STREAM);
	char byte;

	/* an answer that nobody asked for */
	xch_put_plain(raw, XCH_PONG, 0, 5);
	inject(&links_client.link.ring, raw, XCH_FRAME_HEADER);
	assert_int_equal(links_server.ended, -EPROTO);
	assert_int_equal(links_server.closed_with, -EPROTO);
	assert_int_equal(read(p.far, &byte, 1), 0);
	links_close(&p);
}

static void hostile_indices_end_the_link(void **state)
{
	uint64_t one = 1;

	links_memory.control->from[XCH_CLIENT].sender.index += 1 << 20;
	assert_int_equal(write(links_server.event.fd, &one, 8), 8);
	links_settle();
	assert_int_equal(links_server.ended, -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, links_begin, links_end)
#define TEST_UNSTARTED(name) \
	cmocka_unit_test_setup_teardown(name, begin_unstarted, links_end)
		TEST(link_hello_tells_limits),
		TEST_UNSTARTED(link_hello_tells_when_it_gets_crowded),
		TEST(grants_are_those_of_the_table_or_the_limits),
		TEST(link_bytes_cross),
		TEST(link_megabytes_cross_whole),
		TEST(link_peer_gone_ends_all),
		TEST_UNSTARTED(link_with_a_dead_peer_ends),
		TEST_UNSTARTED(link_silence_is_asked_about),
		TEST_UNSTARTED(link_without_hello_ends),
		TEST_UNSTARTED(hostile_first_frames),
		TEST(hostile_frames_and_indices),
		TEST(hostile_indices_end_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
