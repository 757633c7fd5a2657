// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel memory that a share uses: how much less is free while it exists.  The noise
 * is a few dozen pages, so the share should be large.  Needs root.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "say.h"
#include "compare.h"
#include "in-tree.h"
#include "result.h"
#include "ways.h"

#define TRIES 3 /* an odd number: the median is taken */
/* Wait until free memory changes by less than this, or for this many turns */
#define SETTLE_US 500000
#define SETTLED_BYTES 65536
#define SETTLE_TURNS 10

static void write_one(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return;
	fputs("1", f);
	fclose(f);
}

static int64_t free_bytes_now(void)
{
	unsigned long long kib = 0;
	char line[128];
	FILE *f;

	/* pages on the lists of CPUs, and counters that are not summed up yet */
	write_one("/proc/sys/vm/compact_memory");
	write_one("/proc/sys/vm/stat_refresh");
	f = fopen("/proc/meminfo", "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (int64_t)kib * 1024;
}

/* Memory that was released just now becomes free a little later */
static int64_t free_bytes(void)
{
	int64_t now = free_bytes_now(), before;
	int turns = 0;

	do {
		before = now;
		usleep(SETTLE_US);
		now = free_bytes_now();
	} while (llabs(now - before) > SETTLED_BYTES && ++turns < SETTLE_TURNS);
	return now;
}

static int compare_bytes(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The first try lets caches and the arena grow, and does not count */
static int measure_way(struct xt_bench *b, const struct xt_way *way,
		       size_t pages)
{
	int64_t own = way->allocates ? (int64_t)pages * XENDMABUF_PAGE_SIZE : 0;
	int64_t held[TRIES];
	int i, err = 0;

	for (i = -1; i < TRIES && !err; i++) {
		int64_t before;

		if (way->ready)
			err = way->ready(b, pages);
		before = free_bytes();
		if (!err)
			err = way->step[0](b, pages);
		if (i >= 0)
			held[i] = before - free_bytes() - own;
		if (!err)
			err = way->step[1](b, pages);
		if (way->done)
			way->done(b, pages);
	}
	if (err)
		return xt_bench_not_offered(err) ? 0 : err;
	qsort(held, TRIES, sizeof(held[0]), compare_bytes);
	return xt_result_held(b, way->what[0], way->how, pages,
			      held[TRIES / 2]);
}

int xt_bench_memory(struct xt_bench *b, size_t pages)
{
	const struct xt_way *const ways[] = {
		&xt_way_map,	       &xt_way_map_bare, &xt_way_map_gntdev,
		&xt_way_map_mmap,      &xt_way_grant,	 &xt_way_grant_system,
		&xt_way_grant_bare,    &xt_way_gntalloc, &xt_way_map_in_tree,
		&xt_way_grant_in_tree,
	};
	size_t i;
	int err;

	xt_say("kernel memory that a share of %zu pages uses", pages);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		err = measure_way(b, ways[i], pages);
		if (err)
			return xt_fail("memory of %s, %zu pages: %s",
				       ways[i]->how, pages,
				       xendmabuf_explain(b->x, err));
	}
	return XT_EXIT_OK;
}
