// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page frames that foreign pages are mapped into.  In the world arm64-frames
 * each costs a page of memory; elsewhere they are unused addresses.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "faults.h"

#define FRAME 2025 /* pages of 1080p */
#define MAPS 10
#define SLACK 24576 /* KiB that other things may take meanwhile */
#define KEPT 100

static uint32_t many[FRAME];
static long available; /* KiB, before the maps */

static bool frames_cost_memory(void)
{
	return machine_stat("arena_costs_memory") == 1;
}

static void begin_mapping(void)
{
	struct view v;

	bad_begin();
	guest_plain(0, FRAME, "rw", 1, many);
	/* The first one lets caches grow, and tells what frames cost. */
	view_map(&v, many, FRAME, 0);
	view_end(&v);
	if (frames_cost_memory())
		eventually(!machine_stat("arena_pages"));
	available = machine_meminfo("MemAvailable");
}

/* nothing stays taken but frames that cost nothing, and of these a limited number */
static void assert_given_back(void)
{
	long total = machine_stat("arena_pages");

	note("%ld KiB available, %ld before; %ld frames",
	     machine_meminfo("MemAvailable"), available, total);
	if (frames_cost_memory())
		eventually(!machine_stat("arena_pages"));
	else
		assert_true(machine_stat("arena_free") <=
			    machine_stat("arena_free_limit"));
	eventually(machine_meminfo("MemAvailable") >= available - SLACK);
	agent("free 0");
}

static void maps_in_a_row_drain_no_memory(void **state)
{
	struct view v;
	int i;

	(void)state;
	begin_mapping();
	for (i = 0; i < MAPS; i++) {
		view_map(&v, many, FRAME, 0);
		view_mmap(&v, PROT_READ);
		view_check(&v, 1);
		assert_true(machine_stat("arena_pages") -
				    machine_stat("arena_free") ==
			    FRAME);
		assert_true(machine_meminfo("MemAvailable") >=
			    available - 3L * FRAME * 4 - SLACK);
		view_end(&v);
	}
	assert_given_back();
}

static void maps_at_a_time_take_what_they_use(void **state)
{
	struct view v[MAPS];
	int i;

	(void)state;
	begin_mapping();
	for (i = 0; i < MAPS; i++) {
		view_map(&v[i], many, FRAME, 0);
		view_mmap(&v[i], PROT_READ | PROT_WRITE);
	}
	assert_int_equal(machine_stat("arena_pages") -
				 machine_stat("arena_free"),
			 MAPS * FRAME);
	assert_true(machine_meminfo("MemAvailable") >=
		    available - (MAPS + 2L) * FRAME * 4 - SLACK);
	view_fill(&v[0], 2);
	for (i = 0; i < MAPS; i++)
		view_check(&v[i], 2);
	for (i = 0; i < MAPS; i++)
		view_end(&v[i]);
	assert_given_back();
}

static void unused_frames_stay_within_the_limit(void **state)
{
	unsigned long was;
	struct view v;

	(void)state;
	begin_mapping();
	was = raw_param("max_free_frames", KEPT);
	view_map(&v, many, FRAME, 0);
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	assert_true(machine_stat("arena_free") <= KEPT);
	/* None are kept, and maps work nevertheless. */
	raw_param("max_free_frames", 0);
	view_map(&v, many, FRAME, 0);
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	assert_int_equal(machine_stat("arena_free"), 0);
	assert_int_equal(machine_stat("arena_pages"), 0);
	raw_param("max_free_frames", was);
	assert_given_back();
}

static void info_counts_frames(void **state)
{
	struct xen_dmabuf_info info;
	struct view v;

	(void)state;
	begin_mapping();
	view_map(&v, many, FRAME, 0);
	assert_ok(xendmabuf_info(world.x, &info));
	assert_int_equal(info.frames - info.free_frames, FRAME);
	assert_int_equal(info.frames, machine_stat("arena_pages"));
	assert_int_equal(info.free_frames_limit,
			 machine_stat("arena_free_limit"));
	view_end(&v);
	assert_given_back();
}

/* The kernel has no memory for its own entry of a page that Xen has mapped. */
static void map_without_memory_for_p2m_fails_enomem(void **state)
{
	static const unsigned int calls[] = { 1, 300, FRAME };
	bool p2m = true;
	struct view v;
	size_t i;

	(void)state;
	begin_mapping();
	faults_begin();
	for (i = 0; i < ARRAY_LEN(calls) && p2m; i++) {
		struct xen_dmabuf_map m = raw_map(world.domid, many, FRAME);
		int err;

		faults_p2m(calls[i]);
		err = try_map(&m);
		p2m = faults_probes.disarm();
		nothing_left();
		/* An auto-translated domain on x86 has no p2m of its own. */
		assert_err(err, p2m ? -ENOMEM : 0);
	}
	faults_end();
	view_map(&v, many, FRAME, 0);
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	assert_given_back();
	if (!p2m)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(maps_in_a_row_drain_no_memory),
		world_test(maps_at_a_time_take_what_they_use),
		world_test(unused_frames_stay_within_the_limit),
		world_test(info_counts_frames),
		world_test(map_without_memory_for_p2m_fails_enomem),
	};

	world_timeout(900);
	return world_run("frames", tests);
}
