// SPDX-License-Identifier: GPL-2.0-only
/* Two processes joined by a ring in memory; the test is the daemon of both */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd-socket.h"
#include "common/loop.h"
#include "link/order.h"
#include "link/worker.h"

#define PATIENCE 10000 /* ms */
#define CHANNELS 64
#define RING_BYTES ((1 + 2 * XCH_RING_PAGES) * XCH_PAGE)

struct process {
	pid_t pid;
	int control;
};

struct joint {
	struct xch_ring_memory memory; /* as the test sees it */
	int ring, event[2]; /* by the role that waits for it */
	struct process worker[2]; /* by role */
};

static struct joint joint;

static void make_ring(struct joint *j)
{
	uint8_t *at;
	unsigned int i;

	j->ring = memfd_create("ring", MFD_CLOEXEC);
	assert_int_equal(ftruncate(j->ring, RING_BYTES), 0);
	at = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, j->ring,
		  0);
	assert_true(at != MAP_FAILED);
	j->memory.control = (void *)at;
	j->memory.bytes[0] = at + XCH_PAGE;
	j->memory.bytes[1] = at + (1 + XCH_RING_PAGES) * XCH_PAGE;
	j->memory.pages = XCH_RING_PAGES;
	xch_ring_format(&j->memory);
	for (i = 0; i < 2; i++)
		j->event[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* The real program, if the test is told where it is */
static void run_worker(int control)
{
	const char *daemon = getenv("XCH_DAEMON");

	if (!daemon)
		_exit(xch_worker_run(control));
	/* all that the daemon has is closed by exec */
	if (dup2(control, 3) == 3)
		execl(daemon, "xen-channeld", "worker", NULL);
	_exit(127);
}

static void start_worker(struct joint *j, enum xch_role role)
{
	struct process *p = &j->worker[role];
	int sv[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	p->control = sv[0];
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (!p->pid) {
		/* or it would keep the daemon's ends open */
		close(joint.worker[0].control);
		close(joint.worker[1].control);
		close(sv[0]);
		run_worker(sv[1]);
	}
	close(sv[1]);
}

static void order_link(struct joint *j, enum xch_role role)
{
	int fds[] = { j->ring, j->event[role], j->event[!role] };
	struct xch_order o = {
		.type = XCH_ORDER_LINK,
		.link = {
			.peer = "peer",
			.role = role,
			.pages = XCH_RING_PAGES,
			.bytes_at = { XCH_PAGE,
				      (1 + XCH_RING_PAGES) * XCH_PAGE },
			.total_pages = 4096,
			.channels = CHANNELS,
			.files = 1024,
			.max_copy = 1 << 20,
			.linger = XDC_NS_PER_S,
			.sync_timeout = XDC_NS_PER_S,
			.hello_timeout = 10 * XDC_NS_PER_S,
			.ping_after = 10 * XDC_NS_PER_S,
			.hung_after = 30 * XDC_NS_PER_S,
		},
	};

	assert_int_equal(xch_order_send(j->worker[role].control, &o, fds, 3),
			 0);
}

static void wait_for(struct process *p, enum xch_news_type type,
		     struct xch_news *news)
{
	struct pollfd poller = { .fd = p->control, .events = POLLIN };

	if (poll(&poller, 1, PATIENCE) != 1)
		fail_msg("no news of type %d", type);
	assert_int_equal(xch_news_receive(p->control, news), 0);
	assert_int_equal(news->type, type);
}

static void start_link(struct joint *j)
{
	struct xch_news news;
	unsigned int i;

	make_ring(j);
	for (i = 0; i < 2; i++)
		j->worker[i].control = -1;
	for (i = 0; i < 2; i++) {
		start_worker(j, i);
		order_link(j, i);
	}
	for (i = 0; i < 2; i++)
		wait_for(&j->worker[i], XCH_NEWS_READY, &news);
}

static int wait_exit(struct process *p)
{
	int status = -1, i;

	for (i = 0; i < PATIENCE; i++) {
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			p->pid = 0;
			return status;
		}
		usleep(1000);
	}
	fail_msg("a worker does not end");
	return -1;
}

static void stop_link(struct joint *j)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct process *p = &j->worker[i];

		close(p->control);
		if (p->pid > 0 && waitpid(p->pid, NULL, WNOHANG) == 0) {
			kill(p->pid, SIGKILL);
			waitpid(p->pid, NULL, 0);
		}
		close(j->event[i]);
	}
	munmap(j->memory.control, RING_BYTES);
	close(j->ring);
}

