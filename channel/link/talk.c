// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "link/talk.h"

void xch_talk_add(struct xch_talk *talk, struct xch_talker *t,
		  unsigned int frames)
{
	if (!t->say)
		TAILQ_INSERT_TAIL(talk, t, entry);
	t->say |= frames;
}

void xch_talk_drop(struct xch_talk *talk, struct xch_talker *t,
		   unsigned int frames)
{
	if (!(t->say & frames))
		return;
	t->say &= ~frames;
	if (!t->say)
		TAILQ_REMOVE(talk, t, entry);
}

void xch_talk_yield(struct xch_talk *talk, struct xch_talker *t)
{
	if (!t->say)
		return;
	TAILQ_REMOVE(talk, t, entry);
	TAILQ_INSERT_TAIL(talk, t, entry);
}
