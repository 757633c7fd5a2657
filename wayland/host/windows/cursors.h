/* SPDX-License-Identifier: GPL-2.0-only */
/* Cursors of a guest: no larger than the policy says, and at the pointer, so that none
 * can be taken for something on the screen.
 */
#ifndef XWL_HOST_WINDOWS_CURSORS_H
#define XWL_HOST_WINDOWS_CURSORS_H

#include "wire/handler.h"

/* requests, for a bridge */
extern const struct xwl_handler xwl_cursor_requests[];

#endif
