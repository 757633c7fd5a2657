// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-driver.h"
#include "fake-kinds.h"
#include "link/traffic.h"
#include "links.h"

static int begin(void **state)
{
	fake_kinds_reset();
	return links_begin(NULL);
}

static int make_memfd(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void expect_content(int fd, const char *text)
{
	char got[256] = "";

	assert_int_equal(pread(fd, got, sizeof(got), 0), strlen(text));
	assert_string_equal(got, text);
}

static void attach_small_memory_arrives_sealed(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fds[XDC_SOCKET_FDS], out[2];

	out[0] = make_memfd("keymap");
	out[1] = make_memfd("");
	links_send(p.near, "message", out, 2);
	links_settle();
	assert_int_equal(links_receive(p.far, "message", fds), 2);
	expect_content(fds[0], "keymap");
	assert_true(fcntl(fds[0], F_GET_SEALS) & F_SEAL_WRITE);
	expect_content(fds[1], "");
	close(fds[0]);
	close(fds[1]);
	links_close(&p);
}

/* Large ones of two channels, one message at a time */
static void attach_blobs_of_two_channels(void **state)
{
	struct link_pair p[2] = { links_open(XCH_SEQPACKET),
				  links_open(XCH_SEQPACKET) };
	int fds[XDC_SOCKET_FDS], i;

	for (i = 0; i < 2; i++) {
		int fd = make_memfd("x");

		assert_int_equal(ftruncate(fd, 1 << 20), 0);
		links_send(p[i].near, "large", &fd, 1);
	}
	links_settle();
	for (i = 0; i < 2; i++) {
		assert_int_equal(links_receive(p[i].far, "large", fds), 1);
		assert_int_equal(lseek(fds[0], 0, SEEK_END), 1 << 20);
		close(fds[0]);
		links_close(&p[i]);
	}
	assert_null(links_client.link.hub.sending_blobs);
}

static void send_large(const struct link_pair *p)
{
	int fd = make_memfd("x");

	assert_int_equal(ftruncate(fd, 1 << 18), 0);
	links_send(p->near, "large", &fd, 1);
}

/* Two that always have another one do not keep out a third */
static void attach_blobs_in_the_order_of_their_messages(void **state)
{
	struct link_pair busy[2] = { links_open(XCH_SEQPACKET),
				     links_open(XCH_SEQPACKET) };
	struct link_pair once = links_open(XCH_SEQPACKET);
	int fds[XDC_SOCKET_FDS], i;

	send_large(&busy[0]);
	send_large(&once);
	send_large(&busy[1]);
	for (i = 0; i < 6; i++)
		send_large(&busy[i % 2]);
	links_settle();
	assert_int_equal(links_receive(once.far, "large", fds), 1);
	close(fds[0]);
	/* they get their ids when they leave */
	assert_in_range(once.near_ch->message.attachments[0].id, 1, 3);
	for (i = 0; i < 2; i++)
		links_close(&busy[i]);
	links_close(&once);
}

/* A program that does not read: what waits for it is bounded */
static void attach_blobs_within_the_quota(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET), other;
	int fds[XDC_SOCKET_FDS], fd, i;

	links_server.link.hub.config.total_pages = 1024;
	other = links_open(XCH_SEQPACKET);
	for (i = 0; i < 5; i++) {
		fd = make_memfd("x");
		assert_int_equal(ftruncate(fd, 1 << 20), 0);
		links_send(p.near, "large", &fd, 1);
		links_settle();
		assert_int_equal(links_server.nr_closed, i == 4);
	}
	assert_int_equal(links_server.closed_with, -EDQUOT);
	/* and free again when the program has read it, or goes */
	links_close(&p);
	links_settle();
	for (i = 0; i < 8; i++) {
		fd = make_memfd("x");
		assert_int_equal(ftruncate(fd, 1 << 20), 0);
		links_send(other.near, "large", &fd, 1);
		links_settle();
		assert_int_equal(links_receive(other.far, "large", fds), 1);
		close(fds[0]);
	}
	assert_int_equal(links_server.nr_closed, 1);
	links_close(&other);
}

