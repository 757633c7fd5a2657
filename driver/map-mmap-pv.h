/* SPDX-License-Identifier: GPL-2.0-only */
/* User mappings of a MAP in a PV domain. */
#ifndef XDB_MAP_MMAP_PV_H
#define XDB_MAP_MMAP_PV_H

#include <linux/errno.h>
#include <linux/types.h>

struct vm_area_struct;
struct xdb_map;

#ifdef CONFIG_XEN_PV
int xdb_map_mmap_pv(struct xdb_map *map, struct vm_area_struct *vma);
void xdb_map_zap_pv(struct xdb_map *map);
void xdb_user_grant_op(unsigned int cmd, void *ops, u32 n);
#else
static inline int xdb_map_mmap_pv(struct xdb_map *map,
				  struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}

static inline void xdb_map_zap_pv(struct xdb_map *map)
{
}
#endif

#endif
