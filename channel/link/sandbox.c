// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sockios.h>
#include <linux/sync_file.h>
#include <linux/udmabuf.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <xen/dmabuf.h>
#include <xen/xen.h>
#include <xen/evtchn.h>

#include "common/sandbox.h"
#include "link/fence.h"
#include "link/sandbox.h"

/* None of them takes a path that it opens, or reaches another process */
static const int calls[] = {
	/* what programs send */
	SCMP_SYS(preadv2),
	SCMP_SYS(pwrite64),
	SCMP_SYS(splice),
	SCMP_SYS(lseek),
	SCMP_SYS(fadvise64),
	SCMP_SYS(ftruncate),
	SCMP_SYS(recvfrom),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getpeername),
	/* what is made for programs */
	SCMP_SYS(memfd_create),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	SCMP_SYS(socketpair),
};

/* The driver's, of a file that is restricted to the peer; and of fences */
static const uint32_t requests[] = {
	XEN_DMABUF_IOC_INFO,
	XEN_DMABUF_IOC_MAP,
	XEN_DMABUF_IOC_GRANT,
	XEN_DMABUF_LEASE_IOC_INFO,
	XEN_DMABUF_LEASE_IOC_REVOKE,
	SYNC_IOC_FILE_INFO,
	DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
	SIOCINQ,
	SIOCOUTQ,
	IOCTL_EVTCHN_NOTIFY,
	UDMABUF_CREATE,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* It holds other users' sockets: no debugger of the same user may look into it, either */
int xch_sandbox_enter(void)
{
	static const struct xdc_sandbox needs = {
		.calls = calls,
		.nr_calls = COUNT(calls),
		.ioctls = requests,
		.nr_ioctls = COUNT(requests),
	};

	return xdc_sandbox_enter(&needs);
}
