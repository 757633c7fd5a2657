// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real DMA: QEMU's edu card reads and writes the other domain's pages.  A card that
 * cannot reach them is refused, and changes nothing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common.h"
#include "edu.h"
#include "kmod/xdb_importer.h"

static const size_t sizes[] = { 1, 2, 900, 2025, 8100 };

static int open_card(void)
{
	int edu = edu_open();

	if (edu < 0)
		fail_msg("no edu card, or no xdb_edu: %s", strerror(-edu));
	return edu;
}

/* half a page: one transfer by the card takes about 100 ms */
#define PIECE 2048

static void assert_card_reads(int edu, size_t page, size_t at, uint64_t seed)
{
	uint8_t want[PAGE], got[PIECE];

	pattern_fill(want, page, 1, seed);
	memset(got, 0, sizeof(got));
	assert_ok(edu_read(edu, page * PAGE + at, got, PIECE));
	if (memcmp(got, want + at, PIECE))
		fail_msg("the card did not read what page %zu holds at %zu",
			 page, at);
}

static void write_by_card(int edu, size_t page, uint64_t seed)
{
	uint8_t piece[PAGE];

	pattern_fill(piece, page, 1, seed);
	assert_ok(edu_write(edu, page * PAGE, piece, PAGE));
}

/* pages that the driver maps with one hypercall */
#define BATCH 512

/* the card reads both pages at every batch border, and writes one of them */
static void check_batch_borders(int edu, size_t n, uint64_t seed)
{
	size_t border, page, next = 0;

	agent("fill 0 %lu", seed);
	for (border = BATCH; border < n; border += BATCH) {
		assert_card_reads(edu, border - 1, PAGE - PIECE, seed);
		assert_card_reads(edu, border, 0, seed);
		write_by_card(edu, border - border / BATCH % 2, seed + 1);
	}
	for (border = BATCH; border < n; border += BATCH) {
		page = border - border / BATCH % 2;
		assert_int_equal(agent("check 0 %lu %zu 1", seed + 1, page), 0);
		assert_int_equal(agent("check 0 %lu %zu %zu", seed, next,
				       page - next),
				 0);
		next = page + 1;
	}
	assert_int_equal(agent("check 0 %lu %zu %zu", seed, next, n - next), 0);
}

static void card_dma_to_plain_guest_pages(void **state)
{
	struct xdb_edu_map told;
	uint32_t *refs;
	struct view v;
	size_t i, n;
	int edu = open_card();

	(void)state;
	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		n = sizes[i];
		refs = calloc(n, sizeof(*refs));
		guest_plain(0, n, "rw", 40 + i, refs);
		view_map(&v, refs, n, 0);
		free(refs);
		assert_ok(edu_attach(edu, v.fd, 64));
		assert_ok(edu_map(edu, XDB_EDU_BOTH, &told));
		note("%zu pages: %u segments, the longest %u bytes", n,
		     told.segments, told.longest);
		assert_true(told.segments >= 1 && told.segments <= n);
		assert_int_equal(told.pages, n);

		assert_card_reads(edu, 0, 0, 40 + i);
		assert_card_reads(edu, n - 1, PAGE - PIECE, 40 + i);
		write_by_card(edu, n / 2, 50 + i);
		/* the guest sees the written page, and no other page changed */
		assert_int_equal(agent("check 0 %zu %zu 1", 50 + i, n / 2), 0);
		assert_int_equal(agent("check 0 %zu 0 %zu", 40 + i, n / 2), 0);
		if (n > 1)
			assert_int_equal(agent("check 0 %zu %zu %zu", 40 + i,
					       n / 2 + 1, n - n / 2 - 1),
					 0);

		/* the card reads what the guest writes while it is mapped */
		agent("fill 0 %zu %zu 1", 60 + i, n / 2);
		assert_card_reads(edu, n / 2, 0, 60 + i);
		if (n > BATCH)
			check_batch_borders(edu, n, 140 + 2 * i);
		assert_ok(edu_detach(edu));
		view_end(&v);
		agent("free 0");
	}
	close(edu);
}

