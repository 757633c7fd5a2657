/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is at the other end: names and numbers of domains. */
#ifndef XT_PEER_H
#define XT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#define XT_PEER_NAME_MAX 128

/* A domain's id is below 0x7ff0; the rest are Xen's own special ids. */
#define XT_PEER_DOMID_END 0x7ff0U

/** xt_peer_parse_domid - "5" is a domid; -EINVAL if the text is not a number */
int xt_peer_parse_domid(const char *text, uint16_t *domid);

/**
 * xt_peer_find - the domain that @text, a number or a name, means
 *
 * Names need xenstore, and a domain that may look at the others: dom0 may,
 * a guest as a rule may not.
 * ENOENT: no domain of that name.  EACCES: this domain may not look names up.
 * ENOTUNIQ: two domains have it.
 */
int xt_peer_find(struct xs_handle *xs, const char *text, uint16_t *domid);

/** xt_peer_find_explain - why xt_peer_find() failed, and what to try */
const char *xt_peer_find_explain(int err);

/** xt_peer_self - this domain's own id, as xenstore tells it */
int xt_peer_self(struct xs_handle *xs, uint16_t *domid);

/** xt_peer_name - a domain's name, or its number where names are not to be had */
const char *xt_peer_name(struct xs_handle *xs, uint16_t domid, char *buf,
			 size_t len);

/** xt_peer_split - "work:wall" into "work" and "wall"; -EINVAL if it is neither */
int xt_peer_split(const char *text, char *peer, size_t peer_len,
		  const char **share);

/**
 * xt_peer_watch_release - be told when @domid goes
 *
 * Returns whether this domain is told at all; poll xs_fileno(), then ask
 * xt_peer_released().
 */
bool xt_peer_watch_release(struct xs_handle *xs, uint16_t domid);

/** xt_peer_released - drain the watch; whether @domid is gone */
bool xt_peer_released(struct xs_handle *xs, uint16_t domid);

#endif
