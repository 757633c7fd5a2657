// SPDX-License-Identifier: GPL-2.0-only
/* A granting and a mapping end, whose frames the test carries */
#include "unit.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-driver.h"
#include "link/granted.h"
#include "link/mapped.h"

#define LINGER (50 * XDC_NS_PER_MS)

static struct xdc_loop loop;
static struct xch_granted_set granting;
static struct xch_mapped_set mapping;
static struct xdc_timer limit;
static unsigned int settled, returned, recalled;
static unsigned int frames[XCH_TYPES_END];
static struct xch_granted *waiting; /* of a message */

static void granted_wake(struct xch_granted_set *set)
{
}

static void granted_settled(struct xch_granted *buf)
{
	settled++;
	if (waiting == buf && xch_granted_ready(buf) < 0) {
		waiting = NULL;
		xch_granted_put(buf);
	}
}

static void granted_returned(struct xch_granted *buf)
{
	returned++;
}

static void mapped_wake(struct xch_mapped_set *set)
{
}

static void mapped_recalled(struct xch_mapped *buf, uint32_t ms)
{
	recalled++;
}

static const struct xch_granted_ops granted_ops = {
	.wake = granted_wake,
	.settled = granted_settled,
	.returned = granted_returned,
};

static const struct xch_mapped_ops mapped_ops = {
	.wake = mapped_wake,
	.recalled = mapped_recalled,
};

static void limit_fired(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

static int begin(void **state)
{
	fake_reset();
	settled = returned = recalled = 0;
	waiting = NULL;
	memset(frames, 0, sizeof(frames));
	assert_int_equal(xdc_loop_init(&loop), 0);
	xdc_timer_init(&loop, &limit, limit_fired);
	xch_granted_init(&granting, &loop, &fake_driver, &granted_ops);
	xch_mapped_init(&mapping, &loop, &fake_driver, &mapped_ops);
	granting.max_pages = mapping.max_pages = 20000;
	granting.max_total = mapping.max_total = 40000;
	granting.max_buffers = mapping.max_buffers = 16;
	mapping.crowd_total = mapping.max_total;
	mapping.crowd_buffers = mapping.max_buffers;
	mapping.linger = LINGER;
	return 0;
}

static int end(void **state)
{
	xch_granted_fini(&granting);
	xch_mapped_fini(&mapping);
	xdc_timer_fini(&limit);
	xdc_loop_fini(&loop);
	assert_int_equal(fake_open_leases(), 0);
	return 0;
}

static void parse(uint8_t *raw, size_t len, struct xch_frame *f)
{
	assert_int_equal(xch_frame_parse(raw, len, f), 1);
	frames[f->type]++;
}

static void carry(void)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct xch_frame f;
	size_t len;
	unsigned int turns;

	for (turns = 0; turns < 4; turns++) {
		while ((len = xch_granted_next(&granting, raw))) {
			assert_true(len <= XCH_FRAME_HEADER + XCH_TURN_MAX);
			parse(raw, len, &f);
			assert_int_equal(xch_mapped_receive(&mapping, &f), 0);
		}
		while ((len = xch_mapped_next(&mapping, raw))) {
			parse(raw, len, &f);
			assert_int_equal(xch_granted_receive(&granting, &f), 0);
		}
	}
}

static void run_for(uint64_t ns)
{
	loop.stop = false;
	xdc_timer_in(&limit, ns);
	assert_int_equal(xdc_loop_run(&loop), 0);
}

static void wait_and_carry(uint64_t ns)
{
	carry();
	run_for(ns);
	carry();
}

static int make_dmabuf(off_t size)
{
	int fd = memfd_create("granted", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static struct xch_granted *get(int fd)
{
	struct xch_granted *buf;

	assert_int_equal(xch_granted_get(&granting, fd, false, &buf), 0);
	return buf;
}

/* A message with the buffer crosses */
static int send_buffer(struct xch_granted *buf)
{
	int fd;

	assert_int_equal(xch_granted_ready(buf), 1);
	xch_granted_send(buf);
	assert_int_equal(xch_mapped_attach(&mapping, buf->id, &fd), 0);
	return fd;
}

static struct xendmabuf_lease *map_lease(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_LEASES; i++)
		if (fake_leases[i].open && fake_leases[i].map)
			return &fake_leases[i];
	fail_msg("nothing is mapped");
	return NULL;
}

static struct xendmabuf_lease *grant_lease(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_LEASES; i++)
		if (fake_leases[i].open && !fake_leases[i].map)
			return &fake_leases[i];
	fail_msg("nothing is granted");
	return NULL;
}

