/* SPDX-License-Identifier: GPL-2.0-only */
/* Two ways of pixels as messages: small buffers, and those that cannot be shared. */
#ifndef XWL_AGENT_SHARE_INLINE_H
#define XWL_AGENT_SHARE_INLINE_H

#include "agent/share.h"

extern const struct xwl_share_ops xwl_share_inline, xwl_share_sent;

#endif
