// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ends.h"
#include "sockets.h"

static void channel_bytes_cross_both_ways(void **state)
{
	struct pair p = ends_open(XCH_STREAM);
	char text[32] = "";

	assert_int_equal(client.nr_opened, 1);
	assert_int_equal(write(p.near, "to the server", 14), 14);
	ends_settle();
	assert_int_equal(read(p.far, text, sizeof(text)), 14);
	assert_string_equal(text, "to the server");
	assert_int_equal(write(p.far, "to the client", 14), 14);
	ends_settle();
	assert_int_equal(read(p.near, text, sizeof(text)), 14);
	assert_string_equal(text, "to the client");
	assert_int_equal(p.near_ch->bytes_sent, 14);
	assert_int_equal(p.near_ch->bytes_received, 14);
	ends_close(&p);
}

static void channel_refused_with_the_reason(void **state)
{
	struct xch_open open = { .type = XCH_STREAM, .service = "camera" };
	struct xch_channel *ch;
	int fd;

	assert_int_equal(xch_channels_open(&client.set,
					   sockets_make(XCH_STREAM, &fd), &open,
					   &ch),
			 0);
	ends_settle();
	xch_channel_refuse(server.asked[0], -EACCES);
	ends_settle();
	assert_int_equal(client.closed_with, -EACCES);
	assert_int_equal(client.nr_closed, 1);
	assert_int_equal(server.nr_closed, 1);
	assert_int_equal(client.set.ours, 0);
	assert_int_equal(server.set.theirs, 0);
	assert_int_equal(read(fd, &open, 1), 0);
	close(fd);
}

/* The other direction goes on */
static void channel_half_close(void **state)
{
	struct pair p = ends_open(XCH_STREAM);
	char text[8];

	assert_int_equal(write(p.near, "last", 5), 5);
	shutdown(p.near, SHUT_WR);
	ends_settle();
	assert_int_equal(read(p.far, text, sizeof(text)), 5);
	assert_int_equal(read(p.far, text, sizeof(text)), 0);
	assert_int_equal(write(p.far, "answer", 7), 7);
	ends_settle();
	assert_int_equal(read(p.near, text, sizeof(text)), 7);
	assert_int_equal(client.nr_closed + server.nr_closed, 0);
	shutdown(p.far, SHUT_WR);
	ends_settle();
	assert_int_equal(read(p.near, text, sizeof(text)), 0);
	assert_int_equal(client.nr_closed, 1);
	assert_int_equal(server.nr_closed, 1);
	assert_int_equal(client.closed_with, 0);
	assert_int_equal(server.closed_with, 0);
	assert_int_equal(frames[XCH_RESET], 0);
	ends_close(&p);
}

