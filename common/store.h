/* SPDX-License-Identifier: GPL-2.0-only */
/* Values in xenstore, which another domain may write or remove at any time. */
#ifndef XDC_STORE_H
#define XDC_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

/* All take a node @name in the directory @dir. */

/** xdc_store_number - ENOENT: no node.  EINVAL: no number, or above @max. */
int xdc_store_number(struct xs_handle *xs, const char *dir, const char *name,
		     uint32_t max, uint32_t *out);
/** xdc_store_text - truncated to @len, made printable.  ENOENT: no node. */
int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *buf, uint32_t len);
/**
 * xdc_store_raw - the whole text as it is, bytes that no terminal should get
 *		   included
 *
 * ENOENT: no node.  ENAMETOOLONG: longer than @len.  Another error: xenstore could not be
 * read, which says nothing of the node.
 */
int xdc_store_raw(struct xs_handle *xs, const char *dir, const char *name,
		  char *buf, uint32_t len);
/**
 * xdc_printable - copy @text for a message: bytes other than ASCII's become ?
 *
 * What does not fit ends in "...".
 */
void xdc_printable(char *buf, uint32_t len, const char *text);
/** xdc_store_exists - the node exists and may be read */
bool xdc_store_exists(struct xs_handle *xs, const char *dir, const char *name);
/** xdc_store_has_domain - @domid exists; only dom0 may ask */
bool xdc_store_has_domain(struct xs_handle *xs, uint16_t domid);
/**
 * xdc_store_may_write - whether @domid can have written it: 1 or 0
 *
 * ENOENT: no node.  Another error: as xdc_store_raw().
 */
int xdc_store_may_write(struct xs_handle *xs, const char *dir, const char *name,
			uint16_t domid);
/** xdc_store_protected - it exists, and @domid cannot have written it */
bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *name, uint16_t domid);
/** xdc_store_write - ENOENT: @dir was removed; it is not created again */
int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value);

/**
 * xdc_store_remove_offline - remove a backend's directory if "online" is 0
 *
 * EBUSY: the toolstack has set "online" to 1 again.
 */
int xdc_store_remove_offline(struct xs_handle *xs, const char *dir);

/* The watch's token is the directory itself. */
int xdc_store_watch(struct xs_handle *xs, const char *dir);
void xdc_store_unwatch(struct xs_handle *xs, const char *dir);

#endif
