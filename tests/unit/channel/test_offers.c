// SPDX-License-Identifier: GPL-2.0-only
/* Frames about buffers that no honest peer sends */
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "fake-driver.h"
#include "link/granted.h"
#include "link/mapped.h"

static struct xdc_loop loop;
static struct xch_granted_set granting;
static struct xch_mapped_set mapping;

static void granted_wake(struct xch_granted_set *set)
{
}

static void granted_settled(struct xch_granted *buf)
{
}

static void mapped_wake(struct xch_mapped_set *set)
{
}

static const struct xch_granted_ops granted_ops = {
	.wake = granted_wake,
	.settled = granted_settled,
};

static const struct xch_mapped_ops mapped_ops = {
	.wake = mapped_wake,
};

static int begin(void **state)
{
	fake_reset();
	assert_int_equal(xdc_loop_init(&loop), 0);
	xch_granted_init(&granting, &loop, &fake_driver, &granted_ops);
	xch_mapped_init(&mapping, &loop, &fake_driver, &mapped_ops);
	granting.max_pages = mapping.max_pages = 20000;
	granting.max_total = mapping.max_total = 40000;
	granting.max_buffers = mapping.max_buffers = 16;
	mapping.linger = XDC_NS_PER_S;
	return 0;
}

static int end(void **state)
{
	xch_granted_fini(&granting);
	xch_mapped_fini(&mapping);
	xdc_loop_fini(&loop);
	assert_int_equal(fake_open_leases(), 0);
	return 0;
}

static int inject_mapped(size_t len, uint8_t *raw)
{
	struct xch_frame f;

	if (xch_frame_parse(raw, len, &f) != 1)
		return -EPROTO;
	return xch_mapped_receive(&mapping, &f);
}

static int inject_granted(size_t len, uint8_t *raw)
{
	struct xch_frame f;

	assert_int_equal(xch_frame_parse(raw, len, &f), 1);
	return xch_granted_receive(&granting, &f);
}

static void hostile_offers(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	uint32_t refs[4] = { 1, 2, 3, 4 };
	struct xch_offer o = { .pages = 4, .bytes = 16384, .nr = 2 };
	unsigned int i;
	int err = 0;

	/* begins in the middle */
	o.first = 2;
	o.end = true;
	assert_int_equal(inject_mapped(xch_put_offer(raw, 1, &o, refs), raw),
			 -EPROTO);
	o.first = 0;
	o.end = false;
	assert_int_equal(inject_mapped(xch_put_offer(raw, 1, &o, refs), raw),
			 0);
	/* the first part again, another buffer meanwhile, another size */
	assert_int_equal(inject_mapped(xch_put_offer(raw, 1, &o, refs), raw),
			 -EPROTO);
	assert_int_equal(inject_mapped(xch_put_offer(raw, 2, &o, refs), raw),
			 -EPROTO);
	o.pages = 8;
	o.bytes = 32768;
	o.first = 2;
	assert_int_equal(inject_mapped(xch_put_offer(raw, 1, &o, refs), raw),
			 -EPROTO);
	/* used before it is there */
	assert_int_equal(xch_mapped_attach(&mapping, 1, NULL), -EPROTO);
	assert_int_equal(inject_mapped(xch_put_plain(raw, XCH_BUF_DROP, 0, 1),
				       raw),
			 -EPROTO);
	o = (struct xch_offer){
		.pages = 4, .bytes = 16384, .first = 2, .nr = 2, .end = true
	};
	assert_int_equal(
		inject_mapped(xch_put_offer(raw, 1, &o, refs + 2), raw), 0);
	assert_int_equal(xch_mapped_attach(&mapping, 1, NULL), 0);
	/* an id for the second time, one that never was */
	o.first = 0;
	o.nr = 4;
	assert_int_equal(inject_mapped(xch_put_offer(raw, 1, &o, refs), raw),
			 -EPROTO);
	assert_int_equal(xch_mapped_attach(&mapping, 2, NULL), -EPROTO);
	assert_int_equal(inject_mapped(xch_put_plain(raw, XCH_BUF_DROP, 0, 2),
				       raw),
			 -EPROTO);
	/* dropped without having been asked */
	assert_int_equal(inject_mapped(xch_put_plain(raw, XCH_BUF_DROP, 0, 1),
				       raw),
			 -EPROTO);
	/* a flood */
	for (i = 2; i < 1000 && !err; i++) {
		refs[0] = 100 * i;
		refs[1] = refs[0] + 1;
		refs[2] = refs[0] + 2;
		refs[3] = refs[0] + 3;
		err = inject_mapped(xch_put_offer(raw, i, &o, refs), raw);
	}
	assert_int_equal(err, -EPROTO);
	assert_int_equal(mapping.buffers, mapping.max_buffers);
}

