// SPDX-License-Identifier: GPL-2.0-only
/* A restricted file in an unprivileged process allows what it should, and no more. */
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common.h"

#define PAGES 8
#define NOBODY 65534

static uint32_t refs[PAGES];

struct sandbox {
	struct xendmabuf *x; /* opened and restricted by the parent */
	int local; /* a dma-buf of dom0's */
	uint64_t lease; /* id of a lease of another file */
};

static bool become_nobody(void)
{
	return !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
	       !setresuid(NOBODY, NOBODY, NOBODY) &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && geteuid() == NOBODY;
}

/* in the child: its exit status is the number of the step that went wrong */
#define step(n, call, expected)                                               \
	do {                                                                  \
		int err_ = (call);                                            \
		if (err_ != (expected)) {                                     \
			note("step %d: %s: %d instead of %d", n, #call, err_, \
			     expected);                                       \
			return n;                                             \
		}                                                             \
	} while (0)

static int reopen_device(void)
{
	int fd = open("/dev/xen/dmabuf", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int check_may_map_only(void *arg)
{
	struct sandbox *s = arg;
	struct xendmabuf_lease *lease, *other;
	struct xen_dmabuf_info info;
	uint32_t out[PAGES];
	uint8_t *va;
	int fd;

	if (!become_nobody())
		return 100;
	step(1, reopen_device(), -EACCES);
	step(2, xendmabuf_info(s->x, &info), 0);
	/* with the permitted domain everything works without privilege */
	step(3, xendmabuf_map(s->x, world.domid, refs, PAGES, 0, &fd, &lease),
	     0);
	va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	if (va == MAP_FAILED || pattern_check(va, 0, PAGES, 1, NULL))
		return 4;
	pattern_fill(va, 0, PAGES, 2);
	munmap(va, PAGES * PAGE);
	close(fd);
	step(5, xendmabuf_lease_revoke(lease), 0);
	step(6, xendmabuf_lease_wait(lease, WAIT_MS), 0);
	xendmabuf_lease_close(lease);

	/* no other domain, and no other kind of call */
	step(10,
	     xendmabuf_map(s->x, world.domid + 1, refs, PAGES, 0, &fd, &lease),
	     -EPERM);
	step(11,
	     xendmabuf_grant(s->x, s->local, 0, world.domid, 0, out, 1, &lease),
	     -EPERM);
	step(12, xendmabuf_lease_open(s->x, s->lease, &other), -EPERM);
	step(13,
	     xendmabuf_restrict(s->x, world.domid,
				XENDMABUF_MAY_MAP | XENDMABUF_MAY_GRANT),
	     -EPERM);
	step(14, xendmabuf_restrict(s->x, world.domid + 1, XENDMABUF_MAY_MAP),
	     -EPERM);
	step(15, xendmabuf_restrict(s->x, world.domid + 1, 0), -EPERM);

	/* a restriction can be tightened, and never loosened */
	step(20, xendmabuf_restrict(s->x, world.domid, XENDMABUF_MAY_MAP), 0);
	step(21, xendmabuf_restrict(s->x, world.domid, 0), 0);
	step(22, xendmabuf_map(s->x, world.domid, refs, PAGES, 0, &fd, &lease),
	     -EPERM);
	step(23, xendmabuf_restrict(s->x, world.domid, XENDMABUF_MAY_MAP),
	     -EPERM);
	return 0;
}

static int check_may_grant_only(void *arg)
{
	struct sandbox *s = arg;
	struct xendmabuf_lease *lease;
	uint32_t out[PAGES];
	int fd;

	if (!become_nobody())
		return 100;
	step(1, xendmabuf_map(s->x, world.domid, refs, PAGES, 0, &fd, &lease),
	     -EPERM);
	step(2,
	     xendmabuf_grant(s->x, s->local, 0, world.domid + 1, 0, out, 1,
			     &lease),
	     -EPERM);
	step(3,
	     xendmabuf_grant(s->x, s->local, 0, world.domid, 0, out, PAGES,
			     &lease),
	     0);
	step(4, xendmabuf_lease_revoke(lease), 0);
	step(5, xendmabuf_lease_wait(lease, WAIT_MS), 0);
	xendmabuf_lease_close(lease);
	return 0;
}

static void run_sandbox(unsigned int may, int (*f)(void *arg))
{
	struct sandbox s;
	struct local l;
	struct view v;

	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	local_alloc(&l, PAGES, "heap", 3);
	assert_ok(xendmabuf_open(&s.x));
	assert_ok(xendmabuf_restrict(s.x, world.domid, may));
	s.local = l.fd;
	s.lease = xendmabuf_lease_id(v.lease);
	assert_int_equal(in_child(f, &s), 0);
	xendmabuf_close(s.x);
	/* the parent's other file is still unrestricted */
	local_grant(&l, 0);
	local_end(&l);
	view_end(&v);
}

static void restricted_file_only_maps_from_its_domain(void **state)
{
	(void)state;
	run_sandbox(XENDMABUF_MAY_MAP, check_may_map_only);
	assert_int_equal(agent("check 0 2"), 0);
	agent("free 0");
}

static void restricted_file_only_grants_to_its_domain(void **state)
{
	(void)state;
	run_sandbox(XENDMABUF_MAY_GRANT, check_may_grant_only);
	agent("free 0");
}

/* existing leases stay; duplicates of the file are restricted as well */
static void restrict_keeps_existing_leases(void **state)
{
	struct xendmabuf *x, *again;
	struct xendmabuf_lease *lease;
	int fd, other;

	(void)state;
	guest_plain(0, PAGES, "rw", 4, refs);
	assert_ok(xendmabuf_open(&x));
	assert_ok(xendmabuf_map(x, world.domid, refs, PAGES, 0, &fd, &lease));
	assert_ok(xendmabuf_restrict(x, world.domid, 0));
	assert_int_equal(lease_state(lease), XEN_DMABUF_LEASE_ACTIVE);
	/* a duplicate of the descriptor */
	other = dup(xendmabuf_fd(x));
	assert_ok(xendmabuf_open_fd(other, &again));
	assert_err(xendmabuf_map(again, world.domid, refs, PAGES, 0, &other,
				 NULL),
		   -EPERM);
	xendmabuf_close(again);
	xendmabuf_close(x);
	close(fd);
	assert_ok(xendmabuf_lease_wait(lease, WAIT_MS));
	xendmabuf_lease_close(lease);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(restricted_file_only_maps_from_its_domain),
		world_test(restricted_file_only_grants_to_its_domain),
		world_test(restrict_keeps_existing_leases),
	};

	return world_run("restrict", tests);
}