/* What was sent before is still delivered, and the other end gets EPIPE */
static void channel_close_delivers_then_epipe(void **state)
{
	struct pair p = ends_open(XCH_STREAM);
	char text[8];

	assert_int_equal(write(p.near, "last", 5), 5);
	close(p.near);
	ends_settle();
	assert_int_equal(read(p.far, text, sizeof(text)), 5);
	assert_int_equal(read(p.far, text, sizeof(text)), 0);
	assert_int_equal(send(p.far, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	ends_settle();
	assert_int_equal(client.nr_closed, 1);
	assert_int_equal(server.nr_closed, 1);
	assert_int_equal(server.set.nr, 0);
	close(p.far);
}

static void channel_reset_reaches_the_peer(void **state)
{
	struct pair p = ends_open(XCH_STREAM);
	char byte;

	xch_channel_reset(p.near_ch, -ETIME);
	xch_channel_reset(p.near_ch, -EIO);
	ends_settle();
	assert_int_equal(server.closed_with, -ETIME);
	assert_int_equal(client.closed_with, -ETIME);
	assert_int_equal(client.nr_closed, 1);
	/* a program that sees the end can ask why */
	assert_true(client.told_first);
	assert_true(server.told_first);
	assert_int_equal(frames[XCH_RESET], 1);
	assert_int_equal(read(p.far, &byte, 1), 0);
	assert_int_equal(read(p.near, &byte, 1), 0);
	ends_close(&p);
}

static void channel_datagrams_keep_their_ends(void **state)
{
	static uint8_t large[XCH_DATAGRAM_MAX], back[XCH_DATAGRAM_MAX + 1];
	struct pair p = ends_open(XCH_SEQPACKET);
	size_t i;

	for (i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 7);
	assert_int_equal(send(p.near, "one", 3, 0), 3);
	assert_int_equal(send(p.near, "", 0, 0), 0);
	assert_int_equal(send(p.near, large, sizeof(large), 0), sizeof(large));
	assert_int_equal(send(p.near, "three", 5, 0), 5);
	ends_settle();
	assert_int_equal(recv(p.far, back, sizeof(back), 0), 3);
	assert_int_equal(recv(p.far, back, sizeof(back), 0), 0);
	assert_int_equal(recv(p.far, back, sizeof(back), 0), sizeof(large));
	assert_memory_equal(back, large, sizeof(large));
	assert_int_equal(recv(p.far, back, sizeof(back), 0), 5);
	/* the large one in two turns */
	assert_int_equal(frames[XCH_DATA], 5);
	ends_close(&p);
}

/* An empty datagram reads like the end, and is none */
static void channel_empty_datagram_before_the_end(void **state)
{
	struct pair p = ends_open(XCH_SEQPACKET);
	char text[8];

	assert_int_equal(send(p.near, "", 0, 0), 0);
	assert_int_equal(send(p.near, "last", 4, 0), 4);
	close(p.near);
	ends_settle();
	assert_int_equal(recv(p.far, text, sizeof(text), 0), 0);
	assert_int_equal(recv(p.far, text, sizeof(text), 0), 4);
	assert_int_equal(recv(p.far, text, sizeof(text), 0), 0);
	close(p.far);
}

/* Linux tells such a program's end before its last messages */
static void channel_last_datagrams_of_a_program_that_has_not_read(void **state)
{
	struct pair p = ends_open(XCH_SEQPACKET);
	char text[8];

	assert_int_equal(send(p.far, "unread", 6, 0), 6);
	ends_settle();
	assert_int_equal(send(p.near, "last", 4, 0), 4);
	close(p.near);
	ends_settle();
	assert_int_equal(recv(p.far, text, sizeof(text), 0), 4);
	assert_int_equal(recv(p.far, text, sizeof(text), 0), 0);
	ends_settle();
	assert_int_equal(client.nr_closed, 1);
	assert_int_equal(server.closed_with, 0);
	close(p.far);
}

static void channel_datagram_too_long_ends_it(void **state)
{
	static uint8_t large[XCH_DATAGRAM_MAX + 1];
	struct pair p = ends_open(XCH_SEQPACKET);

	assert_int_equal(send(p.near, large, sizeof(large), 0), sizeof(large));
	ends_settle();
	assert_int_equal(client.closed_with, -EMSGSIZE);
	assert_int_equal(server.closed_with, -EMSGSIZE);
	ends_close(&p);
}

static void send_fds(int fd, const char *text, int what, unsigned int nr)
{
	int fds[40] = { 0 };
	unsigned int i;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(fds))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(nr * sizeof(int)),
	};

	memset(&control, 0, sizeof(control));
	for (i = 0; i < nr; i++)
		fds[i] = what;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(nr * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, nr * sizeof(int));
	assert_int_equal(sendmsg(fd, &msg, 0), (ssize_t)strlen(text));
}

/* Closes what it gets; the number of bytes */
static ssize_t receive_fds(int fd, char *text, size_t max, unsigned int *nr)
{
	int fds[XDC_SOCKET_FDS];
	ssize_t n = xdc_socket_receive(fd, text, max, fds, nr);
	unsigned int copy = *nr;

	xdc_close_all(fds, &copy);
	return n;
}

