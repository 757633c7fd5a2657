// SPDX-License-Identifier: GPL-2.0-only
/* Leases: when they are RETURNED, who may open them, and what poll reports. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "card.h"
#include "common.h"
#include "edu.h"
#include "raw.h"

#define PAGES 8
#define MANY 2025 /* several batches of hypercalls */

static uint32_t refs[PAGES];

static void assert_held(struct xendmabuf_lease *lease)
{
	assert_err(xendmabuf_lease_wait(lease, 100), -ETIMEDOUT);
	assert_int_equal(lease_look(lease).pages_in_use, PAGES);
}

static int events_of(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1 ? p.revents : 0;
}

static void map_held_by_each_kind_of_use(void **state)
{
	struct xen_dmabuf_lease_info info;
	struct view v;
	int other, edu = edu_open();

	(void)state;
	assert_true(edu >= 0);
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	info = lease_look(v.lease);
	assert_int_equal(info.kind, XEN_DMABUF_LEASE_MAP);
	assert_int_equal(info.state, XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(info.domid, world.domid);
	assert_int_equal(info.nr_pages, PAGES);
	assert_int_equal(info.pages_in_use, PAGES);
	assert_int_equal(info.mmaps, 1);
	assert_int_equal(info.attachments, 0);
	assert_int_equal(info.vmaps, 0);
	assert_int_equal(info.dmabufs, 1);
	assert_int_equal(info.rdonly, 0);
	assert_int_equal(info.lease_id, xendmabuf_lease_id(v.lease));

	other = dup(v.fd);
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_ok(edu_vmap(edu));
	assert_int_equal(lease_look(v.lease).vmaps, 1);
	assert_int_equal(lease_look(v.lease).attachments, 1);
	close(v.fd);
	v.fd = -1;
	assert_held(v.lease);
	close(other);
	assert_held(v.lease); /* by the mapping and the card */
	view_drop(&v);
	assert_held(v.lease); /* by the card */
	assert_int_equal(lease_look(v.lease).mmaps, 0);
	assert_ok(edu_vunmap(edu));
	assert_int_equal(lease_look(v.lease).vmaps, 0);
	assert_held(v.lease);
	assert_ok(edu_detach(edu));
	view_end(&v);
	agent("free 0");
	close(edu);
}

static void map_held_by_user_mapping_alone(void **state)
{
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 2, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ);
	close(v.fd);
	v.fd = -1;
	assert_held(v.lease);
	assert_int_equal(pattern_check(v.va, 0, PAGES, 2, NULL), 0);
	view_end(&v);
	agent("free 0");
}

/* a stock DRM driver's import handle holds the buffer like any other use */
static void map_held_by_import_of_stock_driver(void **state)
{
	int card = card_open("vgem");
	struct view v;
	uint32_t handle;
	int err;

	(void)state;
	assert_true(card >= 0);
	guest_plain(0, PAGES, "rw", 3, refs);
	view_map(&v, refs, PAGES, 0);
	err = card_import(card, v.fd, &handle);
	if (err == -EREMOTEIO) {
		/* arm64: vgem's device addresses are not translated, so it is refused */
		note("vgem cannot reach foreign pages on this architecture");
		view_end(&v);
		agent("free 0");
		close(card);
		skip();
	}
	assert_ok(err);
	view_drop(&v);
	assert_held(v.lease);
	assert_int_equal(lease_look(v.lease).attachments, 1);
	assert_ok(card_forget(card, handle));
	view_end(&v);
	agent("free 0");
	close(card);
}

static void dmabuf_works_after_its_lease_is_closed(void **state)
{
	long mapped = machine_stat("pages_mapped");
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 4, refs);
	view_map(&v, refs, PAGES, 0);
	xendmabuf_lease_close(v.lease);
	view_mmap(&v, PROT_READ);
	view_check(&v, 4);
	view_drop(&v);
	eventually(machine_stat("pages_mapped") == mapped);
	agent("free 0");
}

