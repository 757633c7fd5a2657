/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Page directories: the part that needs no Xen */
#ifndef XDL_DIRECTORY_H
#define XDL_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>
#include <xendmabuf.h>

#define XDL_DIR_WORDS (XENDMABUF_PAGE_SIZE / sizeof(uint32_t))
#define XDL_DIR_REFS (XDL_DIR_WORDS - 1)

/* Copies the page behind @ref into @page; 0 or -errno */
typedef int (*xdl_dir_fetch)(void *context, uint32_t ref,
			     uint32_t page[XDL_DIR_WORDS]);

size_t xdl_dir_pages(size_t nr_refs);
void xdl_dir_fill(uint32_t *pages, const uint32_t *page_refs,
		  const uint32_t *refs, size_t nr_refs);
int xdl_dir_walk(xdl_dir_fetch fetch, void *context, uint32_t first,
		 uint32_t *refs, size_t nr_refs);

#endif
