/* SPDX-License-Identifier: GPL-2.0-only */
/* A command that gets a dma-buf */
#ifndef XT_VIEWER_H
#define XT_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "picture/picture.h"

/**
 * xt_viewer_exec - become the command; the dma-buf is its descriptor 3
 *
 * Its environment says in XENDMABUF_* what the dma-buf is.  Returns, with an exit
 * status, if it cannot be run.
 */
int xt_viewer_exec(char **command, int dmabuf, const struct xt_picture *pic,
		   uint32_t domid, bool read_only);

#endif
