// SPDX-License-Identifier: GPL-2.0-only
/* What each device node, its permissions and a restriction allow, and no more. */
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "raw.h"

#define PAGES 8
#define NOBODY 65534
#define DEVICE "/dev/xen/dmabuf"
#define GRANTING "/dev/xen/dmabuf-grant"

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

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

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
	step(1, open_node(DEVICE), -EACCES);
	step(2, xendmabuf_info(s->x, &info, sizeof(info)), 0);
	if (info.may != XENDMABUF_MAY_MAP || info.only_domid != world.domid)
		return 24;
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

/* ---- the two nodes ---- */

#define USER 4000
#define MEMBERS 4001 /* a group */

/* also for root: what a file may do depends on its node */
static void granting_node_grants_only(void **state)
{
	struct xen_dmabuf_lease_open again = { .size = sizeof(again) };
	struct xen_dmabuf_restrict r = { .size = sizeof(r),
					 .flags = XENDMABUF_MAY_MAP,
					 .domid = world.domid };
	struct xen_dmabuf_grant g;
	struct xen_dmabuf_map m;
	struct xen_dmabuf_info info;
	struct local l;
	int fd;

	(void)state;
	info = raw_info(xendmabuf_fd(world.x));
	assert_int_equal(info.may, XENDMABUF_MAY_MAP | XENDMABUF_MAY_GRANT);
	assert_int_equal(info.only_domid, XEN_DMABUF_ANY_DOMAIN);
	fd = open_node(GRANTING);
	assert_true(fd >= 0);
	info = raw_info(fd);
	assert_int_equal(info.may, XENDMABUF_MAY_GRANT);
	assert_int_equal(info.only_domid, XEN_DMABUF_ANY_DOMAIN);
	assert_int_equal(raw_fdinfo(fd, "xen-dmabuf-may"), XENDMABUF_MAY_GRANT);

	guest_plain(0, PAGES, "rw", 1, refs);
	m = raw_map(world.domid, refs, PAGES);
	assert_err(raw(fd, XEN_DMABUF_IOC_MAP, &m), -EPERM);
	m.flags = XEN_DMABUF_MAP_RDONLY;
	assert_err(raw(fd, XEN_DMABUF_IOC_MAP, &m), -EPERM);

	local_alloc(&l, PAGES, "heap", 3);
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	assert_ok(raw(fd, XEN_DMABUF_IOC_GRANT, &g));
	again.lease_id = g.lease_id;
	assert_err(raw(fd, XEN_DMABUF_IOC_LEASE_OPEN, &again), -EPERM);
	close(g.lease_fd);

	assert_err(raw(fd, XEN_DMABUF_IOC_RESTRICT, &r), -EPERM);
	r.flags = XENDMABUF_MAY_MAP | XENDMABUF_MAY_GRANT;
	assert_err(raw(fd, XEN_DMABUF_IOC_RESTRICT, &r), -EPERM);
	assert_int_equal(raw_info(fd).only_domid, XEN_DMABUF_ANY_DOMAIN);
	r.flags = XENDMABUF_MAY_GRANT;
	assert_ok(raw(fd, XEN_DMABUF_IOC_RESTRICT, &r));
	info = raw_info(fd);
	assert_int_equal(info.may, XENDMABUF_MAY_GRANT);
	assert_int_equal(info.only_domid, world.domid);
	g = raw_grant(world.domid + 1, l.fd, l.refs, PAGES);
	assert_err(raw(fd, XEN_DMABUF_IOC_GRANT, &g), -EPERM);
	assert_err(raw(fd, XEN_DMABUF_IOC_MAP, &m), -EPERM);
	close(fd);
	local_end(&l);
	agent("free 0");
}

static bool become_user(gid_t group)
{
	return !setgroups(group ? 1 : 0, &group) &&
	       !setresgid(USER, USER, USER) && !setresuid(USER, USER, USER);
}

static int open_as_stranger(void *arg)
{
	struct xendmabuf *x;

	(void)arg;
	if (!become_user(0))
		return 100;
	step(1, open_node(DEVICE), -EACCES);
	step(2, open_node(GRANTING), -EACCES);
	step(3, xendmabuf_open(&x), -EACCES);
	return 0;
}

static int open_and_grant_page(int dmabuf)
{
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	uint32_t ref;
	int err;

	err = xendmabuf_open(&x);
	if (err)
		return err;
	err = xendmabuf_grant(x, dmabuf, 0, world.domid, 0, &ref, 1, &lease);
	if (!err)
		xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	return err;
}

/* a member of the granting node's group */
static int share_as_granter(void *arg)
{
	const struct local *l = arg;
	struct xendmabuf_lease *lease;
	struct xen_dmabuf_info info;
	struct xendmabuf *x;
	int fd;

	if (!become_user(MEMBERS))
		return 100;
	step(1, open_node(DEVICE), -EACCES);
	step(2, xendmabuf_open(&x), 0);
	step(3, xendmabuf_info(x, &info, sizeof(info)), 0);
	if (info.may != XENDMABUF_MAY_GRANT)
		return 4;
	step(5, xendmabuf_map(x, world.domid, refs, PAGES, 0, &fd, &lease),
	     -EPERM);
	if (!strstr(xendmabuf_explain(x, -EPERM), "may only grant"))
		return 6;
	step(7,
	     xendmabuf_grant(x, l->fd, 0, world.domid, 0, l->refs, PAGES,
			     &lease),
	     0);
	step(8, xendmabuf_info(x, &info, sizeof(info)), 0);
	if (info.user_pages_granted != PAGES ||
	    info.user_pages_granted_limit != PAGES)
		return 9;
	/* the quota of a user, who can open the node again */
	step(10, open_and_grant_page(l->fd), -EDQUOT);
	step(11, xendmabuf_lease_revoke(lease), 0);
	step(12, xendmabuf_lease_wait(lease, WAIT_MS), 0);
	step(13, open_and_grant_page(l->fd), 0);
	return 0;
}

