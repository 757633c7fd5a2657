// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two guests share with each other.  dom0 creates them and commands their agents;
 * references travel in page directories that only the two guests can read, and
 * dom0 maps no page of either.
 */
#include <stdio.h>
#include <string.h>

#include "common.h"

#define PAGES 300UL

static uint16_t guest[2];
static struct counts before[2];

static bool counts_of(int which, struct counts *c)
{
	agent_use(guest[which]);
	if (agent_try("counts"))
		return false;
	c->fds = agent_value[0];
	c->pages_mapped = agent_value[1];
	c->pages_granted = agent_value[2];
	c->leases = agent_value[3];
	c->pages_leaked = agent_value[4];
	return true;
}

static int start_guests(void **state)
{
	int err = world_setup(state);

	if (err)
		return err;
	guest[0] = world.domid;
	guest[1] = guest2_begin(GUEST2);
	return 0;
}

static int destroy_second_guest(void **state)
{
	xl("destroy", "guest2");
	agent_use(guest[0]);
	return world_teardown(state);
}

static int test_setup(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		agent_use(guest[i]);
		if (agent_try("load xen_dmabuf") || agent_try("reset") ||
		    !counts_of(i, &before[i]))
			return -1;
	}
	return 0;
}

static bool back_at_counts(int which)
{
	struct counts c;

	if (!counts_of(which, &c))
		return false;
	c.fds = before[which].fds;
	return counts_equal(&before[which], &c);
}

static int test_teardown(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		agent_use(guest[i]);
		if (agent_try("reset"))
			return -1;
		eventually(back_at_counts(i));
	}
	return 0;
}

/* run @fmt at guest @which */
#define at(which, ...) (agent_use(guest[which]), agent(__VA_ARGS__))
#define try_at(which, ...) (agent_use(guest[which]), agent_try(__VA_ARGS__))

/* allocate slot 0 of @from and grant it to the other guest */
static void grant_to_other(int from, const char *child, const char *source,
			   const char *mode, unsigned long seed)
{
	at(from, "%salloc 0 %lu %s %lu", child, PAGES, source, seed);
	at(from, "%sgrant 0 0 %lu %s %u %u", child, PAGES, mode, guest[!from],
	   guest[!from]);
	assert_int_equal(agent_value[0], PAGES);
}

/* map it in slot 0 of @to; agent_value still holds the answer to grant_to_other() */
static void map_from_other(int to, const char *child, const char *mode)
{
	long first = agent_value[1];

	at(to, "%smap 0 %lu %ld %s %u", child, PAGES, first, mode, guest[!to]);
}

static void check_sharing(int from, const char *source)
{
	int to = !from;

	grant_to_other(from, "", source, "rw", 10);
	map_from_other(to, "", "rw");
	/* each guest reads what the other writes */
	assert_int_equal(at(to, "check 0 10"), 0);
	at(to, "fill 0 11");
	assert_int_equal(at(from, "check 0 11"), 0);
	at(from, "fill 0 12 100 50");
	assert_int_equal(at(to, "check 0 12 100 50"), 0);
	assert_int_equal(at(to, "check 0 11 0 100"), 0);

	/* the granting guest sees the buffer held, and then returned */
	at(from, "lease 0");
	assert_int_equal(agent_value[1], PAGES);
	at(from, "revoke 0");
	assert_err(try_at(from, "wait 0 300"), -ETIMEDOUT);
	assert_int_equal(at(to, "check 0 12 100 50"), 0);
	at(to, "drop 0");
	assert_ok(try_at(to, "wait 0 %d", WAIT_MS));
	assert_ok(try_at(from, "wait 0 %d", WAIT_MS));
	assert_int_equal(at(from, "lease 0"), XEN_DMABUF_LEASE_RETURNED);
	assert_int_equal(agent_value[1], 0);
	at(to, "free 0");
	at(from, "free 0");
}

static void first_guest_shares_with_second(void **state)
{
	(void)state;
	check_sharing(0, "scatter");
	check_sharing(0, "udmabuf");
}

static void second_guest_shares_with_first(void **state)
{
	(void)state;
	check_sharing(1, "scatter");
	check_sharing(1, "udmabuf");
}

static void read_only_grant_between_guests(void **state)
{
	(void)state;
	grant_to_other(0, "", "udmabuf", "ro", 20);
	map_from_other(1, "", "ro");
	assert_int_equal(at(1, "check 0 20"), 0);
	at(0, "fill 0 21");
	assert_int_equal(at(1, "check 0 21"), 0);
	at(1, "free 0");

	/* references for reading do not map for writing */
	at(0, "revoke 0");
	assert_ok(try_at(0, "wait 0 %d", WAIT_MS));
	at(0, "closelease 0");
	at(0, "grant 0 0 %lu ro %u %u", PAGES, guest[1], guest[1]);
	assert_err(try_at(1, "map 0 %lu %ld rw %u", PAGES, agent_value[1],
			  guest[0]),
		   -EACCES);
	at(0, "revoke 0");
	assert_ok(try_at(0, "wait 0 %d", WAIT_MS));
	at(0, "free 0");
}

