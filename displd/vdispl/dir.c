// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "vdispl/dir.h"
#include "vdispl/proto.h"

#define REFS_A_PAGE (XD_PAGE / 4 - 1)

int xd_dir_write(const struct xd_dir_pages_ops *ops, void *context,
		 uint32_t first, const uint32_t *refs, uint32_t nr_refs)
{
	uint32_t ref = first;

	while (nr_refs) {
		uint32_t n = nr_refs < REFS_A_PAGE ? nr_refs : REFS_A_PAGE;
		uint32_t *page;

		if (!ref)
			return -EPROTO;
		page = ops->map(context, ref);
		if (!page)
			return -EACCES;
		ref = *(volatile uint32_t *)page;
		memcpy(page + 1, refs, n * sizeof(*refs));
		ops->unmap(context, page);
		refs += n;
		nr_refs -= n;
	}
	return ref ? -EPROTO : 0;
}