static int begin(void **state)
{
	start_link(&joint);
	return 0;
}

static int end(void **state)
{
	stop_link(&joint);
	return 0;
}

struct pair {
	int near, far; /* the programs' sockets, which block */
	uint32_t channel;
};

/* A busy machine may run the worker late: its socket is full meanwhile */
static void send_order(struct process *p, const struct xch_order *o, int fd)
{
	struct pollfd poller = { .fd = p->control, .events = POLLOUT };
	int err;

	do {
		assert_int_equal(poll(&poller, 1, PATIENCE), 1);
		err = xch_order_send(p->control, o, &fd, 1);
	} while (err == -EAGAIN);
	assert_int_equal(err, 0);
}

static void order_socket(struct process *p, struct xch_order *o, int type,
			 int *program)
{
	struct timeval patience = { .tv_sec = PATIENCE / 1000 };
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, sv), 0);
	setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	o->rules.fds = XCH_FDS_ALL;
	o->rules.max_copy = 1 << 20;
	send_order(p, o, sv[1]);
	close(sv[1]);
	*program = sv[0];
}

static struct pair open_pair(struct joint *j, int type, uint32_t token)
{
	struct process *client = &j->worker[XCH_CLIENT];
	struct process *server = &j->worker[XCH_SERVER];
	struct xch_order o = {
		.type = XCH_ORDER_CONNECT,
		.token = token,
		.channel_type = type == SOCK_STREAM ? XCH_STREAM
						    : XCH_SEQPACKET,
		.service = "camera",
	};
	struct xch_news news;
	struct pair p;

	order_socket(client, &o, type, &p.near);
	wait_for(server, XCH_NEWS_ASKED, &news);
	assert_string_equal(news.service, "camera");
	assert_int_equal(news.channel_type, o.channel_type);
	p.channel = news.channel;
	o.type = XCH_ORDER_ACCEPT;
	o.channel = news.channel;
	order_socket(server, &o, type, &p.far);
	wait_for(client, XCH_NEWS_OPENED, &news);
	assert_int_equal(news.token, token);
	return p;
}

static void close_pair(struct pair *p)
{
	close(p->near);
	close(p->far);
}

static void send_fd(int socket, const char *text, int fd)
{
	assert_int_equal(xdc_socket_send(socket, text, strlen(text), &fd, 1),
			 strlen(text));
	close(fd);
}

static int receive_fd(int socket, const char *text)
{
	struct pollfd p = { .fd = socket, .events = POLLIN };
	int fds[XDC_SOCKET_FDS];
	unsigned int nr;
	char got[64];

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
	assert_int_equal(xdc_socket_receive(socket, got, sizeof(got), fds, &nr),
			 strlen(text));
	assert_memory_equal(got, text, strlen(text));
	assert_int_equal(nr, 1);
	return fds[0];
}

