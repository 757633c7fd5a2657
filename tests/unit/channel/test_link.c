// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <linux/sync_file.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-driver.h"
#include "links.h"

/* This machine need not have dma-bufs and fences: descriptors pass for such */
static enum xch_kind pass_for = XCH_KINDS;
static int fence_result;

int __real_xch_kind_look(int fd, struct xch_facts *out);
int __wrap_xch_kind_look(int fd, struct xch_facts *out);
int __wrap_xch_kind_look(int fd, struct xch_facts *out)
{
	int err = __real_xch_kind_look(fd, out);

	if (!err && pass_for != XCH_KINDS)
		out->kind = pass_for;
	return err;
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request != SYNC_IOC_FILE_INFO || pass_for != XCH_KIND_FENCE)
		return __real_ioctl(fd, request, arg);
	((struct sync_file_info *)arg)->status = fence_result;
	return 0;
}

static int begin(void **state)
{
	pass_for = XCH_KINDS;
	fence_result = 1;
	return links_begin(NULL);
}

/* A test starts the ends by itself */
static int begin_unstarted(void **state)
{
	*state = "unstarted";
	pass_for = XCH_KINDS;
	return links_begin(state);
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

static void link_hello_tells_limits(void **state)
{
	assert_int_equal(links_server.link.hello.channels, 64);
	assert_int_equal(links_server.link.hub.granted.max_buffers, 16);
	assert_true(links_server.link.hub.grants);
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

static void link_small_memory_arrives_sealed(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fds[XCH_SOCKET_FDS], out[2];

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
static void link_blobs_of_two_channels(void **state)
{
	struct link_pair p[2] = { links_open(XCH_SEQPACKET),
				  links_open(XCH_SEQPACKET) };
	int fds[XCH_SOCKET_FDS], i;
	struct stat st;

	for (i = 0; i < 2; i++) {
		int fd = make_memfd("x");

		assert_int_equal(ftruncate(fd, 1 << 20), 0);
		links_send(p[i].near, "large", &fd, 1);
	}
	links_settle();
	for (i = 0; i < 2; i++) {
		assert_int_equal(links_receive(p[i].far, "large", fds), 1);
		assert_int_equal(fstat(fds[0], &st), 0);
		assert_int_equal(st.st_size, 1 << 20);
		close(fds[0]);
		links_close(&p[i]);
	}
	assert_null(links_client.link.hub.sending_blobs);
}

/* A program that does not read: what waits for it is bounded */
static void link_blobs_within_the_quota(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET), other;
	int fds[XCH_SOCKET_FDS], fd, i;

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
	/* and free again when it is read, here with the channel */
	for (i = 0; i < 8; i++) {
		fd = make_memfd("x");
		assert_int_equal(ftruncate(fd, 1 << 20), 0);
		links_send(other.near, "large", &fd, 1);
		links_settle();
		assert_int_equal(links_receive(other.far, "large", fds), 1);
		close(fds[0]);
	}
	assert_int_equal(links_server.nr_closed, 1);
	links_close(&p);
	links_close(&other);
}

static void link_regular_file_arrives(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	char path[] = "/tmp/test_link.XXXXXX";
	int fd = mkstemp(path), fds[XCH_SOCKET_FDS], out;

	assert_int_equal(write(fd, "content", 7), 7);
	close(fd);
	out = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	links_send(p.near, "file", &out, 1);
	links_settle();
	assert_int_equal(links_receive(p.far, "file", fds), 1);
	expect_content(fds[0], "content");
	close(fds[0]);
	links_close(&p);
}

static void link_pipes_cross_both_ways(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int in[2], out[2], both[2], fds[XCH_SOCKET_FDS];
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

static void link_pipe_reader_goes(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int in[2], fds[XCH_SOCKET_FDS];

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
static void link_sockets_nested(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int sv[2], inner[2], fds[XCH_SOCKET_FDS], far, far_inner;

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

static void link_dmabuf_granted_once(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(1 << 20), copy, fds[XCH_SOCKET_FDS], i;
	uint64_t before = 0;
	struct stat st;

	pass_for = XCH_KIND_DMABUF;
	for (i = 0; i < 20; i++) {
		if (i == 1)
			before = links_client.link.bytes_out;
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		links_send(p.near, "frame", &copy, 1);
		links_settle();
		assert_int_equal(links_receive(p.far, "frame", fds), 1);
		assert_int_equal(fstat(fds[0], &st), 0);
		assert_int_equal(st.st_size, 1 << 20);
		close(fds[0]);
	}
	assert_int_equal(fake_nr, 2);
	/* a header and an attachment beside the data */
	assert_int_equal(links_client.link.bytes_out - before,
			 19 * (XCH_FRAME_HEADER + XCH_ATTACHMENT_BYTES + 5));
	close(fd);
	links_close(&p);
}

static void link_dmabuf_refused_by_the_peer(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(1 << 20);

	pass_for = XCH_KIND_DMABUF;
	fake_map_fails = -EDQUOT;
	links_send(p.near, "frame", &fd, 1);
	links_settle();
	assert_int_equal(links_client.closed_with, -EDQUOT);
	assert_int_equal(links_server.closed_with, -EDQUOT);
	assert_int_equal(links_client.ended, 0);
	links_close(&p);
}

/* A buffer that is recalled while a message with it waits for credit */
static void link_recall_of_a_waiting_message(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(4096);

	pass_for = XCH_KIND_DMABUF;
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

static void link_fence_holds_the_message_back(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fence = eventfd(0, EFD_CLOEXEC), copy;
	uint64_t one = 1;
	char text[8];

	pass_for = XCH_KIND_FENCE;
	copy = fcntl(fence, F_DUPFD_CLOEXEC, 0);
	links_send(p.near, "frame", &copy, 1);
	links_send(p.near, "later", NULL, 0);
	links_settle();
	assert_int_equal(recv(p.far, text, 8, MSG_DONTWAIT), -1);
	/* no dma-buf is there that could make a signalled one at the other end */
	assert_int_equal(write(fence, &one, 8), 8);
	links_settle();
	assert_int_equal(links_server.closed_with, -EOPNOTSUPP);
	close(fence);
	links_close(&p);
}

static void link_fence_fails_or_times_out(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fence = eventfd(1, EFD_CLOEXEC);

	pass_for = XCH_KIND_FENCE;
	fence_result = -EIO;
	links_send(p.near, "frame", &fence, 1);
	links_settle();
	assert_int_equal(links_server.closed_with, -ETIME);
	links_close(&p);
	p = links_open(XCH_SEQPACKET);
	fence = eventfd(0, EFD_CLOEXEC);
	links_send(p.near, "frame", &fence, 1);
	links_run_for(200 * XDC_NS_PER_MS);
	assert_int_equal(links_client.nr_closed, 2);
	assert_int_equal(links_client.closed_with, -ETIME);
	links_close(&p);
}

static void link_refused_kinds_end_the_channel(void **state)
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

static void link_silence_is_asked_about(void **state)
{
	links_config.ping_after = 20 * XDC_NS_PER_MS;
	links_config.hung_after = 60 * XDC_NS_PER_MS;
	links_start(&links_server, XCH_SERVER);
	links_start(&links_client, XCH_CLIENT);
	links_run_for(100 * XDC_NS_PER_MS);
	/* it answers */
	assert_true(links_server.link.ping > 0);
	assert_false(links_server.link.hung);
	/* and now it does not */
	xdc_loop_remove(&links_loop, &links_client.link.source);
	xdc_timer_at(&links_client.link.timer, 0);
	links_run_for(200 * XDC_NS_PER_MS);
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, links_end)
#define TEST_UNSTARTED(name) \
	cmocka_unit_test_setup_teardown(name, begin_unstarted, links_end)
		TEST(link_hello_tells_limits),
		TEST(link_bytes_cross),
		TEST(link_megabytes_cross_whole),
		TEST(link_small_memory_arrives_sealed),
		TEST(link_blobs_of_two_channels),
		TEST(link_blobs_within_the_quota),
		TEST(link_regular_file_arrives),
		TEST(link_pipes_cross_both_ways),
		TEST(link_pipe_reader_goes),
		TEST(link_sockets_nested),
		TEST(link_dmabuf_granted_once),
		TEST(link_dmabuf_refused_by_the_peer),
		TEST(link_recall_of_a_waiting_message),
		TEST(link_fence_holds_the_message_back),
		TEST(link_fence_fails_or_times_out),
		TEST(link_refused_kinds_end_the_channel),
		TEST(link_peer_gone_ends_all),
		TEST_UNSTARTED(link_silence_is_asked_about),
		TEST_UNSTARTED(link_without_hello_ends),
		TEST_UNSTARTED(hostile_first_frames),
		TEST(hostile_frames_and_indices),
		TEST(hostile_indices_end_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
