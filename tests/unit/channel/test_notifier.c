// SPDX-License-Identifier: GPL-2.0-only
/* What programs hear of their buffers, and ask */
#include "unit.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "fake-driver.h"
#include "fake-kinds.h"
#include "lib/channel/wire.h"
#include "link/traffic.h"
#include "links.h"

/* A channel, and the second sockets of both programs */
struct told {
	struct link_pair p;
	int near, far;
};

static struct xch_memory_maker maker;

/* A dma-buf of the test's own is the memory itself */
static int make_again(const struct xch_memory_maker *m, int memfd,
		      uint64_t offset, uint64_t size)
{
	return fcntl(memfd, F_DUPFD_CLOEXEC, 0);
}

static int begin(void **state)
{
	fake_kinds_reset();
	maker.make = make_again;
	maker.max = 1 << 20;
	links_prepare();
	links_config.hub.maker = &maker;
	links_config.hub.linger = 0;
	return links_meet();
}

static int add_notifier(struct link_end *e, struct xch_channel *ch)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_CLOEXEC |
					    SOCK_NONBLOCK,
				    0, sv),
			 0);
	assert_int_equal(xch_notifier_create(&e->link.hub.notifiers, sv[1],
					     true, &ch->notifier),
			 0);
	return sv[0];
}

static void ask(int socket, uint32_t type, uint32_t ms, const int *fd)
{
	struct xcw_request r = { .type = type, .ms = ms };

	assert_int_equal(xdc_socket_send(socket, &r, sizeof(r), fd, !!fd),
			 sizeof(r));
	links_settle();
}

static struct told open_told(void)
{
	struct told t = { .p = links_open(XCH_SEQPACKET) };

	t.near = add_notifier(&links_client, t.p.near_ch);
	t.far = add_notifier(&links_server, t.p.far_ch);
	ask(t.near, XCW_SUBSCRIBE, 0, NULL);
	ask(t.far, XCW_SUBSCRIBE, 0, NULL);
	fake_kind = XCH_KIND_DMABUF;
	return t;
}

static void close_told(struct told *t)
{
	close(t->near);
	close(t->far);
	links_close(&t->p);
	links_settle();
	assert_int_equal(links_client.link.hub.notifiers.nr, 0);
	assert_int_equal(links_server.link.hub.notifiers.nr, 0);
}

/* The next event; @fd: what came with it, or -1 */
static struct xendmabuf_channel_event next_event(int socket, int *fd)
{
	struct xendmabuf_channel_event event;
	int fds[XDC_SOCKET_FDS];
	unsigned int nr;

	assert_int_equal(xdc_socket_receive(socket, &event, sizeof(event), fds,
					    &nr),
			 sizeof(event));
	assert_true(nr <= 1);
	*fd = nr ? fds[0] : -1;
	return event;
}

static struct xendmabuf_channel_event expect_event(int socket, uint32_t type)
{
	int fd;
	struct xendmabuf_channel_event event = next_event(socket, &fd);

	assert_int_equal(event.type, type);
	assert_int_equal(fd, -1);
	return event;
}

static void expect_result(int socket, int error)
{
	assert_int_equal(expect_event(socket, XCW_RESULT).error, error);
}

static void expect_nothing(int socket)
{
	char byte;

	assert_int_equal(recv(socket, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void expect_end(int socket)
{
	char byte;

	assert_int_equal(recv(socket, &byte, 1, MSG_DONTWAIT), 0);
}

static void is_about(const struct xendmabuf_channel_event *event, int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(event->ino, st.st_ino);
	assert_int_equal(event->dev, st.st_dev);
}

static int make_dmabuf(void)
{
	int fd = memfd_create("dma-buf", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, 8192), 0);
	return fd;
}

/* Its descriptor at the far end */
static int send_buffer(struct told *t, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), fds[XDC_SOCKET_FDS];

	links_send(t->p.near, "frame", &copy, 1);
	links_settle();
	assert_int_equal(links_receive(t->p.far, "frame", fds), 1);
	return fds[0];
}

/* Both ends' kernels have confirmed it */
static void return_all(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_LEASES; i++) {
		if (!fake_leases[i].open || !fake_leases[i].map)
			continue;
		fake_return(&fake_leases[i]);
	}
	links_settle();
	for (i = 0; i < FAKE_LEASES; i++)
		if (fake_leases[i].open)
			fake_return(&fake_leases[i]);
	links_settle();
}

