/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults: calls of the driver's that are made to fail. */
#ifndef XDB_TEST_FAULTS_H
#define XDB_TEST_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/xdb_fault.h"

/* one way to let the calls of this thread fail */
struct injector {
	const char *name;
	void (*arm)(unsigned int nth);
	/* no more; what failed, or NULL if it did not come to that */
	const char *(*disarm)(void);
	/* whoever is made to fail may have had another way */
	bool may_succeed;
};

/* on any kernel, by probes on what the driver calls */
extern const struct injector faults_probes;
void faults_begin(void);
void faults_end(void);
/* each function that could be made to fail is there on this kernel */
void faults_all_there(void);
/* the next map is refused for all of its pages, with a GNTST_* of Xen's */
void faults_answer(int status);
/* a part of a batch: struct xdb_fault_spoil says how; disarm as above */
void faults_spoil(uint32_t what, uint32_t call, uint32_t index, int status);

/* on a kernel built for it, every allocation and copy, whoever makes it */
extern const struct injector faults_nth;
bool faults_nth_begin(void); /* false: this kernel has none */
void faults_nth_end(void);

#endif
