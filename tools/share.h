/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shares: what one domain has granted another, told through xenstore.
 *
 * /local/domain/<granting>/data/xen-dmabuf/<name>/ holds the one reference of
 * the page directory and what the reader must know of the picture.  Only the
 * granting domain and its peer can read it.  The same facts travel as one line
 * of text ahead of the references where there is no xenstore (refs_*).
 */
#ifndef XT_SHARE_H
#define XT_SHARE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "picture.h"

#define XT_SHARE_VERSION 1U
#define XT_SHARE_NAME_MAX 32

struct xt_share {
	char name[XT_SHARE_NAME_MAX + 1];
	uint16_t owner; /* the granting domain */
	uint16_t peer; /* the domain that may map */
	uint32_t directory; /* the first reference of the page directory */
	int64_t pid; /* who holds it, to know a dead one */
	struct xt_picture pic;
};

/**
 * xt_share_name_check - 1 to 32 letters, digits, '_' or '-', no '-' first
 *
 * It is a node in xenstore, which refuses '.' and most other characters.
 */
bool xt_share_name_check(const char *name);

/**
 * xt_share_publish - tell the peer, all at once
 *
 * EEXIST: a living process publishes that name.  EPERM, EACCES: xenstore does
 * not let this domain.
 */
int xt_share_publish(struct xs_handle *xs, const struct xt_share *share);

/** xt_share_withdraw - the opposite, if it is still ours */
void xt_share_withdraw(struct xs_handle *xs, const struct xt_share *share);

/**
 * xt_share_find - what @owner published as @name, checked
 *
 * ENOENT: nothing.  EACCES: not for this domain.  EPROTO: it makes no sense.
 */
int xt_share_find(struct xs_handle *xs, uint16_t owner, const char *name,
		  struct xt_share *share);

/** xt_share_explain - what an error of these functions means, and what to try */
const char *xt_share_explain(int err);

#endif
