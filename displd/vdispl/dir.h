/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes references into the page directory that a guest has prepared. */
#ifndef XD_VDISPL_DIR_H
#define XD_VDISPL_DIR_H

#include <stdint.h>

/* How to map a page of the guest; tests have their own. */
struct xd_dir_pages_ops {
	uint32_t *(*map)(void *context, uint32_t ref);
	void (*unmap)(void *context, uint32_t *page);
};

/**
 * xd_dir_write - write @refs into the chain of pages that starts at @first
 *
 * The guest may change the chain: each link is read once, and no more links
 * than @nr_refs need are followed.  EPROTO: the chain is shorter or longer.
 * EACCES: a page of it cannot be mapped.
 */
int xd_dir_write(const struct xd_dir_pages_ops *ops, void *context,
		 uint32_t first, const uint32_t *refs, uint32_t nr_refs);

#endif