/* Sizes beyond all bounds cost nothing, and cannot wrap */
static void hostile_offer_sizes(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	uint32_t refs[1] = { 1 };
	struct xch_offer o = { .pages = UINT32_MAX, .nr = 1 };
	unsigned int i;

	o.bytes = (uint64_t)UINT32_MAX * 4096;
	for (i = 0; i < 100; i++) {
		o.first = i;
		assert_int_equal(
			inject_mapped(xch_put_offer(raw, 1, &o, refs), raw), 0);
	}
	assert_int_equal(mapping.total, 0);
	assert_int_equal(fake_nr, 0);
}

/* Xen would not let another program map them */
static void pages_offered_too_often_refused(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	uint32_t refs[4] = { 1, 2, 3, 4 };
	struct xch_offer o = {
		.pages = 4, .bytes = 16384, .nr = 4, .end = true
	};
	struct xch_mapped *buf;
	unsigned int i;

	for (i = 1; i <= 5; i++)
		assert_int_equal(
			inject_mapped(xch_put_offer(raw, i, &o, refs), raw), 0);
	assert_int_equal(fake_nr, 4);
	for (i = 1; i <= 4; i++)
		assert_int_equal(xch_mapped_attach(&mapping, i, NULL), 0);
	assert_int_equal(xch_mapped_attach(&mapping, 5, NULL), -EPROTO);
	assert_int_equal(mapping.mappings.times[1], 4);
	/* one has ended */
	buf = xch_mapped_find(&mapping, 1);
	buf->state = XCH_MAPPED_LEAVING;
	buf->lease->state.returned = true;
	buf->lease_source.ready(&buf->lease_source, EPOLLIN);
	assert_int_equal(mapping.mappings.times[1], 3);
	assert_int_equal(inject_mapped(xch_put_offer(raw, 6, &o, refs), raw),
			 0);
	assert_int_equal(fake_nr, 5);
}

static void hostile_answers(void **state)
{
	static uint8_t raw[XCH_FRAME_MAX];
	int fd = memfd_create("granted", MFD_CLOEXEC);
	uint32_t numbers[2] = { 0, 0 };
	struct xch_granted *buf;

	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(xch_granted_get(&granting, fd, false, &buf), 0);
	/* before it was offered */
	assert_int_equal(
		inject_granted(xch_put_plain(raw, XCH_BUF_MAPPED, 0, buf->id),
			       raw),
		-EPROTO);
	assert_int_equal(
		inject_granted(xch_put_plain(raw, XCH_BUF_RETURNED, 0, buf->id),
			       raw),
		-EPROTO);
	xch_granted_next(&granting, raw);
	assert_int_equal(inject_granted(xch_put_numbers(raw, XCH_BUF_FAILED, 0,
							buf->id, numbers, 2),
					raw),
			 -EPROTO);
	assert_int_equal(
		inject_granted(xch_put_plain(raw, XCH_BUF_MAPPED, 0, buf->id),
			       raw),
		0);
	/* twice, and of another */
	assert_int_equal(
		inject_granted(xch_put_plain(raw, XCH_BUF_MAPPED, 0, buf->id),
			       raw),
		-EPROTO);
	assert_int_equal(inject_granted(xch_put_plain(raw, XCH_BUF_MAPPED, 0,
						      buf->id + 1),
					raw),
			 -EPROTO);
	/* returned without having been dropped */
	assert_int_equal(
		inject_granted(xch_put_plain(raw, XCH_BUF_RETURNED, 0, buf->id),
			       raw),
		-EPROTO);
	assert_int_equal(inject_granted(xch_put_numbers(raw, XCH_BUF_PINNED, 0,
							buf->id, numbers, 1),
					raw),
			 -EPROTO);
	xch_granted_put(buf);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hostile_offers, begin, end),
		cmocka_unit_test_setup_teardown(hostile_offer_sizes, begin,
						end),
		cmocka_unit_test_setup_teardown(pages_offered_too_often_refused,
						begin, end),
		cmocka_unit_test_setup_teardown(hostile_answers, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
