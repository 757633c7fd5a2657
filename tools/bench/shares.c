// SPDX-License-Identifier: GPL-2.0-only
/* Making and ending a share, in all ways that there are */
#include "say.h"
#include "compare.h"
#include "in-tree.h"
#include "ways.h"

int bench_shares(struct bench *b, size_t pages)
{
	const struct way mapping[] = {
		way_map,      way_map_bare,    way_map_gntdev,
		way_map_mmap, way_map_in_tree,
	};
	const struct way granting[] = {
		way_grant,    way_grant_bare,	 way_grant_system,
		way_gntalloc, way_grant_in_tree,
	};
	int ret;

	say("making and ending a share of %zu pages", pages);
	ret = bench_ways(b, mapping, sizeof(mapping) / sizeof(mapping[0]),
			 pages);
	if (!ret)
		ret = bench_ways(b, granting,
				 sizeof(granting) / sizeof(granting[0]), pages);
	return ret;
}
