/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying from memory that may be taken away meanwhile: when somebody revokes
 * the lease, reading it is SIGBUS.
 */
#ifndef XD_VDISPL_GUARD_H
#define XD_VDISPL_GUARD_H

#include "vdispl/copy.h"

/** xd_guard_init - once, before the first copy */
int xd_guard_init(void);

/** xd_guard_copy - xd_copy(), or EFAULT if the source went away */
int xd_guard_copy(const struct xd_rows *dst, const struct xd_rows *src,
		  const struct xd_format *format, uint32_t x, uint32_t y);

#endif
