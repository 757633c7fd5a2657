/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits: of module parameters, of the driver and of Xen. */
#ifndef XDB_LIMITS_H
#define XDB_LIMITS_H

/* Maximum pages of one call, as gnttab_alloc_grant_references() takes a u16. */
#define XDB_MAX_PAGES 65535U

/* Maximum operations in one hypercall. */
#define XDB_BATCH 512U

/* What is limited. */
enum xdb_pool {
	XDB_POOL_MAPPED,
	XDB_POOL_GRANTED,
	XDB_POOL_NR,
};

/* To whom a limit applies.  No limit exceeds that of the level before it. */
enum xdb_level {
	XDB_ALL,
	XDB_USER,
	XDB_FILE,
	XDB_LEVEL_NR,
};

unsigned int xdb_max_pages(void);
unsigned int xdb_grants_reserved(void);
unsigned int xdb_free_frames_limit(void);
void xdb_grant_table_size(unsigned int *total, unsigned int *growth);
void xdb_limits_forget(void);
void xdb_limits(enum xdb_pool pool, unsigned int limit[XDB_LEVEL_NR]);
unsigned int xdb_limit(enum xdb_level level, enum xdb_pool pool);

#endif
