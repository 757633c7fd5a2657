// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "common/log.h"
#include "common/udmabuf.h"
#include "device.h"

#define BOTH (XENDMABUF_MAY_MAP | XENDMABUF_MAY_GRANT)

static int restrict_to(struct xendmabuf *x, uint16_t domid)
{
	struct xen_dmabuf_info info;
	int err = xendmabuf_info(x, &info, sizeof(info));

	/* /dev/xen/dmabuf-grant is opened where this user may not open the other */
	if (!err && (info.may & BOTH) != BOTH)
		err = -EACCES;
	return err ? err : xendmabuf_restrict(x, domid, BOTH);
}

int xch_device_open(struct xch_daemon *d, uint16_t domid)
{
	struct xendmabuf *x;
	int err = xendmabuf_open(&x), fd = -1;

	if (!err) {
		err = restrict_to(x, domid);
		if (!err) {
			fd = fcntl(xendmabuf_fd(x), F_DUPFD_CLOEXEC, 0);
			err = fd < 0 ? -errno : 0;
		}
		xendmabuf_close(x);
	}
	if (err && !d->told_no_driver)
		xdc_log(XDC_WARNING,
			"/dev/xen/dmabuf: %s. Channels carry bytes, but no dma-bufs, until xen-channeld is restarted with it",
			xendmabuf_explain(NULL, err));
	d->told_no_driver = err;
	return err ? err : fd;
}

void xch_device_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* A kernel may have the one, the other, or none: then fences are refused */
static void make_idle(struct xch_daemon *d)
{
	int err;

	err = xendmabuf_alloc(XENDMABUF_PAGE_SIZE, XENDMABUF_ALLOC_HEAP,
			      &d->idle_dmabuf);
	if (err)
		err = xendmabuf_alloc(XENDMABUF_PAGE_SIZE,
				      XENDMABUF_ALLOC_UDMABUF, &d->idle_dmabuf);
	if (err)
		xdc_log(XDC_INFO,
			"neither dma-heap nor udmabuf can be used: channels carry no fences");
}

void xch_device_prepare(struct xch_daemon *d)
{
	make_idle(d);
	d->udmabuf = open(XDC_UDMABUF_PATH, O_RDWR | O_CLOEXEC);
	d->udmabuf_max = xdc_udmabuf_max();
	if (d->udmabuf < 0)
		xdc_log(XDC_INFO,
			XDC_UDMABUF_PATH
			": %s. Programs' memory is copied, not shared",
			strerror(errno));
}

void xch_device_finish(struct xch_daemon *d)
{
	xch_device_close(d->idle_dmabuf);
	xch_device_close(d->udmabuf);
}
