// SPDX-License-Identifier: GPL-2.0-only
/* A guest without xen_dmabuf grants plain pages through stock gntalloc. */
#include <stdlib.h>
#include <sys/mman.h>

#include "common.h"

static const size_t sizes[] = { 1, 2, 900, 2025, 8100 };

static void guest_without_xen_dmabuf(void **state)
{
	int err = agent_try("remove xen_dmabuf");

	(void)state;
	assert_true(!err || err == -ENOENT);
	assert_int_equal(agent("loaded xen_dmabuf"), 0);
}

static void plain_pages_read_and_written_by_dom0(void **state)
{
	struct view v;
	uint32_t *refs;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		refs = calloc(sizes[i], sizeof(*refs));
		guest_plain(0, sizes[i], "rw", 100 + i, refs);
		view_map(&v, refs, sizes[i], 0);
		free(refs);
		assert_int_equal(lease_state(v.lease), XEN_DMABUF_LEASE_ACTIVE);
		view_mmap(&v, PROT_READ | PROT_WRITE);
		view_check(&v, 100 + i);

		view_fill(&v, 200 + i);
		assert_int_equal(agent("check 0 %zu", 200 + i), 0);

		agent("fill 0 %zu", 300 + i);
		view_check(&v, 300 + i);
		view_end(&v);
		agent("free 0");
	}
}

static void plain_pages_for_reading_mapped_read_only(void **state)
{
	uint32_t refs[3], bad = 99;
	struct view v;
	int fd;

	(void)state;
	guest_plain(0, 3, "ro", 7, refs);
	/* Xen refuses a writable mapping of pages granted for reading */
	assert_err(xendmabuf_map(world.x, world.domid, refs, 3, 0, &fd, NULL),
		   -EACCES);
	bad = xendmabuf_bad_ref(world.x);
	assert_int_equal(bad, 0);

	view_map(&v, refs, 3, XENDMABUF_RDONLY);
	view_mmap(&v, PROT_READ);
	view_check(&v, 7);
	agent("fill 0 8");
	view_check(&v, 8);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EACCES);
	view_end(&v);
	agent("free 0");
}

/* references in reverse order, and one of them repeated */
static void plain_pages_mapped_in_any_order_and_repeated(void **state)
{
	uint32_t refs[4], mixed[6];
	struct view v;
	size_t bad, i;

	(void)state;
	guest_plain(0, 4, "rw", 9, refs);
	for (i = 0; i < 4; i++)
		mixed[i] = refs[3 - i];
	mixed[4] = refs[2];
	mixed[5] = refs[2];
	view_map(&v, mixed, 6, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	for (i = 0; i < 4; i++)
		assert_int_equal(
			pattern_check(v.va + i * PAGE, 3 - i, 1, 9, &bad), 0);
	assert_int_equal(pattern_check(v.va + 4 * PAGE, 2, 1, 9, &bad), 0);

	/* one page at three places: a write at one is visible at the others */
	pattern_fill(v.va + 5 * PAGE, 0, 1, 10);
	assert_int_equal(pattern_check(v.va + 4 * PAGE, 0, 1, 10, &bad), 0);
	assert_int_equal(pattern_check(v.va + 1 * PAGE, 0, 1, 10, &bad), 0);
	view_end(&v);
	agent("free 0");
}

/* the guest frees its pages while dom0 maps them: they are not reused */
static void plain_pages_freed_by_guest_kept_while_mapped(void **state)
{
	uint32_t refs[64];
	struct view v;

	(void)state;
	guest_plain(0, 64, "rw", 11, refs);
	view_map(&v, refs, 64, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	agent("free 0");
	assert_true(agent("pressure 0xa5a5a5a5 64 100") > 16);
	view_check(&v, 11);
	view_end(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* without world_test: it changes the counts that this compares */
		cmocka_unit_test(guest_without_xen_dmabuf),
		world_test(plain_pages_read_and_written_by_dom0),
		world_test(plain_pages_for_reading_mapped_read_only),
		world_test(plain_pages_mapped_in_any_order_and_repeated),
		world_test(plain_pages_freed_by_guest_kept_while_mapped),
	};

	return world_run("plain", tests);
}
