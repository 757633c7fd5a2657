/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds out which peers have ended. */
#ifndef XDB_PEERS_H
#define XDB_PEERS_H

void xdb_peers_init(void);
void xdb_peers_exit(void);

#endif
