/* SPDX-License-Identifier: GPL-2.0-only */
/* The comparisons.  Each tells the user of errors and returns an exit status */
#ifndef XT_BENCH_COMPARE_H
#define XT_BENCH_COMPARE_H

#include <stddef.h>

#include "state.h"

int xt_bench_shares(struct xt_bench *b,
		    size_t pages); /* shares.c: make and end */
int xt_bench_frame(struct xt_bench *b, size_t pages); /* frame.c: use */
int xt_bench_memory(struct xt_bench *b, size_t pages); /* memory.c */
int xt_bench_growth(struct xt_bench *b); /* growth.c: many shares at a time */

#endif
