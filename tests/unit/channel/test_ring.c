// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/loop.h"
#include "memory.h"

#define BYTES (16U << 20)
#define PATIENCE_MS 10000

static struct xch_ring_memory memory;
static struct xch_ring server, client;

static int begin(void **state)
{
	memory_map(&memory, 2);
	assert_int_equal(xch_ring_attach(&server, &memory, XCH_SERVER), 0);
	assert_int_equal(xch_ring_attach(&client, &memory, XCH_CLIENT), 0);
	return 0;
}

static int end(void **state)
{
	memory_unmap(&memory);
	return 0;
}

/* Both ends as they are after @index bytes each way */
static void move_to(uint32_t index)
{
	struct xch_ring *both[] = { &server, &client };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		both[i]->produced = both[i]->published = index;
		both[i]->consumed = both[i]->released = index;
		memory.control->from[i].sender.index = index;
		memory.control->from[i].receiver.index = index;
	}
}

static void ring_bytes_cross_both_ways(void **state)
{
	char text[32];

	assert_int_equal(xch_ring_write(&server, "to the client", 14), 14);
	assert_int_equal(xch_ring_read(&client, text, sizeof(text)), 0);
	xch_ring_flush(&server);
	assert_int_equal(xch_ring_read(&client, text, sizeof(text)), 14);
	assert_string_equal(text, "to the client");
	assert_int_equal(xch_ring_write(&client, "to the server", 14), 14);
	xch_ring_flush(&client);
	assert_int_equal(xch_ring_read(&server, text, 3), 3);
	assert_int_equal(xch_ring_read(&server, text + 3, 29), 11);
	assert_string_equal(text, "to the server");
}

static void ring_full_until_read_bytes_are_released(void **state)
{
	static uint8_t data[3 * XCH_PAGE], back[sizeof(data)];

	assert_int_equal(xch_ring_write(&server, data, sizeof(data)),
			 2 * XCH_PAGE);
	assert_int_equal(xch_ring_write(&server, data, 1), 0);
	assert_int_equal(xch_ring_await_room(&server), 0);
	xch_ring_flush(&server);
	assert_int_equal(xch_ring_read(&client, back, 100), 100);
	assert_int_equal(xch_ring_write(&server, data, 1), 0);
	xch_ring_flush(&client);
	assert_int_equal(xch_ring_write(&server, data, sizeof(data)), 100);
}

/* Indices have 32 bits and run on */
static void ring_indices_wrap(void **state)
{
	uint8_t data[3000], back[3000];
	unsigned int i, turn;

	move_to(UINT32_MAX - 10000);
	for (turn = 0; turn < 10; turn++) {
		for (i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)(i * 7 + turn);
		assert_int_equal(xch_ring_write(&client, data, sizeof(data)),
				 sizeof(data));
		xch_ring_flush(&client);
		assert_int_equal(xch_ring_read(&server, back, sizeof(back)),
				 sizeof(back));
		xch_ring_flush(&server);
		assert_memory_equal(data, back, sizeof(data));
	}
	assert_true(server.consumed < 30000);
}

static void ring_event_only_when_asked(void **state)
{
	uint8_t data[XCH_PAGE * 2] = { 0 };

	/* nobody has asked yet */
	xch_ring_write(&server, data, 8);
	assert_false(xch_ring_flush(&server));
	/* bytes are there: no reason to wait */
	assert_int_equal(xch_ring_await_bytes(&client), 1);
	xch_ring_read(&client, data, 8);
	assert_int_equal(xch_ring_await_bytes(&client), 0);
	xch_ring_write(&server, data, 8);
	assert_true(xch_ring_flush(&server));
	/* asked once, told once */
	xch_ring_write(&server, data, 8);
	assert_false(xch_ring_flush(&server));
	assert_false(xch_ring_flush(&server));
}

static void ring_writer_woken_at_a_quarter(void **state)
{
	uint8_t data[XCH_PAGE * 2] = { 0 };

	xch_ring_write(&server, data, sizeof(data));
	xch_ring_flush(&server);
	assert_int_equal(xch_ring_await_room(&server), 0);
	xch_ring_read(&client, data, sizeof(data) / 4 - 1);
	assert_false(xch_ring_flush(&client));
	xch_ring_read(&client, data, 1);
	assert_true(xch_ring_flush(&client));
	assert_int_equal(xch_ring_await_room(&server), 1);
}

