// SPDX-License-Identifier: GPL-2.0-only
/* The calls that fuzz.c chooses from. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "common.h"
#include "fuzz.h"
#include "kmod/xdb_edu.h"
#include "kmod/xdb_importer.h"
#include "kmod/xdb_user.h"
#include "raw.h"

#define IDS 32 /* remembered ids of leases */
#define FEW FUZZ_FEW
#define MANY FUZZ_MANY

static atomic_uint ids[IDS];

static __thread sigjmp_buf caught;
static __thread volatile sig_atomic_t probing;

static void remember_id(struct fuzz_worker *w, uint64_t id)
{
	atomic_store(&ids[fuzz_below(w, IDS)], id);
}

/* ---- the calls ---- */

static int open_one(struct fuzz_worker *w, const char *path,
		    enum fuzz_kind kind)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	fuzz_keep(w, fd, kind);
	return fd;
}

static int op_open(struct fuzz_worker *w)
{
	return open_one(w,
			fuzz_one_in(w, 8) ? "/dev/xen/dmabuf-grant"
					  : "/dev/xen/dmabuf",
			FUZZ_DEVICE);
}

static int op_alloc(struct fuzz_worker *w)
{
	int fd, err;

	err = xendmabuf_alloc(fuzz_some_pages(w) * PAGE, XENDMABUF_ALLOC_ANY,
			      &fd);
	if (!err)
		fuzz_keep(w, fd, FUZZ_DMABUF);
	return err;
}

static int op_close(struct fuzz_worker *w)
{
	fuzz_forget(w);
	return 0;
}

static int op_dup(struct fuzz_worker *w)
{
	enum fuzz_kind kind = fuzz_below(w, FUZZ_OTHER + 1);
	int fd = fcntl(fuzz_some_fd(w, kind), F_DUPFD_CLOEXEC, 3);

	fuzz_keep(w, fd, kind);
	return fd;
}

/* send a descriptor to this thread; it may be received later or never */
static int op_pass(struct fuzz_worker *w)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	enum fuzz_kind kind = fuzz_below(w, FUZZ_OTHER + 1);
	int fd = fuzz_some_fd(w, kind);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (sendmsg(w->sockets[0], &m, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ||
	    fuzz_one_in(w, 4))
		return -1;
	if (recvmsg(w->sockets[1], &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	/* may be a descriptor that was sent earlier */
	fuzz_keep(w, fd, kind);
	return 0;
}

static int op_info(struct fuzz_worker *w)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };

	return ioctl(fuzz_some_fd(w, FUZZ_DEVICE), XEN_DMABUF_IOC_INFO, &info);
}

static int op_restrict(struct fuzz_worker *w)
{
	struct xen_dmabuf_restrict r = {
		.size = sizeof(r),
		.flags = fuzz_below(w, 4),
		.domid = fuzz_one_in(w, 5) ? fuzz_odd_number(w)
					   : w->fuzz->domid,
	};

	return ioctl(fuzz_some_fd(w, FUZZ_DEVICE), XEN_DMABUF_IOC_RESTRICT, &r);
}

static uint32_t some_peer(struct fuzz_worker *w)
{
	return fuzz_one_in(w, 20) ? fuzz_odd_number(w) : w->fuzz->domid;
}

static void some_refs(struct fuzz_worker *w, uint32_t *list, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		list[i] = fuzz_one_in(w, 2000)
				  ? fuzz_odd_number(w)
				  : w->fuzz->refs[fuzz_below(w, FUZZ_REFS)];
}

static int op_map(struct fuzz_worker *w)
{
	static __thread uint32_t list[MANY];
	struct xen_dmabuf_map m =
		raw_map(some_peer(w), list, fuzz_some_pages(w));
	int ret;

	some_refs(w, list, m.nr_refs);
	if (fuzz_one_in(w, 30))
		m.nr_refs = fuzz_odd_number(w);
	if (fuzz_one_in(w, 2))
		m.flags = fuzz_below(w, 16);
	if (fuzz_one_in(w, 10))
		m.dma_bits = fuzz_below(w, 66);
	/* more references than the array has: pass a bad pointer instead */
	if (m.nr_refs > MANY && m.nr_refs < 65536)
		m.refs = fuzz_one_in(w, 2) ? 0 : UINT64_MAX - fuzz_below(w, 9);
	ret = ioctl(fuzz_some_fd(w, FUZZ_DEVICE), XEN_DMABUF_IOC_MAP, &m);
	if (!ret) {
		remember_id(w, m.lease_id);
		fuzz_keep(w, m.dmabuf_fd, FUZZ_DMABUF);
		fuzz_keep(w, m.lease_fd, FUZZ_LEASE);
	}
	return ret;
}

