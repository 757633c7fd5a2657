/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults: calls by the driver that are made to fail. */
#ifndef XDB_TEST_FAULTS_H
#define XDB_TEST_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/xdb_fault.h"

/* one way to let the calls of this thread fail */
struct injector {
	const char *name;
	void (*arm)(unsigned int nth);
	/* stop; the function that failed, or NULL if none did */
	const char *(*disarm)(void);
	/* the caller may succeed in spite of the failure, by other means */
	bool may_succeed;
};

/* on any kernel, by probes on the functions that the driver calls */
extern const struct injector faults_probes;
void faults_begin(void);
void faults_end(void);
/* assert that a probe is on every function of the list that this kernel has */
void faults_all_there(void);
/* let the next map fail for all of its pages with this GNTST_* status */
void faults_answer(int status);
/* let the kernel have no memory for the @nth entry of its p2m */
void faults_p2m(unsigned int nth);
/* let a part of a batch fail, see struct xdb_fault_spoil; disarm as above */
void faults_spoil(uint32_t what, uint32_t call, uint32_t index, int status);

/* on a kernel with fault injection: every allocation and copy, by any caller */
extern const struct injector faults_nth;
bool faults_nth_begin(void); /* false: a kernel without fault injection */
void faults_nth_end(void);

#endif