/* a dma-buf of the guest whose pages are far from contiguous */
static void card_dma_to_scattered_guest_dmabuf(void **state)
{
	uint32_t refs[300];
	struct view v;
	int edu = open_card();

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, 300, "scatter", "rw", 70, refs);
	view_map(&v, refs, 300, 0);
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_ok(edu_map(edu, XDB_EDU_BOTH, NULL));
	assert_card_reads(edu, 0, PIECE, 70);
	assert_card_reads(edu, 127, 0, 70);
	write_by_card(edu, 128, 71);
	assert_int_equal(agent("check 0 71 128 1"), 0);
	assert_int_equal(agent("check 0 70 129 171"), 0);
	assert_ok(edu_detach(edu));
	view_end(&v);
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
	close(edu);
}

/* the card writes into dom0's own pages, the guest reads them */
static void card_dma_to_dom0_memory_seen_by_guest(void **state)
{
	struct local l;
	int edu = open_card();

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, 2, "udmabuf", 80);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_ok(edu_attach(edu, l.fd, 64));
	assert_ok(edu_map(edu, XDB_EDU_BOTH, NULL));
	write_by_card(edu, 1, 81);
	assert_ok(edu_unmap(edu));
	assert_int_equal(agent("check 0 80 0 1"), 0);
	assert_int_equal(agent("check 0 81 1 1"), 0);

	agent("fill 0 82");
	assert_ok(edu_map(edu, XDB_EDU_TO_DEVICE, NULL));
	assert_card_reads(edu, 0, 0, 82);
	assert_ok(edu_detach(edu));
	agent("free 0");
	local_end(&l);
	close(edu);
}

/*
 * A card with few address bits: true if it reaches the pages, and then it reads
 * the right bytes; false if it was refused with EREMOTEIO and counted.
 */
static bool try_narrow_card(int edu, struct view *v, unsigned int bits,
			    unsigned int direction, uint64_t seed)
{
	long refused = machine_stat("bounces_refused");
	int err = edu_attach(edu, v->fd, bits);

	if (!err)
		err = edu_map(edu, direction, NULL);
	if (!err) {
		assert_card_reads(edu, v->pages - 1, 0, seed);
		assert_ok(edu_detach(edu));
		return true;
	}
	assert_err(err, -EREMOTEIO);
	assert_true(machine_stat("bounces_refused") > refused);
	edu_detach(edu);
	return false;
}

