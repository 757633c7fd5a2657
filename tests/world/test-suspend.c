// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain that shares memory refuses to be suspended: `xl save` of the guest fails,
 * its kernel logs the reason, and sharing continues undisturbed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"

static int save_guest(void)
{
	char domid[8];
	const char *argv[] = { "xl", "save", domid, "/dev/null", NULL };

	snprintf(domid, sizeof(domid), "%u", world.domid);
	return machine_run(argv);
}

/* how often the guest's kernel has logged the reason */
static int count_vetoes(void)
{
	FILE *f = fopen("/var/log/xen/console/guest-guest.log", "re");
	char line[512];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line,
			    "xen_dmabuf: this domain cannot be suspended or migrated while it shares memory") !=
		     NULL;
	fclose(f);
	return n;
}

/* one test in PV worlds, the other elsewhere: the toolstack waits a minute in each */
static void suspend_refused_while_guest_grants(void **state)
{
	int before = count_vetoes();
	uint32_t refs[4];
	struct view v;

	(void)state;
	if (!world.pv)
		skip();
	agent("load xen_dmabuf");
	guest_grant(0, ARRAY_LEN(refs), "heap", "rw", 300, refs);
	view_map(&v, refs, ARRAY_LEN(refs), 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);

	assert_int_not_equal(save_guest(), 0);
	eventually(count_vetoes() > before);

	view_check(&v, 300);
	agent("fill 0 301");
	view_check(&v, 301);
	view_end(&v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

static void suspend_refused_while_guest_maps(void **state)
{
	int before = count_vetoes();
	struct local l;

	(void)state;
#ifdef __aarch64__
	note("guests of this architecture cannot be suspended");
	skip();
#endif
	if (world.pv)
		skip();
	agent("load xen_dmabuf");
	local_alloc(&l, 4, "heap", 310);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));

	assert_int_not_equal(save_guest(), 0);
	eventually(count_vetoes() > before);

	assert_int_equal(agent("check 0 310"), 0);
	agent("fill 0 311");
	assert_ok(xendmabuf_access_begin(l.fd, XENDMABUF_READ));
	assert_int_equal(pattern_check(l.va, 0, 4, 311, NULL), 0);
	assert_ok(xendmabuf_access_end(l.fd, XENDMABUF_READ));
	agent("free 0");
	local_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(suspend_refused_while_guest_grants),
		world_test(suspend_refused_while_guest_maps),
	};

	return world_run("suspend", tests);
}
