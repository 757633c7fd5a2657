/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzz: random calls on the driver, from a seed.  Threads share a table of descriptors
 * of all kinds, so that each thread uses and closes those of the others.
 *
 * A run consists of rounds: in each, every thread makes the same number of calls while
 * the caller changes the guest.  Every thread, and the caller, has random numbers of
 * its own: a run with the same seed makes the same choices, and only their order
 * within a round differs.
 */
#ifndef XDB_TEST_FUZZ_H
#define XDB_TEST_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_REFS 256 /* references of the guest, some not valid any more */
#define FUZZ_THREADS 3
#define FUZZ_CALLS 100 /* of a thread in a round */
#define FUZZ_ROUND (FUZZ_THREADS * FUZZ_CALLS)

struct fuzz {
	uint64_t seed;
	uint64_t rounds;
	bool importer, edu, user; /* whether these devices exist */
	atomic_uint domid; /* the guest */
	uint32_t refs[FUZZ_REFS]; /* written while it runs */
};

/* random numbers by splitmix64, which works with any seed */
uint64_t fuzz_chance(uint64_t *state);

/* begin: 0 or -errno.  Then, for each round: */
int fuzz_begin(struct fuzz *fuzz);
void fuzz_round_begin(void);
void fuzz_round_end(void);
/* close everything; returns how many kinds of calls never succeeded */
unsigned int fuzz_end(void);

/* ---- fuzz-ops.c ---- */

#define FUZZ_MAPPINGS 4 /* of each thread */

struct fuzz_mapping {
	uint8_t *va;
	size_t size;
};

struct fuzz_worker {
	struct fuzz *fuzz;
	uint64_t random;
	int sockets[2];
	struct fuzz_mapping mappings[FUZZ_MAPPINGS];
};

struct fuzz_op {
	const char *name;
	/* returns 0 or more on success */
	int (*op)(struct fuzz_worker *w);
	unsigned int weight;
	bool needs_importer, needs_edu, needs_user;
	bool hopeless; /* rarely or never succeeds */
};

extern const struct fuzz_op fuzz_ops[];
extern const size_t fuzz_nr_ops;

void fuzz_ops_begin(void);
void fuzz_ops_end(void);
void fuzz_worker_end(struct fuzz_worker *w);

/* ---- fuzz-slots.c ---- */

#define FUZZ_FEW 64 /* pages, mostly */
#define FUZZ_MANY 700 /* pages now and then: more than one batch */

enum fuzz_kind {
	FUZZ_DEVICE,
	FUZZ_DMABUF,
	FUZZ_LEASE,
	FUZZ_IMPORTER,
	FUZZ_EDU,
	FUZZ_USER,
	FUZZ_OTHER,
};

uint32_t fuzz_below(struct fuzz_worker *w, uint32_t n);
bool fuzz_one_in(struct fuzz_worker *w, uint32_t n);
/* a number such as a wrong or hostile program passes */
uint32_t fuzz_odd_number(struct fuzz_worker *w);
uint32_t fuzz_some_pages(struct fuzz_worker *w);

/* a descriptor, mostly of this kind; a descriptor of any kind */
int fuzz_some_fd(struct fuzz_worker *w, enum fuzz_kind kind);
int fuzz_any_fd(struct fuzz_worker *w);
/* put a descriptor in a random slot and close the former one; close a random one */
void fuzz_keep(struct fuzz_worker *w, int fd, enum fuzz_kind kind);
void fuzz_forget(struct fuzz_worker *w);
void fuzz_drop(int fd);
void fuzz_slots_begin(void);
void fuzz_slots_end(void);

#endif