static void buffer_granted_once_sent_often(void **state)
{
	int fd = make_dmabuf(8100 * 4096 - 5), got, i;
	struct xch_granted *buf = get(fd);
	struct stat st;

	assert_int_equal(xch_granted_ready(buf), 0);
	carry();
	assert_int_equal(settled, 1);
	for (i = 0; i < 100; i++) {
		assert_ptr_equal(get(fd), buf);
		got = send_buffer(buf);
		assert_int_equal(fstat(got, &st), 0);
		assert_int_equal(st.st_size, 8100 * 4096);
		close(got);
		xch_granted_put(buf);
	}
	xch_granted_put(buf);
	/* one grant, one mapping, and an offer in two parts */
	assert_int_equal(fake_nr, 2);
	assert_int_equal(frames[XCH_BUF_OFFER], 2);
	assert_int_equal(frames[XCH_BUF_MAPPED], 1);
	assert_int_equal(mapping.total, 8100);
	close(fd);
}

static void buffer_read_only_is_another(void **state)
{
	int fd = make_dmabuf(4096);
	struct xch_granted *rw = get(fd), *ro;

	assert_int_equal(xch_granted_get(&granting, fd, true, &ro), 0);
	assert_ptr_not_equal(rw, ro);
	carry();
	assert_int_equal(fake_nr, 4);
	assert_int_equal(fake_leases[0].read_only, false);
	assert_int_equal(fake_leases[1].read_only, true);
	assert_int_equal(fake_leases[2].read_only, false);
	assert_int_equal(fake_leases[3].read_only, true);
	xch_granted_put(rw);
	xch_granted_put(ro);
	close(fd);
}

/* Unused for a while: asked, dropped, returned, and only then free */
static void buffer_returned_when_xen_says_so(void **state)
{
	int fd = make_dmabuf(40960);
	struct xch_granted *buf = get(fd);

	carry();
	close(send_buffer(buf));
	xch_granted_put(buf);
	wait_and_carry(3 * LINGER);
	assert_int_equal(frames[XCH_BUF_IDLE], 1);
	assert_int_equal(frames[XCH_BUF_DROP], 1);
	/* a program may still have it */
	assert_int_equal(frames[XCH_BUF_RETURNED], 0);
	assert_int_equal(mapping.total, 10);
	fake_return(map_lease());
	wait_and_carry(LINGER);
	assert_int_equal(frames[XCH_BUF_RETURNED], 1);
	assert_int_equal(mapping.total, 0);
	assert_int_equal(mapping.buffers, 0);
	/* what the peer says is a reason to end the grant, not its end */
	assert_true(grant_lease()->revoked);
	assert_int_equal(returned, 0);
	assert_int_equal(granting.total, 10);
	fake_return(grant_lease());
	run_for(LINGER);
	assert_int_equal(returned, 1);
	assert_int_equal(granting.total, 0);
	close(fd);
}

static void buffer_kept_while_used(void **state)
{
	int fd = make_dmabuf(4096);
	struct xch_granted *buf = get(fd);

	carry();
	close(send_buffer(buf));
	xch_granted_put(buf);
	map_lease()->state.used = true;
	wait_and_carry(4 * LINGER);
	assert_int_equal(frames[XCH_BUF_IDLE], 0);
	map_lease()->state.used = false;
	wait_and_carry(4 * LINGER);
	assert_int_equal(frames[XCH_BUF_IDLE], 1);
	close(fd);
}

/* The mapping end asks while a message with the buffer is under way */
static void buffer_idle_crosses_with_a_message(void **state)
{
	int fd = make_dmabuf(4096), got;
	struct xch_granted *buf = get(fd);

	carry();
	close(send_buffer(buf));
	/* sent, and not there yet when the other end asks */
	xch_granted_send(buf);
	xch_granted_put(buf);
	wait_and_carry(3 * LINGER);
	assert_int_equal(frames[XCH_BUF_IDLE], 1);
	assert_int_equal(frames[XCH_BUF_DROP], 0);
	assert_int_equal(xch_mapped_attach(&mapping, buf->id, &got), 0);
	close(got);
	/* it asks again after a while */
	wait_and_carry(3 * LINGER);
	assert_int_equal(frames[XCH_BUF_IDLE], 2);
	assert_int_equal(frames[XCH_BUF_DROP], 1);
	close(fd);
}

