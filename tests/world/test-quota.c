// SPDX-License-Identifier: GPL-2.0-only
/* Quotas of a file and of a user, memory charged to a cgroup, references reserved. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xengnttab.h>

#include "bad.h"

#define SOMEBODY 65534

/* INFO of one open file */
static struct xen_dmabuf_info info_of(int fd)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };

	assert_ok(raw(fd, XEN_DMABUF_IOC_INFO, &info));
	return info;
}

static struct xen_dmabuf_map map_of_refs(void)
{
	return raw_map(world.domid, refs, PAGES);
}

static int device_open(void)
{
	int fd = open("/dev/xen/dmabuf", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* a number of /proc/self/fdinfo; -1 if there is no such line */
static long fdinfo_number(int fd, const char *key)
{
	char path[64], line[128];
	size_t len = strlen(key);
	long found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			found = atol(line + len + 1);
	fclose(f);
	return found;
}

static void file_quota_of_mapped_pages(void **state)
{
	unsigned long was = raw_param("file_mapped_pages", PAGES + 1);
	int file = device_open(), other = device_open();
	struct xen_dmabuf_map m = map_of_refs(), more;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	assert_ok(raw(file, XEN_DMABUF_IOC_MAP, &m));
	assert_int_equal(info_of(file).file_pages_mapped, PAGES);
	assert_int_equal(info_of(file).file_pages_mapped_limit, PAGES + 1);
	assert_int_equal(info_of(other).file_pages_mapped, 0);
	assert_int_equal(fdinfo_number(file, "xen-dmabuf-mapped"), PAGES);
	assert_int_equal(fdinfo_number(file, "xen-dmabuf-mapped-limit"),
			 PAGES + 1);
	assert_int_equal(fdinfo_number(m.lease_fd, "xen-dmabuf-uid"), getuid());

	/* exact to the page */
	more = with(map_of_refs(), nr_refs = 2);
	assert_err(raw(file, XEN_DMABUF_IOC_MAP, &more), -EDQUOT);
	assert_int_equal(info_of(file).file_pages_mapped, PAGES);
	more = with(map_of_refs(), nr_refs = 1);
	assert_ok(raw(file, XEN_DMABUF_IOC_MAP, &more));
	close(more.dmabuf_fd);
	close(more.lease_fd);
	/* another file has its own quota */
	more = map_of_refs();
	assert_ok(raw(other, XEN_DMABUF_IOC_MAP, &more));
	close(more.dmabuf_fd);
	close(more.lease_fd);

	/* the file may be closed before its maps end */
	close(file);
	assert_int_equal(machine_stat("pages_mapped"), mapped + PAGES);
	close(m.dmabuf_fd);
	close(m.lease_fd);
	nothing_left();
	close(other);
	raw_param("file_mapped_pages", was);
	agent("free 0");
}

/* the same for grants, and with a limit lowered below what is held */
static void file_quota_of_granted_pages(void **state)
{
	unsigned long was = raw_param("file_granted_pages", PAGES);
	int file = device_open();
	struct xen_dmabuf_grant g, more;
	struct local l;

	(void)state;
	bad_begin();
	local_alloc(&l, PAGES, "heap", 1);
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	more = with(g, nr_refs = 1);
	assert_ok(raw(file, XEN_DMABUF_IOC_GRANT, &g));
	assert_err(raw(file, XEN_DMABUF_IOC_GRANT, &more), -EDQUOT);
	assert_int_equal(info_of(file).file_pages_granted, PAGES);
	assert_int_equal(fdinfo_number(file, "xen-dmabuf-granted"), PAGES);
	raw_param("file_granted_pages", 1);
	assert_int_equal(info_of(file).file_pages_granted_limit, 1);
	assert_err(raw(file, XEN_DMABUF_IOC_GRANT, &more), -EDQUOT);
	close(g.lease_fd);
	nothing_left();
	assert_ok(raw(file, XEN_DMABUF_IOC_GRANT, &more));
	close(more.lease_fd);
	nothing_left();
	close(file);
	raw_param("file_granted_pages", was);
	local_end(&l);
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
	int file = *(int *)arg;

	if (!become_somebody())
		return 1;
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
	int file = device_open();
	long is_mapped, is_granted;
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	m = map_of_refs();
	assert_ok(raw(dev, XEN_DMABUF_IOC_MAP, &m));
	assert_int_equal(info_of(dev).user_pages_mapped, PAGES);
	read_user_line(getuid(), &is_mapped, &is_granted);
	assert_int_equal(is_mapped, PAGES);
	/* another file counts for the same user */
	assert_int_equal(info_of(file).user_pages_mapped, PAGES);
	assert_err(raw(file, XEN_DMABUF_IOC_MAP, &m), -EDQUOT);
	/* another user has a quota of his own, even with the same file */
	assert_int_equal(in_child(map_as_somebody, &file), 0);
	close(m.dmabuf_fd);
	close(m.lease_fd);
	nothing_left();
	close(file);
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
	struct orphan o = { .file = device_open() };
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
	assert_int_equal(fdinfo_number(lease, "xen-dmabuf-uid"), SOMEBODY);
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

/* the first version of INFO's struct is filled in, and no byte after it */
static void info_of_first_version_answered(void **state)
{
	struct {
		struct xen_dmabuf_info info;
		uint32_t after;
	} old;
	const size_t first = offsetof(struct xen_dmabuf_info, grants_reserved);
	const uint8_t *bytes = (const uint8_t *)&old;
	size_t i;

	(void)state;
	bad_begin();
	memset(&old, 0x5a, sizeof(old));
	old.info.size = first;
	old.info.flags = 0;
	assert_ok(raw(dev, XEN_DMABUF_IOC_INFO, &old));
	assert_int_equal(old.info.version, XEN_DMABUF_VERSION);
	assert_int_equal(old.info.domid, world.info.domid);
	for (i = first; i < sizeof(old); i++)
		assert_int_equal(bytes[i], 0x5a);
}

/* when grants fail with ENOSPC, other drivers still find the reserved references */
static void reserved_grants_left_to_other_drivers(void **state)
{
	static struct xendmabuf_lease *leases[64];
	static uint32_t out[8100];
	const size_t reserve = 1000;
	uint32_t shared[1000], n = ARRAY_LEN(out);
	unsigned long limit, was;
	xengntshr_handle *gntshr = xengntshr_open(NULL, 0);
	int nr = 0, err, fd;
	void *plain;

	(void)state;
	bad_begin();
	assert_non_null(gntshr);
	limit = raw_param("max_granted_pages", 1UL << 30);
	was = raw_param("reserved_grants", reserve);
	assert_int_equal(info_of(dev).grants_reserved, reserve);
	assert_ok(xendmabuf_alloc(sizeof(out) / 4 * PAGE, XENDMABUF_ALLOC_ANY,
				  &fd));
	while (n && nr < (int)ARRAY_LEN(leases)) {
		err = xendmabuf_grant(world.x, fd, 0, world.domid, 0, out, n,
				      &leases[nr]);
		if (!err)
			nr++;
		else if (err == -ENOSPC)
			n /= 2;
		else
			break;
	}
	note("%ld pages granted until ENOSPC", machine_stat("pages_granted"));
	plain = xengntshr_share_pages(gntshr, world.domid, reserve, shared, 1);
	if (plain)
		xengntshr_unshare(gntshr, plain, reserve);
	raw_param("reserved_grants", was);
	raw_param("max_granted_pages", limit);
	xengntshr_close(gntshr);
	close(fd);
	while (nr--)
		xendmabuf_lease_close(leases[nr]);
	nothing_left();
	assert_err(err, -ENOSPC);
	assert_int_equal(n, 0);
	assert_non_null(plain);
}

#define CGROUP "/run/test-quota"
#define CHARGED 8100

static uint32_t many[CHARGED];

static int map_in_cgroup(void *arg)
{
	struct xen_dmabuf_map m = raw_map(world.domid, many, CHARGED);
	int file = *(int *)arg, i;
	long before, after;
	FILE *f;

	f = fopen(CGROUP "/test/cgroup.procs", "we");
	if (!f || fprintf(f, "0\n") < 0 || fclose(f))
		return 1;
	f = fopen(CGROUP "/test/memory.current", "re");
	if (!f || fscanf(f, "%ld", &before) != 1)
		return 2;
	for (i = 0; i < 16; i++)
		if (raw(file, XEN_DMABUF_IOC_MAP, &m))
			return 3;
	rewind(f);
	fflush(f);
	if (fscanf(f, "%ld", &after) != 1)
		return 4;
	note("%d maps of %d pages: %ld bytes charged", i, CHARGED,
	     after - before);
	/* at least a handle for each page; the charge grows in steps of 256 KiB */
	return after - before >= 12L * CHARGED * 4 ? 0 : 5;
}

/* the driver's memory for a map is charged to the caller's cgroup */
static void map_memory_charged_to_cgroup(void **state)
{
	FILE *f;
	int err;

	(void)state;
	bad_begin();
	if (machine_meminfo("MemTotal") < 0)
		skip();
	mkdir(CGROUP, 0700);
	if (mount("cgroup2", CGROUP, "cgroup2", 0, NULL)) {
		note("cannot mount cgroup2: %s", strerror(errno));
		skip();
	}
	f = fopen(CGROUP "/cgroup.subtree_control", "we");
	if (!f || fputs("+memory\n", f) < 0 || fclose(f) ||
	    mkdir(CGROUP "/test", 0700)) {
		umount(CGROUP);
		note("no memory controller in cgroup2: %s", strerror(errno));
		skip();
	}
	guest_plain(0, CHARGED, "rw", 1, many);
	err = in_child(map_in_cgroup, &dev);
	nothing_left();
	eventually(!rmdir(CGROUP "/test"));
	assert_int_equal(umount(CGROUP), 0);
	assert_int_equal(err, 0);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(file_quota_of_mapped_pages),
		world_test(file_quota_of_granted_pages),
		world_test(user_quota_of_mapped_pages),
		world_test(user_quota_charged_until_peer_unmaps),
		world_test(info_of_first_version_answered),
		world_test(reserved_grants_left_to_other_drivers),
		world_test(map_memory_charged_to_cgroup),
	};

	return world_run("quota", tests);
}
