// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <linux/sync_file.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "fake-kinds.h"
#include "link/fence.h"

enum xch_kind fake_kind = XCH_KINDS;
int fake_status = 1;
int fake_writers = -1;
bool fake_readers;

void fake_kinds_reset(void)
{
	fake_kind = XCH_KINDS;
	fake_status = 1;
	fake_writers = -1;
	fake_readers = false;
}

bool __wrap_xch_fence_idle(int dmabuf);

bool __wrap_xch_fence_idle(int dmabuf)
{
	return !fake_readers;
}

int __real_xch_kind_look(int fd, struct xch_facts *out);
int __wrap_xch_kind_look(int fd, struct xch_facts *out);

int __wrap_xch_kind_look(int fd, struct xch_facts *out)
{
	int err = __real_xch_kind_look(fd, out);

	/* an eventfd is taken for a fence by what ioctl() says of it */
	if (!err && fake_kind != XCH_KINDS && fake_kind != XCH_KIND_FENCE)
		out->kind = fake_kind;
	return err;
}

bool __real_xch_fence_signalled(int fd);
bool __wrap_xch_fence_signalled(int fd);

/* A memfd, which passes for a dma-buf, is always readable */
bool __wrap_xch_fence_signalled(int fd)
{
	if (fcntl(fd, F_GET_SEALS) >= 0 && fake_writers >= 0)
		fd = fake_writers;
	return __real_xch_fence_signalled(fd);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == DMA_BUF_IOCTL_EXPORT_SYNC_FILE) {
		((struct dma_buf_export_sync_file *)arg)->fd =
			fake_writers < 0
				? eventfd(1, EFD_CLOEXEC)
				: fcntl(fake_writers, F_DUPFD_CLOEXEC, 0);
		return 0;
	}
	if (request != SYNC_IOC_FILE_INFO || fake_kind == XCH_KINDS)
		return __real_ioctl(fd, request, arg);
	((struct sync_file_info *)arg)->status = fake_status;
	return 0;
}
