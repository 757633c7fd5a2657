/* SPDX-License-Identifier: GPL-2.0-only */
/* References that another domain granted, and what they hold */
#ifndef XT_SOURCE_H
#define XT_SOURCE_H

#include <stdint.h>
#include <xendmabuf.h>

#include "command.h"
#include "picture/picture.h"

struct xt_source {
	uint16_t domid; /* the granting domain */
	char who[160]; /* "5" or "work:wall", for messages */
	struct xt_picture pic;
	uint32_t *refs;
	unsigned int dma_bits; /* of the device that will import it; 0: any */
};

/* What the command line says: a share, or a domain and its references */
struct xt_place {
	const char *share; /* "work:wall" */
	const char *from; /* --from: the domain */
	const char *refs; /* --refs: a file or pipe; "-" is stdin */
};

/** xt_place_end - the share is the last argument, if there is one; an exit status */
int xt_place_end(const struct xt_command *cmd, int argc, char **argv,
		 struct xt_place *place);

/**
 * xt_source_read - from the share, or from the file or pipe
 *
 * Tells the user what is wrong; returns an exit status.
 */
int xt_source_read(const struct xt_command *cmd, const struct xt_place *place,
		   struct xt_source *src);
void xt_source_free(struct xt_source *src);

/** xt_source_map - map it; tells the user why not; returns an exit status */
int xt_source_map(struct xendmabuf *x, const struct xt_source *src,
		  unsigned int flags, int *dmabuf,
		  struct xendmabuf_lease **lease);

/**
 * xt_source_save - write the picture as PNG, read through the CPU
 *
 * Returns an exit status.
 */
int xt_source_save(const struct xt_source *src, int dmabuf, const char *path);

#endif
