// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "link/credit.h"

int xch_credit_add(struct xch_credit *c, uint32_t bytes, uint32_t attachments)
{
	if (bytes > XCH_CREDIT_BYTES_MAX - c->bytes ||
	    attachments > XCH_CREDIT_ATTACHMENTS_MAX - c->attachments)
		return -EPROTO;
	c->bytes += bytes;
	c->attachments += attachments;
	return 0;
}

bool xch_credit_room(const struct xch_credit *c, size_t want,
		     unsigned int attachments, size_t *room)
{
	if (c->attachments < attachments || c->bytes < XCH_CREDIT_FRAME)
		return false;
	*room = c->bytes - XCH_CREDIT_FRAME;
	if (*room > want)
		*room = want;
	return *room || !want;
}

void xch_credit_take(struct xch_credit *c, size_t bytes,
		     unsigned int attachments)
{
	c->bytes -= (uint32_t)bytes + XCH_CREDIT_FRAME;
	c->attachments -= attachments;
}

void xch_window_init(struct xch_window *w)
{
	memset(w, 0, sizeof(*w));
	w->open.bytes = XCH_CREDIT_BYTES;
	w->open.attachments = XCH_CREDIT_ATTACHMENTS;
}

struct xch_credit xch_window_cost(size_t bytes, unsigned int attachments)
{
	return (struct xch_credit){ (uint32_t)bytes + XCH_CREDIT_FRAME,
				    attachments };
}

int xch_window_receive(struct xch_window *w, size_t bytes,
		       unsigned int attachments)
{
	if (bytes + XCH_CREDIT_FRAME > w->open.bytes ||
	    attachments > w->open.attachments)
		return -EPROTO;
	xch_credit_take(&w->open, bytes, attachments);
	return 0;
}

void xch_window_deliver(struct xch_window *w, struct xch_credit cost)
{
	w->taken.bytes += cost.bytes;
	w->taken.attachments += cost.attachments;
}

bool xch_window_due(const struct xch_window *w)
{
	return w->taken.bytes >= XCH_CREDIT_BYTES / 2 ||
	       w->taken.attachments >= XCH_CREDIT_ATTACHMENTS / 2;
}

struct xch_credit xch_window_renew(struct xch_window *w)
{
	struct xch_credit c = w->taken;

	w->open.bytes += c.bytes;
	w->open.attachments += c.attachments;
	memset(&w->taken, 0, sizeof(w->taken));
	return c;
}
