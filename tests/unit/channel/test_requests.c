// SPDX-License-Identifier: GPL-2.0-only
/* What programs ask at their second sockets */
#include "unit.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake-driver.h"
#include "fake-kinds.h"
#include "told.h"

/* So long that a busy machine looks at the map before it has passed */
#define RECALL_MS 1500

static void recall_is_told_and_carried_out(void **state)
{
	struct told t = told_open();
	struct xendmabuf_channel_event event;
	/* the link keeps no descriptor of its own: linger is 0 */
	int fd = told_make_dmabuf(), far = told_send_buffer(&t, fd);
	struct xendmabuf_lease *map = &fake_leases[1];

	assert_true(map->map);
	told_ask(t.near, XCW_RECALL, RECALL_MS, &fd);
	told_expect_result(t.near, 0);
	event = told_expect(t.far, XENDMABUF_CHANNEL_RECALLED);
	told_is_about(&event, far);
	assert_int_equal(event.ms, RECALL_MS);
	assert_false(map->revoked);
	told_ask(t.near, XCW_RECALL, RECALL_MS, &fd);
	told_expect_result(t.near, -EALREADY);
	/* the program does not let go */
	map->state.pinned = 2;
	links_run_for((RECALL_MS + 200) * XDC_NS_PER_MS);
	assert_true(map->revoked);
	event = told_expect(t.near, XENDMABUF_CHANNEL_PINNED);
	assert_int_equal(event.users, 2);
	told_is_about(&event, fd);
	close(far);
	told_return_all();
	event = told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	told_is_about(&event, fd);
	close(fd);
	told_close(&t);
}

/* The peer keeps what it had while the buffer is sent again */
static void recall_is_of_every_grant(void **state)
{
	struct told t = told_open();
	int fd = told_make_dmabuf(), first = told_send_buffer(&t, fd), second;

	links_run_for(300 * XDC_NS_PER_MS);
	second = told_send_buffer(&t, fd);
	assert_int_equal(fake_nr, 4);
	assert_true(fake_leases[1].map && fake_leases[3].map);
	told_ask(t.near, XCW_RECALL, 0, &fd);
	told_expect_result(t.near, 0);
	links_run_for(300 * XDC_NS_PER_MS);
	assert_true(fake_leases[1].revoked);
	assert_true(fake_leases[3].revoked);
	told_ask(t.near, XCW_RECALL, 0, &fd);
	told_expect_result(t.near, -EALREADY);
	told_return_all();
	told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	told_expect_nothing(t.near);
	close(first);
	close(second);
	close(fd);
	told_close(&t);
}

