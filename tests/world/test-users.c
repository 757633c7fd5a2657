// SPDX-License-Identifier: GPL-2.0-only
/* Quotas of users: who pays, until when, and that no user namespace lifts them. */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bad.h"

#define DEVICE "/dev/xen/dmabuf"
#define SOMEBODY 65534

static struct xen_dmabuf_map map_of_refs(void)
{
	return raw_map(world.domid, refs, PAGES);
}

/* pages mapped and granted by one user, from debugfs; 0 without a line */
static void read_user_line(unsigned int uid, long *is_mapped, long *is_granted)
{
	FILE *f = fopen("/sys/kernel/debug/xen_dmabuf/users", "re");
	unsigned int id;
	char line[128];
	long m, g;

	*is_mapped = *is_granted = 0;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%u %ld %*d %ld", &id, &m, &g) == 3 &&
		    id == uid) {
			*is_mapped = m;
			*is_granted = g;
		}
	fclose(f);
}

static long granted_by(unsigned int uid)
{
	long is_mapped, is_granted;

	read_user_line(uid, &is_mapped, &is_granted);
	return is_granted;
}

static bool become_somebody(void)
{
	return !setgroups(0, NULL) &&
	       !setresgid(SOMEBODY, SOMEBODY, SOMEBODY) &&
	       !setresuid(SOMEBODY, SOMEBODY, SOMEBODY);
}

/* in a child: its exit status is the number of the step that went wrong */
static int map_as_somebody(void *arg)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };
	struct xen_dmabuf_map m = map_of_refs(),
			      more = with(map_of_refs(), nr_refs = 1);
	int roots = *(int *)arg, file;

	if (!become_somebody())
		return 1;
	/* the quota of root, who opened that file, is used up */
	if (raw(roots, XEN_DMABUF_IOC_MAP, &more) != -EDQUOT)
		return 5;
	if (raw(roots, XEN_DMABUF_IOC_INFO, &info) ||
	    info.user_pages_mapped != PAGES)
		return 6;
	file = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (raw(file, XEN_DMABUF_IOC_MAP, &m))
		return 2;
	if (raw(file, XEN_DMABUF_IOC_MAP, &more) != -EDQUOT)
		return 3;
	if (raw(file, XEN_DMABUF_IOC_INFO, &info) ||
	    info.user_pages_mapped != PAGES ||
	    info.user_pages_mapped_limit != PAGES)
		return 4;
	return 0;
}

static void user_quota_of_mapped_pages(void **state)
{
	unsigned long was = raw_param("user_mapped_pages", PAGES);
	int file = raw_open(), err;
	long is_mapped, is_granted;
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	m = map_of_refs();
	assert_ok(raw(dev, XEN_DMABUF_IOC_MAP, &m));
	assert_int_equal(raw_info(dev).user_pages_mapped, PAGES);
	read_user_line(getuid(), &is_mapped, &is_granted);
	assert_int_equal(is_mapped, PAGES);
	/* another file counts for the same user */
	assert_int_equal(raw_info(file).user_pages_mapped, PAGES);
	assert_err(raw(file, XEN_DMABUF_IOC_MAP, &m), -EDQUOT);
	/* another user has another quota, but with his own file only */
	assert_int_equal(chmod(DEVICE, 0666), 0);
	err = in_child(map_as_somebody, &file);
	assert_int_equal(chmod(DEVICE, 0600), 0);
	assert_int_equal(err, 0);
	close(m.dmabuf_fd);
	close(m.lease_fd);
	nothing_left();
	close(file);
	raw_param("user_mapped_pages", was);
	agent("free 0");
}

/* in a child: its exit status is the number of the step that went wrong */
static int mmap_as_somebody(void *arg)
{
	size_t len = PAGES * PAGE;
	int fd = *(int *)arg;
	void *va;

	if (!become_somebody())
		return 1;
	va = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (va == MAP_FAILED)
		return 2;
	if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED ||
	    errno != EDQUOT)
		return 3;
	munmap(va, len);
	return mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED;
}

/* on PV a user mapping is charged for, but not to the user who made the map */
static void user_mapping_is_charged_to_who_maps_on_pv(void **state)
{
	unsigned long was;
	struct xen_dmabuf_map m;

	(void)state;
	if (!world.pv)
		skip();
	was = raw_param("user_mapped_pages", PAGES);
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	m = map_of_refs();
	assert_ok(raw(dev, XEN_DMABUF_IOC_MAP, &m));
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, m.dmabuf_fd,
			      0),
			 MAP_FAILED);
	assert_int_equal(errno, EDQUOT);
	assert_int_equal(in_child(mmap_as_somebody, &m.dmabuf_fd), 0);
	assert_int_equal(raw_info(dev).user_pages_mapped, PAGES);
	close(m.dmabuf_fd);
	close(m.lease_fd);
	nothing_left();
	raw_param("user_mapped_pages", was);
	agent("free 0");
}

