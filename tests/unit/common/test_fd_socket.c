// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/fd-socket.h"

#define CAPS 3000 /* bytes, as GStreamer sends them right before a frame */

static char data[65536];
static int ends[2];

static int begin(void **state)
{
	memset(data, 'd', sizeof(data));
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int finish(void **state)
{
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void send_bytes(size_t len)
{
	assert_int_equal(xdc_socket_send(ends[0], data, len, NULL, 0), len);
}

static void send_descriptor(size_t len)
{
	int fd = STDIN_FILENO;

	assert_int_equal(xdc_socket_send(ends[0], data, len, &fd, 1), len);
}

/* Bytes, of which the one at @at came with a descriptor; -1: none did */
static void expect(size_t len, int at)
{
	int fds[XDC_SOCKET_FDS];
	unsigned int nr;
	size_t fds_at;

	assert_int_equal(xdc_socket_receive_stream(ends[1], data, sizeof(data),
						   fds, &nr, &fds_at),
			 len);
	assert_int_equal(nr, at >= 0);
	if (at >= 0)
		assert_int_equal(fds_at, at);
	xdc_close_all(fds, &nr);
}

static void messages_without_descriptors_come_as_one(void **state)
{
	send_bytes(100);
	send_bytes(10000);
	expect(10100, -1);
}

static void place_of_descriptors_is_found(void **state)
{
	send_descriptor(80);
	expect(80, 0);
	send_bytes(200);
	send_descriptor(80);
	send_bytes(50);
	expect(280, 200);
	expect(50, -1);
}

static void text_right_before_descriptors_is_not_cut(void **state)
{
	send_bytes(CAPS);
	send_descriptor(80);
	expect(CAPS + 80, CAPS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
		TEST(messages_without_descriptors_come_as_one),
		TEST(place_of_descriptors_is_found),
		TEST(text_right_before_descriptors_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
