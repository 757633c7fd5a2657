/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bench: ways of doing the same thing, taken in turns, so that whatever else
 * the machine does hits all of them alike.
 */
#ifndef XT_BENCH_WAY_H
#define XT_BENCH_WAY_H

#include <stdbool.h>
#include <stddef.h>

#include "state.h"

/**
 * struct xt_way - a way of doing a thing: one or two steps, timed
 * @how: its name
 * @what: names of the steps; the second is NULL if there is none
 * @mark: of the first step; the second has the next one
 * @ready: before each round; may be NULL.  -EOPNOTSUPP: not on this machine
 * @step: the second undoes the first
 * @done: after each round, whatever happened since @ready; may be NULL
 * @copies: the first step copies every byte of the share
 * @allocates: the first step allocates the pages that are shared, too
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
 * xt_bench_ways - a warm-up and b->rounds rounds of each of them, in turns
 *
 * A way that this machine or its limits do not offer (EOPNOTSUPP, ENOSPC,
 * EDQUOT) is left out.  Says what went wrong; an exit status.
 */
int xt_bench_ways(struct xt_bench *b, const struct xt_way *ways, size_t nr,
		  size_t pages);
bool xt_bench_not_offered(int err);

#endif