static int op_grant(struct fuzz_worker *w)
{
	static __thread uint32_t list[MANY];
	struct xen_dmabuf_grant g = raw_grant(some_peer(w),
					      fuzz_some_fd(w, FUZZ_DMABUF),
					      list, fuzz_some_pages(w));
	int ret;

	g.flags = fuzz_below(w, 8);
	if (fuzz_one_in(w, 4))
		g.offset = fuzz_below(w, FEW) * PAGE;
	if (fuzz_one_in(w, 30))
		g.offset = fuzz_chance(&w->random);
	ret = ioctl(fuzz_some_fd(w, FUZZ_DEVICE), XEN_DMABUF_IOC_GRANT, &g);
	if (!ret) {
		remember_id(w, g.lease_id);
		fuzz_keep(w, g.lease_fd, FUZZ_LEASE);
	}
	return ret;
}

static int op_lease_open(struct fuzz_worker *w)
{
	struct xen_dmabuf_lease_open o = {
		.size = sizeof(o),
		.lease_id = fuzz_one_in(w, 10)
				    ? fuzz_odd_number(w)
				    : atomic_load(&ids[fuzz_below(w, IDS)]),
	};
	int ret = ioctl(fuzz_some_fd(w, FUZZ_DEVICE), XEN_DMABUF_IOC_LEASE_OPEN,
			&o);

	if (!ret)
		fuzz_keep(w, o.lease_fd, FUZZ_LEASE);
	return ret;
}

static int op_lease_info(struct fuzz_worker *w)
{
	struct xen_dmabuf_lease_info info = { .size = sizeof(info) };

	return ioctl(fuzz_some_fd(w, FUZZ_LEASE), XEN_DMABUF_LEASE_IOC_INFO,
		     &info);
}

static int op_lease_revoke(struct fuzz_worker *w)
{
	struct xen_dmabuf_lease_revoke r = { .size = sizeof(r) };

	return ioctl(fuzz_some_fd(w, FUZZ_LEASE), XEN_DMABUF_LEASE_IOC_REVOKE,
		     &r);
}

static int op_lease_dmabuf(struct fuzz_worker *w)
{
	struct xen_dmabuf_lease_dmabuf d = { .size = sizeof(d) };
	int ret = ioctl(fuzz_some_fd(w, FUZZ_LEASE),
			XEN_DMABUF_LEASE_IOC_DMABUF, &d);

	if (!ret)
		fuzz_keep(w, d.dmabuf_fd, FUZZ_DMABUF);
	return ret;
}

static int op_poll(struct fuzz_worker *w)
{
	struct pollfd p = { .fd = fuzz_some_fd(w, FUZZ_LEASE),
			    .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLNVAL ? -1 : 0;
}

/* an epoll on a descriptor that others may close, or on another epoll */
static int op_epoll(struct fuzz_worker *w)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = epoll_create1(EPOLL_CLOEXEC), ret;

	ret = epoll_ctl(fd, EPOLL_CTL_ADD,
			fuzz_one_in(w, 4) ? fuzz_any_fd(w)
					  : fuzz_some_fd(w, FUZZ_LEASE),
			&e);
	epoll_wait(fd, &e, 1, 0);
	fuzz_keep(w, fd, FUZZ_OTHER);
	return ret;
}

static int op_sync(struct fuzz_worker *w)
{
	struct dma_buf_sync sync = {
		.flags = fuzz_one_in(w, 10) ? fuzz_odd_number(w)
					    : fuzz_below(w, 8),
	};

	return ioctl(fuzz_some_fd(w, FUZZ_DMABUF), DMA_BUF_IOCTL_SYNC, &sync);
}

/* any ioctl of the driver with garbage in its struct */
static int op_garbage(struct fuzz_worker *w)
{
	static const uint8_t numbers[] = { 0, 1, 2, 3, 4, 0x10, 0x11, 0x7f };
	uint32_t any[32], i;

	for (i = 0; i < ARRAY_LEN(any); i++)
		any[i] = fuzz_odd_number(w);
	any[0] = fuzz_one_in(w, 3) ? fuzz_odd_number(w) : 4 * fuzz_below(w, 32);
	return ioctl(fuzz_any_fd(w),
		     _IO(XEN_DMABUF_IOC_TYPE,
			 numbers[fuzz_below(w, ARRAY_LEN(numbers))]),
		     any);
}

/* ---- memory ---- */

