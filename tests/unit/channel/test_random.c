// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two honest ends, and programs that do anything at any time: the link never ends,
 * and nothing is left behind.  XCH_SEED and XCH_STEPS repeat or prolong a run.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-driver.h"
#include "links.h"
#include "tests/unit/open-files.h"

#define PROGRAMS 200
#define STEPS 20000
/* a memfd of this size passes for a dma-buf */
#define DMABUF_BYTES 12288
#define DMABUFS 6

int __real_xch_kind_look(int fd, struct xch_facts *out);
int __wrap_xch_kind_look(int fd, struct xch_facts *out);
int __wrap_xch_kind_look(int fd, struct xch_facts *out)
{
	int err = __real_xch_kind_look(fd, out);

	if (!err && out->kind == XCH_KIND_MEMFD && out->size == DMABUF_BYTES)
		out->kind = XCH_KIND_DMABUF;
	return err;
}

static const struct xch_rules rules = {
	.fds = XCH_FDS_ALL,
	.grants = true,
	.max_copy = 1 << 20,
};

static uint32_t seed;
static int programs[PROGRAMS]; /* sockets and pipes; -1: none */
static int dmabufs[DMABUFS];
static unsigned int answered[2];

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % n;
}

static struct link_end *any_end(void)
{
	return pick(2) ? &links_server : &links_client;
}

static void keep_program(int fd)
{
	unsigned int i;

	for (i = 0; i < PROGRAMS; i++)
		if (programs[i] < 0) {
			programs[i] = fd;
			return;
		}
	close(fd);
}

/* A socketpair, one end of it a program's */
static int make_socket(int type)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX,
				    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sv),
			 0);
	keep_program(sv[0]);
	return sv[1];
}

static int any_type(void)
{
	return pick(2) ? SOCK_STREAM : SOCK_SEQPACKET;
}

static void open_channel(void)
{
	int type = any_type();
	struct xch_open open = {
		.type = type == SOCK_STREAM ? XCH_STREAM : XCH_SEQPACKET,
		.service = "any",
	};
	struct xch_channel *ch;

	if (!xch_channels_open(&any_end()->link.hub.channels, make_socket(type),
			       &open, &ch))
		ch->rules = rules;
}

/* By id, as the daemon does: the peer may have given up meanwhile */
static void answer_channels(void)
{
	struct link_end *ends[] = { &links_server, &links_client };
	struct xch_channel *ch;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		TAILQ_FOREACH(ch, &ends[i]->link.hub.channels.all, all)
		{
			if (ch->state != XCH_ASKED || ch->open.parent)
				continue;
			answered[i]++;
			ch->rules = rules;
			if (pick(8))
				xch_channel_accept(
					ch,
					make_socket(ch->open.type == XCH_STREAM
							    ? SOCK_STREAM
							    : SOCK_SEQPACKET));
			else
				xch_channel_refuse(ch, -EACCES);
		}
	}
}

