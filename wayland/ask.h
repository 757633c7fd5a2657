/* SPDX-License-Identifier: GPL-2.0-only */
/* xen-wayland status, copy and paste: the asking side of host/worker/control.h */
#ifndef XWL_ASK_H
#define XWL_ASK_H

#include <stdbool.h>

/**
 * xwl_ask_status - print the status of one guest, or of all that are shown
 * @path: the control socket of one; NULL: all below @folder
 *
 * Return: an exit status.  What went wrong is on stderr.
 */
int xwl_ask_status(const char *path, const char *folder, bool json);
/**
 * xwl_ask_move - "copy" or "paste"
 *
 * Return: an exit status.
 */
int xwl_ask_move(const char *path, const char *what);

#endif
