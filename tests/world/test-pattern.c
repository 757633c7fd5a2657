// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one end writes, the other reads: by CPU, by vmap, by a stock graphics
 * driver; in all sizes, allocated by either end.  (By DMA: see test-dma.c.)
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "card.h"
#include "common.h"
#include "edu.h"

static const struct {
	size_t pages;
	const char *source;
} cases[] = {
	{ 1, "heap" },	    { 2, "udmabuf" },	 { 900, "heap" },
	{ 900, "udmabuf" }, { 2025, "scatter" }, { 8100, "scatter" },
};

static void load_guest_driver(void)
{
	agent("load xen_dmabuf");
}

static void guest_grant_read_and_written_by_both(void **state)
{
	uint32_t *refs;
	struct view v;
	size_t i, n;

	(void)state;
	load_guest_driver();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		n = cases[i].pages;
		refs = calloc(n, sizeof(*refs));
		guest_grant(0, n, cases[i].source, "rw", 100 + i, refs);
		view_map(&v, refs, n, 0);
		free(refs);
		view_mmap(&v, PROT_READ | PROT_WRITE);
		view_check(&v, 100 + i);
		view_fill(&v, 200 + i);
		assert_int_equal(agent("check 0 %zu", 200 + i), 0);
		agent("fill 0 %zu", 300 + i);
		view_check(&v, 300 + i);
		view_end(&v);
		agent("revoke 0");
		assert_ok(agent_try("wait 0 %d", WAIT_MS));
		agent("free 0");
	}
}

static void dom0_grant_read_and_written_by_both(void **state)
{
	struct local l;
	size_t i;

	(void)state;
	load_guest_driver();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		local_alloc(&l, cases[i].pages, cases[i].source, 400 + i);
		local_grant(&l, 0);
		assert_ok(local_to_guest(&l, 0, "rw"));
		assert_int_equal(agent("check 0 %zu", 400 + i), 0);
		agent("fill 0 %zu", 500 + i);
		assert_int_equal(pattern_check(l.va, 0, l.pages, 500 + i, NULL),
				 0);
		pattern_fill(l.va, 0, l.pages, 600 + i);
		assert_int_equal(agent("check 0 %zu", 600 + i), 0);
		agent("free 0");
		local_end(&l);
	}
}

static void dom0_grant_for_reading_mapped_read_only(void **state)
{
	struct local l;

	(void)state;
	load_guest_driver();
	local_alloc(&l, 900, "heap", 700);
	local_grant(&l, XENDMABUF_RDONLY);
	assert_int_equal(lease_look(l.lease).rdonly, 1);
	assert_err(local_to_guest(&l, 0, "rw"), -EACCES);
	assert_ok(local_to_guest(&l, 0, "ro"));
	assert_int_equal(agent("check 0 700"), 0);
	agent("free 0");
	local_end(&l);
}

/* a granted part of a dma-buf: the peer gets these pages and no others */
static void grant_of_a_part_gives_only_its_pages(void **state)
{
	uint32_t refs[10];
	struct view v;

	(void)state;
	load_guest_driver();
	agent("alloc 0 64 scatter 710");
	agent("grant 0 20 10 rw");
	guest_refs(refs, 10);
	view_map(&v, refs, 10, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	assert_int_equal(pattern_check(v.va, 20, 10, 710, NULL), 0);
	pattern_fill(v.va, 0, 10, 711);
	assert_int_equal(agent("check 0 710 0 20"), 0);
	assert_int_equal(agent("check 0 710 30 34"), 0);
	view_end(&v);
	agent("free 0");
}

static void vmap_reads_and_writes_guest_pages(void **state)
{
	static const size_t sizes[] = { 1, 2, 900, 2025, 8100 };
	int edu = edu_open();
	uint8_t *copy;
	uint32_t *refs;
	struct view v;
	size_t i, n;

	(void)state;
	assert_true(edu >= 0);
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		n = sizes[i];
		copy = malloc(n * PAGE);
		refs = calloc(n, sizeof(*refs));
		assert_non_null(copy);
		guest_plain(0, n, "rw", 720 + i, refs);
		view_map(&v, refs, n, 0);
		assert_ok(edu_attach(edu, v.fd, 64));
		assert_ok(edu_vmap(edu));
		assert_int_equal(lease_look(v.lease).vmaps, 1);
		assert_ok(edu_vread(edu, 0, copy, n * PAGE));
		assert_int_equal(pattern_check(copy, 0, n, 720 + i, NULL), 0);
		pattern_fill(copy, 0, n, 730 + i);
		assert_ok(edu_vwrite(edu, 0, copy, n * PAGE));
		assert_int_equal(agent("check 0 %zu", 730 + i), 0);
		assert_ok(edu_detach(edu));
		view_end(&v);
		agent("free 0");
		free(copy);
		free(refs);
	}
	close(edu);
}

