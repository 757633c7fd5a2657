/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's half: one process for each guest. */
#ifndef XWL_HOST_HOST_H
#define XWL_HOST_HOST_H

#include <sys/queue.h>

#include "common/listener.h"
#include "host/client.h"
#include "host/context.h"
#include "host/policy.h"

struct xwl_host {
	struct xdc_loop *loop;
	const struct xwl_policy *policy;
	struct xwl_context context;
	struct xwl_account account;
	int waiting; /* a program, while the compositor is asked; -1: none */
	struct xdc_listener listener;
	LIST_HEAD(xwl_client_list, xwl_client) clients;
};

/**
 * xwl_host_start - serve each program that connects
 * @listener: a listening socket of type SOCK_SEQPACKET, taken over if the call succeeds
 * @display, @policy: kept by the caller until xwl_host_stop()
 * @context: path of a socket for these programs at the compositor, made if needed
 *
 * ENOMEM, ENOSPC, ENAMETOOLONG.
 */
int xwl_host_start(struct xwl_host *h, struct xdc_loop *loop,
		   const struct xwl_policy *policy, const char *display,
		   const char *context, int listener);
void xwl_host_stop(struct xwl_host *h);

#endif
