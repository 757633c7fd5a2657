/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker as a process: started, given orders, and its end noticed. */
#ifndef XWL_HOST_PROCESS_H
#define XWL_HOST_PROCESS_H

#include <sys/types.h>

#include "common/loop.h"
#include "host/worker/order.h"

struct xwl_process {
	struct xdc_loop *loop;
	const struct xwl_policy *policy;
	const char *log_level; /* an argument of the worker's */
	struct xdc_source orders; /* file -1: it does not run */
	pid_t pid;
};

/** xwl_process_init - nothing runs yet; the pointers are kept by the caller */
void xwl_process_init(struct xwl_process *p, struct xdc_loop *loop,
		      const struct xwl_policy *policy, const char *log_level);
/**
 * xwl_process_start - unless it runs
 *
 * It is told the policy, and confines itself.  Its end is logged.
 *
 * Return: 0 or a negative errno value.
 */
int xwl_process_start(struct xwl_process *p);
/**
 * xwl_process_await - wait until it is confined; to be called before the loop runs
 *
 * ETIMEDOUT.  EPIPE: it has ended, and said why in the log.
 */
int xwl_process_await(struct xwl_process *p);
/**
 * xwl_process_serve - hand it a program; both descriptors stay the caller's
 *
 * EAGAIN: it is busy.  EPIPE: it has ended.
 */
int xwl_process_serve(struct xwl_process *p, int channel, int compositor);
/**
 * xwl_process_ask - hand it somebody who asks; the same, and the same errors
 * @trouble: why no program of the guest's can come now, or NULL
 */
int xwl_process_ask(struct xwl_process *p, int asker, const char *trouble);
/** xwl_process_stop - its programs are told; killed if it takes longer than a second */
void xwl_process_stop(struct xwl_process *p);

#endif
