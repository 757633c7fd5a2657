/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: what the driver's tracepoints tell. */
#ifndef XDB_TEST_EVENTS_H
#define XDB_TEST_EVENTS_H

#include <stdbool.h>

bool events_begin(void); /* false, with a note: a kernel without them */
void events_end(void); /* they can still be looked at */
void events_print(void);
/* whether an event has both texts */
bool events_have(const char *name, const char *rest);

#endif
