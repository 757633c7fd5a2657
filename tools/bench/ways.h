/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways of making a share and ending it */
#ifndef XT_BENCH_WAYS_H
#define XT_BENCH_WAYS_H

#include "way.h"

extern const struct way way_map, way_map_mmap, way_map_bare, way_map_gntdev;
extern const struct way way_grant, way_grant_bare, way_grant_system;
extern const struct way way_grant_again, way_gntalloc;

#endif
