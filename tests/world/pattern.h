/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pattern: the contents of test pages.  Every word depends on a seed, on the page's
 * place in the buffer and on its own place in the page, so that a page that was
 * swapped, repeated, zeroed or left stale is noticed.
 */
#ifndef XDB_TEST_PATTERN_H
#define XDB_TEST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define PAGE 4096UL
#define PAGE_WORDS (PAGE / sizeof(uint64_t))

static inline uint64_t pattern_word(uint64_t seed, uint64_t page, uint64_t i)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL + (page << 10) + i;

	x ^= x >> 31;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 32);
}

/* @first is the place in the buffer of the page that @va starts with */
void pattern_fill(void *va, size_t first, size_t pages, uint64_t seed);

/* how many pages do not hold the pattern; *bad is the first of them */
size_t pattern_check(const void *va, size_t first, size_t pages, uint64_t seed,
		     size_t *bad);

#endif