static void ring_invalid_indices_refused(void **state)
{
	struct xch_ring_way *to_server = &memory.control->from[XCH_CLIENT];
	struct xch_ring_way *to_client = &memory.control->from[XCH_SERVER];
	uint8_t data[100] = { 0 };

	/* more than the ring holds */
	to_server->sender.index = 2 * XCH_PAGE + 1;
	assert_int_equal(xch_ring_read(&server, data, 1), -EPROTO);
	assert_int_equal(xch_ring_await_bytes(&server), -EPROTO);
	/* before what was read */
	to_server->sender.index = 100;
	assert_int_equal(xch_ring_read(&server, data, 50), 50);
	to_server->sender.index = 99;
	assert_int_equal(xch_ring_read(&server, data, 1), -EPROTO);
	to_server->sender.index = 49;
	assert_int_equal(xch_ring_read(&server, data, 1), -EPROTO);
	/* read more than was written */
	to_client->receiver.index = 1;
	assert_int_equal(xch_ring_write(&server, data, 1), -EPROTO);
	assert_int_equal(xch_ring_await_room(&server), -EPROTO);
	to_client->receiver.index = 0;
	assert_int_equal(xch_ring_write(&server, data, 100), 100);
	to_client->receiver.index = 60;
	assert_int_equal(xch_ring_write(&server, data, 1), 1);
	/* and fewer than before */
	to_client->receiver.index = 59;
	assert_int_equal(xch_ring_write(&server, data, 1), -EPROTO);
}

static void ring_own_indices_not_read_back(void **state)
{
	uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, back[8];

	xch_ring_write(&server, data, 4);
	xch_ring_flush(&server);
	memory.control->from[XCH_SERVER].sender.index = 0x12345678;
	xch_ring_write(&server, data + 4, 4);
	xch_ring_flush(&server);
	assert_int_equal(memory.control->from[XCH_SERVER].sender.index, 8);
	assert_int_equal(xch_ring_read(&client, back, 8), 8);
	memory.control->from[XCH_SERVER].receiver.index = 0x12345678;
	xch_ring_flush(&client);
	assert_int_equal(memory.control->from[XCH_SERVER].receiver.index, 8);
	assert_memory_equal(data, back, 8);
}

static void ring_control_page_checked(void **state)
{
	struct xch_ring_memory wrong = memory;
	struct xch_ring r;

	wrong.pages = 0;
	assert_int_equal(xch_ring_attach(&r, &wrong, XCH_CLIENT), -EINVAL);
	wrong.pages = 3;
	assert_int_equal(xch_ring_attach(&r, &wrong, XCH_CLIENT), -EINVAL);
	wrong.pages = XCH_RING_PAGES_MAX * 2;
	assert_int_equal(xch_ring_attach(&r, &wrong, XCH_CLIENT), -EINVAL);
	wrong.pages = 1;
	assert_int_equal(xch_ring_attach(&r, &wrong, XCH_CLIENT), -EPROTO);
	memory.control->version++;
	assert_int_equal(xch_ring_attach(&r, &memory, XCH_CLIENT), -EPROTO);
	memory.control->version--;
	memory.control->magic = 0;
	assert_int_equal(xch_ring_attach(&r, &memory, XCH_CLIENT), -EPROTO);
}

static void ring_peer_lives_while_attached(void **state)
{
	xch_ring_format(&memory);
	assert_int_equal(xch_ring_attach(&server, &memory, XCH_SERVER), 0);
	assert_false(xch_ring_peer_lives(&server));
	assert_int_equal(xch_ring_attach(&client, &memory, XCH_CLIENT), 0);
	assert_true(xch_ring_peer_lives(&server));
	xch_ring_detach(&client);
	assert_false(xch_ring_peer_lives(&server));
	xch_ring_detach(&client);
}

/* Two threads, an event descriptor each */
struct end {
	struct xch_ring *ring;
	int own, other; /* event descriptors */
	uint32_t seed;
	const char *failed;
};

