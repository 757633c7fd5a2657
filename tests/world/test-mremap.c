// SPDX-License-Identifier: GPL-2.0-only
/*
 * Foreign pages in a process's address space are moved: the process sees the right
 * bytes at the new address, also on PV, where grant PTEs cannot be moved.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>

#include "common.h"

#define PAGES 16
#define MANY 1100 /* three batches of hypercalls, three or four page tables */

static uint32_t refs[PAGES];

static void mremap_to_larger_refused(void **state)
{
	struct view v;

	(void)state;
	view_begin_plain(&v, PAGES, 3);
	assert_ptr_equal(mremap(v.va, PAGES * PAGE, 2 * PAGES * PAGE,
				MREMAP_MAYMOVE),
			 MAP_FAILED);
	view_check(&v, 3);
	view_end_and_free(&v);
}

/* room for a mapping of @pages at an address of its own */
static uint8_t *find_room(size_t pages)
{
	void *where = mmap(NULL, pages * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(where, MAP_FAILED);
	return where;
}

/* mremap to another address; the guest has the buffer in slot 0, filled with @seed */
static void move_view(struct view *v, uint64_t seed)
{
	uint8_t *where = find_room(v->pages), *old = v->va, byte;
	size_t len = v->pages * PAGE;

	assert_ptr_equal(mremap(old, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				where),
			 where);
	v->va = where;
	assert_int_equal(probe_read(old, &byte), SIGSEGV);
	assert_int_equal(probe_read(old + len - PAGE, &byte), SIGSEGV);
	view_check(v, seed);
	/* the guest's change is visible, and the guest sees ours */
	agent("fill 0 %lu", seed + 1);
	view_check(v, seed + 1);
	view_fill(v, seed + 2);
	assert_int_equal(agent("check 0 %lu", seed + 2), 0);
}

static void mremap_to_other_address_moves_mapping(void **state)
{
	struct view v;
	long mapped;
	int i;

	(void)state;
	view_begin_plain(&v, PAGES, 4);
	mapped = machine_stat("pages_mapped");
	for (i = 0; i < 3; i++)
		move_view(&v, 4 + 2 * i);
	assert_int_equal(lease_look(v.lease).mmaps, 1);
	assert_int_equal(machine_stat("pages_mapped"), mapped);
	view_end_and_free(&v);
}

/* a moved mapping is as read-only, and on PV as absent from a child, as before */
static void mremap_keeps_read_only(void **state)
{
	uint8_t *where = find_room(PAGES);
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ);
	assert_ptr_equal(mremap(v.va, PAGES * PAGE, PAGES * PAGE,
				MREMAP_MAYMOVE | MREMAP_FIXED, where),
			 where);
	v.va = where;
	view_check(&v, 1);
	assert_int_equal(probe_write(v.va + PAGE, 1), SIGSEGV);
	assert_int_equal(in_child(view_read_in_child, &v),
			 world.pv ? 128 + SIGSEGV : 0);
	assert_int_equal(agent("check 0 1"), 0);
	view_end_and_free(&v);
}

static void mremap_of_a_part_right_or_refused(void **state)
{
	uint8_t *where = find_room(1);
	struct view v;
	void *moved;

	(void)state;
	view_begin_plain(&v, PAGES, 45);
	moved = mremap(v.va + 3 * PAGE, PAGE, PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, where);
	if (world.pv) {
		assert_ptr_equal(moved, MAP_FAILED);
		assert_int_equal(errno, EINVAL);
		view_check(&v, 45);
	} else {
		assert_ptr_equal(moved, where);
		assert_right_or_gone(where, 3, 1, 45);
	}
	munmap(where, PAGE);
	view_end_and_free(&v);
}

/* nothing is mapped again after a revoke */
static void mremap_after_revoke_maps_nothing(void **state)
{
	uint8_t *where = find_room(PAGES), byte;
	struct view v;
	void *moved;

	(void)state;
	view_begin_plain(&v, PAGES, 46);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	moved = mremap(v.va, PAGES * PAGE, PAGES * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, where);
	if (world.pv) {
		assert_ptr_equal(moved, MAP_FAILED);
		assert_int_equal(errno, ENODEV);
	} else {
		assert_ptr_equal(moved, where);
		v.va = where;
	}
	assert_int_equal(probe_read(v.va, &byte), SIGBUS);
	assert_int_equal(lease_look(v.lease).pages_in_use, 0);
	view_end_and_free(&v);
}

static void mremap_to_smaller_right_or_refused(void **state)
{
	struct view v;

	(void)state;
	view_begin_plain(&v, PAGES, 6);
	if (mremap(v.va, PAGES * PAGE, PAGE, 0) == MAP_FAILED) {
		view_check(&v, 6);
	} else {
		assert_right_or_gone(v.va, 0, 1, 6);
		agent("fill 0 7");
		assert_right_or_gone(v.va, 0, 1, 7);
	}
	view_end_and_free(&v);
}

/* a mapping of several batches and page tables is moved and revoked */
static void large_mapping_moved_and_revoked(void **state)
{
	static uint32_t many[MANY];
	struct view v;
	uint8_t byte;
	size_t i;

	(void)state;
	guest_plain(0, MANY, "rw", 50, many);
	view_map(&v, many, MANY, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 50);
	view_fill(&v, 51);
	assert_int_equal(agent("check 0 51"), 0);
	assert_ptr_equal(mremap(v.va, MANY * PAGE, 2 * MANY * PAGE,
				MREMAP_MAYMOVE),
			 MAP_FAILED);
	view_check(&v, 51);
	move_view(&v, 51);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	for (i = 0; i < MANY; i++)
		assert_int_equal(probe_read(v.va + i * PAGE, &byte), SIGBUS);
	assert_int_equal(agent("check 0 53"), 0);
	view_end_and_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(mremap_to_larger_refused),
		world_test(mremap_to_other_address_moves_mapping),
		world_test(mremap_keeps_read_only),
		world_test(mremap_of_a_part_right_or_refused),
		world_test(mremap_after_revoke_maps_nothing),
		world_test(mremap_to_smaller_right_or_refused),
		world_test(large_mapping_moved_and_revoked),
	};

	return world_run("mremap", tests);
}
