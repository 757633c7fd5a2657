/* SPDX-License-Identifier: GPL-2.0-only */
/* Where xendmabuf_alloc() takes memory from, and why it cannot */
#ifndef XT_MEMORY_H
#define XT_MEMORY_H

#include <stddef.h>

#include "system/node.h"

/**
 * xt_memory_sources - the sources that this user can use, such as "dma-heap and
 *		       udmabuf"
 *
 * Returns their number.
 */
unsigned int xt_memory_sources(char *text, size_t len);

/**
 * xt_memory_refused - why xendmabuf_alloc() found no memory
 * @source: its argument: one of the sources, or XENDMABUF_ALLOC_ANY
 */
void xt_memory_refused(unsigned int source, struct xt_refusal *r);

#endif