static void revoked_grant_returned_when_guest_unmaps(void **state)
{
	struct xen_dmabuf_lease_info info;
	struct local l;
	int64_t began;

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 5);
	local_grant(&l, 0);
	info = lease_look(l.lease);
	assert_int_equal(info.kind, XEN_DMABUF_LEASE_GRANT);
	assert_int_equal(info.state, XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(info.pages_in_use, PAGES);
	assert_int_equal(info.dmabufs, 1);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 5"), 0);

	assert_ok(xendmabuf_lease_revoke(l.lease));
	assert_int_equal(lease_state(l.lease), XEN_DMABUF_LEASE_REVOKED);
	began = now_ms();
	assert_err(xendmabuf_lease_wait(l.lease, 500), -ETIMEDOUT);
	assert_uint_in_range(now_ms() - began, 499, 5000);
	assert_int_equal(lease_look(l.lease).pages_in_use, PAGES);
	/* the guest still maps the buffer, with its contents unchanged */
	assert_int_equal(agent("check 0 5"), 0);
	assert_ok(xendmabuf_lease_revoke(l.lease));

	agent("free 0");
	assert_ok(xendmabuf_lease_wait(l.lease, WAIT_MS));
	info = lease_look(l.lease);
	assert_int_equal(info.state, XEN_DMABUF_LEASE_RETURNED);
	assert_int_equal(info.pages_in_use, 0);
	assert_int_equal(info.dmabufs, 0);
	/* to revoke or to wait after RETURNED is not an error */
	assert_ok(xendmabuf_lease_revoke(l.lease));
	assert_ok(xendmabuf_lease_wait(l.lease, 0));
	local_end(&l);
}

static void revoked_guest_grant_returned_when_dom0_unmaps(void **state)
{
	struct view v;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", 6, refs);
	view_map(&v, refs, PAGES, 0);
	assert_int_equal(agent("lease 0"), XEN_DMABUF_LEASE_ACTIVE);
	agent("revoke 0");
	assert_err(agent_try("wait 0 300"), -ETIMEDOUT);
	assert_int_equal(agent("lease 0"), XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(agent_value[1], PAGES);
	view_end(&v);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	assert_int_equal(agent("lease 0"), XEN_DMABUF_LEASE_RETURNED);
	agent("free 0");
}

/*
 * A RETURNED MAP lease is unmapped in Xen as well.  The guest's driver proves it:
 * its REVOKE ends at once only references that are not in use.
 */
static void returned_map_is_unmapped_in_xen(void **state)
{
	const size_t pages[] = { PAGES, MANY };
	static uint32_t many[MANY];
	struct view v, other;
	size_t i;

	(void)state;
	agent("load xen_dmabuf");
	for (i = 0; i < ARRAY_LEN(pages); i++) {
		guest_grant(0, pages[i], "heap", "rw", 20 + i, many);
		view_map(&v, many, pages[i], 0);
		view_mmap(&v, PROT_READ | PROT_WRITE);
		view_check(&v, 20 + i);
		view_end(&v);
		agent("revoke 0");
		assert_int_equal(agent_value[1], 0); /* pages in use */
		agent("free 0");
	}
	/* one page in use is enough to keep the guest's grant REVOKED */
	guest_grant(0, MANY, "heap", "rw", 22, many);
	view_map(&v, many, MANY, 0);
	view_map(&other, many + MANY - 1, 1, 0);
	view_end(&v);
	assert_int_equal(agent("revoke 0"), XEN_DMABUF_LEASE_REVOKED);
	view_end(&other);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

/* a grant that no domain has mapped ends at once */
static void revoked_unused_grant_returned_at_once(void **state)
{
	struct local l;

	(void)state;
	local_alloc(&l, PAGES, "udmabuf", 7);
	local_grant(&l, 0);
	assert_ok(xendmabuf_lease_revoke(l.lease));
	assert_ok(xendmabuf_lease_wait(l.lease, 2000));
	local_end(&l);
}

static void grant_revoked_by_close_of_last_lease_file(void **state)
{
	struct xendmabuf_lease *second;
	long granted = machine_stat("pages_granted");
	struct local l;

	(void)state;
	local_alloc(&l, PAGES, "heap", 8);
	local_grant(&l, 0);
	assert_ok(xendmabuf_lease_open(world.x, xendmabuf_lease_id(l.lease),
				       &second));
	xendmabuf_lease_close(l.lease);
	l.lease = NULL;
	/* the second file keeps the grant */
	sleep_ms(300);
	assert_int_equal(lease_state(second), XEN_DMABUF_LEASE_ACTIVE);
	assert_int_equal(machine_stat("pages_granted"), granted + PAGES);
	xendmabuf_lease_close(second);
	eventually(machine_stat("pages_granted") == granted);
	local_end(&l);
}

static int poll_for_the_end(void *arg)
{
	int fd = *(int *)arg;

	/* an event for the state change, then POLLHUP for the end */
	while (!(events_of(fd, WAIT_MS) & POLLHUP)) {
		struct xen_dmabuf_lease_info info = { .size = sizeof(info) };

		/* takes POLLIN from all processes that share the file */
		if (raw(fd, XEN_DMABUF_LEASE_IOC_INFO, &info))
			return 2;
	}
	return 0;
}

static pid_t start_child(int (*f)(void *arg), void *arg)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		alarm(60);
		_exit(f(arg));
	}
	return pid;
}