static void worker_bytes_and_descriptors_cross(void **state)
{
	struct pair p = open_pair(&joint, SOCK_STREAM, 7);
	int memory = memfd_create("test", MFD_CLOEXEC), ends[2], fd;
	struct xch_news news;
	char text[32];

	assert_int_equal(write(p.near, "request", 7), 7);
	assert_int_equal(read(p.far, text, 16), 7);
	assert_int_equal(write(p.far, "answer", 6), 6);
	assert_int_equal(read(p.near, text, 16), 6);
	/* a memfd that was not made for sealing is a file, so: read-only */
	assert_int_equal(write(memory, "keymap", 6), 6);
	snprintf(text, sizeof(text), "/proc/self/fd/%d", memory);
	send_fd(p.near, "memory", open(text, O_RDONLY | O_CLOEXEC));
	fd = receive_fd(p.far, "memory");
	assert_int_equal(pread(fd, text, 16, 0), 6);
	assert_memory_equal(text, "keymap", 6);
	close(fd);
	close(memory);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	send_fd(p.far, "pipe", ends[0]);
	fd = receive_fd(p.near, "pipe");
	assert_int_equal(write(ends[1], "through", 7), 7);
	assert_int_equal(read(fd, text, 16), 7);
	close(ends[1]);
	assert_int_equal(read(fd, text, 16), 0);
	close(fd);
	close_pair(&p);
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_CLOSED, &news);
	assert_int_equal(news.token, 7);
	assert_int_equal(news.err, 0);
	assert_int_equal(news.bytes_sent, 7 + 6);
	assert_int_equal(news.bytes_received, 6 + 4);
}

static void worker_refuses_for_the_daemon(void **state)
{
	struct xch_order o = {
		.type = XCH_ORDER_CONNECT,
		.token = 5,
		.channel_type = XCH_STREAM,
		.service = "secret",
	};
	struct xch_news news;
	char byte;
	int fd;

	order_socket(&joint.worker[XCH_CLIENT], &o, SOCK_STREAM, &fd);
	wait_for(&joint.worker[XCH_SERVER], XCH_NEWS_ASKED, &news);
	o = (struct xch_order){ .type = XCH_ORDER_REFUSE,
				.channel = news.channel,
				.err = -ECONNREFUSED };
	assert_int_equal(xch_order_send(joint.worker[XCH_SERVER].control, &o,
					NULL, 0),
			 0);
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_CLOSED, &news);
	assert_int_equal(news.token, 5);
	assert_int_equal(news.err, -ECONNREFUSED);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
}

static void worker_status(void **state)
{
	struct xch_order o = { .type = XCH_ORDER_STATUS };
	struct pair p = open_pair(&joint, SOCK_STREAM, 1);
	struct xch_news news;

	assert_int_equal(xch_order_send(joint.worker[XCH_SERVER].control, &o,
					NULL, 0),
			 0);
	wait_for(&joint.worker[XCH_SERVER], XCH_NEWS_STATUS, &news);
	assert_int_equal(news.channels, 1);
	assert_false(news.hung);
	assert_true(news.bytes_sent > XCH_FRAME_HEADER);
	assert_int_equal(news.mapped + news.granted, 0);
	close_pair(&p);
}

/* As much as a reader who does not read lets through */
static void fill(int fd)
{
	static const char data[8192];
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (poll(&p, 1, 200) == 1)
		if (send(fd, data, sizeof(data), MSG_DONTWAIT) < 0)
			assert_int_equal(errno, EAGAIN);
}

static void worker_slow_reader_stops_its_own(void **state)
{
	struct pair slow = open_pair(&joint, SOCK_STREAM, 1);
	struct pair quick = open_pair(&joint, SOCK_STREAM, 2);
	char text[8];
	int i;

	fill(slow.near);
	for (i = 0; i < 100; i++) {
		assert_int_equal(write(quick.near, "request", 7), 7);
		assert_int_equal(read(quick.far, text, 8), 7);
		assert_int_equal(write(quick.far, "answer", 6), 6);
		assert_int_equal(read(quick.near, text, 8), 6);
	}
	close_pair(&slow);
	close_pair(&quick);
}