/* each grants to the other at the same time */
static void guests_share_both_ways_at_once(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		at(i, "alloc 1 %lu udmabuf %d", PAGES, 30 + i);
		at(i, "grant 1 0 %lu rw %u %u", PAGES, guest[!i], guest[!i]);
		at(!i, "map 0 %lu %ld rw %u", PAGES, agent_value[1], guest[i]);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(at(!i, "check 0 %d", 30 + i), 0);
		at(!i, "fill 0 %d", 40 + i);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(at(i, "check 1 %d", 40 + i), 0);
		at(!i, "free 0");
		at(i, "revoke 1");
		assert_ok(try_at(i, "wait 1 %d", WAIT_MS));
		at(i, "free 1");
	}
}

/* the pages of a killed process are not reused while the other guest maps them */
static void granting_process_killed_pages_kept(void **state)
{
	long granted = at(0, "stat pages_granted");

	(void)state;
	at(0, "fork 0");
	grant_to_other(0, "@0 ", "udmabuf", "rw", 50);
	map_from_other(1, "", "rw");
	at(1, "fill 0 51");
	at(0, "kill 0");
	assert_true(at(0, "pressure 0xa5a5a5a5 64 100") > 16);
	assert_int_equal(at(1, "check 0 51"), 0);
	assert_int_equal(at(0, "stat pages_granted"), granted + (long)PAGES);
	at(1, "free 0");
	eventually(at(0, "stat pages_granted") == granted);
}

static void mapping_process_killed_grant_returned(void **state)
{
	(void)state;
	at(1, "fork 0");
	grant_to_other(0, "", "udmabuf", "rw", 60);
	map_from_other(1, "@0 ", "rw");
	at(1, "@0 fill 0 61");
	at(0, "revoke 0");
	assert_err(try_at(0, "wait 0 300"), -ETIMEDOUT);
	at(1, "kill 0");
	assert_ok(try_at(0, "wait 0 %d", WAIT_MS));
	assert_int_equal(at(0, "check 0 61"), 0);
	at(0, "free 0");
}

/* a guest is destroyed: the other keeps what it maps, and gets back what it granted */
static void guest_destroyed_shares_end(void **state)
{
	(void)state;
	grant_to_other(1, "", "udmabuf", "rw", 70);
	map_from_other(0, "", "rw");
	at(0, "alloc 1 %lu udmabuf 71", PAGES);
	at(0, "grant 1 0 %lu rw %u %u", PAGES, guest[1], guest[1]);
	at(1, "map 1 %lu %ld rw %u", PAGES, agent_value[1], guest[0]);
	at(1, "fill 1 72");
	guest2_destroy();

	/* mapped pages outlive their domain, and the mapping's lease stays ACTIVE */
	assert_int_equal(at(0, "check 0 70"), 0);
	assert_int_equal(at(0, "lease 0"), XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(agent_value[1], PAGES);
	/*
	 * A guest cannot watch other domains in xenstore, and for Xen a domain exists
	 * while its pages are mapped.  After the unmap the grants to it are returned
	 * without a revoke, and their lease is signalled.
	 */
	at(0, "drop 0");
	assert_ok(try_at(0, "wait 0 %d", WAIT_MS));
	assert_ok(try_at(0, "wait 1 %d", WAIT_MS));
	assert_int_equal(at(0, "lease 1"), XEN_DMABUF_LEASE_RETURNED);
	assert_int_equal(agent_value[1], 0);
	assert_int_equal(agent_value[6], 1);
	assert_int_equal(at(0, "check 1 72"), 0);
	at(0, "free 1");
	at(0, "free 0");
	/* a new guest finds nothing left of the old one */
	guest[1] = guest2_begin(GUEST2);
	at(1, "load xen_dmabuf");
	assert_true(counts_of(1, &before[1]));
	check_sharing(0, "udmabuf");
}

#define guests_test(f) \
	cmocka_unit_test_setup_teardown(f, test_setup, test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		guests_test(first_guest_shares_with_second),
		guests_test(second_guest_shares_with_first),
		guests_test(read_only_grant_between_guests),
		guests_test(guests_share_both_ways_at_once),
		guests_test(granting_process_killed_pages_kept),
		guests_test(mapping_process_killed_grant_returned),
		guests_test(guest_destroyed_shares_end),
	};

	world_timeout(900);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("guests", tests, start_guests,
					   destroy_second_guest);
}
