// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen refuses a part of a batch.  A map of which a page fails is no map; a page
 * that Xen does not unmap is given up, counted and never used again, and what
 * is given up stays so: this is the last of the tests.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "faults.h"

#define MANY 700 /* two batches */
#define BATCH 512

/* of Xen's interface */
#define GNTST_general_error (-1)
#define GNTST_no_device_space (-7)
#define GNTST_bad_page (-9)

static uint32_t many[MANY];
static long leaked;

static void begin(void)
{
	faults_begin();
	bad_begin();
	leaked = machine_stat("pages_leaked");
	guest_plain(0, MANY, "rw", 1, many);
}

static void end(void)
{
	agent("free 0");
	faults_end();
}

/* one page of a batch fails: the others are unmapped again */
static void map_is_refused(void **state)
{
	static const struct {
		uint32_t call, index;
		int status, err;
	} cases[] = {
		{ 1, 0, GNTST_general_error, -EACCES },
		{ 1, BATCH / 2, GNTST_bad_page, -EIO },
		{ 1, BATCH - 1, GNTST_no_device_space, -ENOSPC },
		{ 2, 100, GNTST_no_device_space, -ENOSPC },
		{ 2, MANY - BATCH - 1, GNTST_bad_page, -EIO },
		{ 2, XDB_SPOIL_ALL, GNTST_no_device_space, -ENOSPC },
	};
	struct xen_dmabuf_map m;
	struct view v;
	size_t i;

	(void)state;
	begin();
	m = raw_map(world.domid, many, MANY);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		faults_spoil(XDB_SPOIL_MAP, cases[i].call, cases[i].index,
			     cases[i].status);
		map_fails(m, cases[i].err);
		assert_non_null(faults_probes.disarm());
	}
	/* none of them was lost to anybody */
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	view_map(&v, many, MANY, 0);
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	end();
}

static void user_map_is_refused(void **state)
{
	static const uint32_t indices[] = { 0, BATCH - 1, XDB_SPOIL_ALL };
	struct view v;
	size_t i;

	(void)state;
	if (!world.pv)
		skip();
	begin();
	view_map(&v, many, MANY, 0);
	for (i = 0; i < 2 * ARRAY_LEN(indices); i++) {
		faults_spoil(XDB_SPOIL_USER_MAP, 1 + i % 2,
			     i % 2 ? indices[i / 2] % (MANY - BATCH)
				   : indices[i / 2],
			     GNTST_no_device_space);
		assert_ptr_equal(mmap(NULL, MANY * PAGE, PROT_READ, MAP_SHARED,
				      v.fd, 0),
				 MAP_FAILED);
		assert_int_equal(errno, ENOSPC);
		assert_non_null(faults_probes.disarm());
		assert_int_equal(machine_stat("pages_mapped"), mapped + MANY);
		assert_int_equal(lease_look(v.lease).mmaps, 0);
	}
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	end();
}

/* Xen takes, or gives, only a part of the memory at a time */
static void memory_moves_in_parts(void **state)
{
	struct view v;

	(void)state;
	if (!(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING))
		skip();
	begin();
	/* a part is enough to go on with */
	faults_spoil(XDB_SPOIL_DECREASE, 1, 100, 0);
	view_map_for_device(&v, many, MANY, 0, 32);
	assert_non_null(faults_probes.disarm());
	faults_spoil(XDB_SPOIL_INCREASE, 2, 17, 0);
	view_end(&v);
	assert_non_null(faults_probes.disarm());
	assert_int_equal(machine_stat("pages_owed"), 0);
	/* nothing is not: the second batch fails, the first is undone */
	faults_spoil(XDB_SPOIL_DECREASE, 2, 0, 0);
	map_fails(with(raw_map(world.domid, many, MANY), dma_bits = 32),
		  -ENOMEM);
	assert_non_null(faults_probes.disarm());
	assert_int_equal(machine_stat("pages_owed"), 0);
	/* and if there is none it is waited for, with what is there kept */
	view_map_for_device(&v, many, MANY, 0, 32);
	faults_spoil(XDB_SPOIL_INCREASE, 2, 0, 0);
	view_end(&v);
	assert_non_null(faults_probes.disarm());
	assert_int_equal(machine_stat("pages_owed"), MANY - BATCH);
	eventually(machine_stat("pages_owed") == 0);
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	end();
}

/* @lost pages of a lease are given up, which is then never RETURNED */
static void given_up(struct xendmabuf_lease *lease, long lost)
{
	eventually(lease_look(lease).pages_in_use == lost);
	assert_int_not_equal(lease_state(lease), XEN_DMABUF_LEASE_RETURNED);
	eventually(machine_stat("pages_leaked") == leaked + lost);
	leaked += lost;
	/* asking again makes it neither more nor less */
	assert_ok(xendmabuf_lease_revoke(lease));
	assert_err(xendmabuf_lease_wait(lease, 1500), -ETIMEDOUT);
	assert_int_equal(lease_look(lease).pages_in_use, lost);
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	xendmabuf_lease_close(lease);
}

/* the pages that were not lost serve again, and hold what they should */
static void others_work(void)
{
	struct view v;

	view_map(&v, many, MANY, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 1);
	view_end(&v);
	agent("free 0");
	guest_plain(0, MANY, "rw", 1, many);
}

static void unmap_fails(void **state)
{
	static const struct {
		uint32_t call, index;
		long lost;
	} cases[] = {
		{ 1, 0, 1 },
		{ 1, BATCH - 1, 1 },
		{ 2, 100, 1 },
		{ 2, XDB_SPOIL_ALL, MANY - BATCH },
	};
	struct view v;
	size_t i;

	(void)state;
	begin();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		view_map(&v, many, MANY, 0);
		faults_spoil(XDB_SPOIL_UNMAP, cases[i].call, cases[i].index,
			     GNTST_general_error);
		view_drop(&v);
		given_up(v.lease, cases[i].lost);
		assert_non_null(faults_probes.disarm());
		/* charged for what does not come back, and for the rest */
		assert_int_equal(machine_stat("pages_mapped"), mapped + MANY);
		mapped += MANY;
		others_work();
	}
	end();
}

/* by munmap, and by revoke */
static void user_unmap_fails(void **state)
{
	struct view v;
	int how;

	(void)state;
	if (!world.pv)
		skip();
	begin();
	for (how = 0; how < 2; how++) {
		view_map(&v, many, MANY, 0);
		view_mmap(&v, PROT_READ);
		faults_spoil(XDB_SPOIL_USER_UNMAP, 1 + how, 100,
			     GNTST_general_error);
		if (how)
			assert_ok(xendmabuf_lease_revoke(v.lease));
		view_drop(&v);
		given_up(v.lease, 1);
		assert_non_null(faults_probes.disarm());
		mapped = machine_stat("pages_mapped");
		others_work();
	}
	end();
}

#define last_test(f) cmocka_unit_test_setup(f, world_test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(map_is_refused),
		world_test(user_map_is_refused),
		world_test(memory_moves_in_parts),
		/* these cannot leave the counts as they were */
		last_test(unmap_fails),
		last_test(user_unmap_fails),
	};

	return world_run("unmap", tests);
}