struct orphan {
	int file, dmabuf, expect;
	uint32_t *refs; /* shared with the parent */
};

static int grant_as_somebody(void *arg)
{
	struct orphan *o = arg;
	struct xen_dmabuf_grant g =
		raw_grant(world.domid, o->dmabuf, o->refs, PAGES);

	if (!become_somebody())
		return 1;
	return raw(o->file, XEN_DMABUF_IOC_GRANT, &g) == o->expect ? 0 : 2;
}

/* in a child that then ends: passes the grant's lease to the parent */
static int grant_and_pass(void *arg)
{
	struct orphan *o = arg;
	struct xen_dmabuf_grant g =
		raw_grant(world.domid, o->dmabuf, o->refs, PAGES);

	if (!become_somebody() || raw(o->file, XEN_DMABUF_IOC_GRANT, &g))
		return 1;
	fd_send(o->expect, g.lease_fd);
	return 0;
}

/* a grant is charged to its maker until the guest unmaps, even after his process ended */
static void user_quota_charged_until_peer_unmaps(void **state)
{
	unsigned long was = raw_param("user_granted_pages", PAGES);
	struct orphan o = { .file = raw_open() };
	struct local l;
	int pair[2], lease;

	(void)state;
	bad_begin();
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 5);
	o.dmabuf = l.fd;
	free(l.refs);
	l.refs = o.refs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(l.refs, MAP_FAILED);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	o.expect = pair[1];
	assert_int_equal(in_child(grant_and_pass, &o), 0);
	lease = fd_receive(pair[0]);
	assert_true(lease >= 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 5"), 0);
	assert_int_equal(raw_fdinfo(lease, "xen-dmabuf-uid"), SOMEBODY);
	close(lease);

	assert_int_equal(granted_by(SOMEBODY), PAGES);
	o.expect = -EDQUOT;
	assert_int_equal(in_child(grant_as_somebody, &o), 0);
	assert_int_equal(granted_by(SOMEBODY), PAGES);
	agent("free 0");
	eventually(granted_by(SOMEBODY) == 0);
	o.expect = 0;
	assert_int_equal(in_child(grant_as_somebody, &o), 0);
	nothing_left();
	close(pair[0]);
	close(pair[1]);
	close(o.file);
	raw_param("user_granted_pages", was);
	munmap(l.refs, PAGE);
	l.refs = NULL;
	local_end(&l);
}

/* ---- user namespaces ---- */

#define FIRST_MAPPED 100000 /* user 0 of the namespace */

static bool write_id_map(pid_t pid, const char *name)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "we");
	return f && fprintf(f, "0 %d 1000\n", FIRST_MAPPED) > 0 && !fclose(f);
}

struct visitor {
	int ready[2], mapped[2]; /* pipes: in the namespace; ids are mapped */
	int dmabuf;
	long expect;
};

static int grant_one_page(const struct visitor *v)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };
	uint32_t out;
	struct xen_dmabuf_grant g = raw_grant(world.domid, v->dmabuf, &out, 1);
	int file = open(DEVICE, O_RDWR | O_CLOEXEC), err;

	err = raw(file, XEN_DMABUF_IOC_GRANT, &g);
	if (err != v->expect) {
		note("grant in a user namespace: %d", err);
		return 5;
	}
	if (raw(file, XEN_DMABUF_IOC_INFO, &info))
		return 6;
	/* what is left is the quota of the one who made the namespace */
	return info.user_pages_granted == (err ? PAGES : 1) ? 0 : 7;
}

/* another user id in a namespace that somebody made, with a file opened there */
static int grant_in_namespace(struct visitor *v)
{
	char byte = 0;

	if (!become_somebody())
		return 1;
	if (unshare(CLONE_NEWUSER))
		return 77;
	if (write(v->ready[1], &byte, 1) != 1 ||
	    read(v->mapped[0], &byte, 1) != 1)
		return 2;
	if (setresgid(1, 1, 1) || setresuid(1, 1, 1))
		return 3;
	return grant_one_page(v);
}

/* in a child of root, which may map the namespace's ids to any */
static int visit_namespace(void *arg)
{
	struct visitor *v = arg;
	int status = 0;
	char byte = 0;
	pid_t pid;

	if (pipe2(v->ready, O_CLOEXEC) || pipe2(v->mapped, O_CLOEXEC))
		return 11;
	pid = fork();
	if (!pid)
		_exit(grant_in_namespace(v));
	close(v->ready[1]);
	if (read(v->ready[0], &byte, 1) == 1 &&
	    (!write_id_map(pid, "uid_map") || !write_id_map(pid, "gid_map") ||
	     write(v->mapped[1], &byte, 1) != 1))
		status = 12;
	close(v->mapped[1]);
	close(v->mapped[0]);
	if (status)
		return status;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 13;
	return WEXITSTATUS(status);
}

