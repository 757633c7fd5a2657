/* SPDX-License-Identifier: GPL-2.0-only */
/* References that another domain granted, and what they hold */
#ifndef XT_SOURCE_H
#define XT_SOURCE_H

#include <stdint.h>
#include <xendmabuf.h>

#include "command.h"
#include "picture.h"

struct source {
	uint16_t domid; /* the granting domain */
	char who[160]; /* "5" or "work:wall", for messages */
	struct picture pic;
	uint32_t *refs;
	unsigned int dma_bits; /* of the device that will import it; 0: any */
};

/**
 * source_read - from a share (@where is "work:wall"), or from a file or pipe
 * @from: with @file, the domain
 * @file: "-" is stdin
 *
 * Says what is wrong; an exit status.
 */
int source_read(const struct command *cmd, const char *where, const char *from,
		const char *file, struct source *src);
void source_free(struct source *src);

/** source_map - map it, say why not; an exit status */
int source_map(struct xendmabuf *x, const struct source *src,
	       unsigned int flags, int *dmabuf, struct xendmabuf_lease **lease);

/** source_save - the picture as PNG, read through the CPU; an exit status */
int source_save(const struct source *src, int dmabuf, const char *path);

#endif
