// SPDX-License-Identifier: GPL-2.0-only
/* Resources that run out without a quota: files, descriptors, maptrack entries. */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bad.h"

#define FILE_MAX "/proc/sys/fs/file-max"
#define NOT_ROOT 65534

static unsigned long set_file_max(unsigned long value)
{
	FILE *f = fopen(FILE_MAX, "r+e");
	unsigned long was = 0;

	if (!f || fscanf(f, "%lu", &was) != 1)
		fail_msg("cannot read " FILE_MAX);
	rewind(f);
	fprintf(f, "%lu\n", value);
	if (fclose(f))
		fail_msg("cannot write " FILE_MAX);
	return was;
}

struct calls {
	struct xen_dmabuf_map map;
	struct xen_dmabuf_grant grant;
};

/* unprivileged, as root may exceed file-max; returns the number of the failed step */
static int call_without_files(void *arg)
{
	struct calls *calls = arg;

	if (setgroups(0, NULL) || setresgid(NOT_ROOT, NOT_ROOT, NOT_ROOT) ||
	    setresuid(NOT_ROOT, NOT_ROOT, NOT_ROOT))
		return 1;
	if (raw(dev, XEN_DMABUF_IOC_MAP, &calls->map) != -ENFILE)
		return 2;
	if (raw(dev, XEN_DMABUF_IOC_GRANT, &calls->grant) != -ENFILE)
		return 3;
	return 0;
}

static void no_free_file_fails_enfile(void **state)
{
	struct calls calls;
	unsigned long was = 0;
	struct local l;
	int err;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&l, PAGES, "heap", 1);
	calls.map = raw_map(world.domid, refs, PAGES);
	calls.grant = raw_grant(world.domid, l.fd, l.refs, PAGES);
	was = set_file_max(1);
	err = in_child(call_without_files, &calls);
	set_file_max(was);
	assert_int_equal(err, 0);
	nothing_left();
	map_fails(calls.map, 0);
	grant_fails(calls.grant, 0);
	local_end(&l);
	agent("free 0");
}

static void lease_open_without_descriptor_fails_emfile(void **state)
{
	struct xen_dmabuf_lease_open again = { .size = sizeof(again) };
	struct rlimit was, tight;
	struct view v;
	int next, fd;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	again.lease_id = xendmabuf_lease_id(v.lease);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	next = dup(dev);
	close(next);
	tight = was;
	tight.rlim_cur = next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_err(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &again), -EMFILE);
	assert_err(xendmabuf_lease_dmabuf(v.lease, &fd), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_ok(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &again));
	close(again.lease_fd);
	view_end(&v);
	agent("free 0");
}

/* the guest's configuration gives it few entries: world/worlds.toml */
#define MANY 4096
#define SLOTS 12

static void map_without_maptrack_entries_fails_enospc(void **state)
{
	struct local l;
	int slot, err = 0;

	(void)state;
	bad_begin();
	agent("load xen_dmabuf");
	local_alloc(&l, MANY, "heap", 1);
	local_grant(&l, 0);
	for (slot = 0; slot < SLOTS && !err; slot++)
		err = local_to_guest(&l, slot, "ro");
	note("the guest mapped %d pages %d times", MANY, slot - 1);
	assert_err(err, -ENOSPC);
	/* no entry is lost: the same number fits again */
	agent("free 0");
	assert_ok(local_to_guest(&l, 0, "ro"));
	assert_int_equal(agent("check 0 1"), 0);
	while (slot--)
		agent("free %d", slot);
	local_end(&l);
}

/* ---- leases that are RETURNED and still open ---- */

#define KEPT_GRANTS 1000
#define KEPT_MAPS 60
#define LARGE 16384 /* 64 KiB of references */
/* Xen lets a page be mapped for writing some 100 times */
#define DISTINCT 512

static uint32_t large[LARGE];
static struct xendmabuf_lease *kept[KEPT_GRANTS];

/* KiB in the kernel's slabs */
static long slab_used(void)
{
	return machine_meminfo("SUnreclaim") + machine_meminfo("VmallocUsed");
}

static void allow_open_files(rlim_t files)
{
	struct rlimit limit = { files, files };

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void drop_kept(int nr)
{
	while (nr--)
		xendmabuf_lease_close(kept[nr]);
}

/* KiB by which @nr leases that are RETURNED grow the kernel */
static long keep_grants(int fd, int nr)
{
	long before = slab_used();
	int i;

	for (i = 0; i < nr; i++) {
		assert_ok(xendmabuf_grant(world.x, fd, 0, world.domid, 0, large,
					  LARGE, &kept[i]));
		assert_ok(xendmabuf_lease_revoke(kept[i]));
		assert_ok(xendmabuf_lease_wait(kept[i], WAIT_MS));
	}
	return slab_used() - before;
}

static long keep_maps(int nr)
{
	long before = slab_used();
	int fd, i;

	for (i = 0; i < nr; i++) {
		assert_ok(xendmabuf_map(world.x, world.domid, large, LARGE, 0,
					&fd, &kept[i]));
		close(fd);
		assert_ok(xendmabuf_lease_wait(kept[i], WAIT_MS));
	}
	return slab_used() - before;
}

static void returned_grants_keep_no_references(void **state)
{
	long grown;
	int fd;

	(void)state;
	allow_open_files(KEPT_GRANTS + 100);
	assert_ok(xendmabuf_alloc((size_t)LARGE * PAGE, XENDMABUF_ALLOC_ANY,
				  &fd));
	keep_grants(fd, 20);
	drop_kept(20);
	grown = keep_grants(fd, KEPT_GRANTS);
	note("%d leases of %d granted pages: %ld KiB", KEPT_GRANTS, LARGE,
	     grown);
	drop_kept(KEPT_GRANTS);
	close(fd);
	/* their references alone would take 64 KiB each */
	assert_true(grown < KEPT_GRANTS * 16);
}

static void returned_maps_keep_no_handles(void **state)
{
	long grown;
	int i;

	(void)state;
	guest_plain(0, DISTINCT, "rw", 1, large);
	for (i = DISTINCT; i < LARGE; i++)
		large[i] = large[i % DISTINCT];
	keep_maps(5);
	drop_kept(5);
	grown = keep_maps(KEPT_MAPS);
	note("%d leases of %d mapped pages: %ld KiB", KEPT_MAPS, LARGE, grown);
	drop_kept(KEPT_MAPS);
	/* their handles alone would take 64 KiB each */
	assert_true(grown < KEPT_MAPS * 32);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(no_free_file_fails_enfile),
		world_test(lease_open_without_descriptor_fails_emfile),
		world_test(map_without_maptrack_entries_fails_enospc),
		world_test(returned_grants_keep_no_references),
		world_test(returned_maps_keep_no_handles),
	};

	return world_run("exhaust", tests);
}
