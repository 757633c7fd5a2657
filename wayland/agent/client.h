/* SPDX-License-Identifier: GPL-2.0-only */
/* One program: its Wayland socket, and its channel to the host's half. */
#ifndef XWL_AGENT_CLIENT_H
#define XWL_AGENT_CLIENT_H

#include "agent/proxy.h"
#include "agent/relay.h"
#include "agent/route.h"
#include "common/loop.h"

struct xwl_program {
	LIST_ENTRY(xwl_program) entry;
	struct xdc_loop *loop;
	struct xwl_proxy proxy;
	struct xwl_stream stream;
	struct xwl_link link;
	struct xwl_passage passage;
	struct xwl_relays relays; /* what the program pastes */
	struct xdc_source program, channel;
	struct xdc_source news; /* of the passage; -1: none, or no more */
	int failure; /* that they have told, or 0 */
	struct xdc_source fence; /* that the next request waits for; -1: none */
	struct xdc_timer pause; /* or this */
	struct xdc_work flush;
	bool ended;
	int pid; /* 0: unknown */
	/* the owner removes it from its list, and destroys it */
	void (*gone)(struct xwl_program *c);
	void *owner;
};

/**
 * xwl_program_create - forward a program until either end is gone
 * @socket: the program's, taken over, also on failure
 * @passage: to the host's half, taken over, also on failure
 *
 * The caller sets ->gone and ->owner before the loop runs.
 *
 * ENOMEM, EMFILE.
 */
int xwl_program_create(struct xdc_loop *loop, int socket,
		       const struct xwl_passage *passage,
		       struct xwl_program **out);
void xwl_program_destroy(struct xwl_program *c);
/** xwl_program_refuse - tell a program why it is not served, and close its socket */
void xwl_program_refuse(int socket, const char *why);

#endif