static int op_mmap(struct fuzz_worker *w)
{
	struct fuzz_mapping *m = &w->mappings[fuzz_below(w, FUZZ_MAPPINGS)];
	size_t size = fuzz_some_pages(w) * PAGE;
	void *va;

	if (m->va)
		munmap(m->va, m->size);
	m->va = NULL;
	va = mmap(NULL, size,
		  fuzz_one_in(w, 3) ? PROT_READ : PROT_READ | PROT_WRITE,
		  fuzz_one_in(w, 10) ? MAP_PRIVATE : MAP_SHARED,
		  fuzz_some_fd(w, FUZZ_DMABUF),
		  fuzz_one_in(w, 4) ? fuzz_below(w, FEW) * PAGE : 0);
	if (va == MAP_FAILED)
		return -1;
	m->va = va;
	m->size = size;
	return 0;
}

static int op_munmap(struct fuzz_worker *w)
{
	struct fuzz_mapping *m = &w->mappings[fuzz_below(w, FUZZ_MAPPINGS)];
	size_t part;

	if (!m->va)
		return -1;
	part = fuzz_one_in(w, 2) ? m->size : (m->size / PAGE + 1) / 2 * PAGE;
	if (munmap(m->va, part))
		return -1;
	m->va = part == m->size ? NULL : m->va + part;
	m->size -= part;
	return 0;
}

static int op_touch(struct fuzz_worker *w)
{
	struct fuzz_mapping *m = &w->mappings[fuzz_below(w, FUZZ_MAPPINGS)];
	volatile uint8_t *byte;

	if (!m->va)
		return -1;
	byte = m->va + fuzz_chance(&w->random) % m->size;
	if (sigsetjmp(caught, 1)) {
		probing = 0;
		return -1;
	}
	probing = 1;
	if (fuzz_one_in(w, 2))
		*byte = 1;
	else
		(void)*byte;
	probing = 0;
	return 0;
}

