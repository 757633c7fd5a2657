/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest: a domain, what it may use, and what it uses.  Lives as long as a
 * device or buffer of it does, so that nothing is forgotten by reconnecting.
 */
#ifndef XD_GUEST_H
#define XD_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "config.h"
#include "common/log.h"

struct xd_daemon;

struct xd_guest {
	LIST_ENTRY(xd_guest) link; /* in the daemon's list */
	struct xd_daemon *daemon;
	uint16_t domid;
	char name[64];
	unsigned int users;
	struct xd_policy policy;
	uint32_t buffers, framebuffers, pages;
	struct xdc_bucket bucket;
	bool told_of_card; /* that its memory cannot be the guest's */
};

int xd_guest_get(struct xd_daemon *d, uint16_t domid, struct xd_guest **out);
void xd_guest_put(struct xd_guest *g);

/* EDQUOT: that would be more than the guest may have */
int xd_guest_charge_buffer(struct xd_guest *g, uint32_t pages);
void xd_guest_uncharge_buffer(struct xd_guest *g, uint32_t pages);
int xd_guest_charge_framebuffer(struct xd_guest *g);
void xd_guest_uncharge_framebuffer(struct xd_guest *g);

/** xd_guest_log - about this guest, and not more often than is good */
__attribute__((format(printf, 3, 4))) void
xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt, ...);

#endif