/* The recall ends the channel, of which the program would be told if it were there */
static void recall_by_a_program_that_has_gone(void **state)
{
	struct told t = told_open();
	struct xcw_request r = { .type = XCW_RECALL, .ms = 1000 };
	int fd = told_make_dmabuf(), copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

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

/* The rest of its message has no credit, as the program at the other end does not read */
static void recall_of_a_buffer_whose_message_is_half_sent(void **state)
{
	static const char bytes[20000];
	struct told t = told_open();
	int fd = told_make_dmabuf();

	t.p.near_ch->credit.bytes = XCH_TURN_MAX + XCH_CREDIT_FRAME;
	assert_int_equal(xdc_socket_send(t.p.near, bytes, sizeof(bytes), &fd,
					 1),
			 sizeof(bytes));
	links_settle();
	assert_true(t.p.near_ch->message.full);
	told_ask(t.near, XCW_RECALL, 0, &fd);
	told_expect_result(t.near, 0);
	told_return_all();
	told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	assert_int_equal(fake_open_leases(), 0);
	close(fd);
	told_close(&t);
}

/* Its message will never be sent, whatever the work on it does */
static void recall_of_a_buffer_that_is_written(void **state)
{
	struct told t = told_open();
	int fd = told_make_dmabuf(), copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	fake_writers = eventfd(0, EFD_CLOEXEC);
	links_send(t.p.near, "frame", &copy, 1);
	links_settle();
	told_ask(t.near, XCW_RECALL, 0, &fd);
	assert_int_equal(told_expect(t.near, XENDMABUF_CHANNEL_FAILED).error,
			 -ESTALE);
	told_expect_result(t.near, 0);
	told_return_all();
	told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	close(fake_writers);
	close(fd);
	told_close(&t);
}

static void recall_of_what_was_not_sent_is_refused(void **state)
{
	struct told t = told_open();
	int fd = told_make_dmabuf();

	told_ask(t.near, XCW_RECALL, 0, &fd);
	told_expect_result(t.near, -ENOENT);
	told_ask(t.near, XCW_RECALL, 0, NULL);
	told_expect_result(t.near, -EINVAL);
	/* and by the one who got it */
	close(told_send_buffer(&t, fd));
	told_ask(t.far, XCW_RECALL, 0, &fd);
	told_expect_result(t.far, -ENOENT);
	close(fd);
	told_close(&t);
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
	struct told t = told_open();
	struct xendmabuf_channel_event event;
	int fd = make_memfd(16384), made;

	ask_memory(t.near, fd, 4096, 8192);
	event = told_next(t.near, &made);
	assert_int_equal(event.type, XCW_RESULT);
	assert_int_equal(event.error, 0);
	assert_true(made >= 0);
	assert_true(fcntl(fd, F_GET_SEALS) & F_SEAL_SHRINK);
	close(made);
	close(fd);
	told_close(&t);
}

static void memory_is_refused_with_a_reason(void **state)
{
	struct told t = told_open();
	int fd = make_memfd(2 << 20), pipe_end[2];

	ask_memory(t.near, fd, 1, 4096);
	told_expect_result(t.near, -EINVAL);
	ask_memory(t.near, fd, 0, 100);
	told_expect_result(t.near, -EINVAL);
	ask_memory(t.near, fd, 2 << 20, 4096);
	told_expect_result(t.near, -EINVAL);
	ask_memory(t.near, fd, 0, UINT64_MAX - 4095);
	told_expect_result(t.near, -EFBIG);
	ask_memory(t.near, fd, 0, 2 << 20);
	told_expect_result(t.near, -EFBIG);
	fake_grants_left = 0;
	links_client.link.hub.granted.max_total = 1;
	ask_memory(t.near, fd, 0, 8192);
	told_expect_result(t.near, -EDQUOT);
	links_client.link.hub.granted.max_total = 65536;
	/* for nothing it is not sealed */
	assert_int_equal(fcntl(fd, F_GET_SEALS), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	ask_memory(t.near, fd, 0, 4096);
	told_expect_result(t.near, -EPERM);
	assert_int_equal(pipe2(pipe_end, O_CLOEXEC), 0);
	ask_memory(t.near, pipe_end[0], 0, 4096);
	told_expect_result(t.near, -EINVAL);
	links_client.link.hub.granted.max_total = 1;
	ask_memory(t.near, fd, 0, 8192);
	told_expect_result(t.near, -EDQUOT);
	/* the peer has no driver */
	links_client.link.hub.granted.max_buffers = 0;
	ask_memory(t.near, fd, 0, 4096);
	told_expect_result(t.near, -EOPNOTSUPP);
	links_client.link.hub.granted.max_buffers = 16;
	links_client.link.hub.notifiers.config.maker = NULL;
	ask_memory(t.near, fd, 0, 4096);
	told_expect_result(t.near, -EOPNOTSUPP);
	close(pipe_end[0]);
	close(pipe_end[1]);
	close(fd);
	told_close(&t);
}

static void ask_often(const struct told *t, int fd, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		ask_memory(t->near, fd, 0, 4096);
}

/* The answers to ask_often(): @nr dma-bufs, then errors */
static void expect_made(const struct told *t, unsigned int nr,
			unsigned int errors)
{
	unsigned int i;
	int made;

	for (i = 0; i < nr; i++) {
		assert_int_equal(told_next(t->near, &made).error, 0);
		assert_int_equal(close(made), 0);
	}
	for (i = 0; i < errors; i++)
		told_expect_result(t->near, -EDQUOT);
	told_expect_nothing(t->near);
}

/* Linux counts the descriptors in all sockets together */
static void memory_that_is_not_read_is_bounded(void **state)
{
	struct xch_hub *hub = &links_client.link.hub;
	struct told t = told_open();
	int fd = make_memfd(4096);

	hub->granted.max_buffers = 1024;
	hub->config.files = 10;
	ask_often(&t, fd, 12);
	expect_made(&t, 10, 2);
	hub->config.files = 1024;
	ask_often(&t, fd, XCH_UNREAD_MAX + 2);
	expect_made(&t, XCH_UNREAD_MAX, 2);
	/* what was read does not count, unlike what is left when it has ended */
	ask_often(&t, fd, 2);
	assert_int_equal(send(t.near, "x", 1, 0), 1);
	links_settle();
	assert_null(t.p.near_ch->notifier);
	assert_int_equal(hub->leftovers.fds, 2);
	close(fd);
	told_close(&t);
	assert_int_equal(hub->leftovers.fds, 0);
}

static int expect_dmabuf(int socket)
{
	int made;

	assert_int_equal(told_next(socket, &made).error, 0);
	assert_true(made >= 0);
	return made;
}

/* What was made and not sent is granted for a while */
static void end_reserved(const struct xch_granted_set *granted)
{
	unsigned int i;

	for (i = 0; i < 1000 && granted->total; i++) {
		links_run_for(10 * XDC_NS_PER_MS);
		told_return_all();
	}
	assert_int_equal(granted->total, 0);
}

/* It cannot be swapped out, sent or not */
static void memory_that_is_kept_is_bounded(void **state)
{
	struct xch_granted_set *granted = &links_client.link.hub.granted;
	struct told t = told_open();
	int fd = make_memfd(16384), made[2], copy, i;

	granted->max_total = 4;
	for (i = 0; i < 2; i++) {
		ask_memory(t.near, fd, 0, 8192);
		made[i] = expect_dmabuf(t.near);
	}
	ask_memory(t.near, fd, 0, 8192);
	told_expect_result(t.near, -EDQUOT);
	/* for as long as any process has it */
	copy = fcntl(made[0], F_DUPFD_CLOEXEC, 0);
	close(made[0]);
	ask_memory(t.near, fd, 0, 8192);
	told_expect_result(t.near, -EDQUOT);
	close(copy);
	end_reserved(granted);
	ask_memory(t.near, fd, 0, 8192);
	made[0] = expect_dmabuf(t.near);
	granted->max_total = 1024;
	granted->max_buffers = 2;
	ask_memory(t.near, fd, 0, 8192);
	told_expect_result(t.near, -EDQUOT);
	for (i = 0; i < 2; i++)
		close(made[i]);
	close(fd);
	told_close(&t);
}

/* The program copies then, as a message that is not granted would end its channel */
static void memory_is_refused_where_it_cannot_be_granted(void **state)
{
	struct told t = told_open();
	int fd = make_memfd(16384), made[2];

	fake_grants_left = 3;
	ask_memory(t.near, fd, 0, 16384);
	told_expect_result(t.near, -EDQUOT);
	ask_memory(t.near, fd, 0, 8192);
	made[0] = expect_dmabuf(t.near);
	/* granted already, for the message that follows */
	ask_memory(t.near, fd, 0, 8192);
	told_expect_result(t.near, -EDQUOT);
	ask_memory(t.near, fd, 8192, 4096);
	made[1] = expect_dmabuf(t.near);
	assert_int_equal(fake_grants_left, 0);
	close(told_send_buffer(&t, made[0]));
	close(told_send_buffer(&t, made[1]));
	assert_int_equal(links_client.nr_closed, 0);
	close(made[0]);
	close(made[1]);
	close(fd);
	told_close(&t);
}

/* The program has done its part: it need not know that the other one does not read */
static void memory_stays_granted_for_a_message_that_waits(void **state)
{
	struct xch_granted_set *granted = &links_client.link.hub.granted;
	struct told t = told_open(), other = told_open();
	struct xch_channel *ch = t.p.near_ch;
	struct xch_credit credit = ch->credit;
	int fd = make_memfd(8192), fds[XDC_SOCKET_FDS], made, i;

	memset(&ch->credit, 0, sizeof(ch->credit));
	ask_memory(t.near, fd, 0, 8192);
	made = expect_dmabuf(t.near);
	links_send(t.p.near, "frame", &made, 1);
	/* made later, and not sent: once it has ended, the first would have */
	ask_memory(other.near, fd, 0, 4096);
	close(expect_dmabuf(other.near));
	for (i = 0; i < 1000 && granted->total == 3; i++) {
		links_run_for(10 * XDC_NS_PER_MS);
		told_return_all();
	}
	assert_int_equal(granted->total, 2);
	fake_grants_left = 0;
	ch->credit = credit;
	xch_channel_queue_turn(ch);
	links_settle();
	assert_int_equal(links_receive(t.p.far, "frame", fds), 1);
	close(fds[0]);
	close(fd);
	close(other.near);
	close(other.far);
	links_close(&other.p);
	told_close(&t);
}

static void memory_of_a_channel_that_has_ended_does_not(void **state)
{
	struct told t = told_open();
	int fd = make_memfd(4096), made;

	memset(&t.p.near_ch->credit, 0, sizeof(t.p.near_ch->credit));
	ask_memory(t.near, fd, 0, 4096);
	made = expect_dmabuf(t.near);
	links_send(t.p.near, "frame", &made, 1);
	xch_channel_reset(t.p.near_ch, -ECANCELED);
	end_reserved(&links_client.link.hub.granted);
	close(fd);
	told_close(&t);
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
					     sv[1], false, false,
					     &p.near_ch->notifier),
			 0);
	ask_memory(sv[0], fd, 0, 4096);
	told_expect_result(sv[0], -EPERM);
	close(fd);
	close(sv[0]);
	links_close(&p);
}

