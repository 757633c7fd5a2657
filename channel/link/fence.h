/* SPDX-License-Identifier: GPL-2.0-only */
/* A call of dma-bufs that headers before Linux 6.0 lack. */
#ifndef XCH_LINK_FENCE_H
#define XCH_LINK_FENCE_H

#include <linux/dma-buf.h>

#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
struct dma_buf_export_sync_file {
	__u32 flags;
	__s32 fd;
};
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE \
	_IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#endif

#endif
