/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing references into the page directory that a guest has prepared. */
#ifndef XD_VDISPL_DIR_H
#define XD_VDISPL_DIR_H

#include <stdint.h>

/* How to reach a page of the guest's, so that tests need no Xen. */
struct xd_dir_pages_ops {
	uint32_t *(*map)(void *context, uint32_t ref);
	void (*unmap)(void *context, uint32_t *page);
};

/**
 * xd_dir_write - @refs go where the chain that starts at @first has room
 *
 * The chain is the guest's: its links are read once, and it is walked no
 * further than @nr_refs need.  EPROTO: shorter or longer than that.  EACCES: a
 * page of it cannot be mapped.
 */
int xd_dir_write(const struct xd_dir_pages_ops *ops, void *context,
		 uint32_t first, const uint32_t *refs, uint32_t nr_refs);

#endif
