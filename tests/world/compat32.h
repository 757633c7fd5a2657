/* SPDX-License-Identifier: GPL-2.0-only */
/* Compat32: the arguments that test-compat passes to the 32-bit program. */
#ifndef XDB_TEST_COMPAT32_H
#define XDB_TEST_COMPAT32_H

#include <linux/types.h>

#define COMPAT32_PAGES 4

struct compat32 {
	__u32 domid;
	__u32 answer; /* to be written to the first page */
	__u32 refs[COMPAT32_PAGES];
	__u32 first[COMPAT32_PAGES]; /* first word of each page */
};

#endif
