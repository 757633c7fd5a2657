// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "common.h"
#include "fuzz.h"
#include "kmod/xdb_importer.h"
#include "raw.h"

#define MAX_THREADS 8
#define SLOTS 48 /* descriptors */
#define MAPPINGS 4 /* of each thread */
#define MAX_REFS 64

static struct fuzz *fuzz;
static atomic_int slots[SLOTS]; /* -1: none */
static atomic_ullong calls_left, successes;

struct mapping {
	uint8_t *va;
	size_t size;
};

static struct worker {
	pthread_t thread;
	uint64_t random;
	struct mapping mappings[MAPPINGS];
} workers[MAX_THREADS];
static unsigned int nr_workers;

static __thread sigjmp_buf caught;
static __thread volatile sig_atomic_t probing;

/* ---- chance ---- */

/* splitmix64: every seed is a good one */
static uint64_t chance(struct worker *w)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint32_t below(struct worker *w, uint32_t n)
{
	return chance(w) % n;
}

static bool one_in(struct worker *w, uint32_t n)
{
	return !below(w, n);
}

/* a number as a mistaken or hostile program would choose it */
static uint32_t odd_number(struct worker *w)
{
	static const uint32_t odd[] = { 0,	    1,		2,
					4095,	    4096,	4097,
					32767,	    32768,	65535,
					65536,	    1 << 19,	0x7ff0,
					0x7fffffff, 0x80000000, UINT32_MAX };

	return one_in(w, 3) ? (uint32_t)chance(w)
			    : odd[below(w, ARRAY_LEN(odd))];
}

/* ---- descriptors ---- */

static int some_fd(struct worker *w)
{
	return one_in(w, 50) ? (int)odd_number(w)
			     : atomic_load(&slots[below(w, SLOTS)]);
}

static void drop(int fd)
{
	/* 0 to 2 are the test's own */
	if (fd > 2)
		close(fd);
}

static void keep(struct worker *w, int fd)
{
	if (fd >= 0)
		drop(atomic_exchange(&slots[below(w, SLOTS)], fd));
}

/* ---- the calls ---- */

static int op_open(struct worker *w)
{
	int fd = open(fuzz->importer && one_in(w, 3) ? "/dev/xdb-importer"
						     : "/dev/xen/dmabuf",
		      O_RDWR | O_CLOEXEC);

	keep(w, fd);
	return fd;
}

static int op_alloc(struct worker *w)
{
	int fd, err;

	err = xendmabuf_alloc((1 + below(w, MAX_REFS)) * PAGE,
			      XENDMABUF_ALLOC_ANY, &fd);
	if (!err)
		keep(w, fd);
	return err;
}

static int op_close(struct worker *w)
{
	drop(atomic_exchange(&slots[below(w, SLOTS)], -1));
	return 0;
}

static int op_dup(struct worker *w)
{
	int fd = fcntl(some_fd(w), F_DUPFD_CLOEXEC, 3);

	keep(w, fd);
	return fd;
}

static int op_info(struct worker *w)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };

	return ioctl(some_fd(w), XEN_DMABUF_IOC_INFO, &info);
}

static int op_restrict(struct worker *w)
{
	struct xen_dmabuf_restrict r = {
		.size = sizeof(r),
		.flags = below(w, 4),
		.domid = one_in(w, 5) ? odd_number(w) : world.domid,
	};

	return one_in(w, 20) ? ioctl(some_fd(w), XEN_DMABUF_IOC_RESTRICT, &r)
			     : 0;
}

static uint32_t peer(struct worker *w)
{
	return one_in(w, 20) ? odd_number(w) : world.domid;
}

static int op_map(struct worker *w)
{
	uint32_t list[MAX_REFS] = { 0 }, i;
	struct xen_dmabuf_map m =
		raw_map(peer(w), list, 1 + below(w, MAX_REFS));
	int ret;

	for (i = 0; i < MAX_REFS; i++)
		list[i] = one_in(w, 200) ? odd_number(w)
					 : fuzz->refs[below(w, FUZZ_REFS)];
	if (one_in(w, 30))
		m.nr_refs = odd_number(w);
	if (one_in(w, 2))
		m.flags = below(w, 8);
	if (one_in(w, 10))
		m.dma_bits = below(w, 66);
	/* what is not there is not read: no more than the array may be asked */
	if (m.nr_refs > MAX_REFS && m.nr_refs < 65536)
		m.refs = one_in(w, 2) ? 0 : UINT64_MAX - below(w, 9);
	ret = ioctl(some_fd(w), XEN_DMABUF_IOC_MAP, &m);
	if (!ret) {
		keep(w, m.dmabuf_fd);
		keep(w, m.lease_fd);
	}
	return ret;
}

