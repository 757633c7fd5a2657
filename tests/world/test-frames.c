// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page frames that foreign pages are mapped into.  In the world arm64-frames
 * each costs a page of memory; elsewhere they are unused addresses.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "edu.h"
#include "faults.h"

#define FRAME 2025 /* pages of 1080p */
#define MAPS 10
#define SLACK 24576 /* KiB that other things may take meanwhile */
#define KEPT 100
#define RUNS 80 /* together more than a memory section and two maps */
#define RUN 500 /* pages of each */
#define MOST_MAPS 60 /* 475 MiB */
#define LEFT 163840 /* KiB that scatter_memory() does not take */
#define MIB 0x100000UL

static uint32_t many[FRAME];
static long available; /* KiB, before the maps */

static bool frames_cost_memory(void)
{
	return !strcmp(getenv("WORLD"), "arm64-frames");
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
	assert_int_equal(machine_stat("arena_costs_memory"),
			 frames_cost_memory());
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
	note("%ld KiB available, %ld before, with %d maps",
	     machine_meminfo("MemAvailable"), available, MAPS);
	assert_true(machine_meminfo("MemAvailable") >=
		    available - (MAPS + 2L) * FRAME * 4 - SLACK);
	view_fill(&v[0], 2);
	for (i = 0; i < MAPS; i++)
		view_check(&v[i], 2);
	for (i = 0; i < MAPS; i++)
		view_end(&v[i]);
	assert_given_back();
}

/* Take most of the memory, and give every second MiB back. */
static uint8_t *scatter_memory(size_t *size)
{
	uint8_t *va;
	size_t i;

	*size = (size_t)(available - LEFT) * 1024 & -MIB;
	va = mmap(NULL, *size, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(va, MAP_FAILED);
	madvise(va, *size, MADV_NOHUGEPAGE);
	for (i = 0; i < *size; i += PAGE)
		va[i] = 1;
	for (i = 0; i < *size; i += 2 * MIB)
		assert_int_equal(madvise(va + i, MIB, MADV_DONTNEED), 0);
	return va;
}

/* in a process, in the kernel (vmap), and by a device */
static void check_all_uses(struct view *v)
{
	const size_t size = FRAME * PAGE;
	uint8_t *got = malloc(size);
	int edu = edu_open();

	view_mmap(v, PROT_READ | PROT_WRITE);
	view_check(v, 1);
	assert_non_null(got);
	assert_ok(edu_attach(edu, v->fd, 64));
	assert_ok(edu_vmap(edu));
	assert_ok(edu_vread(edu, 0, got, size));
	assert_memory_equal(got, v->va, size);
	assert_ok(edu_vunmap(edu));
	memset(got, 0, size);
	assert_ok(edu_map(edu, XDB_EDU_BOTH, NULL));
	assert_ok(edu_read(edu, (FRAME - 1) * PAGE, got, PAGE));
	assert_memory_equal(got, v->va + (FRAME - 1) * PAGE, PAGE);
	assert_ok(edu_unmap(edu));
	assert_ok(edu_detach(edu));
	close(edu);
	free(got);
}

static void scattered_frames_serve_all_users(void **state)
{
	struct view v[MOST_MAPS];
	uint8_t *memory;
	size_t size;
	int n = 0;

	(void)state;
	begin_mapping();
	if (!frames_cost_memory()) {
		note("page frames cost no memory here");
		assert_given_back();
		skip();
	}
	memory = scatter_memory(&size);
	while (n < MOST_MAPS && !machine_stat("arena_scattered"))
		view_map(&v[n++], many, FRAME, 0);
	note("map %d has scattered frames", n);
	assert_int_equal(machine_stat("arena_scattered"), FRAME);
	check_all_uses(&v[n - 1]);
	while (n)
		view_end(&v[--n]);
	assert_int_equal(machine_stat("arena_scattered"), 0);
	munmap(memory, size);
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

/*
 * Of the frames that the kernel gets back, no more than RUN are contiguous: between
 * two runs there is a page in use.
 */
static void maps_succeed_when_free_frames_are_fragmented(void **state)
{
	static struct view runs[RUNS], between[RUNS];
	unsigned long was;
	struct view v;
	int i;

	(void)state;
	begin_mapping();
	was = raw_param("max_free_frames", 0);
	/* Xen lets a domain map a reference 127 times. */
	for (i = 0; i < RUNS; i++) {
		view_map(&runs[i], many + i % (FRAME / RUN) * RUN, RUN, 0);
		view_map(&between[i], many + FRAME - 1, 1, 0);
	}
	for (i = 0; i < RUNS; i++)
		view_end(&runs[i]);
	assert_int_equal(machine_stat("arena_pages"), RUNS);
	raw_param("max_free_frames", was);
	view_map(&v, many, FRAME, 0);
	note("%ld frames kept of those that were searched",
	     machine_stat("arena_free"));
	view_mmap(&v, PROT_READ);
	view_check(&v, 1);
	view_end(&v);
	for (i = 0; i < RUNS; i++)
		view_end(&between[i]);
	assert_given_back();
}

static void info_counts_frames(void **state)
{
	struct xen_dmabuf_info info;
	struct view v;

	(void)state;
	begin_mapping();
	view_map(&v, many, FRAME, 0);
	assert_ok(xendmabuf_info(world.x, &info, sizeof(info)));
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
		/*
		 * An auto-translated domain on x86 has no p2m of its own, and in
		 * a PV kernel the compiler may leave no call to probe.
		 */
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
		world_test(scattered_frames_serve_all_users),
		world_test(unused_frames_stay_within_the_limit),
		world_test(maps_succeed_when_free_frames_are_fragmented),
		world_test(info_counts_frames),
		world_test(map_without_memory_for_p2m_fails_enomem),
	};

	world_timeout(900);
	return world_run("frames", tests);
}
