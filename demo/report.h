/* SPDX-License-Identifier: GPL-2.0-only */
/* The demo's report: text for people, and TAP for the harness */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include <stdbool.h>

/** demo_report_open - @path: receives the text, too */
int demo_report_open(const char *path, unsigned int nr_steps);

__attribute__((format(printf, 1, 2))) void demo_report_line(const char *fmt,
							    ...);

/** demo_report_step - one TAP line; returns @good */
bool demo_report_step(bool good, const char *name);

/** demo_report_close - steps that were not reached count as failed */
int demo_report_close(void);

#endif
