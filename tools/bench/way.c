// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "say.h"
#include "mark.h"
#include "result.h"
#include "way.h"

#define STATS "/sys/kernel/debug/xen_dmabuf/stats"

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* The driver's count of hypercalls; -1: not root, or no debugfs */
static int64_t read_hypercalls(void)
{
	FILE *f = fopen(STATS, "re");
	int64_t n = -1;
	char line[128];

	while (f && n < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "hypercalls %" SCNd64, &n) != 1)
			n = -1;
	if (f)
		fclose(f);
	return n;
}

/* The profile is of shares of one frame and of one page, with no others beside */
static unsigned int mark_of(const struct xt_bench *b, const struct xt_way *way,
			    int k, size_t pages, bool warm_up)
{
	unsigned int m = way->mark + (unsigned int)k;

	if (b->live || warm_up)
		return MARK_OTHER;
	if (pages == XT_BENCH_FRAME_PAGES)
		return m;
	return pages == 1 ? m + MARK_ONE_PAGE : MARK_OTHER;
}

static int run_step(struct xt_bench *b, const struct xt_way *way, int k,
		    size_t pages, bool warm_up)
{
	unsigned int m = mark_of(b, way, k, pages, warm_up);
	int64_t calls = read_hypercalls();
	struct xt_series *s;
	uint64_t began, took;
	int err;

	began = now_ns();
	mark(m);
	err = way->step[k](b, pages);
	mark(MARK_END);
	took = now_ns() - began;
	b->sections++;
	if (err || warm_up)
		return err;
	s = xt_result_series(b, way->what[k], way->how, pages);
	if (!s)
		return -ENOMEM;
	s->ns[s->nr] = took;
	s->section[s->nr] = b->sections - 1;
	s->nr++;
	s->copied = way->copies ? pages * XENDMABUF_PAGE_SIZE : 0;
	s->hypercalls = calls < 0 ? -1 : read_hypercalls() - calls;
	return 0;
}

static int run_round(struct xt_bench *b, const struct xt_way *way, size_t pages,
		     bool warm_up)
{
	int err = way->ready ? way->ready(b, pages) : 0;

	if (!err)
		err = run_step(b, way, 0, pages, warm_up);
	if (!err && way->what[1])
		err = run_step(b, way, 1, pages, warm_up);
	if (way->done)
		way->done(b, pages);
	return err;
}

bool xt_bench_not_offered(int err)
{
	return err == -EOPNOTSUPP || err == -ENOSPC || err == -EDQUOT;
}

int xt_bench_ways(struct xt_bench *b, const struct xt_way *ways, size_t nr,
		  size_t pages)
{
	uint64_t left_out = 0;
	unsigned int round;
	size_t i;
	int err;

	for (round = 0; round <= b->rounds; round++) {
		for (i = 0; i < nr; i++) {
			if (left_out & 1ULL << i)
				continue;
			err = run_round(b, &ways[i], pages, !round);
			if (!round && xt_bench_not_offered(err)) {
				left_out |= 1ULL << i;
				continue;
			}
			if (err)
				return xt_fail("%s, %s of %zu pages: %s",
					       ways[i].how, ways[i].what[0],
					       pages,
					       xendmabuf_explain(b->x, err));
		}
	}
	return XT_EXIT_OK;
}
