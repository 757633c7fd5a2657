// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random calls from several threads, while the guest grants, revokes, re-grants
 * and dies at random: the kernel says nothing, and in the end all is given back.
 *
 * FUZZ_SEED=n FUZZ_CALLS=n test-fuzz repeats a run.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "fuzz.h"

#define THREADS 3
#define GUEST_PAGES 64
#define GUEST_SLOTS 4

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* what the guest had granted before goes, and something new takes its place */
static void guest_changes(struct fuzz *fuzz, unsigned int turn, uint32_t die)
{
	unsigned int slot = turn % GUEST_SLOTS;
	uint32_t *refs = fuzz->refs + slot * GUEST_PAGES;

	if (die % 8 == 0) {
		/* a process that shares dies with everything it had */
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

static void random_calls(void **state)
{
	const char *name = getenv("WORLD");
	bool long_run = name && !strcmp(name, "fuzz");
	struct fuzz fuzz = {
		.seed = number("FUZZ_SEED", time(NULL)),
		.calls = number("FUZZ_CALLS", long_run ? 1000000 : 20000),
	};
	uint64_t good;
	unsigned int turn = 0, seed = fuzz.seed;

	(void)state;
	agent("load xen_dmabuf");
	fuzz.importer = !machine_load("xdb_importer", NULL);
	note("FUZZ_SEED=%llu FUZZ_CALLS=%llu", (unsigned long long)fuzz.seed,
	     (unsigned long long)fuzz.calls);
	assert_ok(fuzz_begin(&fuzz, THREADS));
	while (fuzz_running())
		guest_changes(&fuzz, turn++, rand_r(&seed));
	good = fuzz_end();
	note("%llu calls succeeded, the guest changed %u times",
	     (unsigned long long)good, turn);
	/* or nothing was tried */
	assert_true(good > fuzz.calls / 10);
	agent("reset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(random_calls),
	};

	world_timeout(3600);
	return world_run("fuzz", tests);
}