static void invalid_request_is_refused(void **state)
{
	struct told t = told_open();

	told_ask(t.near, XCW_REQUESTS_END, 0, NULL);
	told_expect_result(t.near, -EINVAL);
	/* no request at all ends it */
	assert_int_equal(send(t.near, "x", 1, 0), 1);
	links_settle();
	told_expect_end(t.near);
	assert_null(t.p.near_ch->notifier);
	told_close(&t);
}

static uint64_t cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * XDC_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* They are not carried out, and this end sleeps until the program reads */
static void requests_wait_for_a_program_that_reads_no_answers(void **state)
{
	const struct xcw_request r = { .type = XCW_REQUESTS_END };
	struct told t = told_open();
	unsigned int sent = 0, i;
	uint64_t before;

	/* until the sockets hold no more, each way */
	for (i = 0; i < 20; i++) {
		while (xdc_socket_send(t.near, &r, sizeof(r), NULL, 0) > 0)
			sent++;
		links_settle();
	}
	before = cpu_time();
	links_run_for(400 * XDC_NS_PER_MS);
	assert_true(cpu_time() - before < 100 * XDC_NS_PER_MS);
	for (i = 0; i < sent; i++) {
		told_expect_result(t.near, -EINVAL);
		if (i % 10 == 0)
			links_settle();
	}
	told_expect_nothing(t.near);
	told_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_begin, links_end)
		TEST(recall_is_told_and_carried_out),
		TEST(recall_is_of_every_grant),
		TEST(recall_by_a_program_that_has_gone),
		TEST(recall_of_a_buffer_whose_message_is_half_sent),
		TEST(recall_of_a_buffer_that_is_written),
		TEST(recall_of_what_was_not_sent_is_refused),
		TEST(memory_becomes_a_dmabuf),
		TEST(memory_is_refused_with_a_reason),
		TEST(memory_that_is_not_read_is_bounded),
		TEST(memory_that_is_kept_is_bounded),
		TEST(memory_is_refused_where_it_cannot_be_granted),
		TEST(memory_stays_granted_for_a_message_that_waits),
		TEST(memory_of_a_channel_that_has_ended_does_not),
		TEST(memory_needs_permission),
		TEST(invalid_request_is_refused),
		TEST(requests_wait_for_a_program_that_reads_no_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