/* a member of the full node's group */
static int share_as_mapper(void *arg)
{
	const struct local *l = arg;
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	int fd;

	if (!become_user(MEMBERS))
		return 100;
	step(1, open_node(GRANTING), -EACCES);
	step(2, xendmabuf_open(&x), 0);
	step(3, xendmabuf_map(x, world.domid, refs, PAGES, 0, &fd, &lease), 0);
	close(fd);
	step(4, xendmabuf_lease_wait(lease, WAIT_MS), 0);
	step(5,
	     xendmabuf_grant(x, l->fd, 0, world.domid, 0, l->refs, PAGES,
			     &lease),
	     0);
	/* control over others' leases needs a capability */
	step(6, xendmabuf_lease_open(x, xendmabuf_lease_id(lease), &lease),
	     -EPERM);
	return 0;
}

/* run @f while the group MEMBERS may open @path */
static int with_members(const char *path, int (*f)(void *arg), void *arg)
{
	int ret;

	assert_int_equal(chown(path, 0, MEMBERS), 0);
	assert_int_equal(chmod(path, 0660), 0);
	ret = in_child(f, arg);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chown(path, 0, 0), 0);
	return ret;
}

static void node_permissions_decide_who_may(void **state)
{
	unsigned long was;
	struct local l;
	int err;

	(void)state;
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&l, PAGES, "heap", 3);
	assert_int_equal(in_child(open_as_stranger, NULL), 0);
	was = raw_param("user_granted_pages", PAGES);
	err = with_members(GRANTING, share_as_granter, &l);
	raw_param("user_granted_pages", was);
	assert_int_equal(err, 0);
	assert_int_equal(with_members(DEVICE, share_as_mapper, &l), 0);
	assert_int_equal(in_child(open_as_stranger, NULL), 0);
	local_end(&l);
	agent("free 0");
}

/* ---- page directories ---- */

#define GNTDEV "/dev/xen/gntdev"
#define GNTALLOC "/dev/xen/gntalloc"

struct handed {
	int gntdev, gntalloc; /* opened by the parent */
	uint32_t first; /* page of the guest's directory */
};

static int use_handed_files(void *arg)
{
	const struct handed *h = arg;
	struct xendmabuf_directory *dir;
	uint32_t out[PAGES], first;

	if (!become_nobody())
		return 100;
	step(1, xendmabuf_directory_read(world.domid, h->first, out, PAGES),
	     -EACCES);
	step(2,
	     xendmabuf_directory_share(world.domid, refs, PAGES, &first, &dir),
	     -EACCES);
	step(3,
	     xendmabuf_directory_read_fd(h->gntdev, world.domid, h->first, out,
					 PAGES),
	     0);
	if (memcmp(out, refs, sizeof(out)))
		return 4;
	step(5,
	     xendmabuf_directory_share_fd(h->gntalloc, world.domid, refs, PAGES,
					  &first, &dir),
	     0);
	xendmabuf_directory_unshare(dir);
	/* each for the other, and a directory that does not exist */
	step(6,
	     xendmabuf_directory_read_fd(h->gntalloc, world.domid, h->first,
					 out, PAGES),
	     -ENOTTY);
	step(7,
	     xendmabuf_directory_share_fd(h->gntdev, world.domid, refs, PAGES,
					  &first, &dir),
	     -ENOTTY);
	step(8,
	     xendmabuf_directory_read_fd(h->gntdev, world.domid, 60000, out,
					 PAGES),
	     -EACCES);
	return 0;
}

static void directories_by_process_that_may_open_nothing(void **state)
{
	struct xendmabuf_directory *dir;
	struct handed h;
	struct local l;
	uint32_t first;

	(void)state;
	guest_plain(0, PAGES, "rw", 1, refs);
	h.first = agent_value[1];
	h.gntdev = open_node(GNTDEV);
	h.gntalloc = open_node(GNTALLOC);
	assert_true(h.gntdev >= 0 && h.gntalloc >= 0);
	assert_int_equal(in_child(use_handed_files, &h), 0);

	/* the guest reads what is shared through a file that is closed since */
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 3);
	local_grant(&l, 0);
	assert_ok(xendmabuf_directory_share_fd(h.gntalloc, world.domid, l.refs,
					       PAGES, &first, &dir));
	close(h.gntalloc);
	agent("map 1 %d %u rw 0 0", PAGES, first);
	xendmabuf_directory_unshare(dir);
	agent("free 1");
	local_end(&l);
	close(h.gntdev);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(restricted_file_only_maps_from_its_domain),
		world_test(restricted_file_only_grants_to_its_domain),
		world_test(restrict_keeps_existing_leases),
		world_test(granting_node_grants_only),
		world_test(node_permissions_decide_who_may),
		world_test(directories_by_process_that_may_open_nothing),
	};

	return world_run("restrict", tests);
}
