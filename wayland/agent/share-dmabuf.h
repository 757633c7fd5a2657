/* SPDX-License-Identifier: GPL-2.0-only */
/* A program's own dma-buf that it uses as memory of wl_shm: the host gets it as it is. */
#ifndef XWL_AGENT_SHARE_DMABUF_H
#define XWL_AGENT_SHARE_DMABUF_H

#include "agent/share.h"

extern const struct xwl_share_ops xwl_share_dmabuf;

#endif
