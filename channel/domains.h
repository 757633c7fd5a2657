/* SPDX-License-Identifier: GPL-2.0-only */
/* Which domain is meant by a name.
 *
 * dom0 knows the names that the toolstack gives.  Elsewhere a domain has a number,
 * or a name by which dom0 has introduced it:
 *
 *	/local/domain/SELF/xen-channel/NAME = ID
 */
#ifndef XCH_DOMAINS_H
#define XCH_DOMAINS_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "policy.h"

struct xdc_reason;

struct xch_domain {
	uint16_t domid;
	char name[XCH_NAME_MAX]; /* "": it has none here */
};

/* Those that run, as far as this domain may know */
struct xch_domains {
	struct xch_domain *all;
	unsigned int nr;
	bool complete; /* a domain that is not in @all does not run */
	bool incoming; /* one migrates, and will get another name, which no event tells */
};

/**
 * xch_domains_self - this domain's id
 *
 * An error says nothing of it, and leaves @self as it was: to be tried again.
 */
int xch_domains_self(struct xs_handle *xs, uint16_t *self);
/**
 * xch_domains_scan - what xenstore has now
 *
 * An error says nothing of the domains, and @out is empty: to be tried again.
 */
int xch_domains_scan(struct xs_handle *xs, uint16_t self,
		     struct xch_domains *out, struct xdc_reason *why);
void xch_domains_free(struct xch_domains *d);
/**
 * xch_domains_find - by a name or a number, which the configuration has
 *
 * ENOENT: no such domain runs, or none of that name is known here.
 */
int xch_domains_find(const struct xch_domains *d, const char *text,
		     struct xch_domain *out);

/**
 * xch_domains_introductions - what @to has been told; @visit for each
 *
 * An error: some could not be read; to be tried again.
 */
int xch_domains_introductions(struct xs_handle *xs, uint16_t to,
			      void (*visit)(void *user, uint16_t to,
					    const char *name, uint16_t domid),
			      void *user);
/**
 * xch_domains_introduce - dom0: tell @to that @name is @domid
 *
 * EAGAIN and the like: not told; to be tried again.
 */
int xch_domains_introduce(struct xs_handle *xs, uint16_t to, const char *name,
			  uint16_t domid);
/** xch_domains_withdraw - dom0: take it back; an error: to be tried again */
int xch_domains_withdraw(struct xs_handle *xs, uint16_t to, const char *name);

#endif
