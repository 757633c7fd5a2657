/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers that the compositor has released while something still reads them. */
#ifndef XWL_HOST_CLIENT_READERS_H
#define XWL_HOST_CLIENT_READERS_H

#include <sys/queue.h>

#include "common/loop.h"
#include "host/bridge/bridge.h"

struct xwl_reader;
LIST_HEAD(xwl_readers, xwl_reader);

/* Called once nothing reads; the reader is not in the list any more */
typedef void xwl_readers_gone(void *owner, uint32_t buffer, uint32_t serial);

/**
 * xwl_readers_await - until @fd, a dma-buf, can be written
 * @list: it is in until then
 * @fd: stays the caller's
 *
 * EMFILE, ENOMEM, ENOSPC.
 */
int xwl_readers_await(struct xdc_loop *loop, struct xwl_readers *list, int fd,
		      const struct xwl_object *buffer, xwl_readers_gone *gone,
		      void *owner);
/** xwl_readers_forget - all of them */
void xwl_readers_forget(struct xwl_readers *list);

#endif
