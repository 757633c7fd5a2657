// SPDX-License-Identifier: GPL-2.0-only
/* Wrong arguments of GRANT; those of the other ioctls are in test-badinput.c. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"

static void grant_bad_arguments_refused(void **state)
{
	struct xen_dmabuf_grant g;
	struct local l;

	(void)state;
	bad_begin();
	local_alloc(&l, PAGES, "heap", 1);
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	grant_fails(g, 0);

	grant_fails(with(g, nr_refs = 0), -EINVAL);
	grant_fails(with(g, nr_refs = 65536), -EFBIG);
	grant_fails(with(g, nr_refs = UINT32_MAX), -EFBIG);
	grant_fails(with(g, nr_refs = PAGES + 1), -ERANGE);
	grant_fails(with(g, offset = PAGE), -ERANGE);
	grant_fails(with(g, offset = -PAGE), -ERANGE);
	grant_fails(with(g, offset = 0x8000000000000000ULL), -ERANGE);
	grant_fails(with(g, offset = 1), -EINVAL);
	grant_fails(with(g, offset = PAGE - 1), -EINVAL);
	grant_fails(with(g, domid = world.info.domid), -ELOOP);
	grant_fails(with(g, domid = DOMID_RESERVED), -EINVAL);
	grant_fails(with(g, domid = 0x10000U | world.domid), -EINVAL);
	grant_fails(with(g, flags = 8), -EOPNOTSUPP);
	grant_fails(with(g, flags = 1U << 31), -EOPNOTSUPP);

	/* a valid part */
	g.offset = 2 * PAGE;
	g.nr_refs = 2;
	grant_fails(g, 0);
	local_end(&l);
}

static void grant_of_other_files_refused(void **state)
{
	int memfd = memfd_create("not-a-dmabuf", MFD_CLOEXEC);
	struct xen_dmabuf_grant g;
	uint32_t out[PAGES];
	int pipefd[2], gone;

	(void)state;
	bad_begin();
	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	g = raw_grant(world.domid, memfd, out, PAGES);
	grant_fails(g, -EBADFD);
	grant_fails(with(g, dmabuf_fd = pipefd[0]), -EBADFD);
	grant_fails(with(g, dmabuf_fd = dev), -EBADFD);
	close(pipefd[0]);
	close(pipefd[1]);
	gone = pipefd[1];
	close(memfd);
	grant_fails(with(g, dmabuf_fd = gone), -EBADF);
	grant_fails(with(g, dmabuf_fd = -1), -EBADF);
	grant_fails(with(g, dmabuf_fd = INT32_MAX), -EBADF);
}

static void grant_bad_pointers_fail_efault(void **state)
{
	uint8_t *ro = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xen_dmabuf_grant g;
	struct local l;

	(void)state;
	bad_begin();
	assert_ptr_not_equal(ro, MAP_FAILED);
	local_alloc(&l, PAGES, "heap", 1);
	g = raw_grant(world.domid, l.fd, l.refs, PAGES);
	memcpy(ro, &g, sizeof(g));
	assert_int_equal(mprotect(ro, PAGE, PROT_READ), 0);

	assert_err(raw(dev, XEN_DMABUF_IOC_GRANT, NULL), -EFAULT);
	assert_err(raw(dev, XEN_DMABUF_IOC_GRANT, ro), -EFAULT);
	nothing_left();
	grant_fails(with(g, refs = 0), -EFAULT);
	grant_fails(with(g, refs = (uintptr_t)ro), -EFAULT);
	/* the first two references fit, the others do not */
	assert_int_equal(munmap(ro + PAGE, PAGE), 0);
	assert_int_equal(mprotect(ro, PAGE, PROT_READ | PROT_WRITE), 0);
	grant_fails(with(g, refs = (uintptr_t)ro + PAGE - 8), -EFAULT);
	munmap(ro, PAGE);
	local_end(&l);
}

