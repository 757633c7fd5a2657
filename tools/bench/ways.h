/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways of making a share and ending it */
#ifndef XT_BENCH_WAYS_H
#define XT_BENCH_WAYS_H

#include "way.h"

extern const struct xt_way xt_way_map, xt_way_map_mmap, xt_way_map_bare,
	xt_way_map_gntdev;
extern const struct xt_way xt_way_grant, xt_way_grant_bare, xt_way_grant_system;
extern const struct xt_way xt_way_grant_again, xt_way_gntalloc;

#endif
