/* SPDX-License-Identifier: GPL-2.0-only */
/* Which values the arguments of a guest's requests may have. */
#ifndef XWL_FILTER_VALUES_H
#define XWL_FILTER_VALUES_H

#include "common/reason.h"
#include "wire/message.h"

/* A side of a window, and the place of a thing in it, are at most this, in pixels */
#define XWL_SIDE_MAX 65535
/* Damage and regions are cut at this distance from the origin */
#define XWL_FAR (1 << 24)

/**
 * xwl_values_check - numbers, enumerations and texts of a request
 * @interface: name of the interface that @m is of
 * @m: boxes of damage and regions are cut, so that no sum of theirs overflows
 * @why: set on failure
 *
 * ERANGE: a value is not allowed.  EILSEQ: a text is no UTF-8, or too long.
 */
int xwl_values_check(const char *interface, struct xwl_message *m,
		     struct xdc_reason *why);

#endif
