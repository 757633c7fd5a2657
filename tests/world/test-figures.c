// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sharing costs, next to copying the same bytes: a table, not a verdict.
 * What is asserted is that everything ran and that the bytes were right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xengnttab.h>

#include "common.h"

#define ROUNDS 5
#define FILE_NAME "/run/figures.txt"

static const size_t sizes[] = { 1, 2, 900, 2025, 8100 };

/* median times of one size, in microseconds, and hypercalls of one round */
struct figures {
	double map, release, mmap, grant, revoke;
	double gntdev, memcpy, gntdev_unmap, copy;
	long map_calls, release_calls, grant_calls, revoke_calls;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *times)
{
	qsort(times, ROUNDS, sizeof(*times), compare);
	return times[ROUNDS / 2];
}

static long hypercalls(void)
{
	return machine_stat("hypercalls");
}

static void time_map(const uint32_t *refs, size_t n, struct figures *f)
{
	double map[ROUNDS], release[ROUNDS], user[ROUNDS], t;
	struct view v;
	long calls;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		calls = hypercalls();
		t = now_us();
		view_map(&v, refs, n, 0);
		map[i] = now_us() - t;
		f->map_calls = hypercalls() - calls;

		t = now_us();
		view_mmap(&v, PROT_READ);
		user[i] = now_us() - t;
		assert_int_equal(pattern_check(v.va, 0, n, 1, NULL), 0);
		assert_int_equal(munmap(v.va, n * PAGE), 0);
		v.va = NULL;

		calls = hypercalls();
		t = now_us();
		close(v.fd);
		v.fd = -1;
		assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
		release[i] = now_us() - t;
		f->release_calls = hypercalls() - calls;
		view_end(&v);
	}
	f->map = median(map);
	f->mmap = median(user);
	f->release = median(release);
}

static void time_grant(size_t n, struct figures *f)
{
	double grant[ROUNDS], revoke[ROUNDS], t;
	struct local l;
	long calls;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		local_alloc(&l, n, "heap", 2);
		calls = hypercalls();
		t = now_us();
		local_grant(&l, 0);
		grant[i] = now_us() - t;
		f->grant_calls = hypercalls() - calls;

		calls = hypercalls();
		t = now_us();
		assert_ok(xendmabuf_lease_revoke(l.lease));
		assert_ok(xendmabuf_lease_wait(l.lease, WAIT_MS));
		revoke[i] = now_us() - t;
		f->revoke_calls = hypercalls() - calls;
		local_end(&l);
	}
	f->grant = median(grant);
	f->revoke = median(revoke);
}

static void time_gntdev(xengnttab_handle *gnttab, uint32_t *refs, size_t n,
			uint8_t *to, struct figures *f)
{
	double map[ROUNDS], copy[ROUNDS], unmap[ROUNDS], t;
	void *from;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		t = now_us();
		from = xengnttab_map_domain_grant_refs(gnttab, n, world.domid,
						       refs, PROT_READ);
		map[i] = now_us() - t;
		assert_non_null(from);
		t = now_us();
		memcpy(to, from, n * PAGE);
		copy[i] = now_us() - t;
		t = now_us();
		assert_int_equal(xengnttab_unmap(gnttab, from, n), 0);
		unmap[i] = now_us() - t;
		assert_int_equal(pattern_check(to, 0, n, 1, NULL), 0);
		memset(to, 0, n * PAGE);
	}
	f->gntdev = median(map);
	f->memcpy = median(copy);
	f->gntdev_unmap = median(unmap);
}

