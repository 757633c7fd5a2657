/* SPDX-License-Identifier: GPL-2.0-only */
/* The granting end, from memory to the end of the lease. */
#ifndef XD_GRANTING_H
#define XD_GRANTING_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

#include <xendmabuf.h>

#include "share.h"

struct grant {
	struct xendmabuf *x; /* the caller's */
	struct xs_handle *xs; /* the caller's; NULL without xenstore */
	int dmabuf;
	void *map; /* the dma-buf, mapped, or NULL */
	size_t map_len;
	uint32_t *refs;
	struct xendmabuf_lease *lease;
	struct xendmabuf_directory *directory;
	struct share share; /* share.pic is what is granted */
	bool published;
	char why[512]; /* the last failure in words */
};

/** grant_alloc - a dma-buf of g->share.pic's size, mapped for the CPU */
int grant_alloc(struct grant *g, unsigned int source);

/** grant_make - references for g->share.peer, from g->dmabuf */
int grant_make(struct grant *g);

/** grant_publish - under g->share.name in xenstore; needs grant_make() */
int grant_publish(struct grant *g);

/** grant_end - take it back: no reader finds it, and the end is asked for */
int grant_end(struct grant *g);

/** grant_free - everything but the memory the peer still maps */
void grant_free(struct grant *g);

#endif
