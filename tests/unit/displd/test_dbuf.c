// SPDX-License-Identifier: GPL-2.0-only
/* Buffers: where their memory comes from, and when a guest is told that one is gone */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include <xendmabuf.h>

#include "daemon.h"
#include "vdispl/dbuf.h"
#include "vdispl/dir.h"
#include "guest.h"
#include "output/output.h"

struct xendmabuf_lease {
	unsigned int state;
	bool revoked, peer_gone;
};

static struct xd_daemon d;
static struct xd_guest guest;
static struct xendmabuf_lease lease;
static int watch_err, info_err, alloc_err, card_err, card_grant_err;
static int revoke_err;
static int reach_err, low_err; /* of the card; of a map with 32 bits */
static int tries; /* maps with 32 bits */
static int open_leases, gone, infos, errors, watched;
static unsigned int source; /* of the memory: XENDMABUF_ALLOC_*, or CARDS */
static uint64_t timer_ns;
static uint32_t directory[2]; /* the guest's references */

#define CARDS 77U

/* ---- the driver ---- */

int xendmabuf_directory_read(uint16_t domid, uint32_t ref, uint32_t *refs,
			     size_t nr)
{
	assert_int_equal(nr, 2);
	memcpy(refs, directory, sizeof(directory));
	return 0;
}

static void have_lease(struct xendmabuf_lease **out)
{
	memset(&lease, 0, sizeof(lease));
	*out = &lease;
	open_leases++;
}

int xendmabuf_map(struct xendmabuf *x, uint16_t domid, const uint32_t *refs,
		  size_t nr, unsigned int flags, int *fd,
		  struct xendmabuf_lease **out)
{
	*fd = open("/dev/null", O_RDONLY);
	have_lease(out);
	return 0;
}

int xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
			     const uint32_t *refs, size_t nr,
			     unsigned int flags, unsigned int bits, int *fd,
			     struct xendmabuf_lease **out)
{
	assert_int_equal(bits, 32);
	tries++;
	return low_err ?: xendmabuf_map(x, domid, refs, nr, flags, fd, out);
}

int xendmabuf_alloc(size_t size, unsigned int from, int *fd)
{
	assert_int_equal(size, 2 * XD_PAGE);
	*fd = -1;
	if (from == XENDMABUF_ALLOC_HEAP && alloc_err)
		return alloc_err;
	source = from;
	*fd = open("/dev/null", O_RDONLY);
	return 0;
}

int xendmabuf_grant(struct xendmabuf *x, int fd, uint64_t offset,
		    uint16_t domid, unsigned int flags, uint32_t *refs,
		    size_t nr, struct xendmabuf_lease **out)
{
	assert_true(fd >= 0);
	assert_int_equal(nr, 2);
	if (source == CARDS && card_grant_err)
		return card_grant_err;
	have_lease(out);
	return 0;
}

int xendmabuf_lease_revoke(struct xendmabuf_lease *l)
{
	l->revoked = !revoke_err;
	return revoke_err;
}

int xendmabuf_lease_fd(const struct xendmabuf_lease *l)
{
	return 5;
}

int xendmabuf_lease_info(struct xendmabuf_lease *l,
			 struct xen_dmabuf_lease_info *info, size_t size)
{
	memset(info, 0, size);
	info->state = l->state;
	info->peer_gone = l->peer_gone;
	return info_err;
}

void xendmabuf_lease_close(struct xendmabuf_lease *l)
{
	if (l)
		open_leases--;
}

const char *xendmabuf_explain(struct xendmabuf *x, int err)
{
	return strerror(-err);
}

int xd_dir_write(const struct xd_dir_pages_ops *ops, void *context,
		 uint32_t ref, const uint32_t *refs, uint32_t nr)
{
	return 0;
}

/* ---- the loop, and guests ---- */

int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events)
{
	assert_int_equal(s->fd, 5);
	if (!watch_err)
		watched++;
	return watch_err;
}

void xdc_loop_remove(struct xdc_loop *l, struct xdc_source *s)
{
	watched -= s->fd >= 0 && watched;
}

void xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		    void (*fired)(struct xdc_timer *t))
{
	t->fired = fired;
}

void xdc_timer_fini(struct xdc_timer *t)
{
	t->fired = NULL;
}

void xdc_timer_in(struct xdc_timer *t, uint64_t ns)
{
	timer_ns = ns;
}

int xd_guest_charge_buffer(struct xd_guest *g, uint32_t pages)
{
	g->buffers++;
	g->pages += pages;
	return 0;
}

void xd_guest_uncharge_buffer(struct xd_guest *g, uint32_t pages)
{
	g->buffers--;
	g->pages -= pages;
}

void xd_guest_put(struct xd_guest *g)
{
	g->users--;
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	infos += level == XDC_INFO;
	errors += level == XDC_ERROR;
}

/* ---- a card ---- */

static int card_alloc(struct xd_output *o, size_t size, int *dmabuf)
{
	assert_int_equal(size, 2 * XD_PAGE);
	if (card_err)
		return card_err;
	source = CARDS;
	*dmabuf = open("/dev/null", O_RDONLY);
	return 0;
}

