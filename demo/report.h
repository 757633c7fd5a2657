/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened, in words for people and in TAP for the harness. */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include <stdbool.h>

/** report_open - the words also go to this file */
int report_open(const char *path, unsigned int nr_steps);

__attribute__((format(printf, 1, 2))) void report_line(const char *fmt, ...);

/** report_step - one TAP line; returns @good */
bool report_step(bool good, const char *name);

/** report_close - the steps that were not reached count as failed */
int report_close(void);

#endif
