// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "host/clipboard/owned.h"

enum xwl_copy_kind xwl_copy_kind(const struct xwl_object *o)
{
	return strncmp(o->interface->name, "wl_", 3) ? XWL_COPY_PRIMARY
						     : XWL_COPY_CLIPBOARD;
}

bool xwl_owned(const struct xwl_bridge *b, enum xwl_copy_kind kind)
{
	return b->account->owned[kind].by;
}

/* What was offered meanwhile may be of others: their connections are not in order */
static void end_owned(struct xwl_account *a, enum xwl_copy_kind kind,
		      const struct xwl_bridge *leaving)
{
	struct xwl_bridge *other;

	memset(&a->owned[kind], 0, sizeof(a->owned[kind]));
	LIST_FOREACH(other, &a->bridges, entry) {
		if (other == leaving)
			continue;
		other->untold = true;
		other->ops->wake(other);
	}
}

void xwl_owned_set(struct xwl_bridge *b, enum xwl_copy_kind kind,
		   const struct xwl_object *source)
{
	if (source)
		b->account->owned[kind] =
			(struct xwl_owned){ b, source->id, source->serial };
	else if (xwl_owned(b, kind))
		end_owned(b->account, kind, NULL);
}

void xwl_owned_end(struct xwl_bridge *b, const struct xwl_object *source)
{
	enum xwl_copy_kind kind = xwl_copy_kind(source);
	const struct xwl_owned *owned = &b->account->owned[kind];

	if (owned->by == b && owned->source == source->id &&
	    owned->serial == source->serial)
		end_owned(b->account, kind, NULL);
}

void xwl_owned_leave(struct xwl_bridge *b)
{
	enum xwl_copy_kind kind;

	for (kind = 0; kind < XWL_COPY_KINDS; kind++)
		if (b->account->owned[kind].by == b)
			end_owned(b->account, kind, b);
}
