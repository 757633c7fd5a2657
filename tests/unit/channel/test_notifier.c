// SPDX-License-Identifier: GPL-2.0-only
/* What programs hear of their buffers */
#include "unit.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-driver.h"
#include "fake-kinds.h"
#include "told.h"

static void sender_is_told_that_its_buffer_is_returned(void **state)
{
	struct told t = told_open();
	struct xendmabuf_channel_event event;
	int fd = told_make_dmabuf();

	close(told_send_buffer(&t, fd));
	links_settle();
	told_expect_nothing(t.near);
	told_return_all();
	event = told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	told_is_about(&event, fd);
	told_expect_nothing(t.near);
	told_expect_nothing(t.far);
	close(fd);
	told_close(&t);
}

static void return_lease(bool map)
{
	unsigned int i;

	/* the last one of its kind that has not been returned */
	for (i = FAKE_LEASES; i-- > 0;) {
		struct xendmabuf_lease *l = &fake_leases[i];

		if (!l->open || l->map != map || l->state.returned)
			continue;
		fake_return(l);
		links_settle();
		return;
	}
	fail_msg("no lease is open");
}

static void wait_until_over(const struct xch_granted *buf)
{
	uint64_t begun = xdc_now();

	while (buf->state != XCH_GRANTED_OVER) {
		assert_true(xdc_now() - begun < 10 * XDC_NS_PER_S);
		links_run_for(10 * XDC_NS_PER_MS);
	}
}

/* A program there keeps the first descriptor for longer than the link does: linger is 0 */
static void buffer_that_is_granted_twice_is_returned_once(void **state)
{
	struct told t = told_open();
	struct xch_granted_set *granted = &links_client.link.hub.granted;
	struct xendmabuf_channel_event event;
	int fd = told_make_dmabuf(), first = told_send_buffer(&t, fd), second;

	wait_until_over(TAILQ_FIRST(&granted->all));
	second = told_send_buffer(&t, fd);
	assert_int_equal(granted->buffers, 2);
	wait_until_over(TAILQ_NEXT(TAILQ_FIRST(&granted->all), all));
	close(second);
	return_lease(true);
	return_lease(false);
	assert_int_equal(granted->buffers, 1);
	/* the first is still mapped */
	told_expect_nothing(t.near);
	close(first);
	return_lease(true);
	return_lease(false);
	assert_int_equal(granted->buffers, 0);
	event = told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	told_is_about(&event, fd);
	told_expect_nothing(t.near);
	close(fd);
	told_close(&t);
}

/* Whatever the order, and for a program that has sent one of the two alone */
static void each_sender_waits_for_every_grant(void **state)
{
	struct told t = told_open(), other = told_open();
	int fd = told_make_dmabuf();

	other.p.near_ch->read_only = true;
	close(told_send_buffer(&t, fd));
	close(told_send_buffer(&other, fd));
	assert_int_equal(links_client.link.hub.granted.buffers, 2);
	links_settle();
	return_lease(true);
	return_lease(false);
	told_expect_nothing(t.near);
	told_expect_nothing(other.near);
	return_lease(true);
	return_lease(false);
	told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	told_expect(other.near, XENDMABUF_CHANNEL_RETURNED);
	told_expect_nothing(t.near);
	told_expect_nothing(other.near);
	close(fd);
	close(other.near);
	close(other.far);
	links_close(&other.p);
	told_close(&t);
}

static void sender_is_told_after_its_channel_has_ended(void **state)
{
	struct told t = told_open();
	int fd = told_make_dmabuf();

	close(told_send_buffer(&t, fd));
	links_close(&t.p);
	links_settle();
	told_return_all();
	told_expect(t.near, XENDMABUF_CHANNEL_RETURNED);
	close(fd);
	close(t.near);
	close(t.far);
}

static void program_that_does_not_ask_is_not_told(void **state)
{
	struct told t = { .p = links_open(XCH_SEQPACKET) };
	int fd = told_make_dmabuf();

	t.near = told_add(&links_client, t.p.near_ch);
	t.far = told_add(&links_server, t.p.far_ch);
	fake_kind = XCH_KIND_DMABUF;
	close(told_send_buffer(&t, fd));
	told_return_all();
	told_expect_nothing(t.near);
	close(fd);
	told_close(&t);
}

static void program_is_told_why_its_channel_failed(void **state)
{
	struct told t = told_open();
	struct xendmabuf_channel_event event;
	int fd = eventfd(0, EFD_CLOEXEC);

	fake_kind = XCH_KINDS;
	links_send(t.p.near, "event", &fd, 1);
	links_settle();
	event = told_expect(t.near, XENDMABUF_CHANNEL_FAILED);
	assert_int_equal(event.error, -EOPNOTSUPP);
	event = told_expect(t.far, XENDMABUF_CHANNEL_FAILED);
	assert_int_equal(event.error, -EOPNOTSUPP);
	told_close(&t);
}

