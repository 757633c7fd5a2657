/* SPDX-License-Identifier: GPL-2.0-only */
/* The sizes of a display's connectors, as the toolstack wrote them.
 *
 * They are nodes in the guest's directory, which the guest may replace.
 */
#ifndef XD_VDISPL_RESOLUTION_H
#define XD_VDISPL_RESOLUTION_H

#include <stdint.h>

#include "common/reason.h"

struct xd_frontend;

/**
 * xd_resolution_keep - the display is new to this daemon: read the sizes, and keep
 *			them for as long as the display exists
 *
 * Sizes that an earlier daemon has kept replace those in the guest's directory.
 */
void xd_resolution_keep(struct xd_frontend *f);
/** xd_resolution_forget - the display does not exist any more */
void xd_resolution_forget(struct xd_frontend *f);
/**
 * xd_resolution_find - the size of connector @index
 *
 * ENOENT: there is no such connector.  EINVAL: its node is not a size.
 */
int xd_resolution_find(struct xd_frontend *f, unsigned int index, uint32_t *w,
		       uint32_t *h, struct xdc_reason *why);

#endif