static int card_reach(struct xd_output *o, int dmabuf)
{
	assert_true(dmabuf >= 0);
	return reach_err;
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	snprintf(buf, len, "a card");
	*w = *h = 1;
}

static const struct xd_output_ops ops = {
	.alloc = card_alloc,
	.reach = card_reach,
	.describe = describe,
};

static struct xd_output card = { .ops = &ops };

/* ---- tests ---- */

static void count_gone(struct xd_dbuf *b)
{
	gone++;
}

static struct xd_dbuf *create_buffer(bool alloc, struct xd_output *o)
{
	static const struct xd_dbuf_desc desc = { .pages = 2 };
	struct xd_dbuf *b;

	assert_int_equal(xd_dbuf_create(&d, &guest, &desc, alloc, o, &b), 0);
	b->gone = count_gone;
	return b;
}

static int begin(void **state)
{
	memset(&d, 0, sizeof(d));
	memset(&guest, 0, sizeof(guest));
	watch_err = info_err = alloc_err = card_err = card_grant_err = 0;
	reach_err = low_err = tries = 0;
	revoke_err = errors = 0;
	open_leases = gone = infos = watched = 0;
	timer_ns = 0;
	source = 0;
	directory[0] = 8;
	directory[1] = 9;
	xd_dbuf_start(&d);
	return 0;
}

static int end(void **state)
{
	uint32_t i;

	assert_true(LIST_EMPTY(&d.dying));
	assert_int_equal(open_leases, 0);
	assert_int_equal(watched, 0);
	assert_int_equal(guest.buffers, 0);
	assert_int_equal(guest.pages, 0);
	assert_int_equal(guest.users, 0);
	for (i = 0; i < guest.mappings.nr; i++)
		assert_int_equal(guest.mappings.times[i], 0);
	xdc_mappings_fini(&guest.mappings);
	return 0;
}

static void return_lease(struct xd_dbuf *b)
{
	lease.state = XEN_DMABUF_LEASE_RETURNED;
	b->returned.ready(&b->returned, EPOLLIN);
}

static void end_buffer(struct xd_dbuf *b)
{
	lease.state = 0;
	xd_dbuf_put(b);
	return_lease(b);
}

static void buffer_gone_told_when_lease_returned(void **state)
{
	struct xd_dbuf *b = create_buffer(false, NULL);

	xd_dbuf_put(b);
	assert_int_equal(gone, 0);
	assert_int_equal(guest.buffers, 1);
	return_lease(b);
	assert_int_equal(gone, 1);
}

/* Others can map a buffer as long as Xen has not mapped its pages too often already */
static void page_in_more_than_sixteen_buffers_refused(void **state)
{
	static const struct xd_dbuf_desc desc = { .pages = 2 };
	struct xd_dbuf *b[16], *more;
	int i;

	for (i = 0; i < 16; i++)
		b[i] = create_buffer(false, NULL);
	assert_int_equal(xd_dbuf_create(&d, &guest, &desc, false, NULL, &more),
			 -EMLINK);
	assert_int_equal(guest.buffers, 16);
	/* it counts until its pages are not mapped any more */
	xd_dbuf_put(b[0]);
	assert_int_equal(xd_dbuf_create(&d, &guest, &desc, false, NULL, &more),
			 -EMLINK);
	return_lease(b[0]);
	b[0] = create_buffer(false, NULL);
	for (i = 0; i < 16; i++)
		end_buffer(b[i]);
}

static void buffer_repeats_while_another_has_a_page_of_it(void **state)
{
	struct xd_dbuf *b = create_buffer(false, NULL), *other;

	assert_false(xd_dbuf_repeats(b));
	directory[0] = 10;
	other = create_buffer(false, NULL);
	assert_true(xd_dbuf_repeats(b));
	assert_true(xd_dbuf_repeats(other));
	end_buffer(other);
	assert_false(xd_dbuf_repeats(b));
	end_buffer(b);
}

static void buffer_repeats_that_has_a_page_twice(void **state)
{
	struct xd_dbuf *b;

	directory[1] = directory[0];
	b = create_buffer(false, NULL);
	assert_true(xd_dbuf_repeats(b));
	end_buffer(b);
}

/* Without a watch or INFO (ENOMEM), the lease is asked by a timer */
static void buffer_gone_told_by_timer_when_not_watched(void **state)
{
	struct xd_dbuf *b = create_buffer(false, NULL);

	watch_err = -ENOMEM;
	xd_dbuf_put(b);
	assert_int_equal(gone, 0);
	assert_int_equal(guest.buffers, 1);
	assert_int_equal(open_leases, 1);
	assert_int_equal(timer_ns, XDC_NS_PER_S);
	timer_ns = 0;
	d.check_dying.fired(&d.check_dying);
	assert_int_equal(gone, 0);
	assert_int_equal(timer_ns, XDC_NS_PER_S);
	/* watched at last */
	watch_err = 0;
	d.check_dying.fired(&d.check_dying);
	assert_int_equal(gone, 0);
	/* INFO fails for a while */
	info_err = -ENOMEM;
	timer_ns = 0;
	return_lease(b);
	assert_int_equal(gone, 0);
	assert_int_equal(timer_ns, XDC_NS_PER_S);
	info_err = 0;
	d.check_dying.fired(&d.check_dying);
	assert_int_equal(gone, 1);
}

