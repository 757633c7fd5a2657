// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrong arguments of MAP, RESTRICT, INFO and the leases' ioctls, and wrong struct
 * sizes of all: each has its errno, and leaves nothing behind.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bad.h"

static struct xen_dmabuf_map good_map(void)
{
	return raw_map(world.domid, refs, PAGES);
}

static void map_bad_arguments_refused(void **state)
{
	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	map_fails(good_map(), 0); /* valid, or the checks below prove nothing */

	map_fails(with(good_map(), nr_refs = 0), -EINVAL);
	map_fails(with(good_map(), nr_refs = 65536), -EFBIG);
	map_fails(with(good_map(), nr_refs = 1U << 19), -EFBIG);
	map_fails(with(good_map(), nr_refs = UINT32_MAX), -EFBIG);
	map_fails(with(good_map(), domid = world.info.domid), -ELOOP);
	map_fails(with(good_map(), domid = DOMID_RESERVED), -EINVAL);
	map_fails(with(good_map(), domid = 0x10000U | world.domid), -EINVAL);
	map_fails(with(good_map(), domid = UINT32_MAX), -EINVAL);
	map_fails(with(good_map(), flags = 1U << 31), -EOPNOTSUPP);
	map_fails(with(good_map(), flags = 1U << 4), -EOPNOTSUPP);
	map_fails(with(good_map(), flags = XEN_DMABUF_MAP_TRUST_DEVICES),
		  -EINVAL);
	if (!(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING)) {
		map_fails(with(good_map(), dma_bits = 32), -EOPNOTSUPP);
		map_fails(with(good_map(), flags = XEN_DMABUF_MAP_CONTIGUOUS),
			  -EOPNOTSUPP);
	} else {
		map_fails(with(good_map(), dma_bits = 1), -EINVAL);
		map_fails(with(good_map(), dma_bits = 12), -EINVAL);
		map_fails(with(good_map(), dma_bits = 65), -EINVAL);
		map_fails(with(good_map(), dma_bits = UINT32_MAX), -EINVAL);
	}
	agent("free 0");
}

static void map_of_unknown_domain_fails_esrch(void **state)
{
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	m = with(good_map(), domid = NOBODY);
	m.bad_ref = 77;
	assert_err(try_map(&m), -ESRCH);
	assert_int_equal(m.bad_ref, 0);
	nothing_left();
	agent("free 0");
}

static void map_bad_references_fail_eacces(void **state)
{
	struct xen_dmabuf_map m;
	uint32_t ro[PAGES];
	int i;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	guest_plain(1, PAGES, "ro", 2, ro);

	/* bad_ref is the first bad one, at every position */
	for (i = 0; i < PAGES; i++) {
		uint32_t bad[PAGES];

		memcpy(bad, refs, sizeof(bad));
		bad[i] = i & 1 ? UINT32_MAX : NO_REF;
		m = raw_map(world.domid, bad, PAGES);
		assert_err(try_map(&m), -EACCES);
		assert_int_equal(m.bad_ref, i);

		bad[i] = ro[i];
		m = raw_map(world.domid, bad, PAGES);
		assert_err(try_map(&m), -EACCES);
		assert_int_equal(m.bad_ref, i);
		nothing_left();
	}
	/* references whose grant has ended */
	agent("free 0");
	map_fails(good_map(), -EACCES);
	agent("free 1");
}

/* a late batch fails: the batches before it are unmapped */
static void map_failing_in_a_late_batch_undone(void **state)
{
	uint32_t many[2025];
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	guest_plain(0, 2025, "rw", 3, many);
	many[2020] = NO_REF;
	m = raw_map(world.domid, many, 2025);
	assert_err(try_map(&m), -EACCES);
	assert_int_equal(m.bad_ref, 2020);
	nothing_left();
	/* no page is held: the guest can free and reuse them all */
	agent("free 0");
}

#define WARM 20 /* rounds that fill the kernel's caches */
#define FAILURES 500
#define SLACK_KIB 1536 /* less than a page for each failure */

