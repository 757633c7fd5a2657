/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Agent: the guest's half of the tests.  It executes one command at a time from
 * dom0: "verb args..." is answered with "OK numbers..." or "ERR errno name".
 */
#ifndef XDB_TEST_AGENT_H
#define XDB_TEST_AGENT_H

#include <stddef.h>

#define AGENT_SLOTS 32
#define AGENT_CHILDREN 8
#define AGENT_LINE 512

/* execute one command; @answer is always filled in */
void agent_do(char *line, char *answer, size_t size);

/* free every slot */
void agent_forget(void);

#endif