static void sender_is_told_that_its_buffer_is_returned(void **state)
{
	struct told t = open_told();
	struct xendmabuf_channel_event event;
	int fd = make_dmabuf();

	close(send_buffer(&t, fd));
	links_settle();
	expect_nothing(t.near);
	return_all();
	event = expect_event(t.near, XENDMABUF_CHANNEL_RETURNED);
	is_about(&event, fd);
	expect_nothing(t.near);
	expect_nothing(t.far);
	close(fd);
	close_told(&t);
}

static void sender_is_told_after_its_channel_has_ended(void **state)
{
	struct told t = open_told();
	int fd = make_dmabuf();

	close(send_buffer(&t, fd));
	links_close(&t.p);
	links_settle();
	return_all();
	expect_event(t.near, XENDMABUF_CHANNEL_RETURNED);
	close(fd);
	close(t.near);
	close(t.far);
}

static void program_that_does_not_ask_is_not_told(void **state)
{
	struct told t = { .p = links_open(XCH_SEQPACKET) };
	int fd = make_dmabuf();

	t.near = add_notifier(&links_client, t.p.near_ch);
	t.far = add_notifier(&links_server, t.p.far_ch);
	fake_kind = XCH_KIND_DMABUF;
	close(send_buffer(&t, fd));
	return_all();
	expect_nothing(t.near);
	close(fd);
	close_told(&t);
}

/* So long that a busy machine looks at the map before it has passed */
#define RECALL_MS 1500

static void recall_is_told_and_carried_out(void **state)
{
	struct told t = open_told();
	struct xendmabuf_channel_event event;
	/* the link keeps no descriptor of its own: linger is 0 */
	int fd = make_dmabuf(), far = send_buffer(&t, fd);
	struct xendmabuf_lease *map = &fake_leases[1];

	assert_true(map->map);
	ask(t.near, XCW_RECALL, RECALL_MS, &fd);
	expect_result(t.near, 0);
	event = expect_event(t.far, XENDMABUF_CHANNEL_RECALLED);
	is_about(&event, far);
	assert_int_equal(event.ms, RECALL_MS);
	assert_false(map->revoked);
	ask(t.near, XCW_RECALL, RECALL_MS, &fd);
	expect_result(t.near, -EALREADY);
	/* the program does not let go */
	map->state.pinned = 2;
	links_run_for((RECALL_MS + 200) * XDC_NS_PER_MS);
	assert_true(map->revoked);
	event = expect_event(t.near, XENDMABUF_CHANNEL_PINNED);
	assert_int_equal(event.users, 2);
	is_about(&event, fd);
	close(far);
	return_all();
	event = expect_event(t.near, XENDMABUF_CHANNEL_RETURNED);
	is_about(&event, fd);
	close(fd);
	close_told(&t);
}

/* The recall ends the channel, of which the program would be told if it were there */
static void recall_by_a_program_that_has_gone(void **state)
{
	struct told t = open_told();
	struct xcw_request r = { .type = XCW_RECALL, .ms = 1000 };
	int fd = make_dmabuf(), copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	t.p.near_ch->credit.attachments = 0;
	links_send(t.p.near, "frame", &copy, 1);
	links_settle();
	assert_int_equal(xdc_socket_send(t.near, &r, sizeof(r), &fd, 1),
			 sizeof(r));
	close(t.near);
	links_settle();
	assert_int_equal(links_client.closed_with, -ESTALE);
	assert_int_equal(links_client.link.hub.notifiers.nr, 0);
	close(fd);
	close(t.far);
	links_close(&t.p);
}

static void recall_of_what_was_not_sent_is_refused(void **state)
{
	struct told t = open_told();
	int fd = make_dmabuf();

	ask(t.near, XCW_RECALL, 0, &fd);
	expect_result(t.near, -ENOENT);
	ask(t.near, XCW_RECALL, 0, NULL);
	expect_result(t.near, -EINVAL);
	/* and by the one who got it */
	close(send_buffer(&t, fd));
	ask(t.far, XCW_RECALL, 0, &fd);
	expect_result(t.far, -ENOENT);
	close(fd);
	close_told(&t);
}

static void program_is_told_why_its_channel_failed(void **state)
{
	struct told t = open_told();
	struct xendmabuf_channel_event event;
	int fd = eventfd(0, EFD_CLOEXEC);

	fake_kind = XCH_KINDS;
	links_send(t.p.near, "event", &fd, 1);
	links_settle();
	event = expect_event(t.near, XENDMABUF_CHANNEL_FAILED);
	assert_int_equal(event.error, -EOPNOTSUPP);
	event = expect_event(t.far, XENDMABUF_CHANNEL_FAILED);
	assert_int_equal(event.error, -EOPNOTSUPP);
	close_told(&t);
}