/* a failed MAP keeps no memory: checked by MemFree, not by the driver's counters */
static void failed_maps_keep_no_memory(void **state)
{
	uint32_t many[600], was;
	struct xen_dmabuf_map m;
	long before = 0, after;
	unsigned int i, at;

	(void)state;
	bad_begin();
	guest_plain(0, ARRAY_LEN(many), "rw", 4, many);
	m = raw_map(world.domid, many, ARRAY_LEN(many));
	for (i = 0; i < WARM + FAILURES; i++) {
		if (i == WARM)
			before = machine_meminfo("MemFree");
		at = i * 509 % ARRAY_LEN(many); /* in every batch */
		was = many[at];
		many[at] = NO_REF;
		assert_err(try_map(&m), -EACCES);
		assert_int_equal(m.bad_ref, at);
		many[at] = was;
	}
	nothing_left();
	after = machine_meminfo("MemFree");
	note("MemFree: %ld KiB before, %ld KiB after", before, after);
	eventually(machine_meminfo("MemFree") > before - SLACK_KIB);
	agent("free 0");
}

static void map_of_one_reference_repeated_works(void **state)
{
	uint32_t same[PAGES];

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	same[0] = same[1] = same[2] = same[3] = refs[2];
	map_fails(raw_map(world.domid, same, PAGES), 0);
	agent("free 0");
}

/* the console (0) and xenstore (1) of every guest are granted to dom0 */
static void map_of_reserved_references_refused(void **state)
{
	uint32_t list[PAGES], i;
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	for (i = 0; i < XEN_DMABUF_RESERVED_REFS; i++) {
		memcpy(list, refs, sizeof(list));
		list[2] = list[3] = i;
		m = raw_map(world.domid, list, PAGES);
		assert_err(try_map(&m), -EBADR);
		assert_int_equal(m.bad_ref, 2);
		m = raw_map(world.domid, list + 3, 1);
		m.flags = XEN_DMABUF_MAP_RDONLY;
		assert_err(try_map(&m), -EBADR);
		assert_int_equal(m.bad_ref, 0);
	}
	nothing_left();
	map_fails(good_map(), 0);
	/* the first others may be granted or not */
	list[0] = XEN_DMABUF_RESERVED_REFS;
	m = raw_map(world.domid, list, 1);
	assert_int_not_equal(try_map(&m), -EBADR);
	nothing_left();
	agent("free 0");
}

/* granted, but to another domain */
static void map_of_grants_to_another_domain_fails_eacces(void **state)
{
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	agent("load xen_dmabuf");
	agent("alloc 0 %d heap 1", PAGES);
	agent("grant 0 0 %d rw %d", PAGES, NOBODY);
	guest_refs(refs, PAGES);
	m = good_map();
	m.bad_ref = 77;
	assert_err(try_map(&m), -EACCES);
	assert_int_equal(m.bad_ref, 0);
	nothing_left();
	agent("free 0");
}

static void map_bad_pointers_fail_efault(void **state)
{
	uint8_t *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *ro = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	assert_ptr_not_equal(edge, MAP_FAILED);
	assert_ptr_not_equal(ro, MAP_FAILED);
	guest_plain(0, PAGES, "rw", 1, refs);
	assert_int_equal(munmap(edge + PAGE, PAGE), 0);

	assert_err(raw(dev, XEN_DMABUF_IOC_MAP, NULL), -EFAULT);
	assert_err(raw(dev, XEN_DMABUF_IOC_MAP, edge + PAGE), -EFAULT);
	/* the struct's end lies beyond the mapped page */
	m = good_map();
	memcpy(edge + PAGE - 16, &m, 16);
	assert_err(raw(dev, XEN_DMABUF_IOC_MAP, edge + PAGE - 16), -EFAULT);
	nothing_left();

	map_fails(with(good_map(), refs = 0), -EFAULT);
	map_fails(with(good_map(), refs = (uintptr_t)edge + PAGE), -EFAULT);
	memcpy(edge + PAGE - 8, refs, 8);
	map_fails(with(good_map(), refs = (uintptr_t)edge + PAGE - 8), -EFAULT);
	map_fails(with(good_map(), refs = UINT64_MAX - 3), -EFAULT);

	/* the result cannot be copied out: the new descriptors must be closed */
	memcpy(ro, &m, sizeof(m));
	assert_int_equal(mprotect(ro, PAGE, PROT_READ), 0);
	assert_err(raw(dev, XEN_DMABUF_IOC_MAP, ro), -EFAULT);
	nothing_left();
	munmap(edge, PAGE);
	munmap(ro, PAGE);
	agent("free 0");
}

