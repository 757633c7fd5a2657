// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer domain ends: leases reach a defined state and are signalled, and a new
 * domain with the old one's id gets none of its grants.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>

#include "common.h"
#include "kmod/xdb_exporter.h"
#include "kmod/xdb_user.h"

#define PAGES 8
#define BARE 7777 /* a domain id that is not in use */

static uint32_t refs[PAGES];

/* a domain without memory, unknown to xenstore and the toolstack */
static int create_bare_domain(xc_interface *xc, uint32_t domid)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = -1,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	return xc_domain_create(xc, &domid, &config) ? -errno : 0;
}

static bool has_events(struct xendmabuf_lease *lease, int events)
{
	struct pollfd p = { .fd = xendmabuf_lease_fd(lease), .events = POLLIN };

	poll(&p, 1, 0);
	return p.revents == events;
}

static void assert_over(struct xendmabuf_lease *lease)
{
	struct xen_dmabuf_lease_info info;

	eventually(has_events(lease, POLLIN | POLLHUP));
	info = lease_look(lease);
	assert_int_equal(info.state, XEN_DMABUF_LEASE_RETURNED);
	assert_int_equal(info.peer_gone, 1);
	assert_int_equal(info.pages_in_use, 0);
	assert_int_equal(info.dmabufs, 0);
	assert_true(has_events(lease, POLLHUP));
}

/* a domain that xenstore does not know ends, and its id is used again */
static void destroyed_domain_id_reused_grant_returned(void **state)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	struct xendmabuf_lease *lease, *again;
	uint32_t out[PAGES];
	struct local l;
	int i, err;

	(void)state;
	assert_non_null(xc);
	err = create_bare_domain(xc, BARE);
	if (err) {
		note("cannot create a domain without memory: %s",
		     strerror(-err));
		xc_interface_close(xc);
		skip();
	}
	local_alloc(&l, PAGES, "heap", 1);
	assert_ok(
		xendmabuf_grant(world.x, l.fd, 0, BARE, 0, out, PAGES, &lease));
	sleep_ms(3000);
	assert_int_equal(lease_look(lease).state, XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(lease_look(lease).peer_gone, 0);
	assert_true(has_events(lease, 0));

	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	assert_over(lease);
	/* any that are not reserved */
	for (i = 0; i < PAGES; i++)
		refs[i] = XEN_DMABUF_RESERVED_REFS + i;
	assert_err(xendmabuf_map(world.x, BARE, refs, PAGES, 0, &err, &again),
		   -ESRCH);

	/* the next domain of this id starts without grants */
	assert_ok(create_bare_domain(xc, BARE));
	assert_int_equal(lease_look(lease).state, XEN_DMABUF_LEASE_RETURNED);
	assert_ok(
		xendmabuf_grant(world.x, l.fd, 0, BARE, 0, out, PAGES, &again));
	assert_int_equal(lease_look(again).peer_gone, 0);
	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	assert_over(again);
	xendmabuf_lease_close(lease);
	xendmabuf_lease_close(again);
	xc_interface_close(xc);
	local_end(&l);
}

/* write the node "vm" (a UUID) as a toolstack would; NULL removes the domain's nodes */
static void write_identity(const char *vm)
{
	struct xs_handle *xs = xs_open(0);
	char path[64];

	assert_non_null(xs);
	snprintf(path, sizeof(path), "/local/domain/%u%s", BARE,
		 vm ? "/vm" : "");
	assert_true(vm ? xs_write(xs, XBT_NULL, path, vm, strlen(vm))
		       : xs_rm(xs, XBT_NULL, path));
	xs_close(xs);
}