static uint32_t next_number(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void notify_other(struct end *e)
{
	uint64_t one = 1;

	if (xch_ring_flush(e->ring) && write(e->other, &one, 8) != 8)
		e->failed = "cannot notify";
}

static bool sleep_until_event(struct end *e)
{
	struct pollfd p = { .fd = e->own, .events = POLLIN };
	uint64_t n;

	if (poll(&p, 1, PATIENCE_MS) == 1 && read(e->own, &n, 8) == 8)
		return true;
	e->failed = "an event was lost";
	return false;
}

static void *write_bytes(void *user)
{
	struct end *e = user;
	uint8_t piece[5000];
	uint32_t sent = 0;

	while (sent < BYTES && !e->failed) {
		size_t want = next_number(&e->seed) % sizeof(piece) + 1, i;
		ssize_t n;

		if (want > BYTES - sent)
			want = BYTES - sent;
		for (i = 0; i < want; i++)
			piece[i] = (uint8_t)((sent + i) * 31 >> 3);
		n = xch_ring_write(e->ring, piece, want);
		if (n < 0)
			e->failed = "invalid index";
		else if (n < (ssize_t)want) {
			notify_other(e);
			if (!xch_ring_await_room(e->ring) &&
			    !sleep_until_event(e))
				break;
		} else if (next_number(&e->seed) % 4 == 0) {
			notify_other(e);
		}
		sent += n > 0 ? (uint32_t)n : 0;
	}
	notify_other(e);
	return NULL;
}

static void *read_bytes(void *user)
{
	struct end *e = user;
	uint8_t piece[5000];
	uint32_t got = 0;

	while (got < BYTES && !e->failed) {
		ssize_t n = xch_ring_read(e->ring, piece,
					  next_number(&e->seed) % 5000 + 1),
			i;

		for (i = 0; i < n; i++)
			if (piece[i] != (uint8_t)((got + (size_t)i) * 31 >> 3))
				e->failed = "another byte";
		if (n < 0)
			e->failed = "invalid index";
		else
			got += (uint32_t)n;
		notify_other(e);
		if (!n && !xch_ring_await_bytes(e->ring) &&
		    !sleep_until_event(e))
			break;
	}
	return NULL;
}

static void ring_two_threads_without_lost_events(void **state)
{
	int a = eventfd(0, EFD_CLOEXEC), b = eventfd(0, EFD_CLOEXEC);
	struct end writer = { &server, a, b, 1, NULL };
	struct end reader = { &client, b, a, 2, NULL };
	pthread_t threads[2];

	/* across the end of the indices */
	move_to(UINT32_MAX - BYTES / 2);
	assert_int_equal(
		pthread_create(&threads[0], NULL, write_bytes, &writer), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, read_bytes, &reader),
			 0);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	if (writer.failed || reader.failed)
		fail_msg("%s, %s", writer.failed ? writer.failed : "writer ok",
			 reader.failed ? reader.failed : "reader ok");
	close(a);
	close(b);
}

/* A peer that writes the whole control page as fast as it can */
static void *scribble(void *user)
{
	bool *stop = user;
	uint32_t *words = (uint32_t *)memory.control;
	uint32_t seed = 3;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED))
		words[next_number(&seed) % 80] =
			next_number(&seed) % (4 * XCH_PAGE);
	return NULL;
}

static void ring_survives_hostile_writer(void **state)
{
	static uint8_t data[4 * XCH_PAGE];
	uint64_t until = xdc_now() + 20 * XDC_NS_PER_S;
	unsigned int i, refused = 0;
	bool stop = false;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, scribble, &stop), 0);
	/* a busy machine may run the other thread late */
	for (i = 0; i < 100000 || (!refused && xdc_now() < until); i++) {
		ssize_t in = xch_ring_read(&server, data, sizeof(data));
		ssize_t out = xch_ring_write(&server, data, i % sizeof(data));

		/* never more than the ring holds */
		assert_true(in <= (ssize_t)server.size);
		assert_true(out <= (ssize_t)server.size);
		assert_true(server.unread <= server.size);
		assert_true(server.waiting <= server.size);
		xch_ring_flush(&server);
		refused += in < 0 || out < 0;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(refused > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ring_bytes_cross_both_ways,
						begin, end),
		cmocka_unit_test_setup_teardown(
			ring_full_until_read_bytes_are_released, begin, end),
		cmocka_unit_test_setup_teardown(ring_indices_wrap, begin, end),
		cmocka_unit_test_setup_teardown(ring_event_only_when_asked,
						begin, end),
		cmocka_unit_test_setup_teardown(ring_writer_woken_at_a_quarter,
						begin, end),
		cmocka_unit_test_setup_teardown(ring_invalid_indices_refused,
						begin, end),
		cmocka_unit_test_setup_teardown(ring_own_indices_not_read_back,
						begin, end),
		cmocka_unit_test_setup_teardown(ring_control_page_checked,
						begin, end),
		cmocka_unit_test_setup_teardown(ring_peer_lives_while_attached,
						begin, end),
		cmocka_unit_test_setup_teardown(
			ring_two_threads_without_lost_events, begin, end),
		cmocka_unit_test_setup_teardown(ring_survives_hostile_writer,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
