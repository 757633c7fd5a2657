/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes of a program's pipe, without blocking.
 *
 * O_NONBLOCK belongs to the open file, which the program shares, and a poll before
 * a read promises nothing if somebody else reads, too.  So bytes are spliced
 * through a pipe of our own: that call has a flag of its own.
 */
#ifndef XCH_LINK_PIPE_H
#define XCH_LINK_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** xch_pipe_prepare - make our own pipe, once in a process */
int xch_pipe_prepare(void);
/** xch_pipe_is - @fd is a pipe; @writes: its write end */
bool xch_pipe_is(int fd, bool *writes);
/** xch_pipe_read - 0: the end.  EAGAIN: nothing now */
ssize_t xch_pipe_read(int fd, void *data, size_t max);
/** xch_pipe_write - EAGAIN: it is full.  EPIPE: nobody reads */
ssize_t xch_pipe_write(int fd, const void *data, size_t len);

#endif
