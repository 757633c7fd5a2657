// SPDX-License-Identifier: GPL-2.0-only
/* Messages and the fences that they have, or their dma-bufs */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
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

static int begin_with_two_late(void **state)
{
	fake_kinds_reset();
	links_prepare();
	links_config.hub.fences = 2;
	return links_meet();
}

static int begin_with_four_late(void **state)
{
	fake_kinds_reset();
	links_prepare();
	links_config.hub.fences = 4;
	return links_meet();
}

static int copy_of(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	assert_true(copy >= 0);
	return copy;
}

static void signal_fence(int fence)
{
	uint64_t one = 1;

	assert_int_equal(write(fence, &one, sizeof(one)), sizeof(one));
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void send_copy(struct link_pair *p, const char *text, int fd)
{
	int copy = copy_of(fd);

	links_send(p->near, text, &copy, 1);
	links_settle();
}

/* The only descriptor of a message that has come */
static int expect_one(struct link_pair *p, const char *text)
{
	int fds[XDC_SOCKET_FDS];

	assert_int_equal(links_receive(p->far, text, fds), 1);
	return fds[0];
}

static void fence_holds_its_message_back(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fence = eventfd(0, EFD_CLOEXEC), copy, fds[XDC_SOCKET_FDS];
	uint64_t one = 1;
	char text[8];

	fake_kind = XCH_KIND_FENCE;
	/* the other end has a dma-buf that makes signalled ones */
	links_server.link.hub.config.idle_dmabuf = 0;
	copy = fcntl(fence, F_DUPFD_CLOEXEC, 0);
	links_send(p.near, "frame", &copy, 1);
	links_send(p.near, "later", NULL, 0);
	links_settle();
	assert_int_equal(recv(p.far, text, 8, MSG_DONTWAIT), -1);
	assert_int_equal(write(fence, &one, 8), 8);
	links_settle();
	assert_int_equal(links_receive(p.far, "frame", fds), 1);
	assert_int_equal(read(fds[0], &one, 8), 8);
	close(fds[0]);
	assert_int_equal(links_receive(p.far, "later", fds), 0);
	close(fence);
	links_close(&p);
}

static void fence_is_refused_without_idle_dmabuf(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fence = eventfd(1, EFD_CLOEXEC);

	fake_kind = XCH_KIND_FENCE;
	links_send(p.near, "frame", &fence, 1);
	links_settle();
	assert_int_equal(links_server.closed_with, -EOPNOTSUPP);
	links_close(&p);
}

static void fence_that_fails_or_is_not_in_time_ends_the_channel(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fence = eventfd(1, EFD_CLOEXEC);

	fake_kind = XCH_KIND_FENCE;
	fake_status = -EIO;
	links_send(p.near, "frame", &fence, 1);
	links_settle();
	assert_int_equal(links_server.closed_with, -ETIME);
	links_close(&p);
	p = links_open(XCH_SEQPACKET);
	links_client.link.hub.config.sync_timeout = 50 * XDC_NS_PER_MS;
	fence = eventfd(0, EFD_CLOEXEC);
	links_send(p.near, "frame", &fence, 1);
	links_run_for(200 * XDC_NS_PER_MS);
	assert_int_equal(links_client.nr_closed, 2);
	assert_int_equal(links_client.closed_with, -ETIME);
	links_close(&p);
}

static int make_dmabuf(void)
{
	int fd = memfd_create("dma-buf", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, 4096), 0);
	return fd;
}

static void writers_of_a_dmabuf_hold_its_message_back(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf(), fds[XDC_SOCKET_FDS];

	fake_kind = XCH_KIND_DMABUF;
	fake_writers = eventfd(0, EFD_CLOEXEC);
	send_copy(&p, "frame", fd);
	links_send(p.near, "later", NULL, 0);
	links_settle();
	assert_false(is_readable(p.far));
	signal_fence(fake_writers);
	links_settle();
	close(expect_one(&p, "frame"));
	assert_int_equal(links_receive(p.far, "later", fds), 0);
	close(fd);
	close(fake_writers);
	links_close(&p);
}

static void writer_that_fails_ends_the_channel(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf();

	fake_kind = XCH_KIND_DMABUF;
	fake_writers = eventfd(0, EFD_CLOEXEC);
	fake_status = -EIO;
	send_copy(&p, "frame", fd);
	assert_int_equal(links_client.nr_closed, 0);
	signal_fence(fake_writers);
	links_settle();
	assert_int_equal(links_client.closed_with, -ETIME);
	assert_int_equal(links_server.closed_with, -ETIME);
	close(fd);
	close(fake_writers);
	links_close(&p);
}