static int op_mm(struct fuzz_worker *w)
{
	struct fuzz_mapping *m = &w->mappings[fuzz_below(w, FUZZ_MAPPINGS)];

	if (!m->va)
		return -1;
	switch (fuzz_below(w, 4)) {
	case 0:
		return mprotect(m->va, m->size, fuzz_below(w, 4));
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

/* a child that inherits everything, uses some of it and exits */
static int op_fork(struct fuzz_worker *w)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (!pid) {
		op_touch(w);
		op_mm(w);
		op_munmap(w);
		op_close(w);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status ? -1 : 0;
}

/* ---- devices ---- */

static int op_importer(struct fuzz_worker *w)
{
	return open_one(w, "/dev/xdb-importer", FUZZ_IMPORTER);
}

static int op_attach(struct fuzz_worker *w)
{
	struct xdb_importer_attach req = {
		.dmabuf_fd = fuzz_some_fd(w, FUZZ_DMABUF),
		.kind = fuzz_below(w, XDB_IMPORTER_PINNING + 1),
		.mask_bits = fuzz_one_in(w, 4) ? 32 : 64,
	};

	return ioctl(fuzz_some_fd(w, FUZZ_IMPORTER), XDB_IMPORTER_IOC_ATTACH,
		     &req);
}

static int op_device_map(struct fuzz_worker *w)
{
	return ioctl(fuzz_some_fd(w, FUZZ_IMPORTER), XDB_IMPORTER_IOC_MAP,
		     1UL + fuzz_below(w, 3));
}

static int op_device_other(struct fuzz_worker *w)
{
	static const unsigned long calls[] = {
		XDB_IMPORTER_IOC_DETACH, XDB_IMPORTER_IOC_UNMAP,
		XDB_IMPORTER_IOC_MAPPED, XDB_IMPORTER_IOC_PIN,
		XDB_IMPORTER_IOC_UNPIN,
	};

	return ioctl(fuzz_some_fd(w, FUZZ_IMPORTER),
		     calls[fuzz_below(w, ARRAY_LEN(calls))], 0);
}

static int op_edu(struct fuzz_worker *w)
{
	return open_one(w, "/dev/xdb-edu", FUZZ_EDU);
}

static int op_edu_attach(struct fuzz_worker *w)
{
	struct xdb_edu_attach req = { fuzz_some_fd(w, FUZZ_DMABUF), 64 };

	return ioctl(fuzz_some_fd(w, FUZZ_EDU), XDB_EDU_IOC_ATTACH, &req);
}

static int op_vmap(struct fuzz_worker *w)
{
	return ioctl(fuzz_some_fd(w, FUZZ_EDU), XDB_EDU_IOC_VMAP, 0);
}

static int op_vmap_use(struct fuzz_worker *w)
{
	uint8_t page[PAGE] = { 0 };
	struct xdb_edu_copy copy = {
		.offset = fuzz_below(w, FEW) * PAGE,
		.user = (uintptr_t)page,
		.len = PAGE,
		.write = fuzz_below(w, 2),
	};

	return ioctl(fuzz_some_fd(w, FUZZ_EDU), XDB_EDU_IOC_VCOPY, &copy);
}

static int op_edu_other(struct fuzz_worker *w)
{
	return ioctl(
		fuzz_some_fd(w, FUZZ_EDU),
		fuzz_one_in(w, 3) ? XDB_EDU_IOC_DETACH : XDB_EDU_IOC_VUNMAP, 0);
}

static int op_user(struct fuzz_worker *w)
{
	return open_one(w, "/dev/xdb-user", FUZZ_USER);
}

static int op_user_share(struct fuzz_worker *w)
{
	static __thread uint32_t list[MANY];
	struct xdb_user_share share = {
		.dmabuf_fd = fuzz_some_fd(w, FUZZ_DMABUF),
		.domid = some_peer(w),
		.flags = fuzz_below(w, 4) & 1,
		.nr_refs = fuzz_some_pages(w),
		.refs = (uintptr_t)list,
	};

	some_refs(w, list, share.nr_refs);
	return ioctl(fuzz_some_fd(w, FUZZ_USER),
		     fuzz_one_in(w, 3) ? XDB_USER_IOC_GRANT : XDB_USER_IOC_MAP,
		     &share);
}

/* no vmap: without an attachment it fails after a revoke, and the core warns */
static int op_user_other(struct fuzz_worker *w)
{
	static const unsigned long calls[] = {
		XDB_USER_IOC_STATE,
		XDB_USER_IOC_REVOKE,
		XDB_USER_IOC_DROP,
	};

	return ioctl(fuzz_some_fd(w, FUZZ_USER),
		     calls[fuzz_below(w, ARRAY_LEN(calls))], 0);
}

/* ---- all of it ---- */

#define OP(f, n) .name = #f, .op = op_##f, .weight = (n)
#define DEVICE_OP(f, n, d) OP(f, n), .needs_##d = true

const struct fuzz_op fuzz_ops[] = {
	{ OP(open, 16) },
	{ OP(alloc, 8) },
	{ OP(close, 24) },
	{ OP(dup, 4) },
	{ OP(pass, 4) },
	{ OP(info, 4) },
	{ OP(restrict, 1) },
	{ OP(map, 40) },
	{ OP(grant, 24) },
	{ OP(lease_open, 12) },
	{ OP(lease_info, 12) },
	{ OP(lease_revoke, 6) },
	{ OP(lease_dmabuf, 8) },
	{ OP(poll, 4) },
	{ OP(epoll, 4) },
	{ OP(sync, 6) },
	{ .name = "garbage", .op = op_garbage, .weight = 8, .hopeless = true },
	{ OP(mmap, 20) },
	{ OP(munmap, 12) },
	{ OP(touch, 20) },
	{ OP(mm, 4) },
	{ OP(fork, 1) },
	{ DEVICE_OP(importer, 6, importer) },
	{ DEVICE_OP(attach, 14, importer) },
	{ DEVICE_OP(device_map, 10, importer) },
	{ DEVICE_OP(device_other, 8, importer) },
	{ DEVICE_OP(edu, 3, edu) },
	{ DEVICE_OP(edu_attach, 5, edu) },
	{ DEVICE_OP(vmap, 6, edu) },
	{ DEVICE_OP(vmap_use, 6, edu) },
	{ DEVICE_OP(edu_other, 4, edu) },
	{ DEVICE_OP(user, 3, user) },
	{ DEVICE_OP(user_share, 6, user) },
	{ DEVICE_OP(user_other, 6, user) },
};
const size_t fuzz_nr_ops = ARRAY_LEN(fuzz_ops);

static struct sigaction old_bus, old_segv;

static void on_fault(int sig)
{
	if (probing)
		siglongjmp(caught, sig);
	signal(sig, SIG_DFL);
}

void fuzz_ops_begin(void)
{
	struct sigaction sa = { .sa_handler = on_fault };

	sigaction(SIGBUS, &sa, &old_bus);
	sigaction(SIGSEGV, &sa, &old_segv);
}

void fuzz_ops_end(void)
{
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
}

void fuzz_worker_end(struct fuzz_worker *w)
{
	int i;

	for (i = 0; i < FUZZ_MAPPINGS; i++)
		if (w->mappings[i].va)
			munmap(w->mappings[i].va, w->mappings[i].size);
	/* and with them the descriptors in flight */
	close(w->sockets[0]);
	close(w->sockets[1]);
}