static void card_with_few_address_bits_refused(void **state)
{
	uint32_t refs[900];
	unsigned int direction;
	struct view v;
	bool reached = false;
	int edu = open_card();

	(void)state;
	guest_plain(0, 900, "rw", 90, refs);
	view_map(&v, refs, 900, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	for (direction = XDB_EDU_TO_DEVICE; direction <= XDB_EDU_BOTH;
	     direction++) {
		/* the lowest 256 MiB are never a guest's in these worlds */
		assert_false(try_narrow_card(edu, &v, 28, direction, 90));
		view_check(&v, 90);
		assert_int_equal(agent("check 0 90"), 0);
	}
	/* a bounce would write stale bytes over those that the guest writes now */
	agent("fill 0 91");
	assert_false(try_narrow_card(edu, &v, 28, XDB_EDU_BOTH, 91));
	view_check(&v, 91);
	assert_int_equal(agent("check 0 91"), 0);

	reached = try_narrow_card(edu, &v, 32, XDB_EDU_BOTH, 91);
	note("a card with 32 address bits %s",
	     reached ? "reaches these pages" : "is refused with EREMOTEIO");
	view_check(&v, 91);
	assert_int_equal(agent("check 0 91"), 0);

	/* a card that reaches the pages still works afterwards */
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_ok(edu_map(edu, XDB_EDU_BOTH, NULL));
	assert_card_reads(edu, 899, 0, 91);
	assert_ok(edu_detach(edu));
	view_end(&v);
	agent("free 0");
	close(edu);
}

static void card_dma_to_read_only_map_reads_only(void **state)
{
	uint32_t refs[4];
	struct view v;
	int edu = open_card(), err;

	(void)state;
	guest_plain(0, 4, "ro", 95, refs);
	view_map(&v, refs, 4, XENDMABUF_RDONLY);
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_err(edu_map(edu, XDB_EDU_FROM_DEVICE, NULL), -EACCES);
	assert_err(edu_map(edu, XDB_EDU_BOTH, NULL), -EACCES);
	assert_ok(edu_map(edu, XDB_EDU_TO_DEVICE, NULL));
	assert_card_reads(edu, 3, 0, 95);
	/* a vmap could write, so it is refused */
	err = edu_vmap(edu);
	assert_true(err == -EINVAL || err == -EACCES || err == -EOPNOTSUPP);
	assert_ok(edu_detach(edu));
	assert_int_equal(agent("check 0 95"), 0);
	view_end(&v);
	agent("free 0");
	close(edu);
}

/* a driver that maps for writing, too, and only reads: the memory stays read-only */
static void card_trusted_with_read_only_map_reads(void **state)
{
	uint32_t refs[4];
	struct view v;
	int edu = open_card(), err;

	(void)state;
	guest_plain(0, 4, "ro", 96, refs);
	view_map(&v, refs, 4, XENDMABUF_RDONLY | XENDMABUF_TRUST_DEVICES);
	view_mmap(&v, PROT_READ);
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_ok(edu_map(edu, XDB_EDU_BOTH, NULL));
	assert_card_reads(edu, 3, 0, 96);
	agent("fill 0 97");
	assert_card_reads(edu, 2, 0, 97);
	assert_int_equal(probe_write(v.va, 1), SIGSEGV);
	err = edu_vmap(edu);
	assert_true(err == -EINVAL || err == -EACCES || err == -EOPNOTSUPP);
	assert_ok(edu_detach(edu));
	assert_int_equal(agent("check 0 97"), 0);
	view_end(&v);
	agent("free 0");
	close(edu);
}

static int trust_devices_unprivileged(void *arg)
{
	struct xendmabuf_lease *lease;
	int fd;

	if (setgid(65534) || setuid(65534))
		return 100;
	return -xendmabuf_map(world.x, world.domid, arg, 1,
			      XENDMABUF_RDONLY | XENDMABUF_TRUST_DEVICES, &fd,
			      &lease);
}

static void trust_in_devices_needs_privilege(void **state)
{
	uint32_t ref;

	(void)state;
	guest_plain(0, 1, "ro", 98, &ref);
	assert_int_equal(in_child(trust_devices_unprivileged, &ref), EPERM);
	agent("free 0");
}

/*
 * Dynamic importers of a read-only map: those that only read can use it, except
 * where the kernel maps for writing, too, when they attach.
 */
static void dynamic_importer_of_read_only_map_reads_only(void **state)
{
	const unsigned int flags[] = {
		XENDMABUF_RDONLY,
		XENDMABUF_RDONLY | XENDMABUF_REVOCABLE,
		XENDMABUF_RDONLY | XENDMABUF_TRUST_DEVICES,
	};
	struct xdb_importer_attach req = {
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = 64,
	};
	int importer, attached, dir, err;
	uint32_t refs[4];
	struct view v;
	size_t i;

	(void)state;
	assert_ok(machine_load("xdb_importer", NULL));
	importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(importer >= 0);
	guest_plain(0, 4, "ro", 99, refs);
	for (i = 0; i < ARRAY_LEN(flags); i++) {
		view_map(&v, refs, 4, flags[i]);
		req.dmabuf_fd = v.fd;
		attached = ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req);
		if (attached) {
			assert_int_equal(errno, EACCES);
			assert_int_equal(flags[i], XENDMABUF_RDONLY);
			note("this kernel maps when a dynamic importer attaches");
			view_end(&v);
			continue;
		}
		/* 1: the device reads, 2: it writes, 3: both */
		for (dir = 1; dir <= 3; dir++) {
			err = ioctl(importer, XDB_IMPORTER_IOC_MAP, dir);
			if (dir > 1 && !(flags[i] & XENDMABUF_TRUST_DEVICES)) {
				assert_int_equal(err, -1);
				assert_int_equal(errno, EACCES);
				continue;
			}
			assert_int_equal(err, 0);
			assert_int_equal(
				ioctl(importer, XDB_IMPORTER_IOC_UNMAP), 0);
		}
		assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_DETACH), 0);
		view_end(&v);
	}
	assert_int_equal(agent("check 0 99"), 0);
	close(importer);
	agent("free 0");
}