static int exit_status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int receive_and_poll(void *arg)
{
	int fd = fd_receive(*(int *)arg);

	return fd < 0 ? 3 : poll_for_the_end(&fd);
}

static void poll_wakes_every_process_with_the_lease(void **state)
{
	int fd, copy, pair[2];
	pid_t pids[3];
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 9, refs);
	view_map(&v, refs, PAGES, 0);
	fd = xendmabuf_lease_fd(v.lease);
	assert_int_equal(events_of(fd, 0), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	/* an inherited descriptor, a duplicate, and one sent by SCM_RIGHTS */
	copy = dup(fd);
	pids[0] = start_child(poll_for_the_end, &fd);
	pids[1] = start_child(poll_for_the_end, &copy);
	pids[2] = start_child(receive_and_poll, &pair[1]);
	fd_send(pair[0], fd);
	/* the children have inherited the dma-buf, which they close by ending */
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_int_equal(exit_status_of(pids[0]), 0);
	assert_int_equal(exit_status_of(pids[1]), 0);
	assert_int_equal(exit_status_of(pids[2]), 0);
	close(copy);
	close(pair[0]);
	close(pair[1]);
	view_end(&v);
	agent("free 0");
}

/* not revoked: the last use ends, and a waiting process is woken */
static void poll_wakes_at_end_without_revoke(void **state)
{
	struct view v;
	int pair[2];
	pid_t pid;

	(void)state;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	/* started before the dma-buf exists, so that the child does not inherit it */
	pid = start_child(receive_and_poll, &pair[1]);
	guest_plain(0, PAGES, "rw", 14, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ);
	fd_send(pair[0], xendmabuf_lease_fd(v.lease));
	sleep_ms(300);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	view_end(&v);
	assert_int_equal(exit_status_of(pid), 0);
	close(pair[0]);
	close(pair[1]);
	agent("free 0");
}

/* a revoked grant ends later, when the guest unmaps */
static void poll_wakes_when_guest_unmaps(void **state)
{
	struct local l;
	pid_t pid;
	int fd;

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 15);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	fd = xendmabuf_lease_fd(l.lease);
	pid = start_child(poll_for_the_end, &fd);
	assert_ok(xendmabuf_lease_revoke(l.lease));
	sleep_ms(500);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	agent("free 0");
	assert_int_equal(exit_status_of(pid), 0);
	assert_int_equal(lease_state(l.lease), XEN_DMABUF_LEASE_RETURNED);
	local_end(&l);
}

static void poll_gives_pollin_until_info_and_pollhup_at_end(void **state)
{
	struct xendmabuf_lease *second;
	struct local l;
	int fd, other;

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 10);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "ro"));
	assert_ok(xendmabuf_lease_open(world.x, xendmabuf_lease_id(l.lease),
				       &second));
	fd = xendmabuf_lease_fd(l.lease);
	other = xendmabuf_lease_fd(second);
	assert_int_equal(events_of(fd, 0), 0);

	assert_ok(xendmabuf_lease_revoke(l.lease));
	assert_int_equal(events_of(fd, 1000), POLLIN);
	assert_int_equal(events_of(fd, 0), POLLIN); /* until INFO */
	lease_look(l.lease);
	assert_int_equal(events_of(fd, 0), 0);
	/* each file acknowledges for itself */
	assert_int_equal(events_of(other, 0), POLLIN);

	agent("free 0");
	assert_int_equal(events_of(fd, WAIT_MS), POLLIN | POLLHUP);
	assert_int_equal(lease_state(l.lease), XEN_DMABUF_LEASE_RETURNED);
	assert_int_equal(events_of(fd, 0), POLLHUP);
	assert_int_equal(events_of(fd, 0), POLLHUP);
	xendmabuf_lease_close(second);
	local_end(&l);
}

static int open_unprivileged(void *arg)
{
	struct xen_dmabuf_lease_open req = {
		.size = sizeof(req),
		.lease_id = *(uint64_t *)arg,
	};

	if (setgid(65534) || setuid(65534))
		return 100;
	return -raw(xendmabuf_fd(world.x), XEN_DMABUF_IOC_LEASE_OPEN, &req);
}

