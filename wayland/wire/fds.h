/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors that came, or go, beside the bytes of messages: a queue. */
#ifndef XWL_WIRE_FDS_H
#define XWL_WIRE_FDS_H

#include "wire/message.h"

#define XWL_FDS_MAX 64U /* that wait for their messages */
#define XWL_PLANES_MAX 4U /* of a buffer of linux-dmabuf */

struct xwl_fds {
	int fd[XWL_FDS_MAX];
	unsigned int nr;
};

/** xwl_fds_push - takes over @fd, and closes it on failure.  EMFILE: too many */
int xwl_fds_push(struct xwl_fds *q, int fd);
/** xwl_fds_drop - close the first @nr */
void xwl_fds_drop(struct xwl_fds *q, unsigned int nr);
/**
 * xwl_fds_give - move the descriptors that @m has into it
 *
 * EBADF: there are fewer.
 */
int xwl_fds_give(struct xwl_fds *q, struct xwl_message *m,
		 struct xdc_reason *why);
/** xwl_fds_take - move the descriptors of @m behind those in @q, which has room */
void xwl_fds_take(struct xwl_fds *q, struct xwl_message *m);
/** xwl_fd_is_pipe - a pipe or FIFO, which can be written without waiting */
bool xwl_fd_is_pipe(int fd);
/** xwl_message_close - close the descriptors that a message still has */
void xwl_message_close(struct xwl_message *m);

#endif
