// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/fd-socket.h"
#include "tests/unit/open-files.h"

/* Linux 6.5; headers may be older */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

/* Linux 6.16 */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

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

static void send_descriptors(size_t len, unsigned int nr)
{
	int fds[XDC_SOCKET_FDS] = { STDIN_FILENO };

	assert_int_equal(xdc_socket_send(ends[0], data, len, fds, nr), len);
}

static void send_descriptor(size_t len)
{
	send_descriptors(len, 1);
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

/* As a program can do it that has kept its own descriptor of the socket */
static void ask_for(int option)
{
	const int on = 1;

	if (!setsockopt(ends[1], SOL_SOCKET, option, &on, sizeof(on)))
		return;
	assert_int_equal(errno, ENOPROTOOPT);
	skip();
}

static void pidfds_that_come_are_closed(void **state)
{
	unsigned int open = count_open_files();

	ask_for(SO_PASSPIDFD);
	send_bytes(100);
	expect(100, -1);
	assert_int_equal(count_open_files(), open);
	/* and the stream is not read byte by byte for them */
	send_bytes(10000);
	expect(10000, -1);
	send_bytes(200);
	send_descriptor(80);
	expect(280, 200);
	assert_int_equal(count_open_files(), open);
}

static ino_t closed_file; /* of the descriptor that was closed last */

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	struct stat st;

	if (!fstat(fd, &st))
		closed_file = st.st_ino;
	return __real_close(fd);
}

static void descriptors_that_are_not_wanted_are_never_open(void **state)
{
	int seqpacket[2], pair[2];
	unsigned int open;
	struct stat st;

	assert_int_equal(pipe(pair), 0);
	assert_int_equal(fstat(pair[0], &st), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    seqpacket),
			 0);
	open = count_open_files();
	assert_int_equal(xdc_socket_send(seqpacket[0], "text", 4, pair, 1), 4);
	assert_int_equal(
		xdc_socket_receive_data(seqpacket[1], data, sizeof(data)), 4);
	assert_int_not_equal(closed_file, st.st_ino);
	assert_int_equal(count_open_files(), open);
	/* what is too long is still told */
	assert_int_equal(xdc_socket_send(seqpacket[0], "text", 4, pair, 1), 4);
	assert_int_equal(xdc_socket_receive_data(seqpacket[1], data, 3),
			 -EMSGSIZE);
	assert_int_equal(xdc_socket_receive_data(seqpacket[1], data, 3),
			 -EAGAIN);
	close(seqpacket[0]);
	assert_int_equal(xdc_socket_receive_data(seqpacket[1], data, 3), 0);
	close(seqpacket[1]);
	close(pair[0]);
	close(pair[1]);
}

static void descriptors_can_be_refused(void **state)
{
	int seqpacket[2], fd = STDIN_FILENO, on;
	socklen_t len = sizeof(on);

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    seqpacket),
			 0);
	xdc_socket_refuse_fds(seqpacket[1]);
	if (getsockopt(seqpacket[1], SOL_SOCKET, SO_PASSRIGHTS, &on, &len)) {
		close(seqpacket[0]);
		close(seqpacket[1]);
		skip();
	}
	assert_int_equal(xdc_socket_send(seqpacket[0], "x", 1, &fd, 1), -EPERM);
	assert_int_equal(xdc_socket_send(seqpacket[0], "x", 1, NULL, 0), 1);
	/* the other way they go on */
	assert_int_equal(xdc_socket_send(seqpacket[1], "x", 1, &fd, 1), 1);
	close(seqpacket[0]);
	close(seqpacket[1]);
}

static void credentials_take_no_descriptors_place(void **state)
{
	int fds[XDC_SOCKET_FDS];
	unsigned int nr, open = count_open_files();

	ask_for(SO_PASSCRED);
	ask_for(SO_TIMESTAMP);
	send_descriptors(80, XDC_SOCKET_FDS);
	assert_int_equal(
		xdc_socket_receive(ends[1], data, sizeof(data), fds, &nr), 80);
	assert_int_equal(nr, XDC_SOCKET_FDS);
	xdc_close_all(fds, &nr);
	assert_int_equal(count_open_files(), open);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
		TEST(messages_without_descriptors_come_as_one),
		TEST(place_of_descriptors_is_found),
		TEST(text_right_before_descriptors_is_not_cut),
		TEST(pidfds_that_come_are_closed),
		TEST(descriptors_that_are_not_wanted_are_never_open),
		TEST(descriptors_can_be_refused),
		TEST(credentials_take_no_descriptors_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
