/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A way: one of several implementations to compare.  All ways are measured in
 * turn, so that other load on the machine affects all of them alike.
 */
#ifndef XT_BENCH_WAY_H
#define XT_BENCH_WAY_H

#include <stdbool.h>
#include <stddef.h>

#include "state.h"

/**
 * struct xt_way - one or two steps, which are timed
 * @how: its name
 * @what: names of the steps; the second is NULL if there is none
 * @mark: number of the first step's mark (mark.h); the second's is the next
 * @ready: called before each round; may be NULL.  -EOPNOTSUPP: not available
 * @step: the second undoes the first
 * @done: called after each round, even if @ready or a step failed; may be NULL
 * @copies: the first step copies every byte of the share
 * @allocates: the first step also allocates the pages that it shares
 */
struct xt_way {
	const char *how;
	const char *what[2];
	unsigned int mark;
	int (*ready)(struct xt_bench *b, size_t pages);
	int (*step[2])(struct xt_bench *b, size_t pages);
	void (*done)(struct xt_bench *b, size_t pages);
	bool copies;
	bool allocates;
};

/**
 * xt_bench_ways - measure: a warm-up and b->rounds rounds of each way, in turn
 *
 * A way that is not available here or exceeds a limit (EOPNOTSUPP, ENOSPC,
 * EDQUOT) is left out.  Tells the user of errors; returns an exit status.
 */
int xt_bench_ways(struct xt_bench *b, const struct xt_way *ways, size_t nr,
		  size_t pages);
bool xt_bench_not_offered(int err);

#endif
