/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's half: a Wayland socket, whose programs show their windows elsewhere. */
#ifndef XWL_AGENT_AGENT_H
#define XWL_AGENT_AGENT_H

#include "agent/client.h"
#include "agent/route.h"
#include "agent/selection.h"
#include "agent/sync/device.h"
#include "common/listener.h"

struct xwl_agent {
	struct xdc_loop *loop;
	struct xwl_route *route;
	struct xdc_listener listener;
	struct xwl_selections selections;
	struct xwl_sync_device sync;
	LIST_HEAD(xwl_program_list, xwl_program) programs;
	LIST_HEAD(xwl_caller_list, xwl_caller)
	callers; /* without a passage yet */
};

/**
 * xwl_agent_start - serve each program that connects
 * @listener: a listening socket of type SOCK_STREAM, taken over if the call succeeds
 * @route: to the host's half, kept by the caller
 *
 * ENOMEM, ENOSPC.
 */
int xwl_agent_start(struct xwl_agent *a, struct xdc_loop *loop, int listener,
		    struct xwl_route *route);
void xwl_agent_stop(struct xwl_agent *a);

/**
 * xwl_agent_listen - the socket of a display in $XDG_RUNTIME_DIR
 * @name: such as "wayland-1"; NULL: the first of wayland-0 to wayland-32 that is free
 * @path: set to the socket's
 * @lock: a file that keeps other compositors from the name; the caller's
 *
 * Return: a listening socket.  EADDRINUSE: the name is taken, or all are.  ENOENT:
 * XDG_RUNTIME_DIR is not set.  ENAMETOOLONG.
 */
int xwl_agent_listen(const char *name, char *path, size_t size, int *lock);

#endif