/* And while a message is being prepared that is never sent */
static void buffer_idle_while_a_message_waits(void **state)
{
	int fd = make_dmabuf(4096);
	struct xch_granted *buf = get(fd);

	carry();
	wait_and_carry(3 * LINGER);
	assert_int_equal(frames[XCH_BUF_IDLE], 1);
	assert_int_equal(frames[XCH_BUF_DROP], 0);
	xch_granted_put(buf);
	carry();
	assert_int_equal(frames[XCH_BUF_DROP], 1);
	/* the same memory once more is another buffer */
	assert_ptr_not_equal(get(fd), buf);
	close(fd);
}

static void buffer_mapping_fails_with_the_reason(void **state)
{
	int fd = make_dmabuf(4096 * 3);

	fake_map_fails = -EACCES;
	fake_bad = 2;
	waiting = get(fd);
	carry();
	assert_int_equal(frames[XCH_BUF_FAILED], 1);
	assert_null(waiting);
	assert_true(grant_lease()->revoked);
	assert_int_equal(mapping.buffers, 0);
	assert_int_equal(mapping.total, 0);
	fake_return(grant_lease());
	run_for(LINGER);
	assert_int_equal(granting.buffers, 0);
	close(fd);
}

static void buffer_granting_fails(void **state)
{
	struct xch_granted *buf;
	int fd = make_dmabuf(4096), empty = make_dmabuf(0);

	fake_grant_fails = -ENOSPC;
	assert_int_equal(xch_granted_get(&granting, fd, false, &buf), -ENOSPC);
	assert_int_equal(granting.buffers, 0);
	assert_int_equal(xch_granted_get(&granting, empty, false, &buf),
			 -EINVAL);
	assert_int_equal(xch_granted_get(&granting, -1, false, &buf), -EBADF);
	close(fd);
	close(empty);
}

static void buffer_quotas_of_both_ends(void **state)
{
	struct xch_granted *buf, *none;
	int fd[3], i;

	for (i = 0; i < 3; i++)
		fd[i] = make_dmabuf(15000 * 4096);
	assert_int_equal(xch_granted_get(&granting, fd[0], false, &buf), 0);
	assert_int_equal(xch_granted_get(&granting, fd[1], false, &buf), 0);
	assert_int_equal(xch_granted_get(&granting, fd[2], false, &none),
			 -EDQUOT);
	granting.max_pages = 14999;
	assert_int_equal(xch_granted_get(&granting, fd[2], false, &none),
			 -EFBIG);
	/* the mapping end does not rely on it */
	mapping.max_total = 20000;
	carry();
	assert_int_equal(frames[XCH_BUF_MAPPED], 1);
	assert_int_equal(frames[XCH_BUF_FAILED], 1);
	assert_int_equal(xch_granted_ready(buf), -EDQUOT);
	assert_int_equal(mapping.total, 15000);
	for (i = 0; i < 3; i++)
		close(fd[i]);
}

/* The least recently used of four goes before its time */
static void expect_the_oldest_ends(off_t pages)
{
	struct xch_granted *buf[4];
	int fd[4], i;

	mapping.linger = 100 * XDC_NS_PER_S;
	for (i = 0; i < 4; i++) {
		fd[i] = make_dmabuf(pages * 4096);
		buf[i] = get(fd[i]);
		carry();
		close(send_buffer(buf[i]));
		xch_granted_put(buf[i]);
		carry();
	}
	assert_int_equal(frames[XCH_BUF_IDLE], 1);
	assert_int_equal(xch_granted_ready(buf[0]), -ESTALE);
	assert_int_equal(xch_granted_ready(buf[1]), 1);
	for (i = 0; i < 4; i++)
		close(fd[i]);
}

/* Nearly exhausted */
static void buffer_crowded_ends_the_oldest(void **state)
{
	expect_the_oldest_ends(9000);
}

/* There is room at this end, but the other end can grant no more */
static void buffer_crowded_where_it_is_granted(void **state)
{
	granting.max_total = mapping.crowd_total = 4000;
	expect_the_oldest_ends(900);
}

static void buffer_crowded_by_number_where_it_is_granted(void **state)
{
	granting.max_buffers = mapping.crowd_buffers = 4;
	expect_the_oldest_ends(1);
}

/* ---- granted for a program that has not sent it yet ---- */

static int reserve(int fd, uint64_t pages)
{
	return xch_granted_reserve(&granting, fd, pages * 4096, false, NULL);
}

