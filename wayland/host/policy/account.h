/* SPDX-License-Identifier: GPL-2.0-only */
/* What all programs of a guest have, and may have. */
#ifndef XWL_HOST_POLICY_ACCOUNT_H
#define XWL_HOST_POLICY_ACCOUNT_H

#include <sys/queue.h>

#include "common/reason.h"
#include "host/policy/policy.h"
#include "wire/record.h"

/* How the pixels of a buffer came here */
enum xwl_way {
	XWL_WAY_SHARED, /* in the program's own memory */
	XWL_WAY_COPIED, /* into memory of the guest's half */
	XWL_WAY_SENT, /* as messages */
	XWL_WAY_DMABUF, /* in a dma-buf that the program has made */
	XWL_WAY_OTHER, /* a colour, for example */
	XWL_WAYS
};

/* What a program copies to: the clipboard, and the primary selection */
enum xwl_copy_kind { XWL_COPY_CLIPBOARD, XWL_COPY_PRIMARY, XWL_COPY_KINDS };

/* A source of a program's that is what everyone pastes (owned.h) */
struct xwl_owned {
	struct xwl_bridge *by; /* NULL: there is none */
	uint32_t source, serial; /* the guest's */
};

LIST_HEAD(xwl_sources, xwl_source);
LIST_HEAD(xwl_bridges, xwl_bridge);

struct xwl_account {
	const struct xwl_policy *policy;
	struct xwl_sources sources; /* dma-bufs that the compositor may map */
	struct xwl_bridges bridges; /* of all its programs */
	struct xwl_owned owned[XWL_COPY_KINDS];
	uint32_t used[XWL_LIMITS];
	uint64_t frames[XWL_WAYS];
	uint64_t copied[XWL_WHY_END]; /* frames, by the guest's reason */
	uint64_t ended; /* programs that were disconnected or refused */
	struct xdc_reason why; /* the last of them */
	uint64_t copies; /* that its programs have made; a newer one is higher */
	uint64_t denied; /* attempts to copy or paste that were not allowed */
};

/** xwl_limit_name - the key in the configuration, such as "max-windows" */
const char *xwl_limit_name(enum xwl_limit limit);
/**
 * xwl_account_check - the limit allows @value
 *
 * EDQUOT: it does not, and @why names the key.
 */
int xwl_account_check(const struct xwl_account *a, enum xwl_limit limit,
		      uint64_t value, struct xdc_reason *why);
/** xwl_account_charge - count @n more.  EDQUOT: that is too many; none is counted */
int xwl_account_charge(struct xwl_account *a, enum xwl_limit limit, uint64_t n,
		       struct xdc_reason *why);
void xwl_account_refund(struct xwl_account *a, enum xwl_limit limit,
			uint32_t n);

/**
 * xwl_account_object - count an object
 * @interface: its name
 */
int xwl_account_object(struct xwl_account *a, const char *interface,
		       struct xdc_reason *why);
/** xwl_account_ended - a program was disconnected or refused, for this reason */
void xwl_account_ended(struct xwl_account *a, const char *why);
void xwl_account_refund_object(struct xwl_account *a, const char *interface);

#endif
