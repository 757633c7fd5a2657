/* SPDX-License-Identifier: GPL-2.0-only */
/* One program, as the guest's half sees it: its objects, and those that end here.
 *
 * Everything is passed on but what is about memory: pools and buffers of wl_shm are
 * this half's own until a buffer is attached.  Only then the host's half learns of
 * it, under the id that the program has given it.
 */
#ifndef XWL_AGENT_PROXY_H
#define XWL_AGENT_PROXY_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/reason.h"
#include "wire/link.h"
#include "wire/objects.h"
#include "wire/stream.h"

struct xwl_buffer;
struct xwl_maker;
struct xwl_selections;
struct xwl_sync_device;

struct xwl_proxy {
	struct xwl_objects objects;
	struct xwl_objects host; /* of its own making, by its ids: see ids.h */
	LIST_HEAD(xwl_buffer_list, xwl_buffer) buffers; /* of wl_shm */
	struct xwl_stream *program;
	struct xwl_link *link;
	unsigned int pools; /* files of the program that are held open */
	unsigned int planes; /* likewise, of linux-dmabuf's buffers */
	/* of dma-bufs, as in struct xwl_passage */
	struct xwl_maker *maker, *across;
	/* the owner's: bring what is pasted from a socket to a pipe, both taken over */
	int (*relay)(struct xwl_proxy *p, int from, int to);
	/* the owner's: something is to be sent to the program, or it is to end */
	void (*wake)(struct xwl_proxy *p);
	/*
	 * The owner's: until @fd, which stays the caller's, is readable, @waiting is true
	 * and no request is taken
	 */
	int (*await)(struct xwl_proxy *p, int fd);
	/* the owner's: likewise, until a moment has passed */
	void (*pause)(struct xwl_proxy *p);
	bool waiting;
	const struct xwl_sync_device *sync; /* the agent's */
	bool overrun; /* it does not read, and has missed an event */
	uint64_t copied; /* bytes of the program's buffers */
	/* what the programs of this half paste from each other: see selection.h */
	struct xwl_selections *selections;
	LIST_ENTRY(xwl_proxy) entry; /* among them */
	unsigned int focus; /* keyboards that it has */
	bool untold; /* others have copied since */
	struct xdc_reason why;
};

/** xwl_proxy_init - both ends are the caller's.  ENOMEM */
int xwl_proxy_init(struct xwl_proxy *p, struct xwl_stream *program,
		   struct xwl_link *link);
void xwl_proxy_fini(struct xwl_proxy *p);

/** xwl_proxy_fail - set the reason; returns EPROTO */
__attribute__((format(printf, 2, 3))) int xwl_proxy_fail(struct xwl_proxy *p,
							 const char *fmt, ...);
/**
 * xwl_proxy_add - a request of @o makes an object that ends here
 * @index: of its id in the request
 *
 * EPROTO: the id is in use or out of range.  ENOMEM.
 */
int xwl_proxy_add(struct xwl_proxy *p, const struct xwl_object *o,
		  const struct xwl_message *m, unsigned int index,
		  struct xwl_object **out);
/**
 * xwl_proxy_delete - an object that ends here is gone: tell the program
 *
 * ENOBUFS: it does not read.  ENOMEM.
 */
int xwl_proxy_delete(struct xwl_proxy *p, struct xwl_object *o);

#endif
