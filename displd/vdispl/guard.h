/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies from memory that may be unmapped meanwhile: after its lease was
 * revoked, reading it raises SIGBUS.
 */
#ifndef XD_VDISPL_GUARD_H
#define XD_VDISPL_GUARD_H

#include "vdispl/copy.h"

/** xd_guard_init - once, before the first copy */
int xd_guard_init(void);

/** xd_guard_copy - xd_copy(), or EFAULT if the source was unmapped */
int xd_guard_copy(const struct xd_rows *dst, const struct xd_rows *src,
		  const struct xd_format *format, uint32_t x, uint32_t y);

#endif