static void orderly_end_is_no_failure(void **state)
{
	struct told t = open_told();

	links_close(&t.p);
	links_settle();
	expect_nothing(t.near);
	expect_nothing(t.far);
	close(t.near);
	close(t.far);
	links_settle();
	assert_int_equal(links_client.link.hub.notifiers.nr, 0);
}

static void end_of_the_link_is_the_last_event(void **state)
{
	struct told t = open_told();

	xch_link_fini(&links_server.link);
	links_server.link.loop = NULL;
	links_settle();
	assert_int_equal(links_client.ended, -EPIPE);
	expect_event(t.near, XENDMABUF_CHANNEL_FAILED);
	expect_event(t.near, XENDMABUF_CHANNEL_PEER_GONE);
	expect_end(t.near);
	close(t.near);
	close(t.far);
	links_close(&t.p);
}

static void ask_memory(int socket, int fd, uint64_t offset, uint64_t size)
{
	struct xcw_request r = { .type = XCW_MEMORY,
				 .offset = offset,
				 .size = size };

	assert_int_equal(xdc_socket_send(socket, &r, sizeof(r), &fd, 1),
			 sizeof(r));
	links_settle();
}

static int make_memfd(off_t size)
{
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void memory_becomes_a_dmabuf(void **state)
{
	struct told t = open_told();
	struct xendmabuf_channel_event event;
	int fd = make_memfd(16384), made;

	ask_memory(t.near, fd, 4096, 8192);
	event = next_event(t.near, &made);
	assert_int_equal(event.type, XCW_RESULT);
	assert_int_equal(event.error, 0);
	assert_true(made >= 0);
	assert_true(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK);
	close(made);
	close(fd);
	close_told(&t);
}

static void memory_is_refused_with_a_reason(void **state)
{
	struct told t = open_told();
	int fd = make_memfd(2 << 20), pipe_end[2];

	ask_memory(t.near, fd, 1, 4096);
	expect_result(t.near, -EINVAL);
	ask_memory(t.near, fd, 0, 100);
	expect_result(t.near, -EINVAL);
	ask_memory(t.near, fd, 2 << 20, 4096);
	expect_result(t.near, -EINVAL);
	ask_memory(t.near, fd, 0, UINT64_MAX - 4095);
	expect_result(t.near, -EFBIG);
	ask_memory(t.near, fd, 0, 2 << 20);
	expect_result(t.near, -EFBIG);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	ask_memory(t.near, fd, 0, 4096);
	expect_result(t.near, -EPERM);
	assert_int_equal(pipe2(pipe_end, O_CLOEXEC), 0);
	ask_memory(t.near, pipe_end[0], 0, 4096);
	expect_result(t.near, -EINVAL);
	links_client.link.hub.granted.max_total = 1;
	ask_memory(t.near, fd, 0, 8192);
	expect_result(t.near, -EDQUOT);
	/* the peer has no driver */
	links_client.link.hub.granted.max_buffers = 0;
	ask_memory(t.near, fd, 0, 4096);
	expect_result(t.near, -EOPNOTSUPP);
	links_client.link.hub.granted.max_buffers = 16;
	links_client.link.hub.notifiers.config.maker = NULL;
	ask_memory(t.near, fd, 0, 4096);
	expect_result(t.near, -EOPNOTSUPP);
	close(pipe_end[0]);
	close(pipe_end[1]);
	close(fd);
	close_told(&t);
}

static void memory_needs_permission(void **state)
{
	struct link_pair p = links_open(XCH_STREAM);
	int fd = make_memfd(4096), sv[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_SEQPACKET | SOCK_CLOEXEC |
					    SOCK_NONBLOCK,
				    0, sv),
			 0);
	assert_int_equal(xch_notifier_create(&links_client.link.hub.notifiers,
					     sv[1], false,
					     &p.near_ch->notifier),
			 0);
	ask_memory(sv[0], fd, 0, 4096);
	expect_result(sv[0], -EPERM);
	close(fd);
	close(sv[0]);
	links_close(&p);
}