static void writer_that_is_not_in_time_ends_the_channel(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf();

	fake_kind = XCH_KIND_DMABUF;
	fake_writers = eventfd(0, EFD_CLOEXEC);
	links_client.link.hub.config.sync_timeout = 50 * XDC_NS_PER_MS;
	send_copy(&p, "frame", fd);
	links_run_for(200 * XDC_NS_PER_MS);
	assert_int_equal(links_client.closed_with, -ETIME);
	close(fd);
	close(fake_writers);
	links_close(&p);
}

static int begin_without_linger(void **state)
{
	fake_kinds_reset();
	links_prepare();
	links_config.hub.linger = 0;
	return links_meet();
}

static struct xch_mapped *only_mapped(void)
{
	return TAILQ_FIRST(&links_server.link.hub.mapped.all);
}

/* Its program has let go of it: the peer must not write into it yet */
static void readers_of_a_buffer_keep_it(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	int fd = make_dmabuf();

	fake_kind = XCH_KIND_DMABUF;
	fake_readers = true;
	send_copy(&p, "frame", fd);
	close(expect_one(&p, "frame"));
	links_run_for(300 * XDC_NS_PER_MS);
	assert_int_equal(only_mapped()->state, XCH_MAPPED_HERE);
	/* a few looks: the loop is not kept busy */
	assert_true(fake_looks < 10);
	fake_readers = false;
	links_run_for(200 * XDC_NS_PER_MS);
	assert_int_equal(only_mapped()->state, XCH_MAPPED_LEAVING);
	close(fd);
	links_close(&p);
}

static struct link_pair open_late(void)
{
	struct link_pair p = links_open(XCH_SEQPACKET);

	fake_kind = XCH_KIND_FENCE;
	p.near_ch->late = true;
	return p;
}

static void expect_event(int event, uint64_t want)
{
	uint64_t value = 0;

	assert_true(is_readable(event));
	assert_int_equal(read(event, &value, sizeof(value)), sizeof(value));
	assert_int_equal(value, want);
	close(event);
}

static void late_fence_signals_after_its_message(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC), event;

	send_copy(&p, "frame", fence);
	event = expect_one(&p, "frame");
	assert_false(is_readable(event));
	signal_fence(fence);
	links_settle();
	expect_event(event, 1);
	assert_int_equal(links_client.link.hub.late.ours, 0);
	assert_int_equal(links_server.link.hub.late.theirs, 0);
	close(fence);
	links_close(&p);
}

static void late_fence_that_has_signalled_is_readable_at_once(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(1, EFD_CLOEXEC);

	send_copy(&p, "frame", fence);
	expect_event(expect_one(&p, "frame"), 1);
	close(fence);
	links_close(&p);
}

static void late_fence_tells_its_error(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC), event;

	send_copy(&p, "frame", fence);
	event = expect_one(&p, "frame");
	fake_status = -EIO;
	signal_fence(fence);
	links_settle();
	expect_event(event, EIO << 1);
	/* the message has left: its channel goes on */
	assert_int_equal(links_client.nr_closed, 0);
	close(fence);
	links_close(&p);
}

static void late_fence_that_is_not_in_time_has_failed(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC), event;

	links_client.link.hub.late.timeout = 50 * XDC_NS_PER_MS;
	send_copy(&p, "frame", fence);
	event = expect_one(&p, "frame");
	links_run_for(200 * XDC_NS_PER_MS);
	expect_event(event, ETIME << 1);
	close(fence);
	links_close(&p);
}

/* It is full then: nothing more can be written, and nothing waits for that */
static void late_fence_whose_program_has_written_holds_nothing_up(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC), event;
	uint64_t most = UINT64_MAX - 1;

	send_copy(&p, "frame", fence);
	event = expect_one(&p, "frame");
	assert_int_equal(write(event, &most, sizeof(most)), sizeof(most));
	signal_fence(fence);
	links_settle();
	assert_int_equal(links_server.link.hub.late.theirs, 0);
	expect_event(event, most);
	close(fence);
	links_close(&p);
}

static void late_fence_outlives_its_channel(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC), event;

	send_copy(&p, "frame", fence);
	event = expect_one(&p, "frame");
	links_close(&p);
	links_settle();
	signal_fence(fence);
	links_settle();
	expect_event(event, 1);
	close(fence);
}

static void late_fence_ends_with_the_link(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC), event;

	send_copy(&p, "frame", fence);
	event = expect_one(&p, "frame");
	xch_link_fini(&links_server.link);
	links_server.link.loop = NULL;
	expect_event(event, EPIPE << 1);
	close(fence);
	links_close(&p);
}

