/* SPDX-License-Identifier: GPL-2.0-only */
/* Timelines and fences as the kernel has them, of the test's own: linked with --wrap. */
#ifndef XWL_UNIT_KERNEL_H
#define XWL_UNIT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

struct kernel {
	int point_eventfd; /* of the last that was asked for */
	unsigned int signalled; /* times */
	uint64_t signalled_point;
	unsigned int timelines; /* that are imported */
	bool is_no_timeline, is_fence;
	int eventfd_error; /* for the handle 0, which is none */
};

extern struct kernel kernel;

#endif
