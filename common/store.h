/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of xenstore, which another domain may write or remove at any time. */
#ifndef XDC_STORE_H
#define XDC_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

/* Each is about the node @name of the directory @dir. */

/** xdc_store_number - ENOENT: not there.  EINVAL: no number, or above @max. */
int xdc_store_number(struct xs_handle *xs, const char *dir, const char *name,
		     uint32_t max, uint32_t *out);
/** xdc_store_text - cut to @len, made printable.  ENOENT: not there. */
int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *buf, uint32_t len);
/** xdc_store_exists - whether it is there, and may be read */
bool xdc_store_exists(struct xs_handle *xs, const char *dir, const char *name);
/** xdc_store_protected - @domid cannot have written it */
bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *name, uint16_t domid);
/** xdc_store_write - ENOENT if the directory is gone: it is not made again */
int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value);

/**
 * xdc_store_remove_offline - remove a backend's directory
 *
 * EBUSY: the toolstack has set "online" again.
 */
int xdc_store_remove_offline(struct xs_handle *xs, const char *dir);

/* The watch's token is the directory itself. */
int xdc_store_watch(struct xs_handle *xs, const char *dir);
void xdc_store_unwatch(struct xs_handle *xs, const char *dir);

#endif