static void worker_many_channels(void **state)
{
	static struct pair p[CHANNELS];
	struct xch_order o = { .type = XCH_ORDER_CONNECT,
			       .token = 999,
			       .channel_type = XCH_STREAM,
			       .service = "x" };
	struct xch_news news;
	uint32_t i, got;
	int fd;

	for (i = 0; i < CHANNELS; i++)
		p[i] = open_pair(&joint, SOCK_SEQPACKET, i);
	/* one more than there may be */
	order_socket(&joint.worker[XCH_CLIENT], &o, SOCK_STREAM, &fd);
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_CLOSED, &news);
	assert_int_equal(news.err, -EUSERS);
	assert_int_equal(news.token, 999);
	close(fd);
	for (i = 0; i < CHANNELS; i++)
		assert_int_equal(send(p[i].near, &i, sizeof(i), 0), sizeof(i));
	for (i = 0; i < CHANNELS; i++) {
		assert_int_equal(recv(p[i].far, &got, sizeof(got), 0),
				 sizeof(got));
		assert_int_equal(got, i);
	}
	for (i = 0; i < CHANNELS; i++)
		close_pair(&p[i]);
}

/* The peer writes the ring by itself; another link goes on */
static void worker_hostile_peer_ends_only_its_link(void **state)
{
	struct pair p = open_pair(&joint, SOCK_STREAM, 1), other;
	struct joint second;
	struct xch_news news;
	uint64_t one = 1;
	char text[8];

	start_link(&second);
	other = open_pair(&second, SOCK_STREAM, 1);
	joint.memory.control->from[XCH_CLIENT].sender.index += 1 << 24;
	assert_int_equal(write(joint.event[XCH_SERVER], &one, 8), 8);
	wait_for(&joint.worker[XCH_SERVER], XCH_NEWS_CLOSED, &news);
	assert_int_equal(news.err, -EPROTO);
	wait_for(&joint.worker[XCH_SERVER], XCH_NEWS_ENDED, &news);
	assert_int_equal(news.err, -EPROTO);
	assert_int_equal(wait_exit(&joint.worker[XCH_SERVER]), 0);
	assert_int_equal(read(p.far, text, 8), 0);
	/* the other end of this link hears of it */
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_CLOSED, &news);
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_ENDED, &news);
	assert_int_equal(news.err, -EPIPE);
	assert_int_equal(write(other.near, "request", 7), 7);
	assert_int_equal(read(other.far, text, 8), 7);
	close_pair(&p);
	close_pair(&other);
	stop_link(&second);
}

/* SIGKILL: the kernel clears the live byte of a ring made of grants */
static void worker_killed(void **state)
{
	struct pair p = open_pair(&joint, SOCK_STREAM, 1);
	struct xch_news news;
	uint64_t one = 1;
	char byte;

	kill(joint.worker[XCH_CLIENT].pid, SIGKILL);
	wait_exit(&joint.worker[XCH_CLIENT]);
	assert_int_equal(read(p.near, &byte, 1), 0);
	joint.memory.control->live[XCH_CLIENT] = 0;
	assert_int_equal(write(joint.event[XCH_SERVER], &one, 8), 8);
	wait_for(&joint.worker[XCH_SERVER], XCH_NEWS_CLOSED, &news);
	assert_int_equal(news.err, -EPIPE);
	wait_for(&joint.worker[XCH_SERVER], XCH_NEWS_ENDED, &news);
	assert_int_equal(news.err, -EPIPE);
	assert_int_equal(wait_exit(&joint.worker[XCH_SERVER]), 0);
	close_pair(&p);
}

static void worker_ends_with_its_daemon(void **state)
{
	struct pair p = open_pair(&joint, SOCK_STREAM, 1);
	struct xch_news news;
	char byte;

	close(joint.worker[XCH_SERVER].control);
	joint.worker[XCH_SERVER].control = -1;
	assert_int_equal(wait_exit(&joint.worker[XCH_SERVER]), 0);
	assert_int_equal(read(p.far, &byte, 1), 0);
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_CLOSED, &news);
	wait_for(&joint.worker[XCH_CLIENT], XCH_NEWS_ENDED, &news);
	close_pair(&p);
}

