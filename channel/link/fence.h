/* SPDX-License-Identifier: GPL-2.0-only */
/* sync_files: whether they have signalled, and those of dma-bufs.  Nothing here
 * waits.
 */
#ifndef XCH_LINK_FENCE_H
#define XCH_LINK_FENCE_H

#include <linux/dma-buf.h>
#include <stdbool.h>

/* headers before Linux 6.0 lack it */
#ifndef DMA_BUF_IOCTL_EXPORT_SYNC_FILE
struct dma_buf_export_sync_file {
	__u32 flags;
	__s32 fd;
};
#define DMA_BUF_IOCTL_EXPORT_SYNC_FILE \
	_IOWR(DMA_BUF_BASE, 2, struct dma_buf_export_sync_file)
#endif

/**
 * xch_fence_signalled - of a sync_file: it has; of a dma-buf: what was to be written
 * to it is written
 */
bool xch_fence_signalled(int fd);
/** xch_fence_idle - no device reads a dma-buf, or writes to it */
bool xch_fence_idle(int dmabuf);
/**
 * xch_fence_status - how the work of a sync_file has ended
 *
 * Return: 0: well.  -EINPROGRESS: it has not.  Or the error that its driver has set.
 */
int xch_fence_status(int sync_file);
/**
 * xch_fence_export - a sync_file of what a dma-buf waits for
 * @flags: DMA_BUF_SYNC_READ: what is written to it; DMA_BUF_SYNC_RW: and read
 *
 * Of an idle dma-buf Linux gives one that has signalled.  Return: the sync_file.
 * ENOTTY: no dma-buf, or Linux is older than 6.0.
 */
int xch_fence_export(int dmabuf, unsigned int flags);

#endif
