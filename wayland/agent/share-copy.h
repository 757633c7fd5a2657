/* SPDX-License-Identifier: GPL-2.0-only */
/* A way of pixels: into memory that is shared once. */
#ifndef XWL_AGENT_SHARE_COPY_H
#define XWL_AGENT_SHARE_COPY_H

#include "agent/share.h"

extern const struct xwl_share_ops xwl_share_copy;

#endif
