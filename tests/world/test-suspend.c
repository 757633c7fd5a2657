// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain that shares memory does not let itself be suspended: `xl save` of
 * the guest fails, and everything goes on as if nobody had asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common.h"

static int save_guest(void)
{
	char domid[8];
	const char *argv[] = { "xl", "save", domid, "/dev/null", NULL };

	snprintf(domid, sizeof(domid), "%u", world.domid);
	return machine_run(argv);
}

static void vetoed_while_granting(void **state)
{
	uint32_t refs[4];
	struct view v;

	(void)state;
	/* the toolstack waits a minute for the guest: once is enough */
	if (!world.pv)
		skip();
	agent("load xen_dmabuf");
	guest_grant(0, ARRAY_LEN(refs), "heap", "rw", 300, refs);
	view_map(&v, refs, ARRAY_LEN(refs), 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);

	assert_int_not_equal(save_guest(), 0);

	view_check(&v, 300);
	agent("fill 0 301");
	view_check(&v, 301);
	view_end(&v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(vetoed_while_granting),
	};

	return world_run("suspend", tests);
}
