// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>

#include "common/match.h"

#define THINGS 32

struct match {
	const uint32_t *wants;
	uint32_t free; /* things that may be given away at all */
	int user[THINGS]; /* who has the thing, -1: nobody */
};

/* Serves @who, and moves users that have a thing already to other things */
static bool serve_user(struct match *m, int who, uint32_t *tried)
{
	int i;

	for (i = 0; i < THINGS; i++) {
		uint32_t bit = 1U << i;

		if (!(m->wants[who] & m->free & bit) || *tried & bit)
			continue;
		*tried |= bit;
		if (m->user[i] >= 0 && !serve_user(m, m->user[i], tried))
			continue;
		m->user[i] = who;
		return true;
	}
	return false;
}

/* Which of the users from the second on can be served; the second is bit 31 */
static uint32_t count_served(const uint32_t *wants, unsigned int n,
			     uint32_t available)
{
	struct match m = { .wants = wants, .free = available };
	uint32_t served = 0;
	unsigned int i;

	for (i = 0; i < THINGS; i++)
		m.user[i] = -1;
	for (i = 1; i < n; i++) {
		uint32_t tried = 0;

		if (serve_user(&m, (int)i, &tried))
			served |= 1U << (XDC_MATCH_MAX - i);
	}
	return served;
}

/* The rank of a thing in the order of preference; 0 is the best */
static unsigned int rank_thing(unsigned int thing, const uint32_t *prefer,
			       unsigned int nr_prefer)
{
	unsigned int i;

	for (i = 0; i < nr_prefer && !(prefer[i] & 1U << thing); i++)
		;
	return i;
}

int xdc_match_pick(const uint32_t *wants, unsigned int n,
		   const uint32_t *prefer, unsigned int nr_prefer)
{
	uint32_t most = 0;
	unsigned int i, rank, best_rank = 0;
	int best = -1;

	if (!n)
		return -1;
	if (n > XDC_MATCH_MAX)
		n = XDC_MATCH_MAX;
	for (i = 0; i < THINGS; i++) {
		uint32_t served;

		if (!(wants[0] & 1U << i))
			continue;
		served = count_served(wants, n, ~(1U << i));
		rank = rank_thing(i, prefer, nr_prefer);
		if (best >= 0 &&
		    (served < most || (served == most && rank >= best_rank)))
			continue;
		best = (int)i;
		best_rank = rank;
		most = served;
	}
	return best;
}
