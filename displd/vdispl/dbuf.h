/* SPDX-License-Identifier: GPL-2.0-only */
/* Display buffers: a guest's pages mapped here, or pages of this domain granted
 * to the guest.
 *
 * Reference-counted: the guest's cookie holds one reference, each framebuffer
 * another.  The last put releases the dma-buf; when its lease is RETURNED,
 * gone() lets the owner answer the guest.  Some seconds after the guest's domain
 * has ended, what others still hold is revoked.
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
	bool granted; /* be-alloc: pages of this domain */
	bool of_card; /* and of a card's memory */
	char from[160]; /* and where they were allocated, as text */
	bool rdonly;
	uint32_t *refs; /* of the guest's pages, which count in guest->mappings; or NULL */
	int fd; /* the dma-buf, -1 once released */
	unsigned int images; /* that outputs have made of it */
	void *map; /* for the CPU; NULL until needed */
	struct xendmabuf_lease *lease;
	struct xdc_source returned;
	bool ended; /* released, and the guest's domain has ended */
	struct xdc_timer let_go; /* then: how long others may hold it */
	/* called at most once; NULL: no request waits */
	void (*gone)(struct xd_dbuf *buf);
	void *owner; /* for gone(): the connector that asked */
	uint16_t req_id; /* for gone(): the request's id */
};

void xd_dbuf_start(struct xd_daemon *daemon);
void xd_dbuf_stop(struct xd_daemon *daemon);

/**
 * xd_dbuf_create - map the guest's pages or, with @alloc, grant pages to it
 * @card: allocates the pages if it can, or must reach the guest's; may be NULL
 *
 * EDQUOT: over the guest's quota.  EMLINK: one of its pages is in too many buffers.
 * EACCES: the guest did not grant the pages.  EPROTO: invalid page directory.
 * Otherwise an error of libxendmabuf.
 */
int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *guest,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_output *card, struct xd_dbuf **out);
/** xd_dbuf_repeats - pages of it are in it more than once, or in other buffers, too */
bool xd_dbuf_repeats(const struct xd_dbuf *buf);
void xd_dbuf_get(struct xd_dbuf *buf);
void xd_dbuf_put(struct xd_dbuf *buf);

/** xd_dbuf_pixels - mapped for the CPU to read; NULL on failure */
const void *xd_dbuf_pixels(struct xd_dbuf *buf);
void xd_dbuf_unmap(struct xd_dbuf *buf);

#endif
