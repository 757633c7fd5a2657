/* SPDX-License-Identifier: GPL-2.0-only */
/* xenstore: which devices there are, and values of them. */
#ifndef XD_XENBUS_STORE_H
#define XD_XENBUS_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct xd_daemon;

/** xd_xs_start - watch, and look at every device that is there already */
int xd_xs_start(struct xd_daemon *d);
void xd_xs_stop(struct xd_daemon *d);

/* Of a directory's child.  ENOENT: not there.  EINVAL: no number, or more. */
int xd_xs_number(struct xd_daemon *d, const char *dir, const char *name,
		 uint32_t max, uint32_t *out);
/** xd_xs_text - cut to @len, made printable */
int xd_xs_text(struct xd_daemon *d, const char *dir, const char *name,
	       char *buf, uint32_t len);
/** xd_xs_protected - @domid cannot have written a directory's child */
bool xd_xs_protected(struct xd_daemon *d, const char *dir, const char *name,
		     uint16_t domid);
/** xd_xs_write - a directory's child; ENOENT if the directory is gone */
int xd_xs_write(struct xd_daemon *d, const char *dir, const char *name,
		const char *value);
/** xd_xs_remove - a device's directory, unless it is online again */
int xd_xs_remove(struct xd_daemon *d, const char *dir);
/** xd_xs_exists - 1 or 0 */
int xd_xs_exists(struct xd_daemon *d, const char *dir);
int xd_xs_watch(struct xd_daemon *d, const char *dir);
void xd_xs_unwatch(struct xd_daemon *d, const char *dir);

#endif
