/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shares: what one domain has granted to another, published in xenstore.
 *
 * /local/domain/<granting>/data/xen-dmabuf/<name>/ holds the first reference of
 * the page directory and a description of the picture.  Only the granting domain
 * and its peer can read it.  Without xenstore, the header line of refs.h has the
 * same description.
 */
#ifndef XT_SHARE_H
#define XT_SHARE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include "picture/picture.h"

#define XT_SHARE_VERSION 1U
#define XT_SHARE_NAME_MAX 32

struct xt_share {
	char name[XT_SHARE_NAME_MAX + 1];
	uint16_t owner; /* the granting domain */
	uint16_t peer; /* the domain that may map */
	uint32_t directory; /* the first reference of the page directory */
	int64_t pid; /* holder; its entry may be replaced once it has exited */
	struct xt_picture pic;
};

/**
 * xt_share_name_check - 1 to 32 letters, digits, '_' or '-', no '-' first
 *
 * A name is a node in xenstore, which does not allow '.' and most others.
 */
bool xt_share_name_check(const char *name);

/**
 * xt_share_publish - write the entry, in one transaction
 *
 * EEXIST: a running process publishes that name.  EPERM, EACCES: xenstore does
 * not permit it.
 */
int xt_share_publish(struct xs_handle *xs, const struct xt_share *share);

/** xt_share_withdraw - remove the entry, if it is still this process's */
void xt_share_withdraw(struct xs_handle *xs, const struct xt_share *share);

/**
 * xt_share_find - what @owner published as @name, checked
 *
 * ENOENT: no such entry.  EACCES: not for this domain.  EPROTO: invalid entry.
 */
int xt_share_find(struct xs_handle *xs, uint16_t owner, const char *name,
		  struct xt_share *share);

/** xt_share_explain - a text for an error of these functions, with advice */
const char *xt_share_explain(int err);

#endif
