// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where device addresses are not guest frames (PV, arm64), MAP cannot choose frames
 * that a device reaches.  Instead the backend allocates memory that its device can
 * use, and grants it.  Tries every source: DMA heaps (contiguous, but for the
 * "system" heap) and the dumb buffers of DRM drivers.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "common.h"
#include "edu.h"

#define PAGES \
	16 /* 64 KiB: the longest segment that the card's driver asks for */
#define MAX_CARDS 8

/* fill a dma-buf that is already allocated, and make it a struct local */
static void wrap_dmabuf(struct local *l, int fd, uint64_t seed)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->pages = PAGES;
	l->refs = calloc(PAGES, sizeof(*l->refs));
	assert_non_null(l->refs);
	l->va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     0);
	assert_ptr_not_equal(l->va, MAP_FAILED);
	assert_ok(xendmabuf_access_begin(fd, XENDMABUF_WRITE));
	pattern_fill(l->va, 0, PAGES, seed);
	assert_ok(xendmabuf_access_end(fd, XENDMABUF_WRITE));
}

/* whether the card reads what the guest writes while the buffer is mapped for it */
static bool card_reads_guest_data(int card, struct local *l, uint64_t seed,
				  unsigned int *segments)
{
	uint8_t page[PAGE], want[PAGE];
	struct xdb_edu_map told = {};
	size_t i, right = 0;
	int err;

	assert_ok(edu_attach(card, l->fd, 64));
	err = edu_map(card, XDB_EDU_TO_DEVICE, &told);
	*segments = told.segments;
	if (err) {
		note("exporter refuses to map the buffer for the card: %s",
		     strerror(-err));
		assert_ok(edu_detach(card));
		return false;
	}
	agent("fill 0 %llu", (unsigned long long)seed);
	for (i = 0; i < PAGES; i++) {
		assert_ok(edu_read(card, i * PAGE, page, PAGE));
		pattern_fill(want, i, 1, seed);
		right += !memcmp(page, want, PAGE);
	}
	assert_ok(edu_detach(card));
	/* stale in some pages only would be a mistake, not a bounce copy */
	assert_true(right == 0 || right == PAGES || world.pv);
	return right == PAGES;
}

static void check_source(const char *name, int dmabuf, bool contiguous,
			 uint64_t seed)
{
	unsigned int segments = 0;
	int card = edu_open();
	struct local l;
	bool seen;

	wrap_dmabuf(&l, dmabuf, seed);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 %llu", (unsigned long long)seed), 0);
	if (card >= 0) {
		seen = card_reads_guest_data(card, &l, seed + 1, &segments);
		note("%s: %u segments, %s", name, segments,
		     seen ? "card reads the guest's bytes"
			  : "bounced: not usable by this card");
		/* PV: contiguous guest frames are rarely contiguous machine frames */
		assert_true(seen || (world.pv && !contiguous));
		if (contiguous)
			assert_int_equal(segments, 1);
		close(card);
	} else {
		note("%s: no edu card in this world", name);
	}
	agent("free 0");
	local_end(&l);
}

static void dma_heap_buffers_granted_and_read_by_card(void **state)
{
	struct dma_heap_allocation_data args;
	DIR *d = opendir("/dev/dma_heap");
	struct dirent *e;
	char path[300];
	int heap, n = 0;

	(void)state;
	agent("load xen_dmabuf");
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/dev/dma_heap/%s", e->d_name);
		heap = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(heap >= 0);
		args = (struct dma_heap_allocation_data){
			.len = PAGES * PAGE,
			.fd_flags = O_RDWR | O_CLOEXEC,
		};
		assert_int_equal(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &args), 0);
		close(heap);
		check_source(path, args.fd, strcmp(e->d_name, "system"),
			     100 + 10 * n++);
	}
	if (d)
		closedir(d);
	if (!n) {
		note("this kernel has no DMA heaps");
		skip();
	}
}