static void await_total(uint32_t total)
{
	unsigned int i;

	for (i = 0; i < 1000 && granting.total != total; i++)
		run_for(10 * XDC_NS_PER_MS);
	assert_int_equal(granting.total, total);
}

static void buffer_reserved_is_the_one_that_is_sent(void **state)
{
	int fd = make_dmabuf(10 * 4096), other = make_dmabuf(4096);
	struct xch_granted *first, *buf;

	assert_int_equal(reserve(fd, 10), 0);
	assert_int_equal(granting.total, 10);
	assert_int_equal(fake_nr, 1);
	/* the peer hears of buffers in the order in which they are sent */
	first = get(other);
	carry();
	assert_int_equal(mapping.total, 1);
	buf = get(fd);
	carry();
	assert_int_equal(mapping.total, 11);
	assert_int_equal(fake_nr, 4);
	close(send_buffer(buf));
	xch_granted_put(buf);
	xch_granted_put(first);
	close(other);
	close(fd);
}

static void buffer_reserved_and_not_sent_ends(void **state)
{
	int fd = make_dmabuf(10 * 4096);

	assert_int_equal(reserve(fd, 10), 0);
	fake_return(grant_lease());
	/* revoked by then, not before */
	assert_false(grant_lease()->revoked);
	await_total(0);
	carry();
	assert_int_equal(frames[XCH_BUF_OFFER], 0);
	close(fd);
}

static void buffer_reserved_while_there_is_room(void **state)
{
	int fd = make_dmabuf(4096);

	fake_grants_left = 1;
	assert_int_equal(reserve(fd, 2), -EDQUOT);
	granting.max_total = 1;
	fake_grants_left = 2;
	assert_int_equal(reserve(fd, 2), -EDQUOT);
	assert_int_equal(reserve(fd, 1), 0);
	assert_int_equal(reserve(-1, 1), -EBADF);
	close(fd);
}

static void buffer_recalled_then_revoked(void **state)
{
	int fd = make_dmabuf(4096);
	struct xch_granted *buf = get(fd);

	carry();
	close(send_buffer(buf));
	xch_granted_put(buf);
	xch_granted_recall(buf, 50);
	xch_granted_recall(buf, 1);
	assert_int_equal(xch_granted_ready(buf), -ESTALE);
	carry();
	assert_int_equal(frames[XCH_BUF_RECALL], 1);
	assert_int_equal(recalled, 1);
	/* polite at first */
	assert_false(map_lease()->revoked);
	map_lease()->state.pinned = 2;
	wait_and_carry(100 * XDC_NS_PER_MS);
	assert_true(map_lease()->revoked);
	assert_int_equal(frames[XCH_BUF_PINNED], 1);
	assert_int_equal(buf->pinned, 2);
	fake_return(map_lease());
	wait_and_carry(LINGER);
	assert_int_equal(frames[XCH_BUF_RETURNED], 1);
	close(fd);
}

/* Both ends begin to end it at the same time */
static void buffer_recall_crosses_with_idle(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	int fd = make_dmabuf(4096);
	struct xch_granted *buf = get(fd);
	struct xch_frame f;
	size_t len;

	carry();
	xch_granted_put(buf);
	run_for(3 * LINGER);
	len = xch_mapped_next(&mapping, raw);
	assert_int_equal(xch_frame_parse(raw, len, &f), 1);
	assert_int_equal(f.type, XCH_BUF_IDLE);
	xch_granted_recall(buf, 1000);
	assert_int_equal(xch_granted_receive(&granting, &f), 0);
	carry();
	fake_return(map_lease());
	wait_and_carry(LINGER);
	assert_int_equal(frames[XCH_BUF_RETURNED], 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(buffer_granted_once_sent_often),
		TEST(buffer_read_only_is_another),
		TEST(buffer_returned_when_xen_says_so),
		TEST(buffer_kept_while_used),
		TEST(buffer_idle_crosses_with_a_message),
		TEST(buffer_idle_while_a_message_waits),
		TEST(buffer_mapping_fails_with_the_reason),
		TEST(buffer_granting_fails),
		TEST(buffer_quotas_of_both_ends),
		TEST(buffer_crowded_ends_the_oldest),
		TEST(buffer_crowded_where_it_is_granted),
		TEST(buffer_crowded_by_number_where_it_is_granted),
		TEST(buffer_reserved_is_the_one_that_is_sent),
		TEST(buffer_reserved_and_not_sent_ends),
		TEST(buffer_reserved_while_there_is_room),
		TEST(buffer_recalled_then_revoked),
		TEST(buffer_recall_crosses_with_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
