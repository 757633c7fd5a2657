/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks for an emulator that counts instructions (bench/count.c): nops that no
 * compiler emits.  On a real machine they do nothing.
 */
#ifndef XT_MARK_H
#define XT_MARK_H

#define MARK_END 0U /* ends the section that a mark began */
#define MARK_OTHER 31U /* a section that is counted, without a profile */
#define MARK_ONE_PAGE 32U /* added for a share of one page */
#define MARKS 64U

#if defined(__x86_64__)
#define MARK_NOP(n) \
	__asm__ volatile("nopl %c0(%%rax)" : : "i"(0x58444200 + (n)) : "memory")
#elif defined(__aarch64__)
#define MARK_NOP(n) \
	__asm__ volatile("movz xzr, %0" : : "i"(0x5800 + (n)) : "memory")
#else
#define MARK_NOP(n) ((void)(n))
#endif

#define MARK_CASE(n)         \
	case (n):            \
		MARK_NOP(n); \
		break
#define MARK_CASES(n)       \
	MARK_CASE(n);       \
	MARK_CASE((n) + 1); \
	MARK_CASE((n) + 2); \
	MARK_CASE((n) + 3); \
	MARK_CASE((n) + 4); \
	MARK_CASE((n) + 5); \
	MARK_CASE((n) + 6); \
	MARK_CASE((n) + 7)

/* The number is part of the instruction, so each needs its own. */
static inline void mark(unsigned int n)
{
	switch (n) {
		MARK_CASES(0);
		MARK_CASES(8);
		MARK_CASES(16);
		MARK_CASES(24);
		MARK_CASES(32);
		MARK_CASES(40);
		MARK_CASES(48);
		MARK_CASES(56);
	}
}

#endif