/* The far program goes while a large file is under way to it */
static void attach_blob_dropped_half_way(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	static const uint8_t content[50];
	struct link_pair p = links_open(XCH_SEQPACKET), other;
	struct xch_blob half = { .total = 100, .bytes = content, .len = 50 };
	int fd = make_memfd("keymap"), fds[XDC_SOCKET_FDS];
	struct xch_frame f;
	size_t len;

	other = links_open(XCH_SEQPACKET);
	/* as the peer would send it */
	links_client.link.hub.last_blob = 1;
	len = xch_put_blob(raw, p.far_ch->id, 1, &half);
	assert_int_equal(xch_frame_parse(raw, len, &f), 1);
	assert_int_equal(xch_traffic_receive(&links_server.link.hub, &f), 0);
	close(p.far);
	links_settle();
	links_send(other.near, "message", &fd, 1);
	links_settle();
	assert_int_equal(links_server.ended, 0);
	assert_int_equal(links_receive(other.far, "message", fds), 1);
	expect_content(fds[0], "keymap");
	close(fds[0]);
	close(p.near);
	links_close(&other);
}

static void attach_regular_file_arrives(void **state)
{
	char path[] = "/tmp/test_link.XXXXXX";
	int fd = mkstemp(path), fds[XDC_SOCKET_FDS], out;
	struct xch_facts facts;
	struct link_pair p;

	assert_int_equal(write(fd, "content", 7), 7);
	close(fd);
	out = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	assert_int_equal(xch_kind_look(out, &facts), 0);
	if (facts.waits)
		skip(); /* overlayfs, as in containers */
	p = links_open(XCH_STREAM);
	links_send(p.near, "file", &out, 1);
	links_settle();
	assert_int_equal(links_receive(p.far, "file", fds), 1);
	expect_content(fds[0], "content");
	close(fds[0]);
	links_close(&p);
}