/*
 * Every struct: shorter than its @first version, of today's size, longer with zeros,
 * longer with garbage.  @good is valid; @undo closes what it makes.
 */
static void check_sizes(int fd, unsigned long cmd, const void *good,
			size_t size, size_t first, int (*undo)(void *made))
{
	uint32_t big[64];
	uint8_t *bytes = (uint8_t *)big;
	const uint32_t bad[] = { 0, 4, first - 1, first - 4, 4097, UINT32_MAX };
	const int errs[] = {
		-EINVAL, -EINVAL, -EINVAL, -EINVAL, -E2BIG, -E2BIG
	};
	size_t i;

	assert_true(size + 16 <= sizeof(big));
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		memset(big, 0, sizeof(big));
		memcpy(big, good, size);
		big[0] = bad[i];
		assert_err(raw(fd, cmd, big), errs[i]);
	}
	for (i = first; i <= size + 16; i += 4) {
		memset(big, 0, sizeof(big));
		memcpy(big, good, size);
		big[0] = i;
		assert_ok(raw(fd, cmd, big));
		if (undo)
			assert_ok(undo(big));
	}
	memset(big, 0, sizeof(big));
	memcpy(big, good, size);
	big[0] = size + 16;
	bytes[size + 15] = 1;
	assert_err(raw(fd, cmd, big), -E2BIG);
	nothing_left();
}

static int undo_map(void *made)
{
	struct xen_dmabuf_map *m = made;

	return close(m->dmabuf_fd) || close(m->lease_fd);
}

static int undo_grant(void *made)
{
	struct xen_dmabuf_grant *g = made;

	return close(g->lease_fd);
}

static int undo_open(void *made)
{
	struct xen_dmabuf_lease_open *o = made;

	return close(o->lease_fd);
}

static int undo_lease_dmabuf(void *made)
{
	struct xen_dmabuf_lease_dmabuf *d = made;

	return close(d->dmabuf_fd);
}

static void ioctl_struct_sizes_checked(void **state)
{
	struct xen_dmabuf_lease_dmabuf lease_dmabuf = {
		.size = sizeof(lease_dmabuf),
	};
	struct xen_dmabuf_info info = { .size = sizeof(info) };
	struct xen_dmabuf_restrict restriction = {
		.size = sizeof(restriction),
		.flags = XEN_DMABUF_MAY_MAP,
		.domid = world.domid,
	};
	struct xen_dmabuf_lease_open open_again = { .size = sizeof(
							    open_again) };
	struct xen_dmabuf_lease_info lease_info = { .size = sizeof(
							    lease_info) };
	struct xen_dmabuf_lease_revoke revoke = { .size = sizeof(revoke) };
	struct xen_dmabuf_grant g;
	struct xen_dmabuf_map m;
	struct local l;
	int other = open("/dev/xen/dmabuf", O_RDWR | O_CLOEXEC);

	(void)state;
	bad_begin();
	assert_true(other >= 0);
	check_sizes(dev, XEN_DMABUF_IOC_INFO, &info, sizeof(info), 48, NULL);
	check_sizes(other, XEN_DMABUF_IOC_RESTRICT, &restriction,
		    sizeof(restriction), 16, NULL);
	close(other);

	guest_plain(0, PAGES, "rw", 1, refs);
	m = good_map();
	check_sizes(dev, XEN_DMABUF_IOC_MAP, &m, sizeof(m), 48, undo_map);

	local_alloc(&l, PAGES, "heap", 1);
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	check_sizes(dev, XEN_DMABUF_IOC_GRANT, &g, sizeof(g), 48, undo_grant);
	local_end(&l);

	assert_ok(raw(dev, XEN_DMABUF_IOC_MAP, &m));
	mapped += PAGES;
	open_again.lease_id = m.lease_id;
	check_sizes(dev, XEN_DMABUF_IOC_LEASE_OPEN, &open_again,
		    sizeof(open_again), 24, undo_open);
	check_sizes(m.lease_fd, XEN_DMABUF_LEASE_IOC_INFO, &lease_info,
		    sizeof(lease_info), 56, NULL);
	check_sizes(m.lease_fd, XEN_DMABUF_LEASE_IOC_DMABUF, &lease_dmabuf,
		    sizeof(lease_dmabuf), 16, undo_lease_dmabuf);
	close(m.dmabuf_fd);
	mapped -= PAGES;
	nothing_left();
	check_sizes(m.lease_fd, XEN_DMABUF_LEASE_IOC_REVOKE, &revoke,
		    sizeof(revoke), 8, NULL);
	close(m.lease_fd);
	agent("free 0");
}

