/* SPDX-License-Identifier: GPL-2.0-only */
/* The other domain: names, numbers, and its end */
#ifndef XT_PEER_H
#define XT_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#define XT_PEER_NAME_MAX 128

/* Ids of domains are below 0x7ff0; the others have special meanings in Xen. */
#define XT_PEER_DOMID_END 0x7ff0U

/**
 * xt_peer_parse_domid - "5" is a domid
 *
 * EINVAL: the text is not a number.  ERANGE: no domain has this number.
 */
int xt_peer_parse_domid(const char *text, uint16_t *domid);

/**
 * xt_peer_find - the domain that @text, a number or a name, means
 *
 * Names need xenstore, and a domain that may read other domains' entries: dom0
 * may, a guest usually may not.
 * ENOENT: no domain of that name.  EACCES: this domain may not look up names.
 * ENOTUNIQ: more than one domain has it.
 */
int xt_peer_find(struct xs_handle *xs, const char *text, uint16_t *domid);

/** xt_peer_find_explain - a text for an error of xt_peer_find(), with advice */
const char *xt_peer_find_explain(int err);

/** xt_peer_self - this domain's own id, from xenstore */
int xt_peer_self(struct xs_handle *xs, uint16_t *domid);

/** xt_peer_name - a domain's name, or its number if the name cannot be read */
const char *xt_peer_name(struct xs_handle *xs, uint16_t domid, char *buf,
			 size_t len);

/** xt_peer_split - "work:wall" into "work" and "wall"; -EINVAL if it is not that */
int xt_peer_split(const char *text, char *peer, size_t peer_len,
		  const char **share);

/**
 * xt_peer_watch_release - watch for the end of @domid
 *
 * Returns false if this domain cannot learn of it.  Poll xs_fileno(), then call
 * xt_peer_released().
 */
bool xt_peer_watch_release(struct xs_handle *xs, uint16_t domid);

/** xt_peer_released - read the watch's events; returns whether @domid is gone */
bool xt_peer_released(struct xs_handle *xs, uint16_t domid);

#endif