/* What is logged on the way; returns it until the next call */
static const char *log_of_sending(const struct told *t, int fd)
{
	static char said[4096];
	int err = dup(STDERR_FILENO), log = memfd_create("log", MFD_CLOEXEC);

	memset(said, 0, sizeof(said));
	assert_true(dup2(log, STDERR_FILENO) >= 0);
	links_send(t->p.near, "frame", &fd, 1);
	links_settle();
	assert_true(dup2(err, STDERR_FILENO) >= 0);
	assert_true(pread(log, said, sizeof(said) - 1, 0) >= 0);
	close(err);
	close(log);
	return said;
}

/* Once: that it is refused, and why */
static void expect_log(const char *said, const char *want)
{
	assert_non_null(strstr(said, "peer: channel "));
	assert_non_null(strstr(said, want));
	assert_string_equal(strchr(said, '\n'), "\n");
}

static void dmabuf_that_the_driver_refuses_is_explained(void **state)
{
	struct told t = told_open();
	struct xendmabuf_channel_event event;

	fake_grant_fails = -EOPNOTSUPP;
	expect_log(log_of_sending(&t, told_make_dmabuf()),
		   " camera: dma-buf refused: memory that is not in this "
		   "domain's RAM, such as a graphics card's, cannot be shared");
	event = told_expect(t.near, XENDMABUF_CHANNEL_FAILED);
	assert_int_equal(event.error, -EOPNOTSUPP);
	event = told_expect(t.far, XENDMABUF_CHANNEL_FAILED);
	assert_int_equal(event.error, -EOPNOTSUPP);
	assert_int_equal(links_client.link.hub.granted.buffers, 0);
	told_close(&t);
}

static const struct {
	int err;
	bool room; /* for it in the configuration's limits */
	const char *said;
} refusals[] = {
	{ -ENOSPC, true,
	  " camera: dma-buf refused: the grant table of this domain is full; "
	  "dom0's is enlarged by gnttab_max_frames of Xen, a guest's by "
	  "max_grant_frames in xl.cfg, and before Xen 4.18 by both" },
	{ -EDQUOT, true,
	  " camera: dma-buf refused: with what is granted already, more than the "
	  "driver allows; xendmabuf doctor says what to change" },
	{ -EDQUOT, false,
	  " camera: dma-buf refused: with what is shared already, more than "
	  "max-memory or max-buffers of either domain allows" },
	{ -EFBIG, true,
	  " camera: dma-buf refused: larger than max-memory of either domain, or "
	  "the driver, allows" },
	{ -ENOMEM, true,
	  " camera: descriptor not sent: Cannot allocate memory" },
};

static void refusals_of_memory_are_logged(void **state)
{
	struct xch_granted_set *granted = &links_client.link.hub.granted;
	uint32_t max_buffers = granted->max_buffers;
	unsigned int i;
	struct told t;

	/* without waiting for room */
	links_client.link.hub.config.sync_timeout = 0;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		t = told_open();
		fake_grant_fails = refusals[i].err;
		granted->max_buffers = refusals[i].room ? max_buffers : 0;
		expect_log(log_of_sending(&t, told_make_dmabuf()),
			   refusals[i].said);
		assert_int_equal(
			told_expect(t.near, XENDMABUF_CHANNEL_FAILED).error,
			refusals[i].err);
		told_close(&t);
	}
	granted->max_buffers = max_buffers;
}

/* As on overlayfs, NFS and FUSE, whose server may be any program */
static void file_that_cannot_be_read_at_once_is_explained(void **state)
{
	int fd = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC);
	struct told t;

	if (fd < 0)
		skip();
	t = told_open();
	fake_kind = XCH_KINDS;
	expect_log(log_of_sending(&t, fd),
		   " camera: regular file refused: its file system cannot be "
		   "read without waiting, as overlayfs, NFS and FUSE cannot; "
		   "send a memfd with its content");
	assert_int_equal(told_expect(t.near, XENDMABUF_CHANNEL_FAILED).error,
			 -EOPNOTSUPP);
	assert_int_equal(told_expect(t.far, XENDMABUF_CHANNEL_FAILED).error,
			 -EOPNOTSUPP);
	told_close(&t);
}

static void orderly_end_is_no_failure(void **state)
{
	struct told t = told_open();

	links_close(&t.p);
	links_settle();
	told_expect_nothing(t.near);
	told_expect_nothing(t.far);
	close(t.near);
	close(t.far);
	links_settle();
	assert_int_equal(links_client.link.hub.notifiers.nr, 0);
}

