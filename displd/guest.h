/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest: a domain, its quota, and what it uses.  It lives as long as a device
 * or buffer of the guest, so reconnecting does not reset its usage.
 */
#ifndef XD_GUEST_H
#define XD_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "budget.h"
#include "config.h"
#include "common/log.h"
#include "common/mappings.h"
#include "distrust.h"
#include "output/output.h"

struct xd_daemon;

struct xd_guest {
	LIST_ENTRY(xd_guest) link; /* in the daemon's list */
	struct xd_daemon *daemon;
	uint16_t domid;
	uint64_t serial; /* never that of another guest, unlike domid and name */
	char name[XD_TEXT_MAX];
	unsigned int users;
	struct xd_policy policy;
	/* framebuffers: with images that an output could not let go of yet */
	uint32_t buffers, framebuffers, pages;
	struct xdc_mappings mappings; /* its references in buffers */
	struct xd_budget budget;
	struct xd_owner owner; /* for the outputs */
	struct xd_distrusts distrusts;
	/* connections to compositors that ended early in a row, see xd_views_lost() */
	unsigned int early_ends;
	uint64_t suspected; /* xd_output_ops.new_import() of the last one */
	struct xdc_bucket bucket;
	bool told_of_vkbd; /* logged: an input device is left to QEMU */
	bool told_of_card; /* logged: the card's memory cannot be granted */
};

int xd_guest_get(struct xd_daemon *d, uint16_t domid, struct xd_guest **out);
void xd_guest_put(struct xd_guest *g);
/**
 * xd_guest_configure - read its name and settings anew
 *
 * Names change: xl migrates a guest as NAME--incoming, and renames it.
 */
void xd_guest_configure(struct xd_guest *g);

/* EDQUOT: over the guest's quota */
int xd_guest_charge_buffer(struct xd_guest *g, uint32_t pages);
void xd_guest_uncharge_buffer(struct xd_guest *g, uint32_t pages);
int xd_guest_charge_framebuffer(struct xd_guest *g);
void xd_guest_uncharge_framebuffer(struct xd_guest *g);

/** xd_guest_log - log a message about this guest, rate-limited */
__attribute__((format(printf, 3, 4))) void
xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt, ...);

#endif
