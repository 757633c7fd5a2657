/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's half, beside the compositor, once for each guest.
 *
 * It accepts the guest's programs and connects each to the compositor, and reads
 * nothing of what they send: that is the worker's (worker.h), a process that is
 * confined and can be lost without harm.
 */
#ifndef XWL_HOST_HOST_H
#define XWL_HOST_HOST_H

#include "common/listener.h"
#include "host/context.h"
#include "host/policy.h"
#include "host/process.h"

struct xwl_host_options {
	const char *display; /* path of the compositor's socket */
	/* path of a socket for these programs at the compositor, made if needed */
	const char *context;
	const char *log_level;
};

struct xwl_host {
	const struct xwl_policy *policy;
	struct xwl_context context;
	struct xwl_process process;
	int waiting; /* a program, while the compositor is asked; -1: none */
	struct xdc_listener listener, control;
};

/**
 * xwl_host_start - serve each program that connects; to be called before the loop runs
 * @policy, @o: what they point to is kept by the caller until xwl_host_stop()
 * @listener: a listening socket of type SOCK_SEQPACKET, for programs
 * @control: one of type SOCK_STREAM, for those who ask (control.h)
 *
 * Both sockets are taken over if the call succeeds.
 *
 * Returns when the worker is confined, after five seconds at most.
 *
 * ENOMEM, ENOSPC, ENAMETOOLONG.  EPIPE: the worker could not confine itself, and has
 * logged why.  ETIMEDOUT.  Or what starting a process fails with.
 */
int xwl_host_start(struct xwl_host *h, struct xdc_loop *loop,
		   const struct xwl_policy *policy,
		   const struct xwl_host_options *o, int listener, int control);
void xwl_host_stop(struct xwl_host *h);

#endif
