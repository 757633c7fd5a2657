// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mappings.h"

/* What a peer makes us remember is bounded: a byte for each reference below this one */
#define HIGHEST (1U << 20)

static int make_room(struct xdc_mappings *m, const uint32_t *refs, uint32_t nr)
{
	uint32_t i, need = m->nr;
	uint8_t *times;

	for (i = 0; i < nr; i++)
		if (refs[i] < HIGHEST && refs[i] >= need)
			need = refs[i] + 1;
	if (need == m->nr)
		return 0;
	times = realloc(m->times, need);
	if (!times)
		return -ENOMEM;
	memset(times + m->nr, 0, need - m->nr);
	m->times = times;
	m->nr = need;
	return 0;
}

int xdc_mappings_add(struct xdc_mappings *m, const uint32_t *refs, uint32_t nr,
		     unsigned int max)
{
	uint32_t i;
	int err = make_room(m, refs, nr);

	if (err)
		return err;
	for (i = 0; i < nr; i++) {
		if (refs[i] >= HIGHEST)
			continue;
		if (m->times[refs[i]] >= max) {
			xdc_mappings_remove(m, refs, i);
			return -EMLINK;
		}
		m->times[refs[i]]++;
	}
	return 0;
}

void xdc_mappings_remove(struct xdc_mappings *m, const uint32_t *refs,
			 uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (refs[i] < HIGHEST)
			m->times[refs[i]]--;
}

bool xdc_mappings_repeat(const struct xdc_mappings *m, const uint32_t *refs,
			 uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (refs[i] >= HIGHEST || m->times[refs[i]] > 1)
			return true;
	return false;
}

void xdc_mappings_fini(struct xdc_mappings *m)
{
	free(m->times);
	m->times = NULL;
	m->nr = 0;
}
