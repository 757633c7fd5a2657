// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP over frames from the DMA API: a card with few address bits reaches the
 * other domain's pages, and every frame has its memory again afterwards.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>

#include "common.h"
#include "edu.h"
#include "kmod/xdb_user.h"

/* More contiguous pages than the buddy allocator or a debug kernel's CMA provide. */
#define TOO_LONG 5000

/* Only auto-translated x86 has it; test-badinput checks EOPNOTSUPP elsewhere. */
static void skip_without_backing(void)
{
	if (!(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING))
		skip();
}

static int open_card(void)
{
	int edu = edu_open();

	if (edu < 0)
		fail_msg("no edu card, or no xdb_edu: %s", strerror(-edu));
	return edu;
}

/* the CPU, a vmap and the card all read and write the guest's pages */
static void check_all_accesses(struct view *v, unsigned int bits, uint64_t seed,
			       struct xdb_edu_map *told)
{
	size_t len = v->pages * PAGE, last = len - PAGE;
	uint8_t *copy = malloc(len), page[PAGE];
	int edu = open_card();

	assert_non_null(copy);
	view_mmap(v, PROT_READ | PROT_WRITE);
	view_check(v, seed);
	assert_ok(edu_attach(edu, v->fd, bits));
	assert_ok(edu_map(edu, XDB_EDU_BOTH, told));
	assert_ok(edu_read(edu, last, page, PAGE));
	assert_memory_equal(page, v->va + last, PAGE);
	pattern_fill(page, 0, 1, seed + 1);
	assert_ok(edu_write(edu, 0, page, PAGE));
	assert_int_equal(
		agent("check 0 %llu 0 1", (unsigned long long)seed + 1), 0);
	agent("fill 0 %llu", (unsigned long long)seed + 2);
	assert_ok(edu_vmap(edu));
	assert_ok(edu_vread(edu, 0, copy, len));
	assert_int_equal(pattern_check(copy, 0, v->pages, seed + 2, NULL), 0);
	assert_ok(edu_detach(edu));
	view_check(v, seed + 2);
	close(edu);
	free(copy);
}

static void map_with_dma_bits_works_for_narrow_card(void **state)
{
	static const struct {
		size_t pages;
		unsigned int bits;
	} cases[] = { { 1, 32 }, { 16, 28 }, { 2025, 32 } };
	uint32_t *refs;
	struct view v;
	size_t i;

	(void)state;
	skip_without_backing();
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		refs = calloc(cases[i].pages, sizeof(*refs));
		assert_non_null(refs);
		guest_plain(0, cases[i].pages, "rw", 200 + 10 * i, refs);
		view_map_for_device(&v, refs, cases[i].pages, 0, cases[i].bits);
		check_all_accesses(&v, cases[i].bits, 200 + 10 * i, NULL);
		view_end(&v);
		assert_int_equal(machine_stat("pages_owed"), 0);
		agent("free 0");
		free(refs);
	}
}

static void contiguous_map_is_one_dma_segment(void **state)
{
	struct xdb_edu_map told;
	uint32_t refs[16];
	struct view v;

	(void)state;
	skip_without_backing();
	/* 64 KiB: the longest segment that the card's driver asks for */
	guest_plain(0, ARRAY_LEN(refs), "rw", 230, refs);
	view_map_for_device(&v, refs, ARRAY_LEN(refs), XENDMABUF_CONTIGUOUS, 0);
	check_all_accesses(&v, 64, 230, &told);
	assert_int_equal(told.segments, 1);
	view_end(&v);
	agent("free 0");
}

static void map_without_suitable_frames_fails_enomem(void **state)
{
	static uint32_t refs[TOO_LONG];
	struct xendmabuf_lease *lease;
	int fd;

	(void)state;
	skip_without_backing();
	guest_plain(0, ARRAY_LEN(refs), "rw", 240, refs);
	assert_err(xendmabuf_map_for_device(
			   world.x, world.domid, refs, ARRAY_LEN(refs),
			   XENDMABUF_CONTIGUOUS, 0, &fd, &lease),
		   -ENOMEM);
	/* no zone has frames below 2^13 */
	assert_err(xendmabuf_map_for_device(world.x, world.domid, refs, 2, 0,
					    13, &fd, &lease),
		   -ENOMEM);
	agent("free 0");
}

/* a bad reference in the middle: all frames get their memory back */
static void map_with_bad_reference_returns_its_frames(void **state)
{
	struct xendmabuf_lease *lease;
	uint32_t refs[600];
	int fd;

	(void)state;
	skip_without_backing();
	guest_plain(0, ARRAY_LEN(refs), "rw", 250, refs);
	refs[555] = 0xfffffff0;
	assert_err(xendmabuf_map_for_device(world.x, world.domid, refs,
					    ARRAY_LEN(refs), 0, 32, &fd,
					    &lease),
		   -EACCES);
	assert_int_equal(xendmabuf_bad_ref(world.x), 555);
	assert_int_equal(machine_stat("pages_owed"), 0);
	agent("free 0");
}

static void revoked_map_with_dma_bits_raises_sigbus(void **state)
{
	uint32_t refs[4];
	struct view v;
	uint8_t byte;

	(void)state;
	skip_without_backing();
	guest_plain(0, ARRAY_LEN(refs), "rw", 260, refs);
	view_map_for_device(&v, refs, ARRAY_LEN(refs), 0, 32);
	view_mmap(&v, PROT_READ);
	view_check(&v, 260);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_int_equal(probe_read(v.va, &byte), SIGBUS);
	view_end(&v);
	agent("free 0");
}

