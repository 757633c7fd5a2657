/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver of the test's own: a dma-buf is a memfd, a lease a few numbers. */
#ifndef XCH_UNIT_FAKE_DRIVER_H
#define XCH_UNIT_FAKE_DRIVER_H

#include "link/driver.h"

#define FAKE_LEASES 128

struct xendmabuf_lease {
	bool open;
	bool map;
	bool revoked;
	int event; /* an eventfd: readable when something has changed */
	struct xch_lease_state state;
	uint32_t pages;
	uint32_t first_ref;
	bool read_only;
};

extern struct xendmabuf_lease fake_leases[FAKE_LEASES];
extern unsigned int fake_nr; /* of leases that were ever made */
/* errno values that the next calls fail with; 0: they succeed */
extern int fake_grant_fails, fake_map_fails;
/* pages that can be granted, beside those that are */
extern uint32_t fake_grants_left;
extern uint32_t fake_bad;
/* how often a buffer was to be granted */
extern unsigned int fake_attempts;
/* how often leases were looked at */
extern unsigned int fake_looks;

extern struct xch_driver fake_driver;

void fake_reset(void);
/** fake_return - the last user is gone, and Xen has unmapped it */
void fake_return(struct xendmabuf_lease *lease);
/** fake_open_leases - how many are not closed */
unsigned int fake_open_leases(void);

#endif
