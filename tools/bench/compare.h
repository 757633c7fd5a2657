/* SPDX-License-Identifier: GPL-2.0-only */
/* The comparisons, each in a file of its name; an exit status, and said why */
#ifndef XT_BENCH_COMPARE_H
#define XT_BENCH_COMPARE_H

#include <stddef.h>

#include "state.h"

int bench_shares(struct bench *b, size_t pages); /* share.c: make and end */
int bench_frame(struct bench *b, size_t pages); /* frame.c: use */
int bench_memory(struct bench *b, size_t pages); /* memory.c */
int bench_growth(struct bench *b); /* growth.c: many live ones */

#endif
