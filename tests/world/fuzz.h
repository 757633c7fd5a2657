/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz: random calls on the driver, from a seed.  Threads share a table of
 * descriptors of all kinds, so that each one's are used, and closed, by others.
 */
#ifndef XDB_TEST_FUZZ_H
#define XDB_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_REFS 256 /* references of the guest's that were valid once */

struct fuzz {
	uint64_t seed;
	uint64_t calls; /* to be made, all threads together */
	bool importer; /* there is /dev/xdb-importer */
	uint32_t refs[FUZZ_REFS]; /* written while it runs */
};

/* begin: 0 or -errno; running: whether calls are left to be made */
int fuzz_begin(struct fuzz *fuzz, unsigned int threads);
bool fuzz_running(void);
/* wait for the threads and close everything; how many calls succeeded */
uint64_t fuzz_end(void);

#endif
