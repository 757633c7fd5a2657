// SPDX-License-Identifier: GPL-2.0-only
/* Waits until the pending writes to a dma-buf have ended. */
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/errno.h>
#include <linux/jiffies.h>

#include "fence.h"

/* Longer than drivers take to find out that their device hangs, and reset it. */
#define MAX_WAIT msecs_to_jiffies(10000)

struct fence_wait {
	struct dma_fence_cb cb;
	struct completion done;
};

static void on_signalled(struct dma_fence *fence, struct dma_fence_cb *cb)
{
	complete(&container_of(cb, struct fence_wait, cb)->done);
}

/* dma_fence_wait_timeout() would end at any signal; this only if it kills. */
static int wait_for_fence(struct dma_fence *fence)
{
	struct fence_wait wait = {};
	long left;
	int ret;

	init_completion(&wait.done);
	ret = dma_fence_add_callback(fence, &wait.cb, on_signalled);
	if (ret)
		return ret == -ENOENT ? 0 : ret; /* it is signalled already */
	left = wait_for_completion_killable_timeout(&wait.done, MAX_WAIT);
	/* Afterwards the callback has either been removed or has returned. */
	dma_fence_remove_callback(fence, &wait.cb);
	if (left < 0)
		return -EINTR;
	return left ? 0 : -ETIMEDOUT;
}

/**
 * xdb_wait_for_writers - wait for the fences of those who write to a dma-buf
 * @dmabuf: the dma-buf
 *
 * Fences that are added meanwhile are not waited for.  How the writing ended,
 * possibly with an error of the device, does not matter.
 *
 * Return: 0, -ETIMEDOUT after ten seconds, -EINTR if the task is killed, or
 * -ENOMEM.
 */
int xdb_wait_for_writers(struct dma_buf *dmabuf)
{
	struct dma_fence *fence;
	int ret;

	ret = dma_resv_get_singleton(dmabuf->resv, DMA_RESV_USAGE_WRITE,
				     &fence);
	if (ret || !fence)
		return ret;
	ret = wait_for_fence(fence);
	dma_fence_put(fence);
	return ret;
}