/* replaced so fast that the driver never sees the id without a domain */
static void domain_replaced_under_its_id_grant_returned(void **state)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	struct xendmabuf_lease *lease;
	uint32_t out[PAGES];
	struct local l;

	(void)state;
	assert_non_null(xc);
	if (create_bare_domain(xc, BARE)) {
		note("cannot create a domain without memory");
		xc_interface_close(xc);
		skip();
	}
	write_identity("/vm/first");
	local_alloc(&l, PAGES, "heap", 1);
	assert_ok(
		xendmabuf_grant(world.x, l.fd, 0, BARE, 0, out, PAGES, &lease));
	sleep_ms(5000);
	assert_true(has_events(lease, 0));

	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	assert_ok(create_bare_domain(xc, BARE));
	write_identity("/vm/second");
	assert_over(lease);

	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	write_identity(NULL);
	xendmabuf_lease_close(lease);
	xc_interface_close(xc);
	local_end(&l);
}

/* ---- what hangs while a peer ends ---- */

static xc_interface *bare_begin(void)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);

	assert_non_null(xc);
	if (create_bare_domain(xc, BARE)) {
		note("cannot create a domain without memory");
		xc_interface_close(xc);
		skip();
	}
	return xc;
}

/* one call of a test module's device; what it returns */
static int device_call(const char *module, const char *path, unsigned long cmd,
		       unsigned long arg)
{
	int fd, ret;

	assert_ok(machine_load(module, NULL));
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	ret = ioctl(fd, cmd, arg);
	close(fd);
	assert_true(ret >= 0);
	return ret;
}

/* whether the exporter keeps those who unmap its buffers waiting */
static void set_stuck(bool stuck)
{
	assert_ok(
		machine_set_param("xdb_exporter", "stuck", stuck ? "1" : "0"));
}

static struct xendmabuf_lease *grant_stuck_dmabuf(uint16_t domid)
{
	struct xendmabuf_lease *lease;
	uint32_t out[XDB_EXPORTER_PAGES];
	int fd = device_call("xdb_exporter", "/dev/xdb-exporter",
			     XDB_EXPORTER_IOC_MAKE, XDB_EXPORTER_STUCK);

	assert_ok(xendmabuf_grant(world.x, fd, 0, domid, 0, out,
				  XDB_EXPORTER_PAGES, &lease));
	close(fd);
	return lease;
}

