// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "common/json.h"
#include "peer.h"
#include "session.h"
#include "status.h"

#define PAGE_KIB 4U

static bool has_answered(const struct xch_peer *p)
{
	return p->status_answered == p->status_asked;
}

static void text_link(const struct xch_peer *p, FILE *out)
{
	const struct xch_news *n = &p->status;

	if (!has_answered(p))
		fprintf(out, "  worker does not answer\n");
	if (n->hung)
		fprintf(out, "  the peer does not answer: paused or hung\n");
	fprintf(out,
		"  %" PRIu64 " bytes sent, %" PRIu64
		" received; mapped from it %u buffers with %u KiB, granted to it %u with %u KiB%s\n",
		n->bytes_sent, n->bytes_received, n->mapped,
		n->mapped_pages * PAGE_KIB, n->granted,
		n->granted_pages * PAGE_KIB,
		p->buffers
			? ""
			: "; no dma-bufs: an end cannot use /dev/xen/dmabuf. Try: modprobe xen_dmabuf, and restart xen-channeld");
}

static void text_session(const struct xch_session *s, FILE *out)
{
	fprintf(out, "  channel %s %s%s", s->ours ? "to" : "from", s->service,
		s->open ? "" : ", opening");
	if (s->pid)
		fprintf(out, ", process %d", s->pid);
	fputc('\n', out);
}

static void text_peer(const struct xch_peer *p, FILE *out)
{
	const struct xch_session *s;

	fprintf(out, "peer %s (%u): %s, as %s, %u channels\n", p->label,
		p->domain.domid, xch_peer_state(p),
		p->role == XCH_SERVER ? "server" : "client", p->nr_sessions);
	if (p->why[0])
		fprintf(out, "  %s\n", p->why);
	if (p->state == XCH_PEER_LINKED)
		text_link(p, out);
	LIST_FOREACH(s, &p->sessions, link)
		text_session(s, out);
}

void xch_status_text(const struct xch_daemon *d, FILE *out)
{
	const struct xch_peer *p;

	fprintf(out, "domain %u\n", d->self);
	if (LIST_EMPTY(&d->peers))
		fprintf(out,
			"no domain of the configuration runs, or is known by that name\n");
	LIST_FOREACH(p, &d->peers, link)
		text_peer(p, out);
}

static void json_sessions(struct xdc_json *j, const struct xch_peer *p)
{
	const struct xch_session *s;

	xdc_json_open(j, "channels", '[');
	LIST_FOREACH(s, &p->sessions, link) {
		xdc_json_open(j, NULL, '{');
		xdc_json_text(j, "service", s->service);
		xdc_json_bool(j, "ours", s->ours);
		xdc_json_bool(j, "open", s->open);
		xdc_json_number(j, "pid", (uint64_t)s->pid);
		xdc_json_close(j, '}');
	}
	xdc_json_close(j, ']');
}

static void json_peer(struct xdc_json *j, const struct xch_peer *p)
{
	const struct xch_news *n = &p->status;

	xdc_json_open(j, NULL, '{');
	xdc_json_text(j, "peer", p->domain.name);
	xdc_json_number(j, "domid", p->domain.domid);
	xdc_json_text(j, "role", p->role == XCH_SERVER ? "server" : "client");
	xdc_json_text(j, "state", xch_peer_state(p));
	xdc_json_text(j, "why", p->why);
	xdc_json_number(j, "links", p->links);
	xdc_json_bool(j, "dmabufs", p->buffers);
	xdc_json_bool(j, "answers", has_answered(p));
	xdc_json_bool(j, "hung", n->hung);
	xdc_json_number(j, "sent", n->bytes_sent);
	xdc_json_number(j, "received", n->bytes_received);
	xdc_json_number(j, "mapped", n->mapped);
	xdc_json_number(j, "mapped_pages", n->mapped_pages);
	xdc_json_number(j, "granted", n->granted);
	xdc_json_number(j, "granted_pages", n->granted_pages);
	json_sessions(j, p);
	xdc_json_close(j, '}');
}

void xch_status_json(const struct xch_daemon *d, FILE *out)
{
	const struct xch_peer *p;
	struct xdc_json j;

	xdc_json_begin(&j, out);
	xdc_json_open(&j, NULL, '{');
	xdc_json_number(&j, "domid", d->self);
	xdc_json_open(&j, "peers", '[');
	LIST_FOREACH(p, &d->peers, link)
		json_peer(&j, p);
	xdc_json_close(&j, ']');
	xdc_json_close(&j, '}');
}
