/* SPDX-License-Identifier: GPL-2.0-only */
/* The compositor's keymap, for a guest. */
#ifndef XWL_HOST_CLIENT_KEYMAP_H
#define XWL_HOST_CLIENT_KEYMAP_H

#include "host/bridge/bridge.h"

#define XWL_KEYMAP_MAX (1U << 20)

/**
 * xwl_keymap_copy - a sealed memfd with the first @size bytes of @fd
 *
 * The compositor may share its own file with all its clients, and one that could
 * be written must not leave this domain.  All keyboards of a program get the same
 * memory until the keymap changes, as the program may keep what it gets.
 *
 * Return: a descriptor of the memfd.  EFBIG: over XWL_KEYMAP_MAX.  EIO: @fd has less.
 */
int xwl_keymap_copy(struct xwl_bridge *b, int fd, uint32_t size);
void xwl_keymap_fini(struct xwl_bridge *b);

#endif