static void stuck_exporter_holds_up_no_other_grant(void **state)
{
	xc_interface *xc = bare_begin();
	struct xendmabuf_lease *stuck, *other;
	struct xen_dmabuf_lease_info info;
	uint32_t out[PAGES];
	struct local l;
	int err;

	(void)state;
	stuck = grant_stuck_dmabuf(BARE);
	local_alloc(&l, PAGES, "heap", 1);
	assert_ok(
		xendmabuf_grant(world.x, l.fd, 0, BARE, 0, out, PAGES, &other));
	set_stuck(true);
	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	err = xendmabuf_lease_wait(other, WAIT_MS);
	info = lease_look(stuck);
	set_stuck(false);
	assert_ok(err);
	/* no reference is left, and the exporter still has to take its buffer */
	assert_int_equal(info.state, XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(info.peer_gone, 1);
	assert_int_equal(info.pages_in_use, 0);
	assert_int_equal(info.dmabufs, 1);
	assert_over(stuck);
	assert_over(other);
	xendmabuf_lease_close(stuck);
	xendmabuf_lease_close(other);
	xc_interface_close(xc);
	local_end(&l);
}

#define STUCK_MS 10000

static void stuck_exporter_holds_up_no_caller(void **state)
{
	struct xendmabuf_lease *revoked, *closed;
	int64_t took;
	pid_t pid;

	(void)state;
	revoked = grant_stuck_dmabuf(world.domid);
	closed = grant_stuck_dmabuf(world.domid);
	set_stuck(true);
	took = now_ms();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		sleep_ms(STUCK_MS);
		set_stuck(false);
		_exit(0);
	}
	assert_ok(xendmabuf_lease_revoke(revoked));
	xendmabuf_lease_close(closed);
	took = now_ms() - took;
	note("revoke and close took %lld ms", (long long)took);
	assert_int_equal(lease_look(revoked).state, XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(lease_look(revoked).pages_in_use, 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* or it had waited for the exporter */
	assert_true(took < STUCK_MS);
	assert_ok(xendmabuf_lease_wait(revoked, WAIT_MS));
	xendmabuf_lease_close(revoked);
}

static pid_t pid_of_xenstored(void)
{
	FILE *f = fopen("/run/xen/xenstored.pid", "re");
	int pid = -1;

	if (f && fscanf(f, "%d", &pid) != 1)
		pid = -1;
	if (f)
		fclose(f);
	return pid;
}

/* Xen itself tells of a domain's end, while xenstored does not answer */
static void hung_xenstored_hides_no_end_of_a_peer(void **state)
{
	pid_t xenstored = pid_of_xenstored();
	struct xendmabuf_lease *lease;
	uint32_t out[PAGES];
	struct local l;
	xc_interface *xc;
	int err;

	(void)state;
	if (xenstored <= 0) {
		note("xenstored has left no process id");
		skip();
	}
	xc = bare_begin();
	local_alloc(&l, PAGES, "heap", 1);
	assert_ok(
		xendmabuf_grant(world.x, l.fd, 0, BARE, 0, out, PAGES, &lease));
	assert_int_equal(kill(xenstored, SIGSTOP), 0);
	/* the driver asks xenstored, and waits for the answer from here on */
	sleep_ms(5000);
	err = xc_domain_destroy(xc, BARE);
	if (!err)
		err = xendmabuf_lease_wait(lease, 20000);
	kill(xenstored, SIGCONT);
	assert_ok(err);
	assert_over(lease);
	xendmabuf_lease_close(lease);
	xc_interface_close(xc);
	local_end(&l);
}

static void kernel_module_told_of_peers_end(void **state)
{
	const int all = XDB_USER_SAW(XEN_DMABUF_LEASE_RETURNED) |
			XDB_USER_SAW_PEER_GONE;
	xc_interface *xc = bare_begin();
	struct xdb_user_share share = { .domid = BARE, .nr_refs = PAGES };
	struct local l;
	int user;

	(void)state;
	local_alloc(&l, PAGES, "heap", 1);
	share.dmabuf_fd = l.fd;
	share.refs = (uintptr_t)refs;
	assert_ok(machine_load("xdb_user", NULL));
	user = open("/dev/xdb-user", O_RDWR | O_CLOEXEC);
	assert_true(user >= 0);
	assert_int_equal(ioctl(user, XDB_USER_IOC_GRANT, &share), 0);
	assert_int_equal(ioctl(user, XDB_USER_IOC_WATCH, 0), 0);
	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	eventually((ioctl(user, XDB_USER_IOC_SAW) & all) == all);
	close(user);
	xc_interface_close(xc);
	local_end(&l);
}

/* ---- a guest that ends ---- */

/* a guest of the test's own, with pages shared both ways */
static struct {
	uint16_t first, domid;
	struct view view;
	struct local local;
	struct xendmabuf_lease *idle;
	xc_interface *xc;
} other;

static void start_other(const char *config)
{
	uint32_t out[PAGES];

	other.xc = xc_interface_open(NULL, NULL, 0);
	assert_non_null(other.xc);
	other.first = world.domid;
	other.domid = guest2_begin(config);
	guest_use(other.domid);
	agent("load xen_dmabuf");
	guest_plain(0, PAGES, "rw", 2, refs);
	view_map(&other.view, refs, PAGES, 0);
	view_mmap(&other.view, PROT_READ | PROT_WRITE);
	local_alloc(&other.local, PAGES, "heap", 3);
	local_grant(&other.local, 0);
	assert_ok(local_to_guest(&other.local, 1, "rw"));
	/* granted but never mapped: a successor of the same id could map it */
	assert_ok(xendmabuf_grant(world.x, other.local.fd, 0, other.domid, 0,
				  out, PAGES, &other.idle));
}

/* the stopped domain still exists: no lease changes */
static void assert_still_there(void)
{
	struct view *v = &other.view;

	/* longer than the driver's interval of checks */
	sleep_ms(5000);
	view_check(v, 2);
	assert_int_equal(lease_look(v->lease).peer_gone, 0);
	assert_int_equal(lease_look(v->lease).pages_in_use, PAGES);
	assert_int_equal(lease_state(v->lease), XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(lease_state(other.local.lease),
			 XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(lease_look(other.local.lease).peer_gone, 0);
	assert_int_equal(lease_state(other.idle), XEN_DMABUF_LEASE_ACTIVE);
	assert_true(has_events(v->lease, 0));
	assert_true(has_events(other.idle, 0));
}

static void destroy_other(void)
{
	struct view *v = &other.view;
	struct xen_dmabuf_lease_info info;
	char domid[8];

	/* by its id: the toolstack renames a domain that it preserves */
	snprintf(domid, sizeof(domid), "%u", other.domid);
	assert_ok(xl("destroy", domid));
	guest_use(other.first);
	/* grants to the dead domain are returned without a revoke */
	assert_over(other.idle);
	assert_over(other.local.lease);
	/* mapped pages of the dead domain are unchanged, and the lease is signalled */
	eventually(has_events(v->lease, POLLIN));
	info = lease_look(v->lease);
	assert_int_equal(info.state, XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(info.peer_gone, 1);
	assert_int_equal(info.pages_in_use, PAGES);
	assert_true(has_events(v->lease, 0));
	view_check(v, 2);
	view_fill(v, 4);
	view_check(v, 4);
	/* Xen does not reuse the id while the domain's pages are mapped */
	if (!create_bare_domain(other.xc, other.domid)) {
		xc_domain_destroy(other.xc, other.domid);
		fail_msg("Xen gave the id of a domain whose pages are mapped");
	}
	view_end(v);
	xendmabuf_lease_close(other.idle);
	local_end(&other.local);
	xc_interface_close(other.xc);
}

/* a paused or suspended guest keeps its leases; a destroyed one does not */
static void guest_paused_keeps_leases_destroyed_ends_them(void **state)
{
	(void)state;
	start_other(GUEST2);
	assert_int_equal(xc_domain_pause(other.xc, other.domid), 0);
	assert_still_there();
	assert_int_equal(xc_domain_unpause(other.xc, other.domid), 0);
	assert_int_equal(agent("check 1 3"), 0);
	/* as after a suspend */
	assert_int_equal(
		xc_domain_shutdown(other.xc, other.domid, SHUTDOWN_suspend), 0);
	assert_still_there();
	destroy_other();
}

/* a crashed guest keeps its leases while the toolstack preserves it */
static void guest_crashed_and_preserved_keeps_leases(void **state)
{
	(void)state;
	assert_int_equal(
		system("sed 's/^on_crash.*/on_crash = \"preserve\"/' " GUEST2
		       " >/run/kept.cfg"),
		0);
	start_other("/run/kept.cfg");
	assert_int_equal(
		xc_domain_shutdown(other.xc, other.domid, SHUTDOWN_crash), 0);
	assert_still_there();
	destroy_other();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(destroyed_domain_id_reused_grant_returned),
		world_test(domain_replaced_under_its_id_grant_returned),
		world_test(stuck_exporter_holds_up_no_other_grant),
		world_test(stuck_exporter_holds_up_no_caller),
		world_test(hung_xenstored_hides_no_end_of_a_peer),
		world_test(kernel_module_told_of_peers_end),
		world_test(guest_paused_keeps_leases_destroyed_ends_them),
		world_test(guest_crashed_and_preserved_keeps_leases),
	};

	world_timeout(900); /* starts a domain */
	return world_run("peer", tests);
}