/* a dumb buffer as a dma-buf; -errno if its driver makes none */
static int dumb_alloc(int card, uint32_t *handle)
{
	uint32_t pitch;
	uint64_t size;
	int fd;

	if (drmModeCreateDumbBuffer(card, PAGE / 4, PAGES, 32, 0, handle,
				    &pitch, &size))
		return -errno;
	assert_true(size >= PAGES * PAGE);
	if (drmPrimeHandleToFD(card, *handle, DRM_CLOEXEC | DRM_RDWR, &fd)) {
		drmModeDestroyDumbBuffer(card, *handle);
		return -errno;
	}
	return fd;
}

static void drm_dumb_buffers_granted_or_refused(void **state)
{
	static const char *const drivers[] = { "cirrus", "bochs", "vgem",
					       "virtio-gpu" };
	uint32_t handle, refs[PAGES];
	struct xendmabuf_lease *lease;
	drmVersion *version;
	int i, card, fd, err, n = 0;
	char path[32], name[64];

	(void)state;
	agent("load xen_dmabuf");
	for (i = 0; i < (int)ARRAY_LEN(drivers); i++)
		machine_load(drivers[i], NULL);
	for (i = 0; i < MAX_CARDS; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		card = open(path, O_RDWR | O_CLOEXEC);
		if (card < 0)
			continue;
		version = drmGetVersion(card);
		snprintf(name, sizeof(name), "dumb buffer of %s",
			 version ? version->name : path);
		drmFreeVersion(version);
		fd = dumb_alloc(card, &handle);
		if (fd < 0) {
			note("%s: no dma-buf (%s)", name, strerror(-fd));
			close(card);
			continue;
		}
		err = xendmabuf_grant(world.x, fd, 0, world.domid, 0, refs,
				      PAGES, &lease);
		if (!err) {
			assert_ok(xendmabuf_lease_revoke(lease));
			assert_ok(xendmabuf_lease_wait(lease, WAIT_MS));
			xendmabuf_lease_close(lease);
			check_source(name, fd, false, 300 + 10 * n++);
		} else {
			/* a card's own memory cannot be granted */
			note("%s: %s", name, strerror(-err));
			close(fd);
			if (err != -ENOSYS) /* what some exporters say */
				assert_err(err, -EOPNOTSUPP);
		}
		drmModeDestroyDumbBuffer(card, handle);
		close(card);
	}
	if (!n)
		skip();
}

/*
 * In a guest that is auto-translated and not direct-mapped, devices get guest
 * frames, also of foreign pages.  dma_bits then finds frames that a device reaches.
 */
static void guest_devices_get_guest_frames(void **state)
{
	long features, frame, page;
	struct local l;
	int err;

	(void)state;
	agent("load xen_dmabuf");
	agent("load xdb_importer");
	features = agent("features");
#ifdef __aarch64__
	assert_true(features & XEN_DMABUF_FEATURE_DMA_BACKING);
	/* dom0 is direct-mapped */
	assert_false(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING);
#endif
	local_alloc(&l, PAGES, "heap", 400);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 400"), 0);
	err = agent_try("import 0 64");
	frame = agent_value[1];
	page = agent_value[2];
	if (!err)
		note("guest: %ld segments, device frame 0x%lx, page frame 0x%lx",
		     agent_value[0], frame, page);
	if (features & XEN_DMABUF_FEATURE_PV) {
		/* a PV guest without hardware has no DMA layer of Xen's */
		assert_true(!err || err == -EREMOTEIO);
	} else {
		assert_ok(err);
		assert_int_equal(frame, page);
	}
	agent("free 0");

	if (features & XEN_DMABUF_FEATURE_DMA_BACKING) {
		assert_ok(local_to_guest_for_device(&l, 0, 32));
		assert_int_equal(agent("check 0 400"), 0);
		agent("fill 0 401");
		assert_int_equal(pattern_check(l.va, 0, PAGES, 401, NULL), 0);
		agent("import 0 32");
		assert_int_equal(agent_value[1], agent_value[2]);
		assert_true(agent_value[1] < 1L << (32 - 12));
		agent("free 0");
	} else {
		assert_err(local_to_guest_for_device(&l, 0, 32), -EOPNOTSUPP);
	}
	local_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(dma_heap_buffers_granted_and_read_by_card),
		world_test(drm_dumb_buffers_granted_or_refused),
		world_test(guest_devices_get_guest_frames),
	};

	return world_run("backend", tests);
}
