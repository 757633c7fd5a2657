// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random calls from several threads, while the guest grants, revokes, grants again
 * and dies at random: the kernel logs nothing, and in the end all is given back.
 *
 * FUZZ_SEED=n FUZZ_CALLS=n test-fuzz repeats a run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "fuzz.h"

#define GUEST_PAGES 64
#define MOST_DEATHS 8
#define GUEST_SLOTS 4

static uint64_t number_of_env(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* replace what the guest has granted in one slot */
static void change_guest_shares(struct fuzz *fuzz, unsigned int turn,
				uint32_t die)
{
	unsigned int slot = turn % GUEST_SLOTS;
	uint32_t *refs = fuzz->refs + slot * GUEST_PAGES;

	if (die % 8 == 0) {
		/* kill a process that shares, with everything it has */
		agent_try("kill 1");
		agent_try("fork 1");
		if (!agent_try("@1 plain 0 %d rw 1", GUEST_PAGES))
			guest_refs(refs, GUEST_PAGES);
		return;
	}
	agent_try("free %u", slot);
	if (die % 2) {
		if (!agent_try("plain %u %d %s 1", slot, GUEST_PAGES,
			       die % 4 == 1 ? "rw" : "ro"))
			guest_refs(refs, GUEST_PAGES);
		return;
	}
	if (agent_try("alloc %u %d heap 1", slot, GUEST_PAGES))
		return;
	if (!agent_try("grant %u 0 %d rw", slot, GUEST_PAGES))
		guest_refs(refs, GUEST_PAGES);
	if (die % 3 == 0)
		agent_try("revoke %u", slot);
}

/* To the kernel's log, for the console: a test's own output comes only at its end. */
static void say_progress(uint64_t round, uint64_t rounds)
{
	FILE *f;

	if (!round || round % (rounds / 20 + 1))
		return;
	f = fopen("/dev/kmsg", "we");
	if (!f)
		return;
	fprintf(f, "test-fuzz: %llu of %llu calls",
		(unsigned long long)round * FUZZ_ROUND,
		(unsigned long long)rounds * FUZZ_ROUND);
	fclose(f);
}

static uint16_t first; /* the guest that all tests share */

/* a guest that may be destroyed at any time, beside the shared one */
static void start_guest(struct fuzz *fuzz)
{
	uint16_t domid = guest2_begin(GUEST2);
	unsigned int slot;

	first = first ?: world.domid;
	guest_use(domid);
	agent("load xen_dmabuf");
	atomic_store(&fuzz->domid, domid);
	for (slot = 0; slot < GUEST_SLOTS; slot++)
		change_guest_shares(fuzz, slot, 1);
}

static void destroy_guest(void)
{
	guest2_destroy();
	guest_use(first);
}

static void random_calls_leave_nothing(void **state)
{
	const char *name = getenv("WORLD");
	bool long_run = name && !strcmp(name, "fuzz");
	bool slow = name && !strncmp(name, "debug", 5);
	struct fuzz fuzz = { .seed = number_of_env("FUZZ_SEED", time(NULL)) };
	uint64_t calls = number_of_env("FUZZ_CALLS", long_run ? 1000000
						     : slow   ? 6000
							      : 20000);
	uint64_t round, random, each;
	int64_t start = now_ms();
	unsigned int never;

	(void)state;
	fuzz.importer = !machine_load("xdb_importer", NULL);
	fuzz.user = !machine_load("xdb_user", NULL);
	fuzz.edu = !machine_load("xdb_edu", NULL);
	fuzz.rounds = calls / FUZZ_ROUND + 1;
	random = fuzz.seed + FUZZ_THREADS;
	note("FUZZ_SEED=%llu FUZZ_CALLS=%llu", (unsigned long long)fuzz.seed,
	     (unsigned long long)calls);
	start_guest(&fuzz);
	/* the guest dies at least once, but most rounds have a living guest */
	each = fuzz.rounds / (MOST_DEATHS + 1) + 1;
	if (each < 10)
		each = fuzz.rounds / 2;
	assert_ok(fuzz_begin(&fuzz));
	for (round = 0; round < fuzz.rounds; round++) {
		say_progress(round, fuzz.rounds);
		fuzz_round_begin();
		if (round && round % each == 0) {
			destroy_guest();
			start_guest(&fuzz);
		} else {
			change_guest_shares(&fuzz, round, fuzz_chance(&random));
		}
		fuzz_round_end();
	}
	never = fuzz_end();
	note("%llu calls in %lld s",
	     (unsigned long long)fuzz.rounds * FUZZ_ROUND,
	     (long long)(now_ms() - start) / 1000);
	agent("reset");
	destroy_guest();
	assert_int_equal(never, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(random_calls_leave_nothing),
	};

	world_timeout(7200);
	return world_run("fuzz", tests);
}