/* between many small maps that end, a large one must still be virtually contiguous */
static void vmap_of_large_map_among_small_ones(void **state)
{
	static uint32_t many[8100];
	uint8_t *copy = malloc(sizeof(many) / 4 * PAGE);
	uint32_t few[64];
	struct view small[60], v;
	int edu = edu_open();
	size_t i;

	(void)state;
	assert_true(edu >= 0);
	assert_non_null(copy);
	guest_plain(0, ARRAY_LEN(few), "rw", 750, few);
	guest_plain(1, ARRAY_LEN(many), "rw", 751, many);
	for (i = 0; i < ARRAY_LEN(small); i++)
		view_map(&small[i], few, 1 + i * 7 % ARRAY_LEN(few), 0);
	for (i = 0; i < ARRAY_LEN(small); i += 2)
		view_end(&small[i]);
	view_map(&v, many, ARRAY_LEN(many), 0);
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_ok(edu_vmap(edu));
	assert_ok(edu_vread(edu, 0, copy, ARRAY_LEN(many) * PAGE));
	assert_int_equal(pattern_check(copy, 0, ARRAY_LEN(many), 751, NULL), 0);
	assert_ok(edu_detach(edu));
	/* the small maps, old and new, hold the right pages */
	for (i = 0; i < ARRAY_LEN(small); i++) {
		if (i % 2 == 0)
			view_map(&small[i], few + i, 1, 0);
		view_mmap(&small[i], PROT_READ);
		assert_int_equal(pattern_check(small[i].va, i % 2 ? 0 : i, 1,
					       750, NULL),
				 0);
		view_end(&small[i]);
	}
	view_end(&v);
	agent("free 0");
	agent("free 1");
	free(copy);
	close(edu);
}

/* ---- a stock driver draws from the guest's memory ---- */

#define FRAME_BYTES ((size_t)CARD_PITCH * CARD_HEIGHT)
#define FRAME_PAGES ((FRAME_BYTES + PAGE - 1) / PAGE)

/* video memory holds what the guest wrote: the cirrus driver copied it there */
static void assert_drawn(int edu, uint64_t seed)
{
	uint8_t *want = malloc(FRAME_PAGES * PAGE);
	uint8_t *got = malloc(FRAME_BYTES);

	assert_non_null(want);
	assert_non_null(got);
	pattern_fill(want, 0, FRAME_PAGES, seed);
	assert_ok(edu_vram(edu, 0, got, FRAME_BYTES));
	assert_memory_equal(got, want, FRAME_BYTES);
	free(want);
	free(got);
}

static void take_screenshot(const char *name)
{
	const char *argv[] = { "world-host", "screenshot", name, NULL };

	assert_int_equal(machine_run(argv), 0);
}

static void stock_cirrus_driver_draws_guest_memory(void **state)
{
	long refused = machine_stat("bounces_refused");
	int edu = edu_open(), card = card_open("cirrus"), err;
	struct card_screen screen;
	uint32_t refs[FRAME_PAGES], handle;
	struct view v;

	(void)state;
	load_guest_driver();
	assert_true(edu >= 0);
	assert_true(card >= 0);
	guest_grant(0, FRAME_PAGES, "scatter", "rw", 740, refs);
	view_map(&v, refs, FRAME_PAGES, 0);
	err = card_import(card, v.fd, &handle);
	if (!world.pv && err) {
		/*
		 * The card has 32 address bits, and these pages are above.  Newer
		 * kernels copy with the CPU and do not map them for the card.
		 */
		assert_err(err, -EREMOTEIO);
		assert_true(machine_stat("bounces_refused") > refused);
		view_end(&v);
		view_map_for_device(&v, refs, FRAME_PAGES, 0, 32);
		err = card_import(card, v.fd, &handle);
	}
	assert_ok(err);
	assert_ok(card_show(card, handle, &screen));
	assert_drawn(edu, 740);
	take_screenshot("pattern");

	/* the guest draws into the shown buffer; a redraw updates the screen */
	agent("fill 0 741");
	assert_drawn(edu, 740);
	assert_ok(card_redraw(card, &screen));
	assert_drawn(edu, 741);
	card_hide(card, &screen);
	assert_ok(card_forget(card, handle));
	view_end(&v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
	close(card);
	close(edu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(guest_grant_read_and_written_by_both),
		world_test(dom0_grant_read_and_written_by_both),
		world_test(dom0_grant_for_reading_mapped_read_only),
		world_test(grant_of_a_part_gives_only_its_pages),
		world_test(vmap_reads_and_writes_guest_pages),
		world_test(vmap_of_large_map_among_small_ones),
		world_test(stock_cirrus_driver_draws_guest_memory),
	};

	world_timeout(1200); /* 8,100 pages, many times */
	return world_run("pattern", tests);
}