static void unknown_ioctls_and_flags_refused(void **state)
{
	struct xen_dmabuf_info info = { .size = sizeof(info), .flags = 1 };
	struct xen_dmabuf_lease_open open_again = {
		.size = sizeof(open_again),
		.flags = 2,
	};
	struct xen_dmabuf_restrict restriction = {
		.size = sizeof(restriction),
		.flags = 4,
		.domid = world.domid,
	};
	struct xen_dmabuf_lease_dmabuf lease_dmabuf = {
		.size = sizeof(lease_dmabuf),
	};
	struct xen_dmabuf_map m;

	(void)state;
	bad_begin();
	assert_err(raw(dev, XEN_DMABUF_IOC_INFO, &info), -EOPNOTSUPP);
	assert_err(raw(dev, _IO(XEN_DMABUF_IOC_TYPE, 0x0f), &info), -ENOTTY);
	assert_err(raw(dev, XEN_DMABUF_LEASE_IOC_INFO, &info), -ENOTTY);
	assert_err(raw(dev, _IO('x', 0), &info), -ENOTTY);

	assert_err(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &open_again),
		   -EOPNOTSUPP);
	open_again.flags = 0;
	open_again.reserved = 1;
	assert_err(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &open_again), -EINVAL);
	open_again.reserved = 0;
	assert_err(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &open_again), -ENOENT);
	open_again.lease_id = UINT64_MAX;
	assert_err(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &open_again), -ENOENT);
	/* an id whose low 32 bits could be a lease's */
	open_again.lease_id = 1ULL << 32 | 1;
	assert_err(raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &open_again), -ENOENT);

	assert_err(raw(dev, XEN_DMABUF_IOC_RESTRICT, &restriction),
		   -EOPNOTSUPP);
	restriction.flags = 0;
	restriction.reserved = 1;
	assert_err(raw(dev, XEN_DMABUF_IOC_RESTRICT, &restriction), -EINVAL);
	restriction.reserved = 0;
	restriction.domid = DOMID_RESERVED;
	assert_err(raw(dev, XEN_DMABUF_IOC_RESTRICT, &restriction), -EINVAL);
	/* the device is still unrestricted */
	guest_plain(0, PAGES, "rw", 1, refs);
	map_fails(good_map(), 0);

	m = good_map();
	assert_ok(raw(dev, XEN_DMABUF_IOC_MAP, &m));
	lease_dmabuf.flags = 1;
	assert_err(raw(m.lease_fd, XEN_DMABUF_LEASE_IOC_DMABUF, &lease_dmabuf),
		   -EOPNOTSUPP);
	lease_dmabuf.flags = 0;
	lease_dmabuf.reserved = 1;
	assert_err(raw(m.lease_fd, XEN_DMABUF_LEASE_IOC_DMABUF, &lease_dmabuf),
		   -EINVAL);
	lease_dmabuf.reserved = 0;
	assert_ok(raw(m.lease_fd, XEN_DMABUF_LEASE_IOC_DMABUF, &lease_dmabuf));
	close(lease_dmabuf.dmabuf_fd);
	close(m.dmabuf_fd);
	close(m.lease_fd);
	agent("free 0");
}

