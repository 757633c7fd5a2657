/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest of a worker: its programs, and what they have together. */
#ifndef XWL_HOST_WORKER_GUEST_H
#define XWL_HOST_WORKER_GUEST_H

#include <sys/queue.h>

#include "common/loop.h"
#include "host/client/client.h"
#include "host/policy/account.h"
#include "host/worker/order.h"

struct xwl_guest {
	struct xdc_loop *loop;
	struct xwl_policy policy;
	struct xwl_account account;
	/* why no program can come, as the host's half said last; empty: it can */
	char trouble[XWL_TROUBLE_MAX];
	LIST_HEAD(xwl_client_list, xwl_client) clients;
};

#endif
