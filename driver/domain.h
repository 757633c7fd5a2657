/* SPDX-License-Identifier: GPL-2.0-only */
/* The id of this domain, and which ids are valid for a peer. */
#ifndef XDB_DOMAIN_H
#define XDB_DOMAIN_H

#include <linux/types.h>

#include <xen/interface/xen.h>

extern domid_t xdb_own_domid;
int xdb_find_own_domid(void);
int xdb_peer_valid(u32 domid);

/* Whether the domain has been restored from a saved state since it was marked. */
int xdb_mark_domain(void);
bool xdb_lost_mark(void);
void xdb_unmark_domain(void);

#endif
