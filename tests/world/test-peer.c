// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer ends: leases come to a defined state, their owners are told, and who
 * gets the dead domain's id gets nothing else of it.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>

#include "common.h"

#define PAGES 8
#define BARE 7777 /* a domain id that nobody has */

static uint32_t refs[PAGES];

/* a domain without memory, which xenstore and the toolstack never hear of */
static int bare_create(xc_interface *xc, uint32_t domid)
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

/* only Xen knows, and says it when asked; and the id may be taken again */
static void id_is_used_again(void **state)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	struct xendmabuf_lease *lease, *again;
	uint32_t out[PAGES];
	struct local l;
	int err;

	(void)state;
	assert_non_null(xc);
	err = bare_create(xc, BARE);
	if (err) {
		note("no bare domain here: %s", strerror(-err));
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
	assert_err(xendmabuf_map(world.x, BARE, refs, PAGES, 0, &err, &again),
		   -ESRCH);

	/* the next one of this name starts with nothing */
	assert_ok(bare_create(xc, BARE));
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

/* the UUID that a toolstack would write; NULL takes everything away again */
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

/* so fast that nobody saw the id without a domain */
static void id_changes_hands(void **state)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	struct xendmabuf_lease *lease;
	uint32_t out[PAGES];
	struct local l;

	(void)state;
	assert_non_null(xc);
	if (bare_create(xc, BARE)) {
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
	assert_ok(bare_create(xc, BARE));
	write_identity("/vm/second");
	assert_over(lease);

	assert_int_equal(xc_domain_destroy(xc, BARE), 0);
	write_identity(NULL);
	xendmabuf_lease_close(lease);
	xc_interface_close(xc);
	local_end(&l);
}

/* a guest of the test's own, with pages shared both ways */
static struct {
	uint16_t first, domid;
	struct view view;
	struct local local;
	struct xendmabuf_lease *idle;
	xc_interface *xc;
} other;

static void other_begin(const char *config)
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
	/* granted, and never mapped: this is what a successor could get */
	assert_ok(xendmabuf_grant(world.x, other.local.fd, 0, other.domid, 0,
				  out, PAGES, &other.idle));
}

/* it does nothing any more, and yet it is there: nobody's lease changes */
static void assert_still_there(void)
{
	struct view *v = &other.view;

	/* for longer than the driver's looks take */
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

static void other_goes(void)
{
	struct view *v = &other.view;
	struct xen_dmabuf_lease_info info;
	char domid[8];

	/* the toolstack renames one that it keeps */
	snprintf(domid, sizeof(domid), "%u", other.domid);
	assert_ok(xl("destroy", domid));
	guest_use(other.first);
	/* what we granted is ours again, without anybody asking for it */
	assert_over(other.idle);
	assert_over(other.local.lease);
	/* what it granted stays what it was, and its owner is told */
	eventually(has_events(v->lease, POLLIN));
	info = lease_look(v->lease);
	assert_int_equal(info.state, XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(info.peer_gone, 1);
	assert_int_equal(info.pages_in_use, PAGES);
	assert_true(has_events(v->lease, 0));
	view_check(v, 2);
	view_fill(v, 4);
	view_check(v, 4);
	/* while it is mapped Xen gives the id to nobody */
	if (!bare_create(other.xc, other.domid)) {
		xc_domain_destroy(other.xc, other.domid);
		fail_msg("Xen gave the id of a domain whose pages are mapped");
	}
	view_end(v);
	xendmabuf_lease_close(other.idle);
	local_end(&other.local);
	xc_interface_close(other.xc);
}

/* a guest that stops is still there; one that is destroyed is not */
static void guest_stops_and_goes(void **state)
{
	(void)state;
	other_begin(GUEST2);
	assert_int_equal(xc_domain_pause(other.xc, other.domid), 0);
	assert_still_there();
	assert_int_equal(xc_domain_unpause(other.xc, other.domid), 0);
	assert_int_equal(agent("check 1 3"), 0);
	/* as if it had suspended */
	assert_int_equal(
		xc_domain_shutdown(other.xc, other.domid, SHUTDOWN_suspend), 0);
	assert_still_there();
	other_goes();
}

/* the same after a crash, for as long as somebody wants to look at it */
static void guest_crashes_and_is_kept(void **state)
{
	(void)state;
	assert_int_equal(
		system("sed 's/^on_crash.*/on_crash = \"preserve\"/' " GUEST2
		       " >/run/kept.cfg"),
		0);
	other_begin("/run/kept.cfg");
	assert_int_equal(
		xc_domain_shutdown(other.xc, other.domid, SHUTDOWN_crash), 0);
	assert_still_there();
	other_goes();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(id_is_used_again),
		world_test(id_changes_hands),
		world_test(guest_stops_and_goes),
		world_test(guest_crashes_and_is_kept),
	};

	world_timeout(900); /* starts a domain */
	return world_run("peer", tests);
}