static int grant_own_and_pass(void *arg)
{
	struct orphan *o = arg;
	struct xen_dmabuf_grant g =
		raw_grant(world.domid, o->dmabuf, o->refs, PAGES);

	if (!become_somebody())
		return 1;
	o->file = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (raw(o->file, XEN_DMABUF_IOC_GRANT, &g))
		return 2;
	fd_send(o->expect, g.lease_fd);
	return 0;
}

/* a user namespace gives a user more ids, but no larger quota */
static void user_quota_holds_in_user_namespaces(void **state)
{
	unsigned long was = raw_param("user_granted_pages", PAGES);
	uint32_t out[PAGES];
	struct orphan o = { .refs = out };
	struct visitor v = { .expect = -EDQUOT };
	int pair[2], lease, first, second;
	struct local l;

	(void)state;
	bad_begin();
	local_alloc(&l, PAGES, "heap", 5);
	o.dmabuf = v.dmabuf = l.fd;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	o.expect = pair[1];
	assert_int_equal(chmod(DEVICE, 0666), 0);
	assert_int_equal(in_child(grant_own_and_pass, &o), 0);
	lease = fd_receive(pair[0]);
	first = in_child(visit_namespace, &v);
	close(lease);
	nothing_left();
	v.expect = 0;
	second = in_child(visit_namespace, &v);
	assert_int_equal(chmod(DEVICE, 0600), 0);
	nothing_left();
	raw_param("user_granted_pages", was);
	close(pair[0]);
	close(pair[1]);
	local_end(&l);
	if (first == 77) {
		note("no user namespaces on this kernel");
		skip();
	}
	assert_int_equal(first, 0);
	assert_int_equal(second, 0);
}

/* ---- the list of users ---- */

#define USERS 200
#define FIRST_USER 2000 /* and every second id from there on */

struct one_user {
	struct orphan grant;
	unsigned int uid;
};

static int grant_as_user(void *arg)
{
	struct one_user *user = arg;
	struct orphan *o = &user->grant;
	struct xen_dmabuf_grant g =
		raw_grant(world.domid, o->dmabuf, o->refs, 1);

	if (setgroups(0, NULL) || setresuid(user->uid, user->uid, user->uid) ||
	    raw(o->file, XEN_DMABUF_IOC_GRANT, &g))
		return 1;
	fd_send(o->expect, g.lease_fd);
	return 0;
}

/* users in debugfs: each once, in order, however little is read at a time */
static int count_user_lines(void)
{
	FILE *f = fopen("/sys/kernel/debug/xen_dmabuf/users", "re");
	unsigned int id, granted_pages, before = 0;
	int found = 0, others = 0;
	char line[128];

	assert_non_null(f);
	assert_int_equal(setvbuf(f, NULL, _IOFBF, 64), 0);
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		assert_int_equal(
			sscanf(line, "%u %*u %*u %u", &id, &granted_pages), 2);
		assert_true(id > before || (!id && !found && !others));
		before = id;
		if (id >= FIRST_USER && id < FIRST_USER + 2 * USERS)
			found += granted_pages == 1;
		else
			others++;
	}
	fclose(f);
	note("%d users, and %d others", found, others);
	return found;
}

static void debugfs_lists_every_user(void **state)
{
	static int leases[USERS];
	uint32_t out;
	struct one_user user = { .grant = { .file = raw_open(),
					    .refs = &out } };
	struct local l;
	int pair[2], i, found;

	(void)state;
	bad_begin();
	local_alloc(&l, 1, "heap", 5);
	user.grant.dmabuf = l.fd;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	user.grant.expect = pair[1];
	for (i = 0; i < USERS; i++) {
		/* in an order that is not that of the ids */
		user.uid = FIRST_USER + i * 77 % USERS * 2;
		assert_int_equal(in_child(grant_as_user, &user), 0);
		leases[i] = fd_receive(pair[0]);
		assert_true(leases[i] >= 0);
	}
	found = count_user_lines();
	while (i--)
		close(leases[i]);
	close(pair[0]);
	close(pair[1]);
	close(user.grant.file);
	nothing_left();
	local_end(&l);
	assert_int_equal(found, USERS);
	assert_int_equal(count_user_lines(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(user_quota_of_mapped_pages),
		world_test(user_mapping_is_charged_to_who_maps_on_pv),
		world_test(user_quota_charged_until_peer_unmaps),
		world_test(user_quota_holds_in_user_namespaces),
		world_test(debugfs_lists_every_user),
	};

	return world_run("users", tests);
}
