// SPDX-License-Identifier: GPL-2.0-only
/* libxengnttab and libxendmabuf in one process, even on the same references. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xengnttab.h>

#include "common.h"

#define PAGES 64

static uint32_t refs[PAGES];

static void references_mapped_by_both_libraries(void **state)
{
	xengnttab_handle *gnttab = xengnttab_open(NULL, 0);
	struct view v;
	uint8_t *other;

	(void)state;
	assert_non_null(gnttab);
	guest_plain(0, PAGES, "rw", 1, refs);
	other = xengnttab_map_domain_grant_refs(gnttab, PAGES, world.domid,
						refs, PROT_READ | PROT_WRITE);
	assert_non_null(other);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 1);
	pattern_fill(other, 0, PAGES, 2);
	view_check(&v, 2);
	view_fill(&v, 3);
	assert_int_equal(pattern_check(other, 0, PAGES, 3, NULL), 0);
	assert_int_equal(agent("check 0 3"), 0);

	/* either mapping works after the other has ended */
	view_end(&v);
	assert_int_equal(pattern_check(other, 0, PAGES, 3, NULL), 0);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	assert_int_equal(xengnttab_unmap(gnttab, other, PAGES), 0);
	view_check(&v, 3);
	view_fill(&v, 4);
	assert_int_equal(agent("check 0 4"), 0);
	view_end(&v);
	xengnttab_close(gnttab);
	agent("free 0");
}

/* a mapping by libxengnttab holds a grant like one by libxendmabuf */
static void grant_held_by_xengnttab_mapping(void **state)
{
	xengnttab_handle *gnttab = xengnttab_open(NULL, 0);
	uint8_t *other;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", 5, refs);
	other = xengnttab_map_domain_grant_refs(gnttab, PAGES, world.domid,
						refs, PROT_READ);
	assert_non_null(other);
	agent("revoke 0");
	assert_err(agent_try("wait 0 300"), -ETIMEDOUT);
	assert_int_equal(pattern_check(other, 0, PAGES, 5, NULL), 0);
	assert_int_equal(xengnttab_unmap(gnttab, other, PAGES), 0);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	xengnttab_close(gnttab);
	agent("free 0");
}

static void grant_copy_beside_a_map(void **state)
{
	xengnttab_handle *gnttab = xengnttab_open(NULL, 0);
	uint8_t *buffer = aligned_alloc(PAGE, PAGES * PAGE);
	xengnttab_grant_copy_segment_t segs[PAGES];
	struct view v;
	size_t i;

	(void)state;
	assert_non_null(buffer);
	guest_plain(0, PAGES, "rw", 6, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_fill(&v, 7);
	memset(segs, 0, sizeof(segs));
	for (i = 0; i < PAGES; i++) {
		segs[i].source.foreign.ref = refs[i];
		segs[i].source.foreign.domid = world.domid;
		segs[i].dest.virt = buffer + i * PAGE;
		segs[i].len = PAGE;
		segs[i].flags = GNTCOPY_source_gref;
	}
	assert_int_equal(xengnttab_grant_copy(gnttab, PAGES, segs), 0);
	for (i = 0; i < PAGES; i++)
		assert_int_equal(segs[i].status, GNTST_okay);
	assert_int_equal(pattern_check(buffer, 0, PAGES, 7, NULL), 0);
	free(buffer);
	view_end(&v);
	xengnttab_close(gnttab);
	agent("free 0");
}

/* pages of gntalloc and a granted dma-buf get different references */
static void gntalloc_pages_beside_a_grant(void **state)
{
	xengntshr_handle *gntshr = xengntshr_open(NULL, 0);
	uint32_t shared[PAGES];
	struct local l;
	uint8_t *plain;
	size_t i, k;

	(void)state;
	assert_non_null(gntshr);
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 8);
	plain = xengntshr_share_pages(gntshr, world.domid, PAGES, shared, 1);
	assert_non_null(plain);
	local_grant(&l, 0);
	for (i = 0; i < PAGES; i++)
		for (k = 0; k < PAGES; k++)
			assert_int_not_equal(l.refs[i], shared[k]);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 8"), 0);
	assert_int_equal(xengntshr_unshare(gntshr, plain, PAGES), 0);
	assert_int_equal(agent("check 0 8"), 0);
	agent("free 0");
	local_end(&l);
	xengntshr_close(gntshr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(references_mapped_by_both_libraries),
		world_test(grant_held_by_xengnttab_mapping),
		world_test(grant_copy_beside_a_map),
		world_test(gntalloc_pages_beside_a_grant),
	};

	return world_run("gnttab", tests);
}
