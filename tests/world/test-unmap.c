// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen refuses a part of a batch.  A MAP of which one page fails is undone; a page
 * that Xen does not unmap is leaked, counted, and never used again.  Leaked pages
 * stay so: this must be the last of the tests.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "events.h"
#include "faults.h"

#define MANY 700 /* two batches */
#define BATCH 512

/* from Xen's grant_table.h */
#define GNTST_general_error (-1)
#define GNTST_no_device_space (-7)
#define GNTST_bad_page (-9)

static uint32_t many[MANY];
static long leaked;

static void begin_spoiling(void)
{
	faults_begin();
	bad_begin();
	leaked = machine_stat("pages_leaked");
	guest_plain(0, MANY, "rw", 1, many);
}

static void end_spoiling(void)
{
	agent("free 0");
	faults_end();
}

/* one page of a batch fails to map: the others are unmapped again */
static void map_refused_in_part_undone(void **state)
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
	begin_spoiling();
	m = raw_map(world.domid, many, MANY);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		faults_spoil(XDB_SPOIL_MAP, cases[i].call, cases[i].index,
			     cases[i].status);
		map_fails(m, cases[i].err);
		assert_non_null(faults_probes.disarm());
	}
	/* no page was leaked */
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	view_map(&v, many, MANY, 0);
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	end_spoiling();
}

static void user_map_refused_in_part_undone(void **state)
{
	static const uint32_t indices[] = { 0, BATCH - 1, XDB_SPOIL_ALL };
	struct view v;
	size_t i;

	(void)state;
	if (!world.pv)
		skip();
	begin_spoiling();
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
	end_spoiling();
}

/* XENMEM_decrease_ and increase_reservation exchange only a part of the frames */
static void frames_exchanged_in_parts(void **state)
{
	struct view v;

	(void)state;
	if (!(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING))
		skip();
	begin_spoiling();
	/* a part: the rest follows in further calls */
	faults_spoil(XDB_SPOIL_DECREASE, 1, 100, 0);
	view_map_for_device(&v, many, MANY, 0, 32);
	assert_non_null(faults_probes.disarm());
	faults_spoil(XDB_SPOIL_INCREASE, 2, 17, 0);
	view_end(&v);
	assert_non_null(faults_probes.disarm());
	assert_int_equal(machine_stat("pages_owed"), 0);
	/* nothing: the second batch fails, the first is undone */
	faults_spoil(XDB_SPOIL_DECREASE, 2, 0, 0);
	map_fails(with(raw_map(world.domid, many, MANY), dma_bits = 32),
		  -ENOMEM);
	assert_non_null(faults_probes.disarm());
	assert_int_equal(machine_stat("pages_owed"), 0);
	/* no memory from Xen: the frames stay owed until there is some */
	view_map_for_device(&v, many, MANY, 0, 32);
	faults_spoil(XDB_SPOIL_INCREASE, 2, 0, 0);
	view_end(&v);
	assert_non_null(faults_probes.disarm());
	assert_int_equal(machine_stat("pages_owed"), MANY - BATCH);
	eventually(machine_stat("pages_owed") == 0);
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	end_spoiling();
}

/* @lost pages of a lease are leaked, and the lease is never RETURNED */
static void assert_given_up(struct xendmabuf_lease *lease, long lost)
{
	eventually(lease_look(lease).pages_in_use == lost);
	assert_int_not_equal(lease_state(lease), XEN_DMABUF_LEASE_RETURNED);
	eventually(machine_stat("pages_leaked") == leaked + lost);
	leaked += lost;
	/* another revoke changes nothing */
	assert_ok(xendmabuf_lease_revoke(lease));
	assert_err(xendmabuf_lease_wait(lease, 1500), -ETIMEDOUT);
	assert_int_equal(lease_look(lease).pages_in_use, lost);
	assert_int_equal(machine_stat("pages_leaked"), leaked);
	xendmabuf_lease_close(lease);
}

/* pages that were not leaked can be mapped again, with the right contents */
static void assert_others_work(void)
{
	struct view v;

	view_map(&v, many, MANY, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 1);
	view_end(&v);
	agent("free 0");
	guest_plain(0, MANY, "rw", 1, many);
}

/* a tracepoint names the lease's first and last page that Xen did not unmap */
static void assert_traced(uint64_t lease, uint32_t page, long lost)
{
	uint32_t ends[] = { page, page + lost - 1 };
	char text[96];
	size_t i;

	for (i = 0; i < ARRAY_LEN(ends); i++) {
		snprintf(text, sizeof(text),
			 "lease=%llu domid=%u page=%u status=%d",
			 (unsigned long long)lease, world.domid, ends[i],
			 GNTST_general_error);
		assert_true(events_have("xen_dmabuf_stuck_page:", text));
	}
}

static void unmap_failing_leaks_only_its_pages(void **state)
{
	static const struct {
		uint32_t call, index;
		long lost;
		uint32_t page; /* the first one */
	} cases[] = {
		{ 1, 0, 1, 0 },
		{ 1, BATCH - 1, 1, BATCH - 1 },
		{ 2, 100, 1, BATCH + 100 },
		{ 2, XDB_SPOIL_ALL, MANY - BATCH, BATCH },
	};
	bool traced = events_begin();
	struct view v;
	uint64_t id;
	size_t i;

	(void)state;
	begin_spoiling();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		view_map(&v, many, MANY, 0);
		id = xendmabuf_lease_id(v.lease);
		faults_spoil(XDB_SPOIL_UNMAP, cases[i].call, cases[i].index,
			     GNTST_general_error);
		view_drop(&v);
		assert_given_up(v.lease, cases[i].lost);
		if (traced)
			assert_traced(id, cases[i].page, cases[i].lost);
		assert_non_null(faults_probes.disarm());
		/* the whole map stays charged, not only the leaked pages */
		assert_int_equal(machine_stat("pages_mapped"), mapped + MANY);
		mapped += MANY;
		assert_others_work();
	}
	if (traced)
		events_end();
	end_spoiling();
}

/* unmapped by munmap (how 0), and by REVOKE (1) */
static void user_unmap_failing_leaks_only_its_pages(void **state)
{
	struct view v;
	int how;

	(void)state;
	if (!world.pv)
		skip();
	begin_spoiling();
	for (how = 0; how < 2; how++) {
		view_map(&v, many, MANY, 0);
		view_mmap(&v, PROT_READ);
		faults_spoil(XDB_SPOIL_USER_UNMAP, 1 + how, 100,
			     GNTST_general_error);
		if (how)
			assert_ok(xendmabuf_lease_revoke(v.lease));
		view_drop(&v);
		assert_given_up(v.lease, 1);
		assert_non_null(faults_probes.disarm());
		mapped = machine_stat("pages_mapped");
		assert_others_work();
	}
	end_spoiling();
}

#define last_test(f) cmocka_unit_test_setup(f, world_test_setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(map_refused_in_part_undone),
		world_test(user_map_refused_in_part_undone),
		world_test(frames_exchanged_in_parts),
		/* these leak pages, so the counts differ afterwards */
		last_test(unmap_failing_leaks_only_its_pages),
		last_test(user_unmap_failing_leaks_only_its_pages),
	};

	return world_run("unmap", tests);
}