static void no_free_descriptor_fails_emfile(void **state)
{
	struct rlimit was, tight;
	struct xen_dmabuf_grant g;
	struct xen_dmabuf_map m;
	struct local l;
	int next, free_fds;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&l, PAGES, "heap", 1);
	m = good_map();
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	next = dup(dev);
	close(next);
	/* MAP needs two: without the second, the first must be closed again */
	for (free_fds = 0; free_fds < 2; free_fds++) {
		tight = was;
		tight.rlim_cur = next + free_fds;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		assert_err(try_map(&m), -EMFILE);
		if (!free_fds)
			assert_err(try_grant(&g), -EMFILE);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		nothing_left();
	}
	map_fails(m, 0);
	local_end(&l);
	agent("free 0");
}

static void limits_of_the_whole_system_enforced(void **state)
{
	struct xen_dmabuf_info info;
	unsigned long was;
	struct xen_dmabuf_map m;
	struct xen_dmabuf_grant g;
	struct local l;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&l, PAGES, "heap", 1);
	m = good_map();
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);

	was = raw_param("max_pages", PAGES - 1);
	assert_ok(xendmabuf_info(world.x, &info, sizeof(info)));
	assert_int_equal(info.max_pages, PAGES - 1);
	map_fails(m, -EFBIG);
	grant_fails(g, -EFBIG);
	raw_param("max_pages", was);

	was = raw_param("max_mapped_pages", mapped + PAGES - 1);
	map_fails(m, -EDQUOT);
	map_fails(with(m, nr_refs = PAGES - 1), 0);
	raw_param("max_mapped_pages", was);

	was = raw_param("max_granted_pages", granted + PAGES - 1);
	grant_fails(g, -EDQUOT);
	grant_fails(with(g, nr_refs = PAGES - 1), 0);
	raw_param("max_granted_pages", was);

	map_fails(m, 0);
	grant_fails(g, 0);
	local_end(&l);
	agent("free 0");
}

/* INFO's counts follow what is mapped and granted */
static void info_counts_follow_held_pages(void **state)
{
	struct xen_dmabuf_info before, during, after;
	struct local l;
	struct view v;

	(void)state;
	bad_begin();
	assert_ok(xendmabuf_info(world.x, &before, sizeof(before)));
	assert_int_equal(before.version, XEN_DMABUF_VERSION);
	assert_true(before.grants_left <= before.grants_total);
	assert_true(before.grants_total >= 1024);
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	local_alloc(&l, 3, "udmabuf", 1);
	local_grant(&l, XENDMABUF_RDONLY);
	assert_ok(xendmabuf_info(world.x, &during, sizeof(during)));
	assert_int_equal(during.pages_mapped, before.pages_mapped + PAGES);
	assert_int_equal(during.pages_granted, before.pages_granted + 3);
	local_end(&l);
	view_end(&v);
	assert_ok(xendmabuf_info(world.x, &after, sizeof(after)));
	assert_int_equal(after.pages_mapped, before.pages_mapped);
	assert_int_equal(after.pages_granted, before.pages_granted);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(map_bad_arguments_refused),
		world_test(map_of_unknown_domain_fails_esrch),
		world_test(map_bad_references_fail_eacces),
		world_test(map_failing_in_a_late_batch_undone),
		world_test(failed_maps_keep_no_memory),
		world_test(map_of_one_reference_repeated_works),
		world_test(map_of_grants_to_another_domain_fails_eacces),
		world_test(map_of_reserved_references_refused),
		world_test(map_bad_pointers_fail_efault),
		world_test(ioctl_struct_sizes_checked),
		world_test(unknown_ioctls_and_flags_refused),
		world_test(no_free_descriptor_fails_emfile),
		world_test(limits_of_the_whole_system_enforced),
		world_test(info_counts_follow_held_pages),
	};

	return world_run("badinput", tests);
}
