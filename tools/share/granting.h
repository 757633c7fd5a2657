/* SPDX-License-Identifier: GPL-2.0-only */
/* A grant, from its memory to the end of its lease */
#ifndef XT_GRANTING_H
#define XT_GRANTING_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include <xendmabuf.h>

#include "share/share.h"

struct xt_grant {
	struct xendmabuf *x; /* the caller's */
	struct xs_handle *xs; /* the caller's; NULL without xenstore */
	int dmabuf;
	void *map; /* the dma-buf, mapped, or NULL */
	size_t map_len;
	uint32_t *refs;
	struct xendmabuf_lease *lease;
	struct xendmabuf_directory *directory;
	struct xt_share share; /* share.pic is what is granted */
	bool published;
	char why[1024]; /* text of the last failure */
};

/** xt_grant_alloc - a dma-buf of g->share.pic's size, mapped for the CPU */
int xt_grant_alloc(struct xt_grant *g, unsigned int source);

/** xt_grant_make - references for g->share.peer, from g->dmabuf */
int xt_grant_make(struct xt_grant *g);

/** xt_grant_publish - under g->share.name in xenstore; needs xt_grant_make() */
int xt_grant_publish(struct xt_grant *g);

/** xt_grant_end - withdraw the share and revoke the grant */
int xt_grant_end(struct xt_grant *g);

/** xt_grant_free - release all of it; the driver keeps memory that the peer maps */
void xt_grant_free(struct xt_grant *g);

#endif
