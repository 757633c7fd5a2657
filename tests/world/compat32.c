// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 32-bit program on a 64-bit kernel: the ioctls by the compat entry.  It works
 * without 32-bit libraries.  test-compat passes its arguments on standard input and a
 * dma-buf as descriptor 3, and reads its exit status.
 */
#include <asm/unistd_32.h>
#include <xen/dmabuf.h>

#include "compat32.h"

#define O_RDWR 2
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1
#define PAGE 4096

static long system_call(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return ret;
}

static long call_ioctl(long fd, unsigned long cmd, void *arg)
{
	return system_call(__NR_ioctl, fd, cmd, (long)arg);
}

static __u64 address_of(const void *p)
{
	return (unsigned long)p;
}

/* 0, or the number of the failed step */
static int run_steps(void)
{
	static struct compat32 in;
	static __u32 own_refs[COMPAT32_PAGES];
	struct xen_dmabuf_info info = { .size = sizeof(info) };
	struct xen_dmabuf_map map = { .size = sizeof(map) };
	struct xen_dmabuf_grant grant = { .size = sizeof(grant) };
	struct xen_dmabuf_lease_info lease = { .size = sizeof(lease) };
	struct xen_dmabuf_lease_revoke revoke = { .size = sizeof(revoke) };
	struct xen_dmabuf_lease_open again = { .size = sizeof(again) };
	/* the arguments of the old mmap call */
	struct {
		__u32 addr, len, prot, flags, fd, offset;
	} mmap = {
		0, COMPAT32_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0,
		0
	};
	volatile __u32 *va;
	long dev, i;

	if (system_call(__NR_read, 0, (long)&in, sizeof(in)) != sizeof(in))
		return 1;
	dev = system_call(__NR_open, (long)"/dev/xen/dmabuf", O_RDWR, 0);
	if (dev < 0)
		return 2;
	if (call_ioctl(dev, XEN_DMABUF_IOC_INFO, &info) ||
	    info.version != XEN_DMABUF_VERSION)
		return 3;

	map.domid = in.domid;
	map.nr_refs = COMPAT32_PAGES;
	map.refs = address_of(in.refs);
	if (call_ioctl(dev, XEN_DMABUF_IOC_MAP, &map))
		return 4;
	mmap.fd = map.dmabuf_fd;
	va = (void *)system_call(__NR_mmap, (long)&mmap, 0, 0);
	if ((unsigned long)va > -4096UL)
		return 5;
	for (i = 0; i < COMPAT32_PAGES; i++)
		if (va[i * PAGE / 4] != in.first[i])
			return 6;
	va[0] = in.answer;
	if (call_ioctl(map.lease_fd, XEN_DMABUF_LEASE_IOC_INFO, &lease) ||
	    lease.lease_id != map.lease_id || lease.mmaps != 1 ||
	    lease.nr_pages != COMPAT32_PAGES)
		return 7;
	again.lease_id = map.lease_id;
	if (call_ioctl(dev, XEN_DMABUF_IOC_LEASE_OPEN, &again))
		return 8;
	if (call_ioctl(again.lease_fd, XEN_DMABUF_LEASE_IOC_REVOKE, &revoke))
		return 9;

	grant.domid = in.domid;
	grant.dmabuf_fd = 3;
	grant.nr_refs = COMPAT32_PAGES;
	grant.refs = address_of(own_refs);
	if (call_ioctl(dev, XEN_DMABUF_IOC_GRANT, &grant))
		return 10;
	for (i = 1; i < COMPAT32_PAGES; i++)
		if (!own_refs[i] || own_refs[i] == own_refs[0])
			return 11;
	/* a pointer beyond 32 bits: EFAULT */
	map.refs = 1ULL << 40;
	if (call_ioctl(dev, XEN_DMABUF_IOC_MAP, &map) != -14)
		return 12;
	return 0;
}

void _start(void);
void _start(void)
{
	system_call(__NR_exit_group, run_steps(), 0, 0);
	__builtin_unreachable();
}
