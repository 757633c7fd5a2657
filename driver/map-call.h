/* SPDX-License-Identifier: GPL-2.0-only */
/* The call MAP: checks arguments, makes the map, its dma-buf and its lease. */
#ifndef XDB_MAP_CALL_H
#define XDB_MAP_CALL_H

#include <linux/types.h>

struct xdb_account;
struct xdb_fds;
struct xdb_map;
struct xen_dmabuf_map;

int xdb_map_check(const struct xen_dmabuf_map *args);
struct xdb_map *xdb_map_create(struct xdb_account *file,
			       struct xen_dmabuf_map *args, u32 *refs);
long xdb_ioctl_map(void *context, void *arg, struct xdb_fds *fds);

#endif