static void lease_opened_by_id_with_privilege_only(void **state)
{
	struct xendmabuf_lease *again, *none;
	struct xendmabuf *other;
	struct view v;
	uint64_t id;

	(void)state;
	guest_plain(0, PAGES, "rw", 11, refs);
	view_map(&v, refs, PAGES, 0);
	id = xendmabuf_lease_id(v.lease);
	assert_ok(xendmabuf_open(&other));
	assert_ok(xendmabuf_lease_open(other, id, &again));
	assert_int_equal(lease_look(again).lease_id, id);
	assert_int_equal(in_child(open_unprivileged, &id), EPERM);
	assert_err(xendmabuf_lease_open(other, id + 1000, &none), -ENOENT);
	assert_ok(xendmabuf_restrict(other, world.domid, XENDMABUF_MAY_MAP));
	assert_err(xendmabuf_lease_open(other, id, &none), -EPERM);
	xendmabuf_close(other);

	/* the lease can be revoked after its first descriptor was lost */
	xendmabuf_lease_close(v.lease);
	assert_ok(xendmabuf_lease_revoke(again));
	v.lease = again;
	view_end(&v);
	assert_err(xendmabuf_lease_open(world.x, id, &none), -ENOENT);
	agent("free 0");
}

/* an observer does not keep a grant, and sees its end */
static void lease_observer_does_not_keep_a_grant(void **state)
{
	struct xendmabuf_lease *observer, *owner;
	struct local l;

	(void)state;
	local_alloc(&l, PAGES, "heap", 13);
	local_grant(&l, 0);
	assert_ok(xendmabuf_lease_observe(world.x, xendmabuf_lease_id(l.lease),
					  &observer));
	assert_int_equal(lease_state(observer), XEN_DMABUF_LEASE_ACTIVE);
	assert_ok(xendmabuf_lease_open(world.x, xendmabuf_lease_id(l.lease),
				       &owner));
	xendmabuf_lease_close(l.lease);
	assert_int_equal(lease_state(observer), XEN_DMABUF_LEASE_ACTIVE);
	xendmabuf_lease_close(owner);
	assert_ok(xendmabuf_lease_wait(observer, WAIT_MS));
	l.lease = observer;
	local_end(&l);
}

static void revoked_map_returned_and_raises_sigbus(void **state)
{
	uint8_t value;
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 12, refs);
	view_map(&v, refs, PAGES, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	assert_int_equal(probe_read(v.va, &value), 0);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	/* user mappings are taken away, and there is no other use: RETURNED */
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_int_equal(probe_read(v.va, &value), SIGBUS);
	assert_int_equal(probe_write(v.va + 5 * PAGE, 1), SIGBUS);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	/* the guest has its pages back while the dma-buf is still open */
	assert_int_equal(agent("check 0 12"), 0);
	agent("free 0");
	view_end(&v);
}

/* the lease is RETURNED and closed, the dma-buf still open: every use must fail */
static void dmabuf_of_returned_map_is_unusable(void **state)
{
	int edu = edu_open(), i;
	struct view v, other;

	(void)state;
	assert_true(edu >= 0);
	guest_plain(0, PAGES, "rw", 13, refs);
	view_map(&v, refs, PAGES, 0);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	xendmabuf_lease_close(v.lease);
	/* memory that was freed too early is reused by these */
	for (i = 0; i < 100; i++) {
		view_map(&other, refs, PAGES, 0);
		view_end(&other);
	}
	view_map(&other, refs, PAGES, 0);
	assert_err(edu_attach(edu, v.fd, 64), -ENODEV);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, v.fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
	xendmabuf_access_begin(v.fd, XENDMABUF_READ);
	xendmabuf_access_end(v.fd, XENDMABUF_READ);
	close(v.fd);
	view_mmap(&other, PROT_READ);
	view_check(&other, 13);
	view_end(&other);
	agent("free 0");
	close(edu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(map_held_by_each_kind_of_use),
		world_test(map_held_by_user_mapping_alone),
		world_test(map_held_by_import_of_stock_driver),
		world_test(dmabuf_works_after_its_lease_is_closed),
		world_test(revoked_grant_returned_when_guest_unmaps),
		world_test(revoked_guest_grant_returned_when_dom0_unmaps),
		world_test(returned_map_is_unmapped_in_xen),
		world_test(revoked_unused_grant_returned_at_once),
		world_test(grant_revoked_by_close_of_last_lease_file),
		world_test(poll_wakes_every_process_with_the_lease),
		world_test(poll_wakes_at_end_without_revoke),
		world_test(poll_wakes_when_guest_unmaps),
		world_test(poll_gives_pollin_until_info_and_pollhup_at_end),
		world_test(lease_opened_by_id_with_privilege_only),
		world_test(lease_observer_does_not_keep_a_grant),
		world_test(revoked_map_returned_and_raises_sigbus),
		world_test(dmabuf_of_returned_map_is_unusable),
	};

	return world_run("lease", tests);
}