static void time_grant_copy(xengnttab_handle *gnttab, const uint32_t *refs,
			    size_t n, uint8_t *to, struct figures *f)
{
	xengnttab_grant_copy_segment_t *segs = calloc(n, sizeof(*segs));
	double copy[ROUNDS], t;
	size_t k;
	int i;

	assert_non_null(segs);
	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < n; k++) {
			segs[k].source.foreign.ref = refs[k];
			segs[k].source.foreign.offset = 0;
			segs[k].source.foreign.domid = world.domid;
			segs[k].dest.virt = to + k * PAGE;
			segs[k].len = PAGE;
			segs[k].flags = GNTCOPY_source_gref;
			segs[k].status = -1;
		}
		t = now_us();
		assert_int_equal(xengnttab_grant_copy(gnttab, n, segs), 0);
		copy[i] = now_us() - t;
		for (k = 0; k < n; k++)
			assert_int_equal(segs[k].status, GNTST_okay);
		assert_int_equal(pattern_check(to, 0, n, 1, NULL), 0);
		memset(to, 0, n * PAGE);
	}
	f->copy = median(copy);
	free(segs);
}

static void measure(size_t n, struct figures *f)
{
	xengnttab_handle *gnttab = xengnttab_open(NULL, 0);
	uint8_t *to = aligned_alloc(PAGE, n * PAGE);
	uint32_t *refs = calloc(n, sizeof(*refs));

	assert_non_null(gnttab);
	assert_non_null(to);
	assert_non_null(refs);
	memset(to, 0, n * PAGE);
	guest_plain(0, n, "rw", 1, refs);
	time_map(refs, n, f);
	time_gntdev(gnttab, refs, n, to, f);
	time_grant_copy(gnttab, refs, n, to, f);
	agent("free 0");
	time_grant(n, f);
	free(refs);
	free(to);
	xengnttab_close(gnttab);
}

static void line(FILE *file, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(FILE *file, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note("%s", text);
	fprintf(file, "%s\n", text);
}

static void table(FILE *file, const struct figures *f)
{
	const char *name = getenv("WORLD");
	size_t i;

	line(file, "world %s, dom0 %s; microseconds, medians of %d rounds",
	     name ? name : "?", world.pv ? "PV" : "PVH", ROUNDS);
	line(file, "%6s %10s %10s %10s %10s %10s | %10s %10s %10s %10s",
	     "pages", "MAP", "release", "mmap", "GRANT", "revoke", "gntdev map",
	     "memcpy", "unmap", "grantcopy");
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		line(file,
		     "%6zu %10.0f %10.0f %10.0f %10.0f %10.0f | %10.0f %10.0f %10.0f %10.0f",
		     sizes[i], f[i].map, f[i].release, f[i].mmap, f[i].grant,
		     f[i].revoke, f[i].gntdev, f[i].memcpy, f[i].gntdev_unmap,
		     f[i].copy);
	line(file, "per page:");
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		line(file,
		     "%6zu %10.2f %10.2f %10.2f %10.2f %10.2f | %10.2f %10.2f %10.2f %10.2f",
		     sizes[i], f[i].map / sizes[i], f[i].release / sizes[i],
		     f[i].mmap / sizes[i], f[i].grant / sizes[i],
		     f[i].revoke / sizes[i], f[i].gntdev / sizes[i],
		     f[i].memcpy / sizes[i], f[i].gntdev_unmap / sizes[i],
		     f[i].copy / sizes[i]);
	line(file, "hypercalls of the driver's:");
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		line(file, "%6zu %10ld %10ld %10s %10ld %10ld", sizes[i],
		     f[i].map_calls, f[i].release_calls, "", f[i].grant_calls,
		     f[i].revoke_calls);
}

static void cost_of_sharing(void **state)
{
	const char *save[] = { "world-host", "save", FILE_NAME, "figures.txt",
			       NULL };
	struct figures f[ARRAY_LEN(sizes)];
	FILE *file;
	size_t i;

	(void)state;
	memset(f, 0, sizeof(f));
	for (i = 0; i < ARRAY_LEN(sizes); i++)
		measure(sizes[i], &f[i]);
	file = fopen(FILE_NAME, "we");
	assert_non_null(file);
	table(file, f);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(machine_run(save), 0);
	/* batches: never a hypercall for each page */
	assert_true(f[ARRAY_LEN(sizes) - 1].map_calls <= 8100 / 100);
	assert_true(f[ARRAY_LEN(sizes) - 1].release_calls <= 8100 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(cost_of_sharing),
	};

	return world_run("figures", tests);
}