static void invalid_request_is_refused(void **state)
{
	struct told t = open_told();

	ask(t.near, XCW_REQUESTS_END, 0, NULL);
	expect_result(t.near, -EINVAL);
	/* no request at all ends it */
	assert_int_equal(send(t.near, "x", 1, 0), 1);
	links_settle();
	expect_end(t.near);
	assert_null(t.p.near_ch->notifier);
	close_told(&t);
}

static void program_that_reads_no_events_is_cut_off(void **state)
{
	struct told t = open_told();
	struct xch_granted buf = { .ino = 1 };
	unsigned int i;

	xch_notifier_sent(t.p.near_ch->notifier, &buf);
	/* those that wait, and those that the socket holds */
	for (i = 0; i < 4 * XCW_WAITING_MAX && t.p.near_ch->notifier; i++)
		xch_notifier_pinned(&buf);
	assert_true(i > XCW_WAITING_MAX);
	assert_null(t.p.near_ch->notifier);
	assert_true(LIST_EMPTY(&buf.interests));
	close_told(&t);
}

static void events_that_wait_come_in_order(void **state)
{
	struct told t = open_told();
	struct xch_granted buf = { .ino = 1 };
	unsigned int i;

	xch_notifier_sent(t.p.near_ch->notifier, &buf);
	for (i = 0; i < XCW_WAITING_MAX; i++) {
		buf.pinned = i;
		xch_notifier_pinned(&buf);
	}
	for (i = 0; i < XCW_WAITING_MAX; i++) {
		assert_int_equal(
			expect_event(t.near, XENDMABUF_CHANNEL_PINNED).users,
			i);
		if (i % 10 == 0)
			links_settle();
	}
	expect_nothing(t.near);
	xch_notifier_returned(&buf);
	close_told(&t);
}

static void notifiers_are_limited(void **state)
{
	struct told t = open_told();
	struct xch_notifiers *all = &links_client.link.hub.notifiers;
	struct xch_notifier *another = NULL;
	int sv[2];

	all->config.max = all->nr;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(xch_notifier_create(all, sv[1], true, &another),
			 -EUSERS);
	assert_null(another);
	expect_end(sv[0]);
	close(sv[0]);
	close_told(&t);
}

static int add_another(struct xch_notifier **user)
{
	int sv[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(xch_notifier_create(&links_client.link.hub.notifiers,
					     sv[1], true, user),
			 0);
	return sv[0];
}

/* Programs keep them open when their channels and buffers are gone */
static void notifiers_of_ended_channels_make_room(void **state)
{
	struct told t = open_told(), kept[3];
	struct xch_notifiers *all = &links_client.link.hub.notifiers;
	struct xch_granted buf = { .ino = 1 };
	struct xch_notifier *users[2];
	int i, another[2];

	for (i = 0; i < 3; i++) {
		kept[i] = open_told();
		if (!i)
			xch_notifier_sent(kept[i].p.near_ch->notifier, &buf);
		links_close(&kept[i].p);
		links_settle();
	}
	all->config.max = all->nr;
	/* one has a channel, and the next one a buffer */
	another[0] = add_another(&users[0]);
	expect_end(kept[1].near);
	xch_notifier_returned(&buf);
	expect_event(kept[0].near, XENDMABUF_CHANNEL_RETURNED);
	another[1] = add_another(&users[1]);
	expect_end(kept[0].near);
	expect_nothing(kept[2].near);
	expect_nothing(t.near);
	for (i = 0; i < 2; i++)
		close(another[i]);
	for (i = 0; i < 3; i++) {
		close(kept[i].near);
		close(kept[i].far);
	}
	close_told(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, links_end)
		TEST(sender_is_told_that_its_buffer_is_returned),
		TEST(sender_is_told_after_its_channel_has_ended),
		TEST(program_that_does_not_ask_is_not_told),
		TEST(recall_is_told_and_carried_out),
		TEST(recall_by_a_program_that_has_gone),
		TEST(recall_of_what_was_not_sent_is_refused),
		TEST(program_is_told_why_its_channel_failed),
		TEST(orderly_end_is_no_failure),
		TEST(end_of_the_link_is_the_last_event),
		TEST(memory_becomes_a_dmabuf),
		TEST(memory_is_refused_with_a_reason),
		TEST(memory_needs_permission),
		TEST(invalid_request_is_refused),
		TEST(program_that_reads_no_events_is_cut_off),
		TEST(events_that_wait_come_in_order),
		TEST(notifiers_are_limited),
		TEST(notifiers_of_ended_channels_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