static int op_grant(struct worker *w)
{
	uint32_t list[MAX_REFS] = { 0 };
	struct xen_dmabuf_grant g =
		raw_grant(peer(w), some_fd(w), list, 1 + below(w, MAX_REFS));
	int ret;

	g.flags = below(w, 2);
	if (one_in(w, 4))
		g.offset = below(w, MAX_REFS) * PAGE;
	if (one_in(w, 30))
		g.offset = chance(w);
	ret = ioctl(some_fd(w), XEN_DMABUF_IOC_GRANT, &g);
	if (!ret)
		keep(w, g.lease_fd);
	return ret;
}

static int op_lease_open(struct worker *w)
{
	static atomic_uint last;
	struct xen_dmabuf_lease_open o = {
		.size = sizeof(o),
		.lease_id = atomic_load(&last) + below(w, 16),
	};
	int ret = ioctl(some_fd(w), XEN_DMABUF_IOC_LEASE_OPEN, &o);

	if (!ret)
		keep(w, o.lease_fd);
	if (!ret || one_in(w, 4))
		atomic_store(&last, (uint32_t)o.lease_id);
	return ret;
}

static int op_lease_info(struct worker *w)
{
	struct xen_dmabuf_lease_info info = { .size = sizeof(info) };

	return ioctl(some_fd(w), XEN_DMABUF_LEASE_IOC_INFO, &info);
}

static int op_lease_revoke(struct worker *w)
{
	struct xen_dmabuf_lease_revoke r = { .size = sizeof(r) };

	return ioctl(some_fd(w), XEN_DMABUF_LEASE_IOC_REVOKE, &r);
}