static void late_fence_that_no_program_takes_is_counted(void **state)
{
	struct link_pair p = open_late();
	int fence = eventfd(0, EFD_CLOEXEC);

	p.far_ch->rules.fds = 0;
	send_copy(&p, "frame", fence);
	assert_int_equal(links_server.closed_with, -EOPNOTSUPP);
	assert_int_equal(links_server.link.hub.late.theirs, 1);
	signal_fence(fence);
	links_settle();
	assert_int_equal(links_server.ended, 0);
	assert_int_equal(links_server.link.hub.late.theirs, 0);
	close(fence);
	links_close(&p);
}

/* Two may be pending: the third's message waits, and so do those after it */
static void late_fences_are_limited(void **state)
{
	struct link_pair p = open_late();
	int fence[3], event[3], i;

	for (i = 0; i < 3; i++) {
		fence[i] = eventfd(0, EFD_CLOEXEC);
		send_copy(&p, "frame", fence[i]);
	}
	for (i = 0; i < 2; i++)
		event[i] = expect_one(&p, "frame");
	assert_false(is_readable(p.far));
	signal_fence(fence[1]);
	links_settle();
	event[2] = expect_one(&p, "frame");
	expect_event(event[1], 1);
	assert_false(is_readable(event[0]));
	signal_fence(fence[0]);
	signal_fence(fence[2]);
	links_settle();
	expect_event(event[0], 1);
	expect_event(event[2], 1);
	for (i = 0; i < 3; i++)
		close(fence[i]);
	links_close(&p);
}

/* A message with @nr late fences */
static void send_late(struct link_pair *p, const char *text, int fence,
		      unsigned int nr)
{
	int copies[XDC_SOCKET_FDS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		copies[i] = copy_of(fence);
	links_send(p->near, text, copies, nr);
	links_settle();
}

/* Four may be pending: one that needs three would wait for ever behind small ones */
static void late_fences_leave_room_to_messages_that_wait(void **state)
{
	struct link_pair p[3] = { open_late(), open_late(), open_late() };
	int fence[3], fds[XDC_SOCKET_FDS], i;

	for (i = 0; i < 3; i++)
		fence[i] = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < 2; i++) {
		send_late(&p[0], "first", fence[i], 1);
		close(expect_one(&p[0], "first"));
	}
	send_late(&p[1], "large", fence[2], 3);
	send_late(&p[2], "small", fence[2], 1);
	assert_false(is_readable(p[1].far));
	assert_false(is_readable(p[2].far));
	signal_fence(fence[0]);
	links_settle();
	assert_int_equal(links_receive(p[1].far, "large", fds), 3);
	assert_false(is_readable(p[2].far));
	for (i = 0; i < 3; i++)
		close(fds[i]);
	signal_fence(fence[1]);
	links_settle();
	close(expect_one(&p[2], "small"));
	for (i = 0; i < 3; i++) {
		close(fence[i]);
		links_close(&p[i]);
	}
}

/* The message that they were left to will never be sent */
static void late_fences_take_the_room_of_a_channel_that_ends(void **state)
{
	struct link_pair p[2] = { open_late(), open_late() };
	int fence = eventfd(0, EFD_CLOEXEC);

	send_late(&p[0], "first", fence, 2);
	send_late(&p[0], "large", fence, 3);
	send_late(&p[1], "small", fence, 1);
	assert_false(is_readable(p[1].far));
	xch_channel_reset(p[0].near_ch, -ECANCELED);
	links_settle();
	close(expect_one(&p[1], "small"));
	close(fence);
	links_close(&p[0]);
	links_close(&p[1]);
}

static void message_with_more_late_fences_than_allowed_is_refused(void **state)
{
	struct link_pair p = open_late();
	int fences[3], i;

	for (i = 0; i < 3; i++)
		fences[i] = eventfd(0, EFD_CLOEXEC);
	links_send(p.near, "frame", fences, 3);
	links_settle();
	assert_int_equal(links_client.closed_with, -EDQUOT);
	assert_int_equal(links_client.link.hub.late.ours, 0);
	links_close(&p);
}

