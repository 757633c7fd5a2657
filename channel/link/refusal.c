// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "link/refusal.h"

void xch_refusal_log(struct xch_hub *hub, const struct xch_channel *ch,
		     enum xdc_level level, const char *fmt, ...)
{
	char prefix[XCH_PEER_MAX + XCH_SERVICE_MAX + 32];
	va_list args;

	snprintf(prefix, sizeof(prefix), "%s: channel %u%s%s", hub->config.peer,
		 ch->id, *ch->open.service ? " " : "", ch->open.service);
	va_start(args, fmt);
	xdc_vlog(level, &hub->bucket, prefix, fmt, args);
	va_end(args);
}

static const char *why_not_granted(const struct xch_granted_set *set,
				   uint64_t pages, int err)
{
	switch (err) {
	case -EOPNOTSUPP:
		return "memory that is not in this domain's RAM, such as a graphics card's, cannot be shared";
	case -ENOSPC:
		return "the grant table of this domain is full; dom0's is enlarged by gnttab_max_frames of Xen, a guest's by max_grant_frames in xl.cfg, and before Xen 4.18 by both";
	case -EFBIG:
		return "larger than max-memory of either domain, or the driver, allows";
	case -EDQUOT:
		return xch_granted_room(set, pages)
			       ? "with what is shared already, more than max-memory or max-buffers of either domain allows"
			       : "with what is granted already, more than the driver allows; xendmabuf doctor says what to change";
	case -EMLINK:
		return "the other end has mapped the same pages too often already";
	default:
		return NULL;
	}
}

bool xch_refusal_of_grant(struct xch_hub *hub, const struct xch_channel *ch,
			  enum xch_kind kind, uint64_t pages, int err)
{
	const char *why = why_not_granted(&hub->granted, pages, err);

	if (why)
		xch_refusal_log(hub, ch, XDC_WARNING, "%s refused: %s",
				xch_kind_name(kind), why);
	return why;
}
