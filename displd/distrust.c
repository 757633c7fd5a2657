// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "distrust.h"

static bool matches_text(const char *mine, const char *text)
{
	return !*mine || !strcmp(mine, text);
}

const char *xd_distrust_find(const struct xd_distrusts *d, const char *target,
			     const char *kind)
{
	unsigned int i;

	for (i = 0; i < d->nr; i++)
		if (matches_text(d->list[i].target, target) &&
		    matches_text(d->list[i].kind, kind))
			return d->list[i].why;
	return NULL;
}

void xd_distrust_add(struct xd_distrusts *d, const char *target,
		     const char *kind, const char *why)
{
	struct xd_distrust *new;
	bool last;

	if (xd_distrust_find(d, target, kind))
		return;
	new = &d->list[d->nr++];
	last = d->nr == XD_DISTRUSTS;
	snprintf(new->target, sizeof(new->target), "%s", last ? "" : target);
	snprintf(new->kind, sizeof(new->kind), "%s", last ? "" : kind);
	snprintf(new->why, sizeof(new->why), "%s", why);
}
