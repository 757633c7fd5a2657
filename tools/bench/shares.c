// SPDX-License-Identifier: GPL-2.0-only
/* Making and ending a share, in all ways that there are */
#include "say.h"
#include "compare.h"
#include "in-tree.h"
#include "ways.h"

int xt_bench_shares(struct xt_bench *b, size_t pages)
{
	const struct xt_way mapping[] = {
		xt_way_map,	 xt_way_map_bare,    xt_way_map_gntdev,
		xt_way_map_mmap, xt_way_map_in_tree,
	};
	const struct xt_way granting[] = {
		xt_way_grant,	 xt_way_grant_bare,    xt_way_grant_system,
		xt_way_gntalloc, xt_way_grant_in_tree,
	};
	int ret;

	xt_say("making and ending a share of %zu pages", pages);
	ret = xt_bench_ways(b, mapping, sizeof(mapping) / sizeof(mapping[0]),
			    pages);
	if (!ret)
		ret = xt_bench_ways(b, granting,
				    sizeof(granting) / sizeof(granting[0]),
				    pages);
	return ret;
}
