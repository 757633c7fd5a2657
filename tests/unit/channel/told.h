/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that hear of their buffers: channels with second sockets. */
#ifndef XCH_UNIT_TOLD_H
#define XCH_UNIT_TOLD_H

#include <xendmabuf-channel.h>

#include "lib/channel/wire.h"
#include "links.h"

/* A channel, and the second sockets of both programs */
struct told {
	struct link_pair p;
	int near, far;
};

/** told_begin - two links that make "dma-bufs" of memory, and do not linger */
int told_begin(void **state);
/** told_add - the socket that the program of a channel has */
int told_add(struct link_end *e, struct xch_channel *ch);
struct told told_open(void);
void told_close(struct told *t);
/** told_ask - a request; @fd may be NULL */
void told_ask(int socket, uint32_t type, uint32_t ms, const int *fd);
/** told_next - the next event; @fd: what came with it, or -1 */
struct xendmabuf_channel_event told_next(int socket, int *fd);
struct xendmabuf_channel_event told_expect(int socket, uint32_t type);
void told_expect_result(int socket, int error);
void told_expect_nothing(int socket);
void told_expect_end(int socket);
void told_is_about(const struct xendmabuf_channel_event *event, int fd);
int told_make_dmabuf(void);
/** told_send_buffer - its descriptor at the far end */
int told_send_buffer(struct told *t, int fd);
/** told_return_all - both ends' kernels have confirmed it */
void told_return_all(void);

#endif
