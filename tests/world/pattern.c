// SPDX-License-Identifier: GPL-2.0-only
#include "pattern.h"

void pattern_fill(void *va, size_t first, size_t pages, uint64_t seed)
{
	/* volatile: neither vector stores nor a libc copy may surprise a device
	 * mapping, and every store must reach memory
	 */
	volatile uint64_t *word = va;
	size_t page, i;

	for (page = first; page < first + pages; page++)
		for (i = 0; i < PAGE_WORDS; i++)
			*word++ = pattern_word(seed, page, i);
}

size_t pattern_check(const void *va, size_t first, size_t pages, uint64_t seed,
		     size_t *bad)
{
	const volatile uint64_t *word = va;
	size_t page, i, wrong = 0;

	for (page = first; page < first + pages; page++) {
		uint64_t differs = 0;

		for (i = 0; i < PAGE_WORDS; i++)
			differs |= *word++ ^ pattern_word(seed, page, i);
		if (differs && !wrong++ && bad)
			*bad = page;
	}
	return wrong;
}