static void end_of_the_link_is_the_last_event(void **state)
{
	struct told t = told_open();

	xch_link_fini(&links_server.link);
	links_server.link.loop = NULL;
	links_settle();
	assert_int_equal(links_client.ended, -EPIPE);
	told_expect(t.near, XENDMABUF_CHANNEL_FAILED);
	told_expect(t.near, XENDMABUF_CHANNEL_PEER_GONE);
	told_expect_end(t.near);
	close(t.near);
	close(t.far);
	links_close(&t.p);
}

static void program_that_reads_no_events_is_cut_off(void **state)
{
	struct told t = told_open();
	struct xch_granted buf = { .ino = 1,
				   .set = &links_client.link.hub.granted };
	unsigned int i;

	xch_notifier_sent(t.p.near_ch->notifier, &buf);
	/* those that wait, and those that the socket holds */
	for (i = 0; i < 4 * XCW_WAITING_MAX && t.p.near_ch->notifier; i++)
		xch_notifier_pinned(&buf);
	assert_true(i > XCW_WAITING_MAX);
	assert_null(t.p.near_ch->notifier);
	assert_true(LIST_EMPTY(&buf.interests));
	told_close(&t);
}

static void events_that_wait_come_in_order(void **state)
{
	struct told t = told_open();
	struct xch_granted buf = { .ino = 1,
				   .set = &links_client.link.hub.granted };
	unsigned int i;

	xch_notifier_sent(t.p.near_ch->notifier, &buf);
	for (i = 0; i < XCW_WAITING_MAX; i++) {
		buf.pinned = i;
		xch_notifier_pinned(&buf);
	}
	for (i = 0; i < XCW_WAITING_MAX; i++) {
		assert_int_equal(
			told_expect(t.near, XENDMABUF_CHANNEL_PINNED).users, i);
		if (i % 10 == 0)
			links_settle();
	}
	told_expect_nothing(t.near);
	xch_notifier_returned(&buf);
	told_close(&t);
}

static void notifiers_are_limited(void **state)
{
	struct told t = told_open();
	struct xch_notifiers *all = &links_client.link.hub.notifiers;
	struct xch_notifier *another = NULL;
	int sv[2];

	all->config.max = all->nr;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(xch_notifier_create(all, sv[1], true, false, &another),
			 -EUSERS);
	assert_null(another);
	told_expect_end(sv[0]);
	close(sv[0]);
	told_close(&t);
}

static int add_another(struct xch_notifier **user)
{
	int sv[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	assert_int_equal(xch_notifier_create(&links_client.link.hub.notifiers,
					     sv[1], true, false, user),
			 0);
	return sv[0];
}

/* Programs keep them open when their channels and buffers are gone */
static void notifiers_of_ended_channels_make_room(void **state)
{
	struct told t = told_open(), kept[3];
	struct xch_notifiers *all = &links_client.link.hub.notifiers;
	struct xch_granted buf = { .ino = 1,
				   .set = &links_client.link.hub.granted };
	struct xch_notifier *users[2];
	int i, another[2];

	for (i = 0; i < 3; i++) {
		kept[i] = told_open();
		if (!i)
			xch_notifier_sent(kept[i].p.near_ch->notifier, &buf);
		links_close(&kept[i].p);
		links_settle();
	}
	all->config.max = all->nr;
	/* one has a channel, and the next one a buffer */
	another[0] = add_another(&users[0]);
	told_expect_end(kept[1].near);
	xch_notifier_returned(&buf);
	told_expect(kept[0].near, XENDMABUF_CHANNEL_RETURNED);
	another[1] = add_another(&users[1]);
	told_expect_end(kept[0].near);
	told_expect_nothing(kept[2].near);
	told_expect_nothing(t.near);
	for (i = 0; i < 2; i++)
		close(another[i]);
	for (i = 0; i < 3; i++) {
		close(kept[i].near);
		close(kept[i].far);
	}
	told_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_begin, links_end)
		TEST(sender_is_told_that_its_buffer_is_returned),
		TEST(buffer_that_is_granted_twice_is_returned_once),
		TEST(each_sender_waits_for_every_grant),
		TEST(sender_is_told_after_its_channel_has_ended),
		TEST(program_that_does_not_ask_is_not_told),
		TEST(program_is_told_why_its_channel_failed),
		TEST(dmabuf_that_the_driver_refuses_is_explained),
		TEST(refusals_of_memory_are_logged),
		TEST(file_that_cannot_be_read_at_once_is_explained),
		TEST(orderly_end_is_no_failure),
		TEST(end_of_the_link_is_the_last_event),
		TEST(program_that_reads_no_events_is_cut_off),
		TEST(events_that_wait_come_in_order),
		TEST(notifiers_are_limited),
		TEST(notifiers_of_ended_channels_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