/* A compositor may hold it as long as the guest lives, and a little longer */
static void buffer_of_ended_guest_revoked_after_seconds(void **state)
{
	struct xd_dbuf *b = create_buffer(false, NULL);

	xd_dbuf_put(b);
	assert_int_equal(timer_ns, 0);
	lease.peer_gone = true;
	b->returned.ready(&b->returned, EPOLLIN);
	assert_int_equal(timer_ns, 5 * XDC_NS_PER_S);
	assert_false(lease.revoked);
	/* once, whatever the lease's file tells meanwhile */
	timer_ns = 0;
	b->returned.ready(&b->returned, EPOLLIN);
	assert_int_equal(timer_ns, 0);
	b->let_go.fired(&b->let_go);
	assert_true(lease.revoked);
	assert_int_equal(infos, 1);
	assert_int_equal(gone, 0);
	return_lease(b);
	assert_int_equal(gone, 1);
}

/* It still waits for whom it could not be taken from */
static void buffer_of_ended_guest_kept_when_revoke_fails(void **state)
{
	struct xd_dbuf *b = create_buffer(false, NULL);

	lease.peer_gone = true;
	revoke_err = -EIO;
	xd_dbuf_put(b);
	assert_int_equal(timer_ns, 5 * XDC_NS_PER_S);
	b->let_go.fired(&b->let_go);
	assert_int_equal(errors, 1);
	assert_int_equal(infos, 0);
	assert_int_equal(guest.buffers, 1);
	return_lease(b);
	assert_int_equal(gone, 1);
}

static void be_alloc_buffer_from_card_or_udmabuf(void **state)
{
	struct xd_dbuf *b = create_buffer(true, &card);

	assert_int_equal(source, CARDS);
	assert_string_equal(b->from, "a card");
	assert_true(b->of_card);
	xd_dbuf_put(b);
	assert_true(lease.revoked);
	return_lease(b);
	/* without a card and without a heap */
	alloc_err = -ENODEV;
	b = create_buffer(true, NULL);
	assert_int_equal(source, XENDMABUF_ALLOC_UDMABUF);
	assert_string_equal(b->from, "udmabuf");
	xd_dbuf_put(b);
	return_lease(b);
	assert_int_equal(infos, 0);
}

/* The card's memory cannot be granted, or is full: other memory, logged once */
static void be_alloc_buffer_from_heap_when_card_cannot_grant(void **state)
{
	struct xd_dbuf *b;

	card_grant_err = -EOPNOTSUPP;
	b = create_buffer(true, &card);
	assert_int_equal(source, XENDMABUF_ALLOC_HEAP);
	assert_string_equal(b->from, "dma-heap");
	assert_false(b->of_card);
	assert_int_equal(infos, 1);
	xd_dbuf_put(b);
	return_lease(b);
	card_err = -ENOMEM;
	b = create_buffer(true, &card);
	assert_string_equal(b->from, "dma-heap");
	assert_int_equal(infos, 1);
	xd_dbuf_put(b);
	return_lease(b);
}

/* For a card with few address bits, the buffer is mapped again with dma_bits */
static void buffer_mapped_low_for_card_with_few_address_bits(void **state)
{
	struct xd_dbuf *b = create_buffer(false, &card);

	assert_int_equal(tries, 0);
	xd_dbuf_put(b);
	return_lease(b);
	/* a card that imports no foreign memory at all: not mapped again */
	reach_err = -EOPNOTSUPP;
	b = create_buffer(false, &card);
	assert_int_equal(tries, 0);
	xd_dbuf_put(b);
	return_lease(b);
	reach_err = -EREMOTEIO;
	b = create_buffer(false, &card);
	assert_int_equal(tries, 1);
	assert_int_equal(open_leases, 1);
	xd_dbuf_put(b);
	return_lease(b);
	/* no frames with few address bits: kept as it is, to be copied */
	low_err = -EOPNOTSUPP;
	b = create_buffer(false, &card);
	assert_int_equal(tries, 2);
	assert_int_equal(open_leases, 1);
	assert_true(b->fd >= 0);
	xd_dbuf_put(b);
	return_lease(b);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(buffer_gone_told_when_lease_returned),
		test(page_in_more_than_sixteen_buffers_refused),
		test(buffer_repeats_while_another_has_a_page_of_it),
		test(buffer_repeats_that_has_a_page_twice),
		test(buffer_gone_told_by_timer_when_not_watched),
		test(buffer_of_ended_guest_revoked_after_seconds),
		test(buffer_of_ended_guest_kept_when_revoke_fails),
		test(be_alloc_buffer_from_card_or_udmabuf),
		test(be_alloc_buffer_from_heap_when_card_cannot_grant),
		test(buffer_mapped_low_for_card_with_few_address_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
