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

static void serve_program(struct xwl_host *h, int channel)
{
	struct xwl_client *c;
	struct xdc_reason why;
	int compositor, err;

	if (xwl_account_charge(&h->account, XWL_PROGRAMS, 1, &why)) {
		refuse_program(h, channel, why.text);
		return;
	}
	compositor = xdc_unix_connect(h->display, SOCK_STREAM);
	if (compositor < 0) {
		xwl_account_refund(&h->account, XWL_PROGRAMS, 1);
		xdc_reason_set(&why, compositor, "compositor at %s: %s",
			       h->display, strerror(-compositor));
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

static void program_accepted(struct xdc_listener *l, int channel)
{
	serve_program(container_of(l, struct xwl_host, listener), channel);
}

int xwl_host_start(struct xwl_host *h, struct xdc_loop *loop,
		   const struct xwl_policy *policy, const char *display,
		   int listener)
{
	memset(h, 0, sizeof(*h));
	h->loop = loop;
	h->policy = policy;
	h->display = display;
	h->account.policy = policy;
	LIST_INIT(&h->clients);
	return xdc_listener_start(&h->listener, loop, listener, policy->guest,
				  program_accepted);
}

void xwl_host_stop(struct xwl_host *h)
{
	struct xwl_client *c;

	while ((c = LIST_FIRST(&h->clients)))
		xwl_client_end(c, "the host's half is stopped");
	xdc_listener_stop(&h->listener);
}
