/* SPDX-License-Identifier: GPL-2.0-only */
/* Display buffers: a guest's pages here, or pages of ours there.
 *
 * Counted: the guest's cookie holds one, each framebuffer one more.  When the
 * last goes, the dma-buf is let go of, and when its lease is RETURNED, gone()
 * tells whoever has to answer the guest.
 */
#ifndef XD_VDISPL_DBUF_H
#define XD_VDISPL_DBUF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/loop.h"
#include "vdispl/proto.h"

struct xd_daemon;
struct xd_guest;
struct xd_output;
struct xendmabuf_lease;

struct xd_dbuf {
	LIST_ENTRY(xd_dbuf) link; /* in the frontend's list, or the daemon's */
	struct xd_daemon *daemon;
	struct xd_guest *guest;
	struct xd_dbuf_desc desc;
	unsigned int users;
	bool granted; /* be-alloc: our pages */
	char from[160]; /* and where we have them from, in words */
	bool rdonly;
	int fd; /* the dma-buf, -1 once let go of */
	void *map; /* of the CPU, NULL until needed */
	struct xendmabuf_lease *lease;
	struct xdc_source returned;
	/* called at most once; NULL when nobody waits */
	void (*gone)(struct xd_dbuf *d);
	void *owner; /* for gone(): who asked */
	uint16_t req_id; /* for gone(): which request */
};

int xd_dbuf_start(struct xd_daemon *daemon);
void xd_dbuf_stop(struct xd_daemon *daemon);

/**
 * xd_dbuf_create - by the guest's pages or, @alloc, by pages for the guest
 * @card: whose memory these should be, if that is possible, or that should be
 *	able to reach them; may be NULL
 *
 * EDQUOT: over the guest's quota.  EACCES: the guest did not grant them.
 * EPROTO: the page directory is wrong.  Otherwise what libxendmabuf says.
 */
int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *guest,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_output *card, struct xd_dbuf **out);
void xd_dbuf_get(struct xd_dbuf *d);
void xd_dbuf_put(struct xd_dbuf *d);

/** xd_dbuf_pixels - for the CPU to read; NULL if it cannot be mapped */
const void *xd_dbuf_pixels(struct xd_dbuf *d);
void xd_dbuf_unmap(struct xd_dbuf *d);

#endif
