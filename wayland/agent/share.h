/* SPDX-License-Identifier: GPL-2.0-only */
/* How the pixels of a program's wl_shm buffer reach the host's half.
 *
 * Each way is a table of operations (ways.c has them all).  One that shares the
 * program's own pages has nothing to update.
 */
#ifndef XWL_AGENT_SHARE_H
#define XWL_AGENT_SHARE_H

#include "agent/box.h"
#include "agent/maker.h"
#include "wire/link.h"
#include "wire/record.h"

/* Where a program has the pixels */
struct xwl_source {
	int fd; /* of its pool; the pool's */
	uint64_t offset;
	bool dmabuf; /* its pool is a dma-buf: neither read nor made one of here */
	struct xwl_buffer_record shape; /* its id is the wl_buffer's */
	/* makes dma-bufs of its pages; NULL: they are copied, for the reason @why */
	struct xwl_maker *maker;
	enum xwl_why why;
	/* the host sees no memory but that of which this makes a dma-buf; NULL: all */
	struct xwl_maker *across;
	bool again; /* the host has the buffer already, and gets other memory for it */
};

struct xwl_share;

struct xwl_share_ops {
	const char *name; /* for status */
	/*
	 * Announce the buffer by an XWL_BUFFER record.  Positive: this way cannot
	 * do this buffer.  @why says why a way before could not, and is set then.
	 */
	int (*create)(const struct xwl_source *src, struct xwl_link *link,
		      struct xwl_share **out, enum xwl_why *why);
	/*
	 * The host still has the memory that the program draws into; NULL: always.
	 * If it has not, the buffer has to be created again.
	 */
	bool (*intact)(const struct xwl_share *s);
	/*
	 * The program has drawn in @box, which is in the buffer and not empty.
	 * NULL: the host sees it anyway.  EIO: the program has taken the memory away.
	 * Or an error of the link.
	 */
	int (*update)(struct xwl_share *s, const struct xwl_source *src,
		      struct xwl_link *link, const struct xwl_box *box);
	void (*destroy)(struct xwl_share *s);
};

struct xwl_share {
	const struct xwl_share_ops *ops;
};

/** xwl_share_why_not - why a maker has made no dma-buf, from its error */
enum xwl_why xwl_share_why_not(int err);

/**
 * xwl_source_read - bytes of the program's memory, from @at in the buffer on
 *
 * By read() instead of a mapping: a program that makes its file shorter gets an
 * error, and no signal comes here.  EIO: there are fewer.
 */
int xwl_source_read(const struct xwl_source *src, uint64_t at, void *out,
		    size_t len);
/** xwl_source_span - the bytes of a row of @box: their place in it, and number */
void xwl_source_span(const struct xwl_source *src, const struct xwl_box *box,
		     uint32_t *at, uint32_t *len);

#endif