static void channel_descriptors_stay_with_their_byte(void **state)
{
	struct pair p = ends_open(XCH_STREAM);
	unsigned int nr;
	char text[64];

	/* three messages, of which the second has descriptors */
	assert_int_equal(write(p.near, "caps;", 5), 5);
	send_fds(p.near, "buffer;", p.near, 3);
	assert_int_equal(write(p.near, "end;", 4), 4);
	ends_settle();
	assert_int_equal(receive_fds(p.far, text, 5, &nr), 5);
	assert_int_equal(nr, 0);
	assert_memory_equal(text, "caps;", 5);
	assert_int_equal(receive_fds(p.far, text, 64, &nr), 7);
	assert_int_equal(nr, 3);
	assert_memory_equal(text, "buffer;", 7);
	assert_int_equal(receive_fds(p.far, text, 64, &nr), 4);
	assert_int_equal(nr, 0);
	assert_int_equal(client.forgotten, 1);
	ends_close(&p);
}

static void channel_too_many_descriptors_end_it(void **state)
{
	struct pair p = ends_open(XCH_SEQPACKET);

	send_fds(p.near, "x", p.near, XDC_SOCKET_FDS);
	ends_settle();
	assert_int_equal(client.nr_closed, 0);
	send_fds(p.near, "x", p.near, XDC_SOCKET_FDS + 1);
	ends_settle();
	assert_int_equal(client.closed_with, -EMSGSIZE);
	ends_close(&p);
}

/* The order within the channel is kept, and other channels go on */
static void channel_waits_for_its_descriptors(void **state)
{
	struct pair p = ends_open(XCH_SEQPACKET), other;
	unsigned int nr;
	char text[8];

	other = ends_open(XCH_SEQPACKET);
	client.prepare = 1;
	send_fds(p.near, "fence", p.near, 1);
	assert_int_equal(send(p.near, "later", 5, 0), 5);
	assert_int_equal(send(other.near, "other", 5, 0), 5);
	ends_settle();
	assert_int_equal(recv(p.far, text, sizeof(text), MSG_DONTWAIT), -1);
	assert_int_equal(recv(other.far, text, sizeof(text), MSG_DONTWAIT), 5);
	xch_channel_prepared(p.near_ch, 0);
	ends_settle();
	assert_int_equal(receive_fds(p.far, text, 8, &nr), 5);
	assert_int_equal(nr, 1);
	assert_memory_equal(text, "fence", 5);
	assert_int_equal(recv(p.far, text, sizeof(text), MSG_DONTWAIT), 5);
	/* and one that fails */
	send_fds(p.near, "fence", p.near, 1);
	ends_settle();
	xch_channel_prepared(p.near_ch, -ETIME);
	ends_settle();
	assert_int_equal(server.closed_with, -ETIME);
	assert_int_equal(client.forgotten, 2);
	ends_close(&p);
	ends_close(&other);
}

/* What comes for a channel that is gone is still accounted */
static void channel_attachments_after_the_end(void **state)
{
	struct pair p = ends_open(XCH_SEQPACKET);

	send_fds(p.near, "late", p.near, 2);
	ends_turn();
	xch_channel_reset(p.far_ch, -EIO);
	assert_int_equal(ends_carry(&client, &server), 0);
	assert_int_equal(server.discarded, 2);
	ends_settle();
	assert_int_equal(client.closed_with, -EIO);
	ends_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, ends_begin, ends_end)
		TEST(channel_bytes_cross_both_ways),
		TEST(channel_refused_with_the_reason),
		TEST(channel_half_close),
		TEST(channel_close_delivers_then_epipe),
		TEST(channel_reset_reaches_the_peer),
		TEST(channel_datagrams_keep_their_ends),
		TEST(channel_empty_datagram_before_the_end),
		TEST(channel_last_datagrams_of_a_program_that_has_not_read),
		TEST(channel_datagram_too_long_ends_it),
		TEST(channel_descriptors_stay_with_their_byte),
		TEST(channel_too_many_descriptors_end_it),
		TEST(channel_waits_for_its_descriptors),
		TEST(channel_attachments_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
