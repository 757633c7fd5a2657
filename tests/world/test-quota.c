// SPDX-License-Identifier: GPL-2.0-only
/* Quotas of a file, memory charged to a cgroup, references reserved. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xengnttab.h>

#include "bad.h"

static struct xen_dmabuf_map map_of_refs(void)
{
	return raw_map(world.domid, refs, PAGES);
}

static void file_quota_of_mapped_pages(void **state)
{
	unsigned long was = raw_param("file_mapped_pages", PAGES + 1);
	int file = raw_open(), other = raw_open();
	struct xen_dmabuf_map m = map_of_refs(), more;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	assert_ok(raw(file, XEN_DMABUF_IOC_MAP, &m));
	assert_int_equal(raw_info(file).file_pages_mapped, PAGES);
	assert_int_equal(raw_info(file).file_pages_mapped_limit, PAGES + 1);
	assert_int_equal(raw_info(other).file_pages_mapped, 0);
	assert_int_equal(raw_fdinfo(file, "xen-dmabuf-mapped"), PAGES);
	assert_int_equal(raw_fdinfo(file, "xen-dmabuf-mapped-limit"),
			 PAGES + 1);
	assert_int_equal(raw_fdinfo(m.lease_fd, "xen-dmabuf-uid"), getuid());

	/* exact to the page */
	more = with(map_of_refs(), nr_refs = 2);
	assert_err(raw(file, XEN_DMABUF_IOC_MAP, &more), -EDQUOT);
	assert_int_equal(raw_info(file).file_pages_mapped, PAGES);
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
	int file = raw_open();
	struct xen_dmabuf_grant g, more;
	struct local l;

	(void)state;
	bad_begin();
	local_alloc(&l, PAGES, "heap", 1);
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	more = with(g, nr_refs = 1);
	assert_ok(raw(file, XEN_DMABUF_IOC_GRANT, &g));
	assert_err(raw(file, XEN_DMABUF_IOC_GRANT, &more), -EDQUOT);
	assert_int_equal(raw_info(file).file_pages_granted, PAGES);
	assert_int_equal(raw_fdinfo(file, "xen-dmabuf-granted"), PAGES);
	raw_param("file_granted_pages", 1);
	assert_int_equal(raw_info(file).file_pages_granted_limit, 1);
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
	assert_int_equal(raw_info(dev).grants_reserved, reserve);
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
		world_test(info_of_first_version_answered),
		world_test(reserved_grants_left_to_other_drivers),
		world_test(map_memory_charged_to_cgroup),
	};

	return world_run("quota", tests);
}