static int make_memory(off_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static int make_pipe(void)
{
	bool reads = pick(2);
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	keep_program(ends[reads]);
	return ends[!reads];
}

static int any_descriptor(void)
{
	switch (pick(6)) {
	case 0:
		return make_memory(pick(100));
	case 1:
		return make_memory(pick(300000));
	case 2:
		return make_pipe();
	case 3:
		return make_socket(any_type());
	case 4:
		/* some are refused */
		return pick(8) ? make_memory(1) : open("/dev/null", O_RDONLY);
	default:
		return fcntl(dmabufs[pick(DMABUFS)], F_DUPFD_CLOEXEC, 0);
	}
}

static bool is_socket(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

static void send_something(int fd)
{
	static const uint8_t bytes[40000];
	size_t len = pick(4) ? pick(200) : pick(sizeof(bytes));
	int fds[XDC_SOCKET_FDS];
	unsigned int i, nr = pick(2) ? 0 : pick(5);

	if (!is_socket(fd)) {
		if (write(fd, bytes, len) < 0)
			assert_true(errno == EAGAIN || errno == EPIPE ||
				    errno == EBADF);
		return;
	}
	for (i = 0; i < nr; i++)
		fds[i] = any_descriptor();
	xdc_socket_send(fd, bytes, len, fds, nr);
	xdc_close_all(fds, &nr);
}

static void receive_something(int fd)
{
	static uint8_t bytes[XCH_DATAGRAM_MAX];
	int fds[XDC_SOCKET_FDS];
	unsigned int i, nr;

	if (!is_socket(fd)) {
		if (read(fd, bytes, sizeof(bytes)) < 0)
			assert_true(errno == EAGAIN || errno == EBADF);
		return;
	}
	xdc_socket_receive(fd, bytes, pick(2) ? sizeof(bytes) : 100, fds, &nr);
	for (i = 0; i < nr; i++) {
		struct xch_facts facts;

		assert_int_equal(__real_xch_kind_look(fds[i], &facts), 0);
		if (pick(2) || facts.kind == XCH_KIND_MEMFD ||
		    facts.kind == XCH_KIND_FILE) {
			close(fds[i]);
			continue;
		}
		fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
		keep_program(fds[i]);
	}
}

static void end_something(unsigned int i)
{
	if (pick(2) && is_socket(programs[i])) {
		shutdown(programs[i], pick(2) ? SHUT_WR : SHUT_RD);
		return;
	}
	close(programs[i]);
	programs[i] = -1;
}

static void reset_something(void)
{
	struct xch_channels *set = &any_end()->link.hub.channels;
	struct xch_channel *ch;

	TAILQ_FOREACH(ch, &set->all, all)
	if (!pick(4)) {
		xch_channel_reset(ch, -EIO);
		return;
	}
}

/* What the peer's programs and Xen do with buffers */
static void end_buffers(void)
{
	struct link_end *e = any_end();
	struct xch_mapped *m;
	struct xch_granted *g;

	TAILQ_FOREACH(m, &e->link.hub.mapped.all, all)
	if (m->state == XCH_MAPPED_LEAVING && pick(2))
		fake_return(m->lease);
	TAILQ_FOREACH(g, &e->link.hub.granted.all, all)
	if (g->state == XCH_GRANTED_ENDING && pick(2))
		fake_return(g->lease);
	else if (!pick(16))
		xch_granted_recall(g, pick(3));
}

static void do_something(void)
{
	unsigned int i = pick(PROGRAMS);

	switch (pick(16)) {
	case 0:
		open_channel();
		break;
	case 1:
	case 2:
		answer_channels();
		break;
	case 3:
		if (programs[i] >= 0)
			end_something(i);
		break;
	case 4:
		if (!pick(8))
			reset_something();
		/* so that more is said before it is heard */
		xch_link_pause(&any_end()->link, pick(2));
		break;
	case 5:
		end_buffers();
		break;
	case 6:
	case 7:
		links_run_for(pick(4) ? 1 : 200000);
		break;
	default:
		if (programs[i] < 0)
			break;
		if (pick(2))
			send_something(programs[i]);
		else
			receive_something(programs[i]);
	}
}

static void close_programs(void)
{
	unsigned int i;

	for (i = 0; i < PROGRAMS; i++) {
		if (programs[i] >= 0)
			close(programs[i]);
		programs[i] = -1;
	}
}

static bool is_empty(const struct link_end *e)
{
	return !e->link.hub.channels.nr && !e->link.hub.mapped.buffers &&
	       !e->link.hub.granted.buffers;
}

/* All programs are gone; what is left ends by itself */
static void expect_nothing_left(unsigned int files)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		answer_channels();
		close_programs();
		end_buffers();
		links_settle();
		if (is_empty(&links_server) && is_empty(&links_client))
			break;
	}
	assert_int_equal(links_server.link.hub.channels.nr, 0);
	assert_int_equal(links_client.link.hub.channels.nr, 0);
	assert_int_equal(links_server.link.hub.mapped.total, 0);
	assert_int_equal(links_client.link.hub.mapped.total, 0);
	assert_true(is_empty(&links_server) && is_empty(&links_client));
	assert_int_equal(links_server.link.hub.blobs.nr, 0);
	assert_true(TAILQ_EMPTY(&links_server.link.hub.parcels));
	assert_true(TAILQ_EMPTY(&links_client.link.hub.parcels));
	assert_int_equal(count_open_files(), files);
}

static void run_seed(uint32_t first, unsigned int steps)
{
	unsigned int i, files;

	seed = first;
	links_config.hub.linger = XDC_NS_PER_MS / 2;
	links_config.hub.sync_timeout = XDC_NS_PER_S;
	links_start(&links_server, XCH_SERVER);
	links_start(&links_client, XCH_CLIENT);
	links_settle();
	files = count_open_files();
	for (i = 0; i < PROGRAMS; i++)
		programs[i] = -1;
	for (i = 0; i < DMABUFS; i++)
		dmabufs[i] = make_memory(DMABUF_BYTES);
	for (i = 0; i < steps; i++) {
		do_something();
		if (links_server.ended || links_client.ended)
			fail_msg("seed %u, step %u: ended with %d and %d",
				 first, i, links_server.ended,
				 links_client.ended);
	}
	for (i = 0; i < DMABUFS; i++)
		close(dmabufs[i]);
	xch_link_pause(&links_server.link, false);
	xch_link_pause(&links_client.link, false);
	expect_nothing_left(files);
}

static int begin(void **state)
{
	*state = "unstarted";
	return links_begin(state);
}

static void random_programs_never_end_the_link(void **state)
{
	const char *text = getenv("XCH_SEED"), *steps = getenv("XCH_STEPS");

	run_seed(text ? (uint32_t)atoi(text) : 1,
		 steps ? (unsigned int)atoi(steps) : STEPS);
	assert_true(answered[0] > 0 && answered[1] > 0);
	assert_true(fake_nr > 10);
	if (text)
		print_message("%u channels, %u leases, %lu KiB\n",
			      answered[0] + answered[1], fake_nr,
			      (unsigned long)(links_client.link.bytes_in +
					      links_server.link.bytes_in) >>
				      10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			random_programs_never_end_the_link, begin, links_end),
	};

	xdc_log_init(XDC_ERROR, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