/* a device's driver says which addresses a segment must not cross */
static void segments_end_at_boundaries_of_device(void **state)
{
	const uint32_t boundaries[] = { 0, 2 * PAGE, 8 * PAGE };
	struct xdb_importer_attach req = {
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = 64,
	};
	struct xdb_importer_segments seg;
	uint32_t refs[64];
	struct view v;
	int importer;
	size_t i;

	(void)state;
	assert_ok(machine_load("xdb_importer", NULL));
	importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(importer >= 0);
	guest_plain(0, 64, "rw", 94, refs);
	view_map(&v, refs, 64, 0);
	req.dmabuf_fd = v.fd;
	for (i = 0; i < ARRAY_LEN(boundaries); i++) {
		req.boundary = boundaries[i];
		assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req),
				 0);
		if (ioctl(importer, XDB_IMPORTER_IOC_MAP, 3)) {
			assert_int_equal(errno, EREMOTEIO);
			note("the importer cannot reach foreign pages here");
			assert_int_equal(
				ioctl(importer, XDB_IMPORTER_IOC_DETACH), 0);
			break;
		}
		assert_int_equal(
			ioctl(importer, XDB_IMPORTER_IOC_SEGMENTS, &seg), 0);
		note("boundary %u: %u segments", boundaries[i], seg.nr);
		assert_int_equal(seg.crossings, 0);
		if (boundaries[i])
			assert_true(seg.nr >= 64 * PAGE / boundaries[i]);
		assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_DETACH), 0);
	}
	close(importer);
	view_end(&v);
	agent("free 0");
}

/*
 * Whether vmap() of foreign pages does no more than leave nothing there.  Since Linux
 * 6.16 it sets entries in batches, and a PV kernel warns when Xen refuses one.
 */
static bool vmap_only_faults(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	sscanf(name.release, "%u.%u", &major, &minor);
	return !world.pv || major < 6 || (major == 6 && minor < 16);
}

/* every page, read by an importer: the right byte, or a fault if @faults */
static void assert_peeked(int importer, uint32_t how, uint64_t seed,
			  bool faults)
{
	struct xdb_importer_peek req = { .how = how };
	uint8_t want;

	for (req.page = 0; req.page < 16; req.page++) {
		if (ioctl(importer, XDB_IMPORTER_IOC_PEEK, &req))
			fail_msg("PEEK: %s", strerror(errno));
		assert_int_equal(req.fault, faults);
		want = pattern_word(seed, req.page, 0);
		if (!faults)
			assert_int_equal(req.byte, want);
	}
}

/*
 * Drivers that map the pages of their table themselves, without dma-buf's vmap: in a
 * PV domain they find nothing where they vmap()ed, never another's memory.
 */
static void importer_that_maps_pages_itself(void **state)
{
	struct xdb_importer_attach req = {
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = 64,
	};
	struct xdb_importer_peek first = {};
	uint32_t refs[16];
	struct view v;
	int importer;

	(void)state;
	assert_ok(machine_load("xdb_importer", NULL));
	importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(importer >= 0);
	guest_plain(0, 16, "rw", 93, refs);
	view_map(&v, refs, 16, 0);
	req.dmabuf_fd = v.fd;
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req), 0);
	if (ioctl(importer, XDB_IMPORTER_IOC_MAP, 3)) {
		assert_int_equal(errno, EREMOTEIO);
		note("the importer cannot reach foreign pages here");
	} else if (ioctl(importer, XDB_IMPORTER_IOC_PEEK, &first)) {
		assert_int_equal(errno, EOPNOTSUPP);
		note("this kernel hides the pages from importers");
	} else {
		assert_peeked(importer, XDB_IMPORTER_LINEAR, 93, false);
		if (vmap_only_faults())
			assert_peeked(importer, XDB_IMPORTER_VMAP, 93,
				      world.pv);
	}
	close(importer);
	view_end(&v);
	agent("free 0");
}

