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

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(no_free_file_fails_enfile),
		world_test(lease_open_without_descriptor_fails_emfile),
		world_test(map_without_maptrack_entries_fails_enospc),
	};

	return world_run("exhaust", tests);
}
