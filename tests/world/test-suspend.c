// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain that shares memory refuses to be saved: `xl save` of the guest fails, its
 * kernel logs the reason, and sharing continues undisturbed.  If allowed, it sleeps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common.h"

static int run_command(const char *command)
{
	const char *argv[] = { "sh", "-c", command, NULL };

	return machine_run(argv);
}

/* @option: "-c" leaves the guest running, also if it could be saved */
static int save_guest(const char *option)
{
	char command[64];

	snprintf(command, sizeof(command), "xl save %s %u /dev/null", option,
		 world.domid);
	return run_command(command);
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

	assert_int_not_equal(save_guest(""), 0);
	eventually(count_vetoes() == before + 1);
	/* and again: the kernel asks all drivers anew */
	assert_int_not_equal(save_guest("-c"), 0);
	eventually(count_vetoes() == before + 2);

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

	assert_int_not_equal(save_guest("-c"), 0);
	eventually(count_vetoes() > before);

	assert_int_equal(agent("check 0 310"), 0);
	agent("fill 0 311");
	assert_ok(xendmabuf_access_begin(l.fd, XENDMABUF_READ));
	assert_int_equal(pattern_check(l.va, 0, 4, 311, NULL), 0);
	assert_ok(xendmabuf_access_end(l.fd, XENDMABUF_READ));
	agent("free 0");
	local_end(&l);
}

static bool can_suspend(void)
{
#ifdef __aarch64__
	note("guests of this architecture cannot be suspended");
	return false;
#endif
	if (!run_command("xl help | grep -q '^ *resume '"))
		return true;
	note("this xl cannot resume");
	return false;
}

/* the domain's state as xl list shows it, without dots */
static bool guest_is_suspended(void)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "xl list %u | tail -n 1 | grep -q -- ' --*[^ ]*s[^ ]* '",
		 world.domid);
	return !run_command(command);
}

static void sleep_guest(void)
{
	char domid[8];

	snprintf(domid, sizeof(domid), "%u", world.domid);
	assert_ok(xl("suspend", domid));
	assert_true(guest_is_suspended());
	assert_ok(xl("resume", domid));
}

/* the toolstack suspends and resumes a guest that maps and grants */
static void guest_sleeps_while_it_shares_if_allowed(void **state)
{
	int vetoes = count_vetoes();
	uint32_t refs[4];
	struct local l;
	struct view v;

	(void)state;
	if (!can_suspend())
		skip();
	agent("load xen_dmabuf");
	guest_grant(0, ARRAY_LEN(refs), "heap", "rw", 320, refs);
	view_map(&v, refs, ARRAY_LEN(refs), 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	local_alloc(&l, 4, "heap", 321);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 1, "rw"));

	agent("param xen_dmabuf allow_suspend 1");
	sleep_guest();
	agent("param xen_dmabuf allow_suspend 0");
	assert_int_equal(count_vetoes(), vetoes);

	/* both shares are as before, and still work */
	view_check(&v, 320);
	agent("fill 0 322");
	view_check(&v, 322);
	assert_int_equal(agent("check 1 321"), 0);
	agent("fill 1 323");
	assert_ok(xendmabuf_access_begin(l.fd, XENDMABUF_READ));
	assert_int_equal(pattern_check(l.va, 0, 4, 323, NULL), 0);
	assert_ok(xendmabuf_access_end(l.fd, XENDMABUF_READ));
	agent("free 1");
	local_end(&l);
	view_end(&v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

/* a guest that shares nothing sleeps without being asked */
static void guest_sleeps_when_it_shares_nothing(void **state)
{
	(void)state;
	if (!can_suspend())
		skip();
	agent("load xen_dmabuf");
	sleep_guest();
	assert_true(agent("ping") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(suspend_refused_while_guest_grants),
		world_test(suspend_refused_while_guest_maps),
		world_test(guest_sleeps_while_it_shares_if_allowed),
		world_test(guest_sleeps_when_it_shares_nothing),
	};

	return world_run("suspend", tests);
}