static int op_poll(struct worker *w)
{
	struct pollfd p = { .fd = some_fd(w), .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLNVAL ? -1 : 0;
}

/* any call of ours with anything in its struct */
static int op_garbage(struct worker *w)
{
	static const uint8_t numbers[] = { 0, 1, 2, 3, 4, 0x10, 0x11, 0x7f };
	uint32_t any[32], i;

	for (i = 0; i < ARRAY_LEN(any); i++)
		any[i] = odd_number(w);
	any[0] = one_in(w, 3) ? odd_number(w) : 4 * below(w, 32);
	return ioctl(some_fd(w),
		     _IO(XEN_DMABUF_IOC_TYPE,
			 numbers[below(w, ARRAY_LEN(numbers))]),
		     any);
}

/* ---- memory ---- */

static int op_mmap(struct worker *w)
{
	struct mapping *m = &w->mappings[below(w, MAPPINGS)];
	size_t size = (1 + below(w, MAX_REFS)) * PAGE;
	void *va;

	if (m->va)
		munmap(m->va, m->size);
	m->va = NULL;
	va = mmap(NULL, size, one_in(w, 3) ? PROT_READ : PROT_READ | PROT_WRITE,
		  one_in(w, 10) ? MAP_PRIVATE : MAP_SHARED, some_fd(w),
		  one_in(w, 4) ? below(w, MAX_REFS) * PAGE : 0);
	if (va == MAP_FAILED)
		return -1;
	m->va = va;
	m->size = size;
	return 0;
}

static int op_munmap(struct worker *w)
{
	struct mapping *m = &w->mappings[below(w, MAPPINGS)];
	size_t part;

	if (!m->va)
		return -1;
	part = one_in(w, 2) ? m->size : (m->size / PAGE + 1) / 2 * PAGE;
	if (munmap(m->va, part))
		return -1;
	m->va = part == m->size ? NULL : m->va + part;
	m->size -= part;
	return 0;
}

static int op_touch(struct worker *w)
{
	struct mapping *m = &w->mappings[below(w, MAPPINGS)];
	volatile uint8_t *byte;

	if (!m->va)
		return -1;
	byte = m->va + chance(w) % m->size;
	if (sigsetjmp(caught, 1)) {
		probing = 0;
		return -1;
	}
	probing = 1;
	if (one_in(w, 2))
		*byte = 1;
	else
		(void)*byte;
	probing = 0;
	return 0;
}

static int op_mm(struct worker *w)
{
	struct mapping *m = &w->mappings[below(w, MAPPINGS)];

	if (!m->va)
		return -1;
	switch (below(w, 4)) {
	case 0:
		return mprotect(m->va, m->size, below(w, 4));
	case 1:
		return madvise(m->va, m->size, MADV_DONTNEED);
	case 2:
		return madvise(m->va, PAGE, MADV_DOFORK);
	default:
		if (mremap(m->va, m->size, m->size + PAGE, 0) == MAP_FAILED)
			return -1;
		m->size += PAGE;
		return 0;
	}
}

/* ---- devices ---- */

static int op_attach(struct worker *w)
{
	struct xdb_importer_attach req = {
		.dmabuf_fd = some_fd(w),
		.kind = below(w, 3),
		.mask_bits = one_in(w, 4) ? 32 : 64,
	};

	return ioctl(some_fd(w), XDB_IMPORTER_IOC_ATTACH, &req);
}

static int op_device(struct worker *w)
{
	static const unsigned long calls[] = {
		XDB_IMPORTER_IOC_DETACH, XDB_IMPORTER_IOC_MAP,
		XDB_IMPORTER_IOC_MAP,	 XDB_IMPORTER_IOC_UNMAP,
		XDB_IMPORTER_IOC_MAPPED,
	};

	return ioctl(some_fd(w), calls[below(w, ARRAY_LEN(calls))],
		     1UL + below(w, 3));
}

static const struct {
	int (*op)(struct worker *w);
	uint32_t weight;
} ops[] = {
	{ op_open, 4 },	      { op_alloc, 2 },	      { op_close, 6 },
	{ op_dup, 1 },	      { op_info, 1 },	      { op_restrict, 1 },
	{ op_map, 10 },	      { op_grant, 6 },	      { op_lease_open, 3 },
	{ op_lease_info, 3 }, { op_lease_revoke, 2 }, { op_poll, 1 },
	{ op_garbage, 2 },    { op_mmap, 5 },	      { op_munmap, 3 },
	{ op_touch, 5 },      { op_mm, 1 },	      { op_attach, 4 },
	{ op_device, 4 },
};

static void one_call(struct worker *w)
{
	uint32_t total = 0, at;
	size_t i;

	for (i = 0; i < ARRAY_LEN(ops); i++)
		total += ops[i].weight;
	at = below(w, total);
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	if (ops[i].op(w) >= 0)
		atomic_fetch_add(&successes, 1);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned long long left = atomic_load(&calls_left);
	int i;

	while (left) {
		if (!atomic_compare_exchange_weak(&calls_left, &left, left - 1))
			continue;
		one_call(w);
		left = atomic_load(&calls_left);
	}
	for (i = 0; i < MAPPINGS; i++)
		if (w->mappings[i].va)
			munmap(w->mappings[i].va, w->mappings[i].size);
	return NULL;
}

/* ---- all of it ---- */

static struct sigaction old_bus, old_segv;

static void on_fault(int sig)
{
	if (probing)
		siglongjmp(caught, sig);
	signal(sig, SIG_DFL);
}

int fuzz_begin(struct fuzz *f, unsigned int threads)
{
	struct sigaction sa = { .sa_handler = on_fault };
	int i;

	fuzz = f;
	atomic_store(&calls_left, f->calls);
	atomic_store(&successes, 0);
	for (i = 0; i < SLOTS; i++)
		atomic_store(&slots[i], -1);
	sigaction(SIGBUS, &sa, &old_bus);
	sigaction(SIGSEGV, &sa, &old_segv);
	memset(workers, 0, sizeof(workers));
	for (nr_workers = 0; nr_workers < threads && nr_workers < MAX_THREADS;
	     nr_workers++) {
		struct worker *w = &workers[nr_workers];

		w->random = f->seed + nr_workers;
		if (pthread_create(&w->thread, NULL, work, w))
			break;
	}
	return nr_workers ? 0 : -EAGAIN;
}

bool fuzz_running(void)
{
	return atomic_load(&calls_left);
}

uint64_t fuzz_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_workers; i++)
		pthread_join(workers[i].thread, NULL);
	for (i = 0; i < SLOTS; i++)
		drop(atomic_exchange(&slots[i], -1));
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return atomic_load(&successes);
}
