// SPDX-License-Identifier: LGPL-2.1-or-later
/* CPU access to a dma-buf, and its size */
#include <errno.h>
#include <linux/dma-buf.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "api.h"
#include "call.h"

/* EINTR and EAGAIN ask to try again, but not for ever */
#define TRIES 100

_Static_assert(XENDMABUF_READ == DMA_BUF_SYNC_READ,
	       "the same bits as in linux/dma-buf.h");
_Static_assert(XENDMABUF_WRITE == DMA_BUF_SYNC_WRITE,
	       "the same bits as in linux/dma-buf.h");

static int sync_cpu(int dmabuf_fd, unsigned int how, uint64_t flags)
{
	struct dma_buf_sync args = { .flags = flags | how };
	int i, err = 0;

	if (!how || how & ~(XENDMABUF_READ | XENDMABUF_WRITE))
		return -EINVAL;
	for (i = 0; i < TRIES; i++) {
		err = xdl_ioctl(dmabuf_fd, DMA_BUF_IOCTL_SYNC, &args);
		if (err != -EINTR && err != -EAGAIN)
			break;
	}
	return err;
}

XDL_API int xendmabuf_access_begin(int dmabuf_fd, unsigned int how)
{
	return sync_cpu(dmabuf_fd, how, DMA_BUF_SYNC_START);
}

XDL_API int xendmabuf_access_end(int dmabuf_fd, unsigned int how)
{
	return sync_cpu(dmabuf_fd, how, DMA_BUF_SYNC_END);
}

XDL_API int64_t xendmabuf_size(int dmabuf_fd)
{
	/* A dma-buf has no file position: this only returns its size */
	off_t size = lseek(dmabuf_fd, 0, SEEK_END);

	return size < 0 ? -errno : (int64_t)size;
}
