// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/unix-socket.h"
#include "host/host.h"
#include "wire/socket.h"

static struct xdc_bucket refusals;

__attribute__((format(printf, 2, 3))) static void
log_refusal(struct xwl_host *h, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xdc_vlog(XDC_WARNING, &refusals, h->policy->guest, fmt, args);
	va_end(args);
}

static void client_gone(struct xwl_client *c)
{
	struct xwl_host *h = c->owner;

	LIST_REMOVE(c, entry);
	xwl_account_refund(&h->account, XWL_PROGRAMS, 1);
	xwl_client_destroy(c);
}

/* A program that is not served is told why, as far as its socket takes it */
static void refuse_program(struct xwl_host *h, int channel, const char *why)
{
	uint8_t bytes[XWL_RECORD_HEADER + XWL_ENDED_MAX];
	struct xwl_record r = {
		.type = XWL_ENDED,
		.bytes = (const uint8_t *)why,
		.len = strnlen(why, XWL_ENDED_MAX),
	};

	log_refusal(h, "program refused: %s", why);
	xwl_socket_send(channel, bytes, xwl_record_write(&r, bytes), NULL, 0);
	close(channel);
}

static void connect_program(struct xwl_host *h, int channel)
{
	const char *path = xwl_context_path(&h->context);
	int compositor = xdc_unix_connect(path, SOCK_STREAM), err;
	struct xwl_client *c;
	struct xdc_reason why;

	if (compositor < 0) {
		xwl_account_refund(&h->account, XWL_PROGRAMS, 1);
		xdc_reason_set(&why, compositor, "compositor at %s: %s", path,
			       strerror(-compositor));
		refuse_program(h, channel, why.text);
		return;
	}
	err = xwl_client_create(h->loop, h->policy, &h->account, channel,
				compositor, &c);
	if (err) {
		xwl_account_refund(&h->account, XWL_PROGRAMS, 1);
		log_refusal(h, "program refused: %s", strerror(-err));
		return;
	}
	c->gone = client_gone;
	c->owner = h;
	LIST_INSERT_HEAD(&h->clients, c, entry);
}

/* The first program after a compositor has started waits until that was asked */
static void ask_compositor(struct xwl_host *h, int channel)
{
	int err = xwl_context_ask(&h->context);
	struct xdc_reason why;

	if (!err) {
		h->waiting = channel;
		xdc_listener_hold(&h->listener, true);
		return;
	}
	xwl_account_refund(&h->account, XWL_PROGRAMS, 1);
	xdc_reason_set(&why, err, "compositor at %s: %s", h->context.display,
		       strerror(-err));
	refuse_program(h, channel, why.text);
}

static void compositor_asked(struct xwl_context *c)
{
	struct xwl_host *h = container_of(c, struct xwl_host, context);
	int channel = h->waiting;

	h->waiting = -1;
	xdc_listener_hold(&h->listener, false);
	if (c->state != XWL_CONTEXT_UNKNOWN) {
		connect_program(h, channel);
		return;
	}
	xwl_account_refund(&h->account, XWL_PROGRAMS, 1);
	refuse_program(h, channel, c->why.text);
}

static void serve_program(struct xwl_host *h, int channel)
{
	struct xdc_reason why;

	if (xwl_account_charge(&h->account, XWL_PROGRAMS, 1, &why))
		refuse_program(h, channel, why.text);
	else if (h->context.state == XWL_CONTEXT_UNKNOWN)
		ask_compositor(h, channel);
	else
		connect_program(h, channel);
}

static void program_accepted(struct xdc_listener *l, int channel)
{
	serve_program(container_of(l, struct xwl_host, listener), channel);
}

int xwl_host_start(struct xwl_host *h, struct xdc_loop *loop,
		   const struct xwl_policy *policy, const char *display,
		   const char *context, int listener)
{
	int err;

	memset(h, 0, sizeof(*h));
	h->loop = loop;
	h->policy = policy;
	h->waiting = -1;
	h->account.policy = policy;
	LIST_INIT(&h->clients);
	err = xwl_context_init(&h->context, loop, policy, display, context,
			       compositor_asked);
	return err ? err
		   : xdc_listener_start(&h->listener, loop, listener,
					policy->guest, program_accepted);
}

void xwl_host_stop(struct xwl_host *h)
{
	struct xwl_client *c;

	while ((c = LIST_FIRST(&h->clients)))
		xwl_client_end(c, "the host's half is stopped");
	if (h->waiting >= 0)
		refuse_program(h, h->waiting, "the host's half is stopped");
	h->waiting = -1;
	xwl_context_fini(&h->context);
	xdc_listener_stop(&h->listener);
}
