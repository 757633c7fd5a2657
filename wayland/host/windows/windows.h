/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest shows: windows carry its name, trees of surfaces and regions stay small. */
#ifndef XWL_HOST_WINDOWS_WINDOWS_H
#define XWL_HOST_WINDOWS_WINDOWS_H

#include "wire/handler.h"

/* requests, for a bridge */
extern const struct xwl_handler xwl_window_requests[];

#endif