/* a dma-buf that is open for reading can be granted for reading, or by force */
static void grant_of_read_only_dmabuf_for_reading_or_forced(void **state)
{
	struct xen_dmabuf_restrict r = {
		.size = sizeof(r),
		.flags = XENDMABUF_MAY_MAP | XENDMABUF_MAY_GRANT,
		.domid = world.domid,
	};
	struct xen_dmabuf_grant g;
	uint32_t out[PAGES];
	int fd, granting, restricted;
	struct local l;

	(void)state;
	bad_begin();
	local_alloc(&l, PAGES, "heap", 1);
	fd = read_only_alloc(PAGES);
	if (fd < 0) {
		note("no DMA heap that makes a read-only dma-buf");
		local_end(&l);
		skip();
	}
	g = raw_grant(world.domid, fd, out, PAGES);
	grant_fails(g, -EACCES);
	grant_fails(with(g, flags = XEN_DMABUF_GRANT_RDONLY), 0);
	/* for those who know, with a file that may do everything */
	g.flags = XEN_DMABUF_GRANT_FORCE_WRITE;
	grant_fails(g, 0);
	grant_fails(with(g, flags |= XEN_DMABUF_GRANT_RDONLY), 0);
	grant_fails(with(g, dmabuf_fd = l.fd), 0);
	granting = open("/dev/xen/dmabuf-grant", O_RDWR | O_CLOEXEC);
	assert_err(raw(granting, XEN_DMABUF_IOC_GRANT, &g), -EPERM);
	close(granting);
	restricted = raw_open();
	assert_ok(raw(restricted, XEN_DMABUF_IOC_RESTRICT, &r));
	assert_err(raw(restricted, XEN_DMABUF_IOC_GRANT, &g), -EPERM);
	g.flags = 0;
	assert_err(raw(restricted, XEN_DMABUF_IOC_GRANT, &g), -EACCES);
	close(restricted);
	nothing_left();
	close(fd);
	local_end(&l);
}

/* pages of another domain cannot be granted onward */
static void grant_of_foreign_pages_fails_exdev(void **state)
{
	struct xen_dmabuf_grant g;
	uint32_t out[PAGES];
	struct view v;

	(void)state;
	bad_begin();
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	mapped += PAGES;
	g = raw_grant(world.domid + 1, v.fd, out, PAGES);
	grant_fails(g, -EXDEV);
	grant_fails(with(g, flags = XEN_DMABUF_GRANT_RDONLY), -EXDEV);
	view_end(&v);
	mapped -= PAGES;
	agent("free 0");
}

/*
 * How many references the grant table has left: one buffer is granted repeatedly,
 * in smaller and smaller pieces, until no page more can be granted.
 */
static size_t count_references_left(void)
{
	static const size_t pieces[] = { 8100, 512, 32, 1 };
	static uint32_t out[8100];
	struct xendmabuf_lease *leases[128];
	size_t i, n = 0, total = 0;
	unsigned long was;
	int err = 0, fd;

	/* the driver's limit would prevent this */
	was = raw_param("max_granted_pages", 1UL << 30);
	assert_ok(xendmabuf_alloc(sizeof(out) / 4 * PAGE, XENDMABUF_ALLOC_ANY,
				  &fd));
	for (i = 0; i < ARRAY_LEN(pieces); i++) {
		for (err = 0; n < ARRAY_LEN(leases) && !err; n += !err) {
			err = xendmabuf_grant(world.x, fd, 0, world.domid, 0,
					      out, pieces[i], &leases[n]);
			total += err ? 0 : pieces[i];
		}
	}
	raw_param("max_granted_pages", was);
	close(fd);
	while (n--)
		xendmabuf_lease_close(leases[n]);
	nothing_left();
	assert_err(err, -ENOSPC);
	return total;
}

#define ROUNDS 20
#define MANY 2025 /* pages of a grant that fails when all are granted */

/* a failed GRANT keeps no reference: checked in the grant table, not in our counters */
static void failed_grants_keep_no_references(void **state)
{
	struct xen_dmabuf_grant g;
	size_t before, after;
	struct local l;
	int i;

	bad_begin();
	before = count_references_left();
	for (i = 0; i < ROUNDS; i++) {
		grant_bad_arguments_refused(state);
		grant_of_other_files_refused(state);
		grant_bad_pointers_fail_efault(state);
		grant_of_foreign_pages_fails_exdev(state);
		local_alloc(&l, MANY, "heap", 1);
		g = raw_grant(world.domid, l.fd, NULL, MANY);
		grant_fails(g, -EFAULT);
		local_end(&l);
	}
	after = count_references_left();
	note("%zu references before, %zu after", before, after);
	assert_int_equal(after, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(grant_bad_arguments_refused),
		world_test(grant_of_other_files_refused),
		world_test(grant_bad_pointers_fail_efault),
		world_test(grant_of_read_only_dmabuf_for_reading_or_forced),
		world_test(grant_of_foreign_pages_fails_exdev),
		world_test(failed_grants_keep_no_references),
	};

	return world_run("badgrant", tests);
}
