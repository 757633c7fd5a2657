/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is at the other end: names and numbers of domains. */
#ifndef XD_PEER_H
#define XD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#define PEER_NAME_MAX 128

/* A domain's id is below 0x7ff0; the rest are Xen's own special ids. */
#define PEER_DOMID_END 0x7ff0U

/** peer_parse_domid - "5" is a domid; -EINVAL if the text is not a number */
int peer_parse_domid(const char *text, uint16_t *domid);

/**
 * peer_find - the domain that @text, a number or a name, means
 *
 * Names need xenstore, and a domain that may look at the others: dom0 may,
 * a guest as a rule may not.
 * ENOENT: no domain of that name.  EACCES: this domain may not look names up.
 * ENOTUNIQ: two domains have it.
 */
int peer_find(struct xs_handle *xs, const char *text, uint16_t *domid);

/** peer_find_explain - why peer_find() failed, and what to try */
const char *peer_find_explain(int err);

/** peer_self - this domain's own id, as xenstore tells it */
int peer_self(struct xs_handle *xs, uint16_t *domid);

/** peer_name - a domain's name, or its number where names are not to be had */
const char *peer_name(struct xs_handle *xs, uint16_t domid, char *buf,
		      size_t len);

/** peer_split - "work:wall" into "work" and "wall"; -EINVAL if it is neither */
int peer_split(const char *text, char *peer, size_t peer_len,
	       const char **share);

/**
 * peer_watch_release - be told when @domid goes
 *
 * Returns whether this domain is told at all; poll xs_fileno(), then ask
 * peer_released().
 */
bool peer_watch_release(struct xs_handle *xs, uint16_t domid);

/** peer_released - drain the watch; whether @domid is gone */
bool peer_released(struct xs_handle *xs, uint16_t domid);

#endif
