// SPDX-License-Identifier: GPL-2.0-only
/* Buffers of either end; every step is asserted, so that tests stay short. */
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "scatter.h"

void guest_refs(uint32_t *refs, size_t pages)
{
	assert_int_equal(agent_value[0], pages);
	assert_ok(xendmabuf_directory_read(world.domid, agent_value[1], refs,
					   pages));
}

void guest_plain(int slot, size_t pages, const char *mode, uint64_t seed,
		 uint32_t *refs)
{
	agent("plain %d %zu %s %lu", slot, pages, mode, seed);
	guest_refs(refs, pages);
}

void guest_grant(int slot, size_t pages, const char *source, const char *mode,
		 uint64_t seed, uint32_t *refs)
{
	agent("alloc %d %zu %s %lu", slot, pages, source, seed);
	agent("grant %d 0 %zu %s", slot, pages, mode);
	guest_refs(refs, pages);
}

void view_map(struct view *v, const uint32_t *refs, size_t pages,
	      unsigned int flags)
{
	view_map_for_device(v, refs, pages, flags, 0);
}

void view_map_for_device(struct view *v, const uint32_t *refs, size_t pages,
			 unsigned int flags, unsigned int dma_bits)
{
	int err;

	memset(v, 0, sizeof(*v));
	v->fd = -1;
	err = xendmabuf_map_for_device(world.x, world.domid, refs, pages, flags,
				       dma_bits, &v->fd, &v->lease);
	if (err)
		fail_msg("map of %zu pages of domain %u: %s", pages,
			 world.domid, xendmabuf_explain(world.x, err));
	v->pages = pages;
	assert_int_equal(xendmabuf_size(v->fd), pages * PAGE);
}

void view_mmap(struct view *v, int prot)
{
	void *va = mmap(NULL, v->pages * PAGE, prot, MAP_SHARED, v->fd, 0);

	if (va == MAP_FAILED)
		fail_msg("mmap of %zu foreign pages: %s", v->pages,
			 strerror(errno));
	v->va = va;
}

void view_check(struct view *v, uint64_t seed)
{
	size_t bad = 0, wrong;

	assert_ok(xendmabuf_access_begin(v->fd, XENDMABUF_READ));
	wrong = pattern_check(v->va, 0, v->pages, seed, &bad);
	assert_ok(xendmabuf_access_end(v->fd, XENDMABUF_READ));
	if (wrong)
		fail_msg(
			"%zu of %zu foreign pages do not hold pattern %lu, page %zu is the first",
			wrong, v->pages, seed, bad);
}

void assert_right_or_gone(const uint8_t *va, size_t first, size_t n,
			  uint64_t seed)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint8_t got = 0, want = pattern_word(seed, first + i, 0);
		int sig = probe_read(va + i * PAGE, &got);

		if (!sig)
			assert_int_equal(got, want);
		else
			assert_true(sig == SIGBUS || sig == SIGSEGV);
	}
}

void view_fill(struct view *v, uint64_t seed)
{
	assert_ok(xendmabuf_access_begin(v->fd, XENDMABUF_WRITE));
	pattern_fill(v->va, 0, v->pages, seed);
	assert_ok(xendmabuf_access_end(v->fd, XENDMABUF_WRITE));
}

void view_drop(struct view *v)
{
	if (v->va)
		assert_int_equal(munmap(v->va, v->pages * PAGE), 0);
	if (v->fd >= 0)
		close(v->fd);
	v->va = NULL;
	v->fd = -1;
}

void view_end(struct view *v)
{
	view_drop(v);
	assert_ok(xendmabuf_lease_wait(v->lease, WAIT_MS));
	assert_int_equal(lease_look(v->lease).pages_in_use, 0);
	xendmabuf_lease_close(v->lease);
	v->lease = NULL;
}

void view_begin_plain(struct view *v, size_t pages, uint64_t seed)
{
	uint32_t *refs = calloc(pages, sizeof(*refs));

	assert_non_null(refs);
	guest_plain(0, pages, "rw", seed, refs);
	view_map(v, refs, pages, 0);
	free(refs);
	view_mmap(v, PROT_READ | PROT_WRITE);
	view_check(v, seed);
}

void view_end_and_free(struct view *v)
{
	view_end(v);
	agent("free 0");
}

int view_read_in_child(void *view)
{
	struct view *v = view;
	uint8_t byte;
	int sig = probe_read(v->va, &byte);

	/* caught, because the kernel logs a fault without a handler */
	if (sig)
		return 128 + sig;
	return pattern_check(v->va, 0, v->pages, 1, NULL) ? 1 : 0;
}

int read_only_alloc(size_t pages)
{
	int heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC);
	struct dma_heap_allocation_data alloc = {
		.len = pages * PAGE,
		.fd_flags = O_RDONLY | O_CLOEXEC,
	};
	int ret;

	if (heap < 0)
		return -1;
	ret = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &alloc);
	close(heap);
	return ret ? -1 : (int)alloc.fd;
}

void local_alloc(struct local *l, size_t pages, const char *source,
		 uint64_t seed)
{
	memset(l, 0, sizeof(*l));
	assert_ok(source_alloc(source, pages, &l->fd));
	l->pages = pages;
	l->va = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     l->fd, 0);
	assert_ptr_not_equal(l->va, MAP_FAILED);
	l->refs = calloc(pages, sizeof(*l->refs));
	assert_non_null(l->refs);
	assert_ok(xendmabuf_access_begin(l->fd, XENDMABUF_WRITE));
	pattern_fill(l->va, 0, pages, seed);
	assert_ok(xendmabuf_access_end(l->fd, XENDMABUF_WRITE));
}

void local_grant(struct local *l, unsigned int flags)
{
	int err = xendmabuf_grant(world.x, l->fd, 0, world.domid, flags,
				  l->refs, l->pages, &l->lease);

	if (err)
		fail_msg("grant of %zu pages to domain %u: %s", l->pages,
			 world.domid, xendmabuf_explain(world.x, err));
}

static int map_by_guest(struct local *l, int slot, const char *mode,
			unsigned int dma_bits)
{
	struct xendmabuf_directory *dir;
	uint32_t first;
	int err;

	assert_ok(xendmabuf_directory_share(world.domid, l->refs, l->pages,
					    &first, &dir));
	err = agent_try("map %d %zu %u %s 0 %u", slot, l->pages, first, mode,
			dma_bits);
	xendmabuf_directory_unshare(dir);
	return err;
}

int local_to_guest(struct local *l, int slot, const char *mode)
{
	return map_by_guest(l, slot, mode, 0);
}

int local_to_guest_for_device(struct local *l, int slot, unsigned int dma_bits)
{
	return map_by_guest(l, slot, "rw", dma_bits);
}

void local_end(struct local *l)
{
	if (l->va)
		munmap(l->va, l->pages * PAGE);
	if (l->fd >= 0)
		close(l->fd);
	if (l->lease) {
		assert_ok(xendmabuf_lease_revoke(l->lease));
		assert_ok(xendmabuf_lease_wait(l->lease, WAIT_MS));
		xendmabuf_lease_close(l->lease);
	}
	free(l->refs);
	memset(l, 0, sizeof(*l));
	l->fd = -1;
}

struct xen_dmabuf_lease_info lease_look(struct xendmabuf_lease *lease)
{
	struct xen_dmabuf_lease_info info;

	assert_ok(xendmabuf_lease_info(lease, &info, sizeof(info)));
	return info;
}

uint32_t lease_state(struct xendmabuf_lease *lease)
{
	return lease_look(lease).state;
}
