/* SPDX-License-Identifier: GPL-2.0-only */
/* How often each reference of a domain is in memory that is mapped here.
 *
 * Xen counts the mappings of a reference, up to 127, and refuses more.  In a PV domain
 * each mmap() of a dma-buf is a mapping of all its references.  So a peer that offers
 * a reference many times could have the mmap() of another program fail, that of a
 * compositor for example, of which some do not survive it.
 */
#ifndef XDC_MAPPINGS_H
#define XDC_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>

/* All zeros: nothing is mapped */
struct xdc_mappings {
	uint8_t *times; /* of each reference */
	uint32_t nr;
};

/**
 * xdc_mappings_add - buffers have these references, too
 * @max: so often each may be there; at most 255
 *
 * References that are too high for a grant table of 8 MiB are not counted.
 *
 * EMLINK: one would be there more often.  ENOMEM.  Nothing is added then.
 */
int xdc_mappings_add(struct xdc_mappings *m, const uint32_t *refs, uint32_t nr,
		     unsigned int max);
/** xdc_mappings_remove - undo one xdc_mappings_add() */
void xdc_mappings_remove(struct xdc_mappings *m, const uint32_t *refs,
			 uint32_t nr);
/** xdc_mappings_repeat - one of @refs is there more than once, or is not counted */
bool xdc_mappings_repeat(const struct xdc_mappings *m, const uint32_t *refs,
			 uint32_t nr);
void xdc_mappings_fini(struct xdc_mappings *m);

#endif
