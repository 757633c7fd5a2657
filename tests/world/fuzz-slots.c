// SPDX-License-Identifier: GPL-2.0-only
/* Random arguments of fuzz.c's calls: odd numbers, and descriptors. */
#include <stdatomic.h>
#include <unistd.h>

#include "common.h"
#include "fuzz.h"

#define SLOTS 64 /* descriptors */

/* descriptors and their kinds, which other threads change at any time */
static atomic_int slots[SLOTS]; /* -1: none */
static atomic_int kinds[SLOTS];
/* ---- chance ---- */

uint32_t fuzz_below(struct fuzz_worker *w, uint32_t n)
{
	return fuzz_chance(&w->random) % n;
}

bool fuzz_one_in(struct fuzz_worker *w, uint32_t n)
{
	return !fuzz_below(w, n);
}

/* a number such as a wrong or hostile program passes */
uint32_t fuzz_odd_number(struct fuzz_worker *w)
{
	static const uint32_t odd[] = { 0,	    1,		2,
					4095,	    4096,	4097,
					32767,	    32768,	65535,
					65536,	    1 << 19,	0x7ff0,
					0x7fffffff, 0x80000000, UINT32_MAX };

	return fuzz_one_in(w, 3) ? (uint32_t)fuzz_chance(&w->random)
				 : odd[fuzz_below(w, ARRAY_LEN(odd))];
}

uint32_t fuzz_some_pages(struct fuzz_worker *w)
{
	return 1 + fuzz_below(w, fuzz_one_in(w, 8) ? FUZZ_MANY : FUZZ_FEW);
}

/* ---- descriptors ---- */

/* mostly of this kind, if there is one */
int fuzz_some_fd(struct fuzz_worker *w, enum fuzz_kind kind)
{
	uint32_t at = fuzz_below(w, SLOTS), i;

	if (fuzz_one_in(w, 50))
		return fuzz_odd_number(w);
	for (i = 0; i < SLOTS && !fuzz_one_in(w, 60);
	     i++, at = (at + 1) % SLOTS)
		if (atomic_load(&kinds[at]) == (int)kind &&
		    atomic_load(&slots[at]) >= 0)
			break;
	return atomic_load(&slots[at]);
}

int fuzz_any_fd(struct fuzz_worker *w)
{
	return fuzz_some_fd(w, fuzz_below(w, FUZZ_OTHER + 1));
}

void fuzz_drop(int fd)
{
	/* 0 to 2 are the test's standard streams */
	if (fd > 2)
		close(fd);
}

void fuzz_keep(struct fuzz_worker *w, int fd, enum fuzz_kind kind)
{
	uint32_t at = fuzz_below(w, SLOTS);

	if (fd < 0)
		return;
	atomic_store(&kinds[at], kind);
	fuzz_drop(atomic_exchange(&slots[at], fd));
}

void fuzz_forget(struct fuzz_worker *w)
{
	fuzz_drop(atomic_exchange(&slots[fuzz_below(w, SLOTS)], -1));
}

void fuzz_slots_begin(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		atomic_store(&slots[i], -1);
}

void fuzz_slots_end(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		fuzz_drop(atomic_exchange(&slots[i], -1));
}
