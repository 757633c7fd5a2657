// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "fuzz.h"

/* A call that succeeds once in twenty times does so at least once in so many */
#define ENOUGH 200

static struct fuzz *fuzz;
static pthread_barrier_t barrier;
static struct fuzz_worker workers[FUZZ_THREADS];
static pthread_t threads[FUZZ_THREADS];
static atomic_uint tried[64], succeeded[64]; /* of each of fuzz_ops */

uint64_t fuzz_chance(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static bool is_there(const struct fuzz_op *op)
{
	return (!op->needs_importer || fuzz->importer) &&
	       (!op->needs_edu || fuzz->edu) && (!op->needs_user || fuzz->user);
}

static void make_call(struct fuzz_worker *w)
{
	unsigned int total = 0, at;
	size_t i;

	for (i = 0; i < fuzz_nr_ops; i++)
		total += fuzz_ops[i].weight;
	at = fuzz_chance(&w->random) % total;
	for (i = 0; at >= fuzz_ops[i].weight; i++)
		at -= fuzz_ops[i].weight;
	if (!is_there(&fuzz_ops[i]))
		return;
	atomic_fetch_add(&tried[i], 1);
	if (fuzz_ops[i].op(w) >= 0)
		atomic_fetch_add(&succeeded[i], 1);
}

static void *run_worker(void *arg)
{
	struct fuzz_worker *w = arg;
	uint64_t round;
	int i;

	for (round = 0; round < fuzz->rounds; round++) {
		pthread_barrier_wait(&barrier);
		for (i = 0; i < FUZZ_CALLS; i++)
			make_call(w);
		pthread_barrier_wait(&barrier);
	}
	fuzz_worker_end(w);
	return NULL;
}

int fuzz_begin(struct fuzz *f)
{
	int i;

	fuzz = f;
	memset(tried, 0, sizeof(tried));
	memset(succeeded, 0, sizeof(succeeded));
	memset(workers, 0, sizeof(workers));
	assert_true(fuzz_nr_ops <= ARRAY_LEN(tried));
	fuzz_slots_begin();
	fuzz_ops_begin();
	/* the threads, and the caller that changes the guest */
	pthread_barrier_init(&barrier, NULL, FUZZ_THREADS + 1);
	for (i = 0; i < FUZZ_THREADS; i++) {
		struct fuzz_worker *w = &workers[i];

		w->fuzz = f;
		w->random = f->seed + i;
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
			       w->sockets))
			return -errno;
	}
	for (i = 0; i < FUZZ_THREADS; i++)
		if (pthread_create(&threads[i], NULL, run_worker, &workers[i]))
			return -EAGAIN;
	return 0;
}

void fuzz_round_begin(void)
{
	pthread_barrier_wait(&barrier);
}

void fuzz_round_end(void)
{
	pthread_barrier_wait(&barrier);
}

unsigned int fuzz_end(void)
{
	unsigned int never = 0;
	size_t i;

	for (i = 0; i < FUZZ_THREADS; i++)
		pthread_join(threads[i], NULL);
	fuzz_slots_end();
	fuzz_ops_end();
	pthread_barrier_destroy(&barrier);
	for (i = 0; i < fuzz_nr_ops; i++) {
		note("%s: %u of %u succeeded", fuzz_ops[i].name, succeeded[i],
		     tried[i]);
		if (is_there(&fuzz_ops[i]) && !fuzz_ops[i].hopeless &&
		    tried[i] >= ENOUGH && !succeeded[i])
			never++;
	}
	return never;
}
