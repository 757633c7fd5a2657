/* SPDX-License-Identifier: GPL-2.0-only */
/* Bad: calls that must fail with one errno, and leave nothing behind. */
#ifndef XDB_TEST_BAD_H
#define XDB_TEST_BAD_H

#include "common.h"
#include "raw.h"

#define DOMID_RESERVED 0x7ff0U
#define NOBODY 0x7000 /* an id that no domain has */
#define NO_REF 60000U /* beyond what a small guest has granted */
#define PAGES 4

/* set by bad_begin(): the device, and the pages in use before the test */
extern int dev;
extern long mapped, granted;
extern uint32_t refs[PAGES]; /* room for the guest's */

void bad_begin(void);
int try_map(struct xen_dmabuf_map *m);
int try_grant(struct xen_dmabuf_grant *g);
void nothing_left(void);

/* the call must fail with this errno (0: succeed), and leave nothing behind */
#define map_fails(m, e)                         \
	do {                                    \
		struct xen_dmabuf_map m_ = (m); \
		assert_err(try_map(&m_), e);    \
		nothing_left();                 \
	} while (0)
#define grant_fails(g, e)                         \
	do {                                      \
		struct xen_dmabuf_grant g_ = (g); \
		assert_err(try_grant(&g_), e);    \
		nothing_left();                   \
	} while (0)

/* a copy of @object with one field changed */
#define with(object, change)               \
	({                                 \
		__auto_type o_ = (object); \
		o_.change;                 \
		o_;                        \
	})

#endif
