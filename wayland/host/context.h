/* SPDX-License-Identifier: GPL-2.0-only */
/* A security context: the compositor knows a guest's programs as sandboxed ones.
 *
 * Where the compositor has security-context-v1, the programs connect to a socket of
 * their own, and the compositor can tell by it whose they are.  This is found out, and
 * the socket made, over one connection, which stays open: its end says that the
 * compositor has ended.
 */
#ifndef XWL_HOST_CONTEXT_H
#define XWL_HOST_CONTEXT_H

#include "common/loop.h"
#include "common/reason.h"
#include "host/policy/policy.h"
#include "wire/stream.h"

enum xwl_context_state {
	XWL_CONTEXT_UNKNOWN, /* no connection to the compositor */
	XWL_CONTEXT_ASKING,
	XWL_CONTEXT_NONE, /* the compositor has none: connect to its own socket */
	XWL_CONTEXT_READY, /* connect to @path */
};

struct xwl_context {
	struct xdc_loop *loop;
	const struct xwl_policy *policy;
	const char *display; /* path of the compositor's socket */
	char path[XWL_PATH_MAX]; /* of the socket that is made for programs */
	enum xwl_context_state state;
	bool bound; /* the compositor has the protocol */
	struct xwl_stream stream;
	struct xdc_source source;
	struct xdc_timer timer; /* an answer is late */
	int closer; /* closing it ends the socket at the compositor */
	struct xdc_reason why; /* it is XWL_CONTEXT_UNKNOWN after asking */
	/* the state is not XWL_CONTEXT_ASKING any more */
	void (*settled)(struct xwl_context *c);
};

/**
 * xwl_context_init - nothing is connected yet
 * @path: of the socket that is made for programs
 *
 * ENAMETOOLONG.
 */
int xwl_context_init(struct xwl_context *c, struct xdc_loop *loop,
		     const struct xwl_policy *policy, const char *display,
		     const char *path, void (*settled)(struct xwl_context *c));
void xwl_context_fini(struct xwl_context *c);

/**
 * xwl_context_ask - connect, and find out; c->settled() is called later
 *
 * ECONNREFUSED, ENOENT: no compositor is there.  EAGAIN: it does not accept.
 */
int xwl_context_ask(struct xwl_context *c);
/** xwl_context_path - where a program connects to; not while it is asking */
const char *xwl_context_path(const struct xwl_context *c);

#endif
