/* SPDX-License-Identifier: GPL-2.0-only */
/* From a pointer to a member to the structure that embeds it. */
#ifndef XDC_CONTAINER_OF_H
#define XDC_CONTAINER_OF_H

#include <stddef.h>

/**
 * container_of - the @type whose @member @pointer points to
 *
 * A pointer of another type than @member's does not compile.
 */
#define container_of(pointer, type, member)                        \
	((type *)((char *)(1 ? (pointer) : &((type *)0)->member) - \
		  offsetof(type, member)))

#endif
