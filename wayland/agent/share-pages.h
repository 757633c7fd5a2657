/* SPDX-License-Identifier: GPL-2.0-only */
/* A way of pixels: the program's own pages, without a copy. */
#ifndef XWL_AGENT_SHARE_PAGES_H
#define XWL_AGENT_SHARE_PAGES_H

#include "agent/share.h"

extern const struct xwl_share_ops xwl_share_pages;

#endif
