/* SPDX-License-Identifier: GPL-2.0-only */
/* The worker of a link, as the daemon sees it: a process, and a socket to it. */
#ifndef XCH_PROCESS_H
#define XCH_PROCESS_H

#include "child.h"
#include "link/order.h"

struct xch_process;

struct xch_process_ops {
	/* it may stop @p; the news are the worker's word, which the peer may be */
	void (*news)(struct xch_process *p, const struct xch_news *news);
	/*
	 * It has ended by itself, or said what none says, or does not answer
	 * (ETIMEDOUT); @p is stopped already
	 */
	void (*ended)(struct xch_process *p, int err);
};

struct xch_process {
	struct xdc_loop *loop;
	const struct xch_process_ops *ops;
	struct xdc_source control; /* -1: it does not run */
	struct xch_child *child;
	struct xdc_timer watch; /* set once it has said something */
	unsigned int missed; /* pings since it has said something */
	uint64_t patience; /* ns that it may be silent; the owner sets it */
};

/**
 * xch_process_start - run a worker, and give it its link
 * @program: xen-channeld
 * @order: XCH_ORDER_LINK; @fds: its descriptors, which stay the caller's
 *
 * EBUSY: too many earlier ones have not ended yet.
 */
int xch_process_start(struct xch_process *p, struct xch_children *children,
		      const char *program, const struct xch_order *order,
		      const int *fds, unsigned int nr_fds,
		      const struct xch_process_ops *ops);
/** xch_process_may_start - fewer earlier ones run than make xch_process_start() refuse */
bool xch_process_may_start(const struct xch_process *p,
			   const struct xch_children *children);
/** xch_process_order - EAGAIN: it has not read the earlier ones.  EPIPE: it has ended */
int xch_process_order(struct xch_process *p, const struct xch_order *order,
		      const int *fds, unsigned int nr_fds);
/** xch_process_stop - ends its link; ignores one that does not run */
void xch_process_stop(struct xch_process *p);
bool xch_process_runs(const struct xch_process *p);

#endif