/* Files of other channels do not wait for the fences of one */
static void message_that_waits_for_late_fences_keeps_out_no_files(void **state)
{
	struct link_pair p = open_late(), other = links_open(XCH_SEQPACKET);
	int fence = eventfd(0, EFD_CLOEXEC), fds[XDC_SOCKET_FDS], i;
	int file = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	for (i = 0; i < 2; i++) {
		send_copy(&p, "frame", fence);
		close(expect_one(&p, "frame"));
	}
	fds[0] = copy_of(file);
	fds[1] = copy_of(fence);
	links_send(p.near, "both", fds, 2);
	links_settle();
	assert_false(is_readable(p.far));
	send_copy(&other, "file", file);
	close(expect_one(&other, "file"));
	signal_fence(fence);
	links_settle();
	assert_int_equal(links_receive(p.far, "both", fds), 2);
	expect_event(fds[1], 1);
	close(fds[0]);
	close(file);
	close(fence);
	links_close(&p);
	links_close(&other);
}

/* While it waits for its turn with files, others do not take the room that it found */
static void late_fences_leave_room_to_a_message_with_files(void **state)
{
	struct link_pair p[3] = { open_late(), open_late(), open_late() };
	int fence = eventfd(0, EFD_CLOEXEC), fds[XDC_SOCKET_FDS], i;
	int file = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(file, 1 << 20), 0);
	fds[0] = copy_of(file);
	links_send(p[0].near, "file", fds, 1);
	fds[0] = copy_of(file);
	fds[1] = copy_of(fence);
	fds[2] = copy_of(fence);
	links_send(p[1].near, "both", fds, 3);
	send_late(&p[2], "fence", fence, 1);
	close(expect_one(&p[0], "file"));
	assert_int_equal(links_receive(p[1].far, "both", fds), 3);
	assert_false(is_readable(p[2].far));
	for (i = 0; i < 3; i++) {
		close(fds[i]);
		links_close(&p[i]);
	}
	close(file);
	close(fence);
}

/* As a peer would do it that does not keep to the rules */
static void late_fences_of_a_hostile_peer_end_the_link(void **state)
{
	struct xch_late_set *late = &links_server.link.hub.late;
	uint8_t raw[XCH_FRAME_HEADER + 4];
	uint32_t number = 0;
	struct xch_frame f;
	size_t len;

	assert_int_equal(xch_late_come(late, 2, NULL), -EPROTO);
	assert_int_equal(xch_late_come(late, 1, NULL), 0);
	assert_int_equal(xch_late_come(late, 1, NULL), -EPROTO);
	assert_int_equal(xch_late_come(late, 2, NULL), 0);
	assert_int_equal(xch_late_come(late, 3, NULL), -EPROTO);
	len = xch_put_numbers(raw, XCH_SIGNAL, 0, 3, &number, 1);
	assert_int_equal(xch_frame_parse(raw, len, &f), 1);
	assert_int_equal(xch_late_receive(late, &f), -EPROTO);
	number = XCH_ERRNO_MAX + 1;
	len = xch_put_numbers(raw, XCH_SIGNAL, 0, 2, &number, 1);
	assert_int_equal(xch_frame_parse(raw, len, &f), 1);
	assert_int_equal(xch_late_receive(late, &f), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, links_end)
#define TWO(name) \
	cmocka_unit_test_setup_teardown(name, begin_with_two_late, links_end)
#define FOUR(name) \
	cmocka_unit_test_setup_teardown(name, begin_with_four_late, links_end)
		TEST(fence_holds_its_message_back),
		TEST(fence_is_refused_without_idle_dmabuf),
		TEST(fence_that_fails_or_is_not_in_time_ends_the_channel),
		TEST(writers_of_a_dmabuf_hold_its_message_back),
		TEST(writer_that_fails_ends_the_channel),
		TEST(writer_that_is_not_in_time_ends_the_channel),
		cmocka_unit_test_setup_teardown(readers_of_a_buffer_keep_it,
						begin_without_linger,
						links_end),
		TEST(late_fence_signals_after_its_message),
		TEST(late_fence_that_has_signalled_is_readable_at_once),
		TEST(late_fence_tells_its_error),
		TEST(late_fence_that_is_not_in_time_has_failed),
		TEST(late_fence_whose_program_has_written_holds_nothing_up),
		TEST(late_fence_outlives_its_channel),
		TEST(late_fence_ends_with_the_link),
		TEST(late_fence_that_no_program_takes_is_counted),
		TWO(late_fences_are_limited),
		FOUR(late_fences_leave_room_to_messages_that_wait),
		FOUR(late_fences_take_the_room_of_a_channel_that_ends),
		TWO(message_with_more_late_fences_than_allowed_is_refused),
		TWO(message_that_waits_for_late_fences_keeps_out_no_files),
		TWO(late_fences_leave_room_to_a_message_with_files),
		TWO(late_fences_of_a_hostile_peer_end_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
