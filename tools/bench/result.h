/* SPDX-License-Identifier: GPL-2.0-only */
/* What was measured, as tables and as JSON */
#ifndef XT_BENCH_RESULT_H
#define XT_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define XT_BENCH_ROUNDS_MAX 32U

/**
 * struct xt_series - times of one step of one way, at one size
 * @what: the step: "map", "release"
 * @how: the way: "xen-dmabuf", "gntdev"
 * @pages: size of one share
 * @live: other shares that existed meanwhile
 * @nr: number of rounds
 * @ns: duration of each
 * @section: the index of each among all sections of this run
 * @hypercalls: of the driver, in the last round; -1: unknown
 * @copied: bytes that each round copies
 */
struct xt_series {
	const char *what;
	const char *how;
	size_t pages;
	size_t live;
	unsigned int nr;
	uint64_t ns[XT_BENCH_ROUNDS_MAX];
	unsigned int section[XT_BENCH_ROUNDS_MAX];
	int64_t hypercalls;
	uint64_t copied;
};

/* Kernel memory that one way uses while a share exists */
struct xt_held {
	const char *what;
	const char *how;
	size_t pages;
	int64_t bytes;
};

struct xt_series *xt_result_series(struct xt_bench *b, const char *what,
				   const char *how, size_t pages);
int xt_result_held(struct xt_bench *b, const char *what, const char *how,
		   size_t pages, int64_t bytes);
uint64_t xt_series_median(const struct xt_series *s);
void xt_result_tables(const struct xt_bench *b);
int xt_result_json(const struct xt_bench *b, const char *path);

#endif