/* two importers at once, each with a table of its own */
static void two_cards_have_one_table_each(void **state)
{
	int one = open_card(), two = open_card();
	uint32_t refs[16];
	struct view v;

	(void)state;
	guest_plain(0, 16, "rw", 97, refs);
	view_map(&v, refs, 16, 0);
	assert_ok(edu_attach(one, v.fd, 64));
	assert_ok(edu_attach(two, v.fd, 64));
	assert_int_equal(lease_look(v.lease).attachments, 2);
	assert_ok(edu_map(one, XDB_EDU_TO_DEVICE, NULL));
	assert_ok(edu_map(two, XDB_EDU_FROM_DEVICE, NULL));
	assert_ok(edu_unmap(one));
	write_by_card(two, 5, 98);
	assert_ok(edu_map(one, XDB_EDU_BOTH, NULL));
	assert_card_reads(one, 5, 0, 98);
	assert_ok(edu_detach(two));
	assert_int_equal(lease_look(v.lease).attachments, 1);
	assert_card_reads(one, 6, 0, 97);
	assert_ok(edu_detach(one));
	view_end(&v);
	agent("free 0");
	close(one);
	close(two);
}

static void revoked_map_works_for_card_until_detach(void **state)
{
	uint32_t refs[4];
	struct view v;
	int edu = open_card(), late = open_card(), err;

	(void)state;
	guest_plain(0, 4, "rw", 99, refs);
	view_map(&v, refs, 4, 0);
	assert_ok(edu_attach(edu, v.fd, 64));
	assert_ok(edu_map(edu, XDB_EDU_BOTH, NULL));
	assert_ok(xendmabuf_lease_revoke(v.lease));
	/* a static importer cannot be told to unmap: its DMA keeps working */
	assert_int_equal(lease_state(v.lease), XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(lease_look(v.lease).pages_in_use, 4);
	assert_card_reads(edu, 2, 0, 99);
	assert_err(xendmabuf_lease_wait(v.lease, 100), -ETIMEDOUT);
	assert_ok(edu_unmap(edu));
	/*
	 * Kernels that map for a static importer at attach return that mapping
	 * again without asking the driver: it must still work.
	 */
	err = edu_map(edu, XDB_EDU_BOTH, NULL);
	if (!err)
		assert_card_reads(edu, 1, 0, 99);
	else
		assert_err(err, -ENODEV);
	/* no new attachment, even while one is left */
	assert_err(edu_attach(late, v.fd, 64), -ENODEV);
	assert_ok(edu_detach(edu));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_err(edu_attach(edu, v.fd, 64), -ENODEV);
	view_end(&v);
	agent("free 0");
	close(late);
	close(edu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(card_dma_to_plain_guest_pages),
		world_test(card_dma_to_scattered_guest_dmabuf),
		world_test(card_dma_to_dom0_memory_seen_by_guest),
		world_test(card_with_few_address_bits_refused),
		world_test(card_dma_to_read_only_map_reads_only),
		world_test(card_trusted_with_read_only_map_reads),
		world_test(trust_in_devices_needs_privilege),
		world_test(dynamic_importer_of_read_only_map_reads_only),
		world_test(segments_end_at_boundaries_of_device),
		world_test(importer_that_maps_pages_itself),
		world_test(two_cards_have_one_table_each),
		world_test(revoked_map_works_for_card_until_detach),
	};

	return world_run("dma", tests);
}
