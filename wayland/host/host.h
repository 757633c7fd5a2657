/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's half, beside the compositor, once for each guest.
 *
 * It connects each of the guest's programs to the compositor, and reads nothing that they
 * send: that does the worker (worker/worker.h), a confined process that can be lost
 * without harm.  The other folders are the worker's, but for policy/, which both use.
 */
#ifndef XWL_HOST_HOST_H
#define XWL_HOST_HOST_H

#include "common/listener.h"
#include "host/context.h"
#include "host/policy/policy.h"
#include "host/process.h"
#include "host/service.h"

#define XWL_WAITING_MAX 16U

struct xwl_host_options {
	const char *display; /* path of the compositor's socket */
	/* path of a socket for these programs at the compositor, made if needed */
	const char *context;
	const char *log_level;
	const struct xwl_service
		*service; /* by which programs come, once it is started */
};

struct xwl_host {
	const struct xwl_policy *policy;
	struct xwl_context context;
	struct xwl_process process;
	int waiting[XWL_WAITING_MAX]; /* programs, while the compositor is asked */
	unsigned int nr_waiting;
	struct xdc_listener control;
	const struct xwl_service *service;
};

/**
 * xwl_host_start - be ready for programs; to be called before the loop runs
 * @policy, @o: what they point to is kept by the caller until xwl_host_stop()
 * @control: a listening socket of type SOCK_SEQPACKET, for those who ask (control.h); taken
 *	over if the call succeeds
 *
 * Returns when the worker is confined, after five seconds at most.
 *
 * ENOMEM, ENOSPC, ENAMETOOLONG.  EPIPE: the worker could not confine itself, and has
 * logged why.  ETIMEDOUT.  Or what starting a process fails with.
 */
int xwl_host_start(struct xwl_host *h, struct xdc_loop *loop,
		   const struct xwl_policy *policy,
		   const struct xwl_host_options *o, int control);
/**
 * xwl_host_serve - a program of the guest's
 * @channel: of type SOCK_SEQPACKET, which does not block; taken over.  A program that
 *	cannot be served is told why.
 */
void xwl_host_serve(struct xwl_host *h, int channel);
void xwl_host_stop(struct xwl_host *h);

#endif