static void attach_pipes_cross_both_ways(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int in[2], out[2], both[2], fds[XDC_SOCKET_FDS];
	char text[32] = "";

	assert_int_equal(pipe2(in, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
	/* the far program reads one, and writes to the other */
	both[0] = in[0];
	both[1] = out[1];
	links_send(p.near, "pipes", both, 2);
	links_settle();
	assert_int_equal(links_receive(p.far, "pipes", fds), 2);
	assert_int_equal(write(in[1], "for the far", 11), 11);
	assert_int_equal(write(fds[1], "for the near", 12), 12);
	links_settle();
	assert_int_equal(read(fds[0], text, sizeof(text)), 11);
	assert_memory_equal(text, "for the far", 11);
	assert_int_equal(read(out[0], text, sizeof(text)), 12);
	assert_memory_equal(text, "for the near", 12);
	/* the writers go: the readers see the end */
	close(in[1]);
	close(fds[1]);
	links_settle();
	assert_int_equal(read(fds[0], text, 1), 0);
	assert_int_equal(read(out[0], text, 1), 0);
	close(fds[0]);
	close(out[0]);
	links_close(&p);
	links_settle();
	assert_int_equal(links_client.link.hub.channels.nr, 0);
	assert_int_equal(links_server.link.hub.channels.nr, 0);
}

static void attach_pipe_reader_goes(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int in[2], fds[XDC_SOCKET_FDS];

	assert_int_equal(pipe2(in, O_CLOEXEC | O_NONBLOCK), 0);
	links_send(p.near, "pipe", in, 1);
	links_settle();
	assert_int_equal(links_receive(p.far, "pipe", fds), 1);
	close(fds[0]);
	links_settle();
	assert_int_equal(write(in[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(in[1]);
	links_close(&p);
}

/* A socket that is sent may bring others */
static void attach_sockets_nested(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int sv[2], inner[2], fds[XDC_SOCKET_FDS], far, far_inner;

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_CLOEXEC |
					    SOCK_NONBLOCK,
				    0, sv),
			 0);
	links_send(p.near, "socket", &sv[1], 1);
	links_settle();
	assert_int_equal(links_receive(p.far, "socket", fds), 1);
	far = fds[0];
	/* the outer one is not needed any more */
	links_close(&p);
	links_settle();
	assert_int_equal(links_client.nr_closed, 1);
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				    0, inner),
			 0);
	links_send(far, "inner", &inner[1], 1);
	links_settle();
	assert_int_equal(links_receive(sv[0], "inner", fds), 1);
	far_inner = fds[0];
	links_send(inner[0], "deep", NULL, 0);
	links_settle();
	assert_int_equal(links_receive(far_inner, "deep", fds), 0);
	/* only those that were asked for are told of */
	assert_int_equal(links_server.nr_asked, 1);
	close(far);
	close(far_inner);
	close(sv[0]);
	close(inner[0]);
	links_settle();
	assert_int_equal(links_server.link.hub.channels.nr, 0);
	assert_int_equal(links_client.link.hub.channels.nr, 0);
}

static int make_dmabuf(off_t size)
{
	int fd = memfd_create("dma-buf", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void attach_dmabuf_granted_once(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(1 << 20), copy, fds[XDC_SOCKET_FDS], i;
	uint64_t before = 0;

	fake_kind = XCH_KIND_DMABUF;
	for (i = 0; i < 20; i++) {
		if (i == 1)
			before = links_client.link.bytes_out;
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		links_send(p.near, "frame", &copy, 1);
		links_settle();
		assert_int_equal(links_receive(p.far, "frame", fds), 1);
		assert_int_equal(lseek(fds[0], 0, SEEK_END), 1 << 20);
		close(fds[0]);
	}
	assert_int_equal(fake_nr, 2);
	/* a header and an attachment beside the data */
	assert_int_equal(links_client.link.bytes_out - before,
			 19 * (XCH_FRAME_HEADER + XCH_ATTACHMENT_BYTES + 5));
	close(fd);
	links_close(&p);
}

static void attach_dmabuf_refused_by_the_peer(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(1 << 20);

	fake_kind = XCH_KIND_DMABUF;
	fake_map_fails = -EDQUOT;
	links_send(p.near, "frame", &fd, 1);
	links_settle();
	assert_int_equal(links_client.closed_with, -EDQUOT);
	assert_int_equal(links_server.closed_with, -EDQUOT);
	assert_int_equal(links_client.ended, 0);
	links_close(&p);
}

/* A message with @nr descriptors of one dma-buf */
static void send_many(const struct link_pair *p, int fd, unsigned int nr)
{
	int copies[XDC_SOCKET_FDS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		copies[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	links_send(p->near, "frame", copies, nr);
}

/* The next message, if there is one; returns its descriptors */
static unsigned int receive_many(const struct link_pair *p)
{
	int fds[XDC_SOCKET_FDS];
	unsigned int nr, got;
	char text[8];

	if (xdc_socket_receive(p->far, text, sizeof(text), fds, &nr) < 0)
		return 0;
	got = nr;
	xdc_close_all(fds, &nr);
	return got;
}

static void attach_no_more_than_the_window_unread(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(4096);
	unsigned int i, nr, got = 0;

	fake_kind = XCH_KIND_DMABUF;
	for (i = 0; i < 10; i++)
		send_many(&p, fd, 32);
	links_settle();
	assert_int_equal(p.near_ch->credit.attachments, 0);
	while ((nr = receive_many(&p)))
		got += nr;
	assert_int_equal(got, XCH_CREDIT_ATTACHMENTS);
	for (i = 0; i < 10; i++) {
		links_settle();
		while ((nr = receive_many(&p)))
			got += nr;
	}
	assert_int_equal(got, 320);
	assert_int_equal(links_server.nr_closed, 0);
	close(fd);
	links_close(&p);
}

/* A program that reads, but never all */
static void attach_reader_that_is_always_behind(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(4096);
	unsigned int i;

	fake_kind = XCH_KIND_DMABUF;
	for (i = 0; i < 8; i++)
		send_many(&p, fd, 4);
	for (i = 0; i < 60; i++) {
		send_many(&p, fd, 4);
		links_send(p.near, "bytes", NULL, 0);
		links_settle();
		assert_int_equal(receive_many(&p), 4);
		/* there are none between the first messages */
		if (i >= 8)
			assert_int_equal(receive_many(&p), 0);
	}
	assert_int_equal(links_server.nr_closed, 0);
	close(fd);
	links_close(&p);
}

/* All channels together may hold so many, or other links would have none */
static void attach_unread_within_the_share_of_a_link(void **state)
{
	struct link_pair p[2] = { links_open(XCH_SEQPACKET),
				  links_open(XCH_SEQPACKET) };
	int fd = make_dmabuf(4096);

	fake_kind = XCH_KIND_DMABUF;
	links_server.link.hub.config.files = 40;
	send_many(&p[0], fd, 32);
	links_settle();
	send_many(&p[1], fd, 8);
	links_settle();
	assert_int_equal(links_server.nr_closed, 0);
	/* what is read does not count */
	assert_int_equal(receive_many(&p[1]), 8);
	links_settle();
	send_many(&p[1], fd, 8);
	links_settle();
	assert_int_equal(links_server.nr_closed, 0);
	send_many(&p[1], fd, 1);
	links_settle();
	assert_int_equal(links_server.nr_closed, 1);
	assert_int_equal(links_server.closed_with, -EDQUOT);
	assert_int_equal(receive_many(&p[0]), 32);
	close(fd);
	links_close(&p[0]);
	links_close(&p[1]);
}

static void expect_no_room(const struct link_pair *p, int fd)
{
	unsigned int before = links_server.nr_closed;

	send_many(p, fd, 32);
	links_settle();
	assert_int_equal(links_server.nr_closed, before + 1);
	assert_int_equal(links_server.closed_with, -EDQUOT);
}

static void expect_room(const struct link_pair *p, int fd)
{
	send_many(p, fd, 32);
	links_settle();
	assert_int_equal(receive_many(p), 32);
}

/* The program keeps its socket, and what is in it */
static void attach_unread_of_ended_channels_counts(void **state)
{
	struct link_pair ended = links_open(XCH_SEQPACKET), p[2];
	int fd = make_dmabuf(4096), fds[XDC_SOCKET_FDS], i;

	for (i = 0; i < 2; i++)
		p[i] = links_open(XCH_SEQPACKET);
	fake_kind = XCH_KIND_DMABUF;
	links_server.link.hub.config.files = 40;
	send_many(&ended, fd, 32);
	links_settle();
	xch_channel_reset(ended.near_ch, -ECANCELED);
	links_settle();
	assert_int_equal(links_server.closed_with, -ECANCELED);
	expect_no_room(&p[0], fd);
	assert_int_equal(receive_many(&ended), 32);
	/* it sees the end all the same */
	assert_int_equal(links_receive(ended.far, "", fds), 0);
	links_settle();
	assert_int_equal(links_server.link.hub.leftovers.fds, 0);
	assert_true(LIST_EMPTY(&links_server.link.hub.leftovers.all));
	expect_room(&p[1], fd);
	close(fd);
	links_close(&ended);
	for (i = 0; i < 2; i++)
		links_close(&p[i]);
}

/* A program that closes its end has read all */
static void attach_unread_ends_with_its_program(void **state)
{
	struct link_pair ended = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(4096);

	fake_kind = XCH_KIND_DMABUF;
	send_many(&ended, fd, 32);
	links_settle();
	xch_channel_reset(ended.near_ch, -ECANCELED);
	links_settle();
	assert_int_equal(links_server.link.hub.leftovers.fds, 32);
	links_close(&ended);
	links_settle();
	assert_true(LIST_EMPTY(&links_server.link.hub.leftovers.all));
	close(fd);
}

static void
attach_unread_of_a_program_that_has_shut_its_end_counts(void **state)
{
	struct link_pair shut = links_open(XCH_SEQPACKET), p[2];
	int fd = make_dmabuf(4096), i;

	for (i = 0; i < 2; i++)
		p[i] = links_open(XCH_SEQPACKET);
	fake_kind = XCH_KIND_DMABUF;
	links_server.link.hub.config.files = 40;
	send_many(&shut, fd, 32);
	links_settle();
	shutdown(shut.far, SHUT_RDWR);
	links_settle();
	expect_no_room(&p[0], fd);
	/* over for both ends */
	close(shut.near);
	links_settle();
	assert_int_equal(links_server.nr_closed, 2);
	assert_int_equal(receive_many(&shut), 32);
	links_settle();
	expect_room(&p[1], fd);
	close(fd);
	close(shut.far);
	for (i = 0; i < 2; i++)
		links_close(&p[i]);
}

/* A buffer that is recalled while a message with it waits for credit */
static void attach_recall_of_a_waiting_message(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(4096);

	fake_kind = XCH_KIND_DMABUF;
	p.near_ch->credit.attachments = 0;
	links_send(p.near, "frame", &fd, 1);
	links_settle();
	assert_int_equal(links_client.nr_closed, 0);
	xch_granted_recall(TAILQ_FIRST(&links_client.link.hub.granted.all),
			   1000);
	links_settle();
	assert_int_equal(links_client.closed_with, -ESTALE);
	assert_int_equal(links_server.ended, 0);
	links_close(&p);
}

static void attach_refused_kinds_end_the_channel(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = eventfd(0, EFD_CLOEXEC);

	links_send(p.near, "event", &fd, 1);
	links_settle();
	assert_int_equal(links_client.closed_with, -EOPNOTSUPP);
	assert_int_equal(links_server.closed_with, -EOPNOTSUPP);
	links_close(&p);
	/* what the other end's rules do not allow ends it there */
	p = links_open(XCH_SEQPACKET);
	p.far_ch->rules.fds = XCH_FDS_DMABUF;
	fd = make_memfd("keymap");
	links_send(p.near, "keymap", &fd, 1);
	links_settle();
	assert_int_equal(links_server.nr_closed, 2);
	assert_int_equal(links_server.closed_with, -EOPNOTSUPP);
	assert_int_equal(links_server.link.hub.blobs.nr, 0);
	links_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, links_end)
		TEST(attach_small_memory_arrives_sealed),
		TEST(attach_blobs_of_two_channels),
		TEST(attach_blobs_in_the_order_of_their_messages),
		TEST(attach_blobs_within_the_quota),
		TEST(attach_blob_dropped_half_way),
		TEST(attach_regular_file_arrives),
		TEST(attach_pipes_cross_both_ways),
		TEST(attach_pipe_reader_goes),
		TEST(attach_sockets_nested),
		TEST(attach_dmabuf_granted_once),
		TEST(attach_dmabuf_refused_by_the_peer),
		TEST(attach_no_more_than_the_window_unread),
		TEST(attach_reader_that_is_always_behind),
		TEST(attach_unread_within_the_share_of_a_link),
		TEST(attach_unread_of_ended_channels_counts),
		TEST(attach_unread_ends_with_its_program),
		TEST(attach_unread_of_a_program_that_has_shut_its_end_counts),
		TEST(attach_recall_of_a_waiting_message),
		TEST(attach_refused_kinds_end_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
