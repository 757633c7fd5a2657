/* SPDX-License-Identifier: GPL-2.0-only */
/* Where sockets are. */
#ifndef XWL_PATHS_H
#define XWL_PATHS_H

#include <stddef.h>

#include "common/reason.h"

/* Behind a path below: those who ask, and the compositor's socket for the guest */
#define XWL_CONTROL_SUFFIX ".control"
#define XWL_CONTEXT_SUFFIX ".wayland"
#define XWL_SUFFIX_MAX 8U

/**
 * xwl_path_display - the socket of a display as programs name it
 * @name: a path, or a name in $XDG_RUNTIME_DIR; "": that of $WAYLAND_DISPLAY
 *
 * ENOENT, ENAMETOOLONG; @why is set.
 */
int xwl_path_display(const char *name, char *path, size_t size,
		     struct xdc_reason *why);
/**
 * xwl_path_guest - what the names of a guest's sockets begin with
 * @socket: of the command line; NULL: in $XDG_RUNTIME_DIR
 *
 * The same errors.
 */
int xwl_path_guest(const char *socket, const char *guest, char *path,
		   size_t size, struct xdc_reason *why);

#endif