/* A daemon that does not listen: the peer waits, and nothing is lost */
static void worker_daemon_is_slow(void **state)
{
	struct process *client = &joint.worker[XCH_CLIENT];
	struct process *server = &joint.worker[XCH_SERVER];
	struct xch_order o = { .type = XCH_ORDER_CONNECT,
			       .token = 1,
			       .channel_type = XCH_STREAM,
			       .service = "x" };
	unsigned int i, asked = 0, closed = 0;
	struct xch_news news;
	int fd;

	for (i = 0; i < 600; i++) {
		order_socket(client, &o, SOCK_STREAM, &fd);
		/* given up at once, so that the place is free again */
		close(fd);
		o.token++;
		usleep(300);
	}
	while (asked < 50) {
		struct pollfd p = { .fd = server->control, .events = POLLIN };

		assert_int_equal(poll(&p, 1, PATIENCE), 1);
		assert_int_equal(xch_news_receive(server->control, &news), 0);
		asked += news.type == XCH_NEWS_ASKED;
		closed += news.type == XCH_NEWS_CLOSED;
	}
	assert_true(closed <= asked);
	assert_int_equal(kill(server->pid, 0), 0);
}

static void worker_wrong_first_order(void **state)
{
	struct xch_order o = { .type = XCH_ORDER_STATUS };
	struct process *p = &joint.worker[XCH_SERVER];

	joint.worker[0].control = joint.worker[1].control = -1;
	make_ring(&joint);
	start_worker(&joint, XCH_SERVER);
	assert_int_equal(xch_order_send(p->control, &o, NULL, 0), 0);
	assert_int_equal(wait_exit(p), 1 << 8);
	close(p->control);
	start_worker(&joint, XCH_SERVER);
	assert_int_equal(write(p->control, "short", 5), 5);
	assert_int_equal(wait_exit(p), 1 << 8);
	close(p->control);
	/* a control page of another version */
	start_worker(&joint, XCH_SERVER);
	joint.memory.control->version++;
	order_link(&joint, XCH_SERVER);
	assert_int_equal(wait_exit(p), 1 << 8);
	joint.worker[XCH_CLIENT].pid = 0;
}

static void news_checked_by_the_daemon(void **state)
{
	struct xch_news good = { .type = XCH_NEWS_ASKED,
				 .channel = 1,
				 .channel_type = XCH_STREAM,
				 .service = "camera" };
	struct xch_news news = good;
	int sv[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), -EAGAIN);
	assert_int_equal(xch_news_send(sv[0], &good), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), 0);
	news = good;
	memset(news.service, 'a', sizeof(news.service));
	assert_int_equal(xch_news_send(sv[0], &news), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPROTO);
	news = good;
	strcpy(news.service, "../x");
	assert_int_equal(xch_news_send(sv[0], &news), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPROTO);
	news = good;
	news.channel_type = 9;
	assert_int_equal(xch_news_send(sv[0], &news), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPROTO);
	news = good;
	news.err = 5;
	assert_int_equal(xch_news_send(sv[0], &news), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPROTO);
	news = good;
	news.type = XCH_NEWS_TYPES_END;
	assert_int_equal(xch_news_send(sv[0], &news), 0);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPROTO);
	assert_int_equal(write(sv[0], "short", 5), 5);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPROTO);
	close(sv[0]);
	assert_int_equal(xch_news_receive(sv[1], &news), -EPIPE);
	close(sv[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(worker_bytes_and_descriptors_cross),
		TEST(worker_refuses_for_the_daemon),
		TEST(worker_status),
		TEST(worker_slow_reader_stops_its_own),
		TEST(worker_many_channels),
		TEST(worker_hostile_peer_ends_only_its_link),
		TEST(worker_killed),
		TEST(worker_ends_with_its_daemon),
		TEST(worker_daemon_is_slow),
		cmocka_unit_test_teardown(worker_wrong_first_order, end),
		cmocka_unit_test(news_checked_by_the_daemon),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
