// SPDX-License-Identifier: GPL-2.0-only
/* Messages whose buffers find no room in the grant table, or in the limits */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-driver.h"
#include "fake-kinds.h"
#include "told.h"

/* Of told_make_dmabuf() */
#define PAGES 2
/* Some attempts */
#define WHILE (350 * XDC_NS_PER_MS)

static void send_copies(struct told *t, const char *text, const int *fds,
			unsigned int nr)
{
	int copies[XDC_SOCKET_FDS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);
	links_send(t->p.near, text, copies, nr);
	links_settle();
}

static void expect_waiting(const struct told *t)
{
	char byte;

	links_run_for(WHILE);
	assert_int_equal(links_client.nr_closed, 0);
	assert_int_equal(recv(t->p.far, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

/* What the program at the other end has let go of is unused there, and returned */
static void make_room(int far)
{
	close(far);
	links_run_for(WHILE);
	told_return_all();
}

static void expect_come(struct told *t, const char *text, unsigned int nr)
{
	int fds[XDC_SOCKET_FDS], i;
	char byte;

	for (i = 0; i < 1000 && recv(t->p.far, &byte, 1, MSG_PEEK) < 0; i++)
		links_run_for(10 * XDC_NS_PER_MS);
	assert_int_equal(links_receive(t->p.far, text, fds), nr);
	while (nr)
		close(fds[--nr]);
}

static void wait_for(uint32_t grants_left, uint32_t max_buffers)
{
	struct told t = told_open();
	int fd[2] = { told_make_dmabuf(), told_make_dmabuf() }, far;

	fake_grants_left = grants_left;
	links_client.link.hub.granted.max_buffers = max_buffers;
	far = told_send_buffer(&t, fd[0]);
	send_copies(&t, "waits", &fd[1], 1);
	assert_int_equal(xdc_socket_send(t.p.near, "behind", 6, NULL, 0), 6);
	expect_waiting(&t);
	make_room(far);
	expect_come(&t, "waits", 1);
	expect_come(&t, "behind", 0);
	assert_int_equal(links_client.nr_closed, 0);
	close(fd[0]);
	close(fd[1]);
	told_close(&t);
}

static void message_waits_for_room(void **state)
{
	wait_for(PAGES, 16);
	links_end(state);
	told_begin(state);
	wait_for(16 * PAGES, 1);
}

/* The first is mapped long before the second is granted */
static void message_waits_for_its_last_buffer(void **state)
{
	struct told t = told_open();
	int fd[2] = { told_make_dmabuf(), told_make_dmabuf() };

	fake_grants_left = PAGES;
	send_copies(&t, "both", fd, 2);
	expect_waiting(&t);
	/* others use the grant table, too */
	fake_grants_left += PAGES;
	expect_come(&t, "both", 2);
	close(fd[0]);
	close(fd[1]);
	told_close(&t);
}

/* The program had it made for a later one, which waits then */
static void message_gets_room_that_another_has_reserved(void **state)
{
	struct told t = told_open();
	struct xcw_request r = { .type = XCW_MEMORY, .size = 4096 };
	int fd = told_make_dmabuf(), memfd, made, i;

	memfd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(memfd, 4096), 0);
	fake_grants_left = PAGES;
	assert_int_equal(xdc_socket_send(t.near, &r, sizeof(r), &memfd, 1),
			 sizeof(r));
	links_settle();
	assert_int_equal(told_next(t.near, &made).error, 0);
	send_copies(&t, "waits", &fd, 1);
	for (i = 0; i < 1000 && fake_nr < 3; i++) {
		links_run_for(10 * XDC_NS_PER_MS);
		if (fake_nr == 1)
			told_return_all();
	}
	links_settle();
	expect_come(&t, "waits", 1);
	close(made);
	close(memfd);
	close(fd);
	told_close(&t);
}

/* Neither does a buffer that is taken back wait, nor what is left of its message */
static void recall_ends_the_wait(void **state)
{
	struct told t = told_open();
	int fd[2] = { told_make_dmabuf(), told_make_dmabuf() };

	fake_grants_left = PAGES;
	send_copies(&t, "both", fd, 2);
	expect_waiting(&t);
	told_ask(t.near, XCW_RECALL, 0, &fd[0]);
	assert_int_equal(told_expect(t.near, XENDMABUF_CHANNEL_FAILED).error,
			 -ESTALE);
	told_return_all();
	assert_int_equal(fake_open_leases(), 0);
	close(fd[0]);
	close(fd[1]);
	close(t.near);
	close(t.far);
	links_close(&t.p);
}

static void wait_ends_with_the_reason(void **state)
{
	struct told t = told_open();
	int fd = told_make_dmabuf(), i;

	links_client.link.hub.config.sync_timeout = 3 * XDC_NS_PER_S;
	fake_grants_left = PAGES - 1;
	send_copies(&t, "waits", &fd, 1);
	assert_int_equal(links_client.nr_closed, 0);
	for (i = 0; i < 1000 && !links_client.nr_closed; i++)
		links_run_for(10 * XDC_NS_PER_MS);
	links_settle();
	assert_int_equal(told_expect(t.near, XENDMABUF_CHANNEL_FAILED).error,
			 -ENOSPC);
	assert_int_equal(told_expect(t.far, XENDMABUF_CHANNEL_FAILED).error,
			 -ENOSPC);
	close(fd);
	told_close(&t);
}

/* A machine that stands still makes fewer attempts, not more */
static void attempts_do_not_grow_with_the_messages(void **state)
{
	unsigned int before;
	struct told t[8];
	int fd[8], i;

	for (i = 0; i < 8; i++)
		t[i] = told_open();
	fake_grants_left = PAGES - 1;
	for (i = 0; i < 8; i++) {
		fd[i] = told_make_dmabuf();
		send_copies(&t[i], "waits", &fd[i], 1);
	}
	before = fake_attempts;
	links_run_for(3 * WHILE);
	assert_in_range(fake_attempts - before, 1, 12);
	/* one that is granted lets the others try at once */
	fake_grants_left = 8 * PAGES;
	fake_attempts = 0;
	while (!fake_attempts)
		links_run_for(XDC_NS_PER_MS);
	assert_in_range(fake_attempts, 7, 8);
	for (i = 0; i < 8; i++) {
		expect_come(&t[i], "waits", 1);
		close(fd[i]);
		close(t[i].near);
		close(t[i].far);
		links_close(&t[i].p);
	}
}

static void never_fits(int err)
{
	struct told t = told_open();
	int fd = told_make_dmabuf();

	send_copies(&t, "waits", &fd, 1);
	assert_int_equal(told_expect(t.near, XENDMABUF_CHANNEL_FAILED).error,
			 err);
	close(fd);
	told_close(&t);
}

static void what_never_fits_does_not_wait(void **state)
{
	links_client.link.hub.granted.max_total = PAGES - 1;
	never_fits(-EDQUOT);
	links_end(state);
	told_begin(state);
	links_client.link.hub.granted.driver_total = PAGES - 1;
	fake_grant_fails = -EDQUOT;
	never_fits(-EDQUOT);
	links_end(state);
	told_begin(state);
	links_client.link.hub.granted.driver_total = PAGES - 1;
	fake_grant_fails = -ENOSPC;
	never_fits(-ENOSPC);
}

/* Others of the link are served meanwhile, and nothing is left of it */
static void end_of_the_channel_ends_the_wait(void **state)
{
	struct told t = told_open();
	struct link_pair other = links_open(XCH_SEQPACKET);
	int fd = told_make_dmabuf();

	fake_grants_left = PAGES - 1;
	send_copies(&t, "waits", &fd, 1);
	assert_int_equal(xdc_socket_send(other.near, "other", 5, NULL, 0), 5);
	links_settle();
	assert_int_equal(recv(other.far, (char[8]){ 0 }, 8, MSG_DONTWAIT), 5);
	xch_channel_reset(t.p.near_ch, -ECANCELED);
	links_run_for(WHILE);
	assert_true(TAILQ_EMPTY(&links_client.link.hub.parcels));
	fake_grants_left = PAGES;
	links_run_for(WHILE);
	assert_int_equal(fake_nr, 0);
	close(fd);
	links_close(&other);
	told_close(&t);
}

/* What a guest with max_grant_frames = 64 can grant */
#define DEFAULT_GRANTS 31744U
#define RESIZES 60

static int begin_default(void **state)
{
	fake_kinds_reset();
	links_prepare();
	links_config.hub.grants = DEFAULT_GRANTS;
	links_config.hub.buffers = 512;
	links_config.hub.linger = 2 * XDC_NS_PER_S;
	links_meet();
	fake_grants_left = DEFAULT_GRANTS;
	return 0;
}

/* As the kernels do, once nobody uses it at the mapping end */
static void return_unused(void)
{
	struct xch_mapped *m;
	struct xch_granted *g;

	TAILQ_FOREACH(m, &links_server.link.hub.mapped.all, all)
	if (m->state == XCH_MAPPED_LEAVING && !m->lease->state.used)
		fake_return(m->lease);
	links_settle();
	TAILQ_FOREACH(g, &links_client.link.hub.granted.all, all)
	if (g->state == XCH_GRANTED_ENDING)
		fake_return(g->lease);
	links_settle();
}

static struct xendmabuf_lease *newest_map(void)
{
	struct xch_mapped *m, *newest = NULL;

	TAILQ_FOREACH(m, &links_server.link.hub.mapped.all, all)
	newest = m;
	assert_non_null(newest);
	return newest->lease;
}

/* Each size has a buffer of its own, two of which are in use: none has to wait */
static void resized_window_never_runs_out(void **state)
{
	struct link_pair p = links_open(XCH_SEQPACKET);
	struct xendmabuf_lease *used[2] = { NULL, NULL };
	int fds[XDC_SOCKET_FDS], fd, i;

	fake_kind = XCH_KIND_DMABUF;
	for (i = 0; i < RESIZES; i++) {
		fd = memfd_create("dma-buf", MFD_CLOEXEC);
		assert_int_equal(ftruncate(fd, (1500 + 37 * i % 500) * 4096L),
				 0);
		links_send(p.near, "frame", &fd, 1);
		links_settle();
		assert_int_equal(links_receive(p.far, "frame", fds), 1);
		close(fds[0]);
		if (used[i % 2])
			used[i % 2]->state.used = 0;
		used[i % 2] = newest_map();
		used[i % 2]->state.used = 1;
		return_unused();
	}
	assert_int_equal(links_client.nr_closed, 0);
	links_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, told_begin, links_end)
		TEST(message_waits_for_room),
		TEST(message_waits_for_its_last_buffer),
		TEST(message_gets_room_that_another_has_reserved),
		TEST(recall_ends_the_wait),
		TEST(wait_ends_with_the_reason),
		TEST(attempts_do_not_grow_with_the_messages),
		TEST(what_never_fits_does_not_wait),
		TEST(end_of_the_channel_ends_the_wait),
		cmocka_unit_test_setup_teardown(resized_window_never_runs_out,
						begin_default, links_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
