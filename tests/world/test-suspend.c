// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain that shares memory, or has files for one domain alone, refuses to be saved: `xl save` of the guest fails, its
 * kernel logs the reason, and sharing continues undisturbed.  If allowed, it sleeps.
 * A domain that puts itself to sleep may share; it does not hibernate.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* how often the guest's kernel has logged a text */
static int count_lines(const char *text)
{
	FILE *f = fopen("/var/log/xen/console/guest-guest.log", "re");
	char line[512];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

/* how often it has refused */
static int count_vetoes(void)
{
	return count_lines(
		"xen_dmabuf: this domain cannot be suspended or migrated while it shares memory");
}

/* likewise, as programs have files that are restricted to a domain */
static int count_file_vetoes(void)
{
	return count_lines(
		"xen_dmabuf: this domain cannot be suspended or migrated while programs have files that are restricted to a domain (1)");
}

/* how often a device that was attached after the driver was suspended */
static int count_sleeps(void)
{
	return count_lines("xdb_sleeper: suspended");
}

/* one test in PV worlds, the other elsewhere: the toolstack waits a minute in each */
static void suspend_refused_while_guest_grants(void **state)
{
	int before = count_vetoes(), sleeps = count_sleeps();
	uint32_t refs[4];
	struct view v;

	(void)state;
	if (!world.pv)
		skip();
	agent("load xen_dmabuf");
	agent("load xdb_sleeper");
	guest_grant(0, ARRAY_LEN(refs), "heap", "rw", 300, refs);
	view_map(&v, refs, ARRAY_LEN(refs), 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);

	assert_int_not_equal(save_guest(""), 0);
	eventually(count_vetoes() == before + 1);
	/* and again: the kernel asks all drivers anew */
	assert_int_not_equal(save_guest("-c"), 0);
	eventually(count_vetoes() == before + 2);
	/* Xen's devices would have lost their backends by that */
	assert_int_equal(count_sleeps(), sleeps);

	view_check(&v, 300);
	agent("fill 0 301");
	view_check(&v, 301);
	view_end(&v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

/* the id may be another domain's where this one is restored */
static void suspend_refused_while_a_file_is_restricted(void **state)
{
	int before = count_file_vetoes();

	(void)state;
	if (!world.pv)
		skip();
	agent("load xen_dmabuf");
	agent("restrict 0");
	assert_int_not_equal(save_guest("-c"), 0);
	eventually(count_file_vetoes() == before + 1);
	agent("restrict");
	assert_true(agent("ping") > 0);
}

static void suspend_refused_while_guest_maps(void **state)
{
	int before = count_vetoes(), sleeps = count_sleeps();
	struct local l;

	(void)state;
#ifdef __aarch64__
	note("guests of this architecture cannot be suspended");
	skip();
#endif
	if (world.pv)
		skip();
	agent("load xen_dmabuf");
	agent("load xdb_sleeper");
	local_alloc(&l, 4, "heap", 310);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));

	assert_int_not_equal(save_guest("-c"), 0);
	eventually(count_vetoes() > before);
	assert_int_equal(count_sleeps(), sleeps);

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

/* a share in each direction */
struct shares {
	struct local l; /* in the guest's slot 1 */
	struct view v; /* of the guest's slot 0 */
};

static void shares_begin(struct shares *s, uint64_t seed)
{
	uint32_t refs[4];

	agent("load xen_dmabuf");
	guest_grant(0, ARRAY_LEN(refs), "heap", "rw", seed, refs);
	view_map(&s->v, refs, ARRAY_LEN(refs), 0);
	view_mmap(&s->v, PROT_READ | PROT_WRITE);
	local_alloc(&s->l, 4, "heap", seed + 1);
	local_grant(&s->l, 0);
	assert_ok(local_to_guest(&s->l, 1, "rw"));
}

/* both shares are as before, and still work; then end them */
static void shares_check_and_end(struct shares *s, uint64_t seed)
{
	view_check(&s->v, seed);
	agent("fill 0 %lu", seed + 2);
	view_check(&s->v, seed + 2);
	assert_int_equal(agent("check 1 %lu", seed + 1), 0);
	agent("fill 1 %lu", seed + 3);
	assert_ok(xendmabuf_access_begin(s->l.fd, XENDMABUF_READ));
	assert_int_equal(pattern_check(s->l.va, 0, 4, seed + 3, NULL), 0);
	assert_ok(xendmabuf_access_end(s->l.fd, XENDMABUF_READ));
	agent("free 1");
	local_end(&s->l);
	view_end(&s->v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

/* the toolstack suspends and resumes a guest that maps and grants */
static void guest_sleeps_while_it_shares_if_allowed(void **state)
{
	int vetoes = count_vetoes();
	struct shares s;

	(void)state;
	if (!can_suspend())
		skip();
	shares_begin(&s, 320);
	agent("param xen_dmabuf allow_suspend 1");
	sleep_guest();
	agent("param xen_dmabuf allow_suspend 0");
	assert_int_equal(count_vetoes(), vetoes);
	shares_check_and_end(&s, 320);
}

/* a guest that shares nothing sleeps without being asked */
static void guest_sleeps_when_it_shares_nothing(void **state)
{
	int sleeps = count_sleeps();

	(void)state;
	if (!can_suspend())
		skip();
	agent("load xen_dmabuf");
	agent("load xdb_sleeper");
	sleep_guest();
	eventually(count_sleeps() == sleeps + 1);
	assert_true(agent("ping") > 0);
}

/* ---- dom0 itself ---- */

static int write_power(const char *file, const char *text)
{
	char path[64];
	ssize_t n;
	int fd, err;

	snprintf(path, sizeof(path), "/sys/power/%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	err = n < 0 ? -errno : 0;
	close(fd);
	return err;
}

/* whether a file of /sys/power names this choice; says so if not */
static bool kernel_offers(const char *file, const char *choice)
{
	char path[64], line[128] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/power/%s", file);
	f = fopen(path, "re");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	if (strstr(line, choice))
		return true;
	note("this kernel has no '%s' in %s", choice, path);
	return false;
}

/* how often dom0's kernel has logged that it does not hibernate */
static int count_refused_hibernations(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC),
	    found = 0;
	char record[8192];
	ssize_t n;

	assert_true(fd >= 0);
	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINVAL))
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		found +=
			strstr(record,
			       "xen_dmabuf: this domain cannot hibernate while it shares memory") !=
			NULL;
	}
	close(fd);
	return found;
}

/*
 * All devices are suspended for five seconds, and resumed: what the kernel offers to
 * test drivers.  So nothing has to wake the machine.
 */
static void dom0_sleeps_while_it_shares(void **state)
{
	struct shares s;
	int err;

	(void)state;
	if (!kernel_offers("pm_test", "devices") ||
	    !kernel_offers("state", "freeze"))
		skip();
	shares_begin(&s, 330);
	assert_ok(write_power("pm_test", "devices"));
	err = write_power("state", "freeze");
	assert_ok(write_power("pm_test", "none"));
	assert_ok(err);
	shares_check_and_end(&s, 330);
}

static void dom0_refuses_to_hibernate_while_it_shares(void **state)
{
	int err, refused = count_refused_hibernations();
	struct shares s;

	(void)state;
	if (!kernel_offers("pm_test", "freezer") ||
	    !kernel_offers("state", "disk"))
		skip();
	shares_begin(&s, 340);
	/* without the veto, all programs would be stopped for five seconds */
	assert_ok(write_power("pm_test", "freezer"));
	err = write_power("state", "disk");
	assert_ok(write_power("pm_test", "none"));
	assert_err(err, -EBUSY);
	assert_int_equal(count_refused_hibernations(), refused + 1);
	shares_check_and_end(&s, 340);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(suspend_refused_while_guest_grants),
		world_test(suspend_refused_while_a_file_is_restricted),
		world_test(suspend_refused_while_guest_maps),
		world_test(guest_sleeps_while_it_shares_if_allowed),
		world_test(guest_sleeps_when_it_shares_nothing),
		world_test(dom0_sleeps_while_it_shares),
		world_test(dom0_refuses_to_hibernate_while_it_shares),
	};

	return world_run("suspend", tests);
}