static uint64_t count_own_pages(xc_interface *xc)
{
	xc_domaininfo_t info;

	assert_true(xc_domain_getinfolist(xc, 0, 1, &info) == 1);
	return info.tot_pages;
}

/* the toolstack lowers dom0's maximum: frames stay owed until it is raised again */
static void frames_owed_while_xen_has_no_memory(void **state)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	uint32_t refs[64];
	uint64_t before;
	struct view v;

	(void)state;
	assert_non_null(xc);
	if (!(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING)) {
		xc_interface_close(xc);
		skip();
	}
	guest_plain(0, ARRAY_LEN(refs), "rw", 270, refs);
	before = count_own_pages(xc);
	view_map_for_device(&v, refs, ARRAY_LEN(refs), 0, 32);
	assert_int_equal(count_own_pages(xc), before - ARRAY_LEN(refs));
	assert_int_equal(xc_domain_setmaxmem(xc, 0,
					     count_own_pages(xc) * PAGE / 1024),
			 0);
	/* the guest gets its pages back even while dom0 has no memory for the frames */
	view_end(&v);
	assert_int_equal(machine_stat("pages_owed"), ARRAY_LEN(refs));
	agent("free 0");
	assert_int_equal(xc_domain_setmaxmem(xc, 0, UINT32_MAX), 0);
	eventually(machine_stat("pages_owed") == 0);
	assert_int_equal(count_own_pages(xc), before);
	xc_interface_close(xc);
}

/* xdb_user: a module that uses what the driver exports to other modules */
static int open_user_module(void)
{
	int fd;

	assert_ok(machine_load("xdb_user", NULL));
	fd = open("/dev/xdb-user", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int take_frames(int user, struct xdb_user_backing *b)
{
	return ioctl(user, XDB_USER_IOC_BACK, b) ? -errno : 0;
}

static void kernel_module_gets_frames_without_memory(void **state)
{
	static const struct {
		struct xdb_user_backing ask;
		int err;
	} cases[] = {
		{ { .nr_pages = 1, .dma_bits = 32 }, 0 },
		{ { .nr_pages = 700, .dma_bits = 28 }, 0 },
		{ { .nr_pages = 16, .dma_bits = 64, .contiguous = 1 }, 0 },
		{ { .nr_pages = 256, .dma_bits = 32, .contiguous = 1 }, 0 },
		{ { .nr_pages = 0, .dma_bits = 32 }, -EINVAL },
		{ { .nr_pages = 65536, .dma_bits = 32 }, -EINVAL },
		{ { .nr_pages = 1, .dma_bits = 12 }, -EINVAL },
		{ { .nr_pages = 1, .dma_bits = 65 }, -EINVAL },
		{ { .nr_pages = 2, .dma_bits = 13 }, -ENOMEM },
		{ { .nr_pages = TOO_LONG, .dma_bits = 64, .contiguous = 1 },
		  -ENOMEM },
	};
	bool offered = world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING;
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	int user = open_user_module();
	uint64_t before;
	size_t i;

	(void)state;
	assert_non_null(xc);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		struct xdb_user_backing b = cases[i].ask;

		before = count_own_pages(xc);
		assert_err(take_frames(user, &b),
			   offered ? cases[i].err : -EOPNOTSUPP);
		if (!offered || cases[i].err) {
			assert_int_equal(count_own_pages(xc), before);
			continue;
		}
		assert_true(b.bits_needed <= b.dma_bits);
		assert_true(b.pieces >= 1 && b.pieces <= b.nr_pages);
		if (b.contiguous)
			assert_int_equal(b.pieces, 1);
		/* the frames' memory is with Xen until they are freed */
		assert_int_equal(count_own_pages(xc), before - b.nr_pages);
		assert_err(take_frames(user, &b), -EBUSY);
		assert_int_equal(ioctl(user, XDB_USER_IOC_UNBACK, 0), 0);
		assert_int_equal(count_own_pages(xc), before);
		assert_int_equal(machine_stat("pages_owed"), 0);
	}
	close(user);
	xc_interface_close(xc);
}

/* the driver keeps frames that Xen has no memory for; the other module can go */
static void removed_module_leaves_owed_frames_to_driver(void **state)
{
	struct xdb_user_backing b = { .nr_pages = 64, .dma_bits = 32 };
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	uint64_t before;
	int user;

	(void)state;
	assert_non_null(xc);
	if (!(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING)) {
		xc_interface_close(xc);
		skip();
	}
	user = open_user_module();
	before = count_own_pages(xc);
	assert_ok(take_frames(user, &b));
	assert_int_equal(xc_domain_setmaxmem(xc, 0,
					     count_own_pages(xc) * PAGE / 1024),
			 0);
	close(user);
	assert_int_equal(machine_stat("pages_owed"), 64);
	assert_ok(machine_remove("xdb_user"));
	assert_int_equal(xc_domain_setmaxmem(xc, 0, UINT32_MAX), 0);
	eventually(machine_stat("pages_owed") == 0);
	assert_int_equal(count_own_pages(xc), before);
	xc_interface_close(xc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(map_with_dma_bits_works_for_narrow_card),
		world_test(contiguous_map_is_one_dma_segment),
		world_test(map_without_suitable_frames_fails_enomem),
		world_test(map_with_bad_reference_returns_its_frames),
		world_test(revoked_map_with_dma_bits_raises_sigbus),
		world_test(frames_owed_while_xen_has_no_memory),
		world_test(kernel_module_gets_frames_without_memory),
		world_test(removed_module_leaves_owed_frames_to_driver),
	};

	return world_run("backing", tests);
}
