/* SPDX-License-Identifier: GPL-2.0-only */
/* A way of pixels: small ones, as messages. */
#ifndef XWL_AGENT_SHARE_INLINE_H
#define XWL_AGENT_SHARE_INLINE_H

#include "agent/share.h"

extern const struct xwl_share_ops xwl_share_inline;

#endif
