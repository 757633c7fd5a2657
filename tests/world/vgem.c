// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <xf86drm.h>

#include "card.h"
#include "vgem.h"

/* of the kernel's vgem_drm.h, which not every system has */
struct vgem_attach {
	uint32_t handle, flags, fence, pad;
};
struct vgem_signal {
	uint32_t fence, flags;
};
#define VGEM_WRITE 1U
#define VGEM_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_attach)
#define VGEM_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_signal)

int vgem_begin(int card, uint32_t handle, enum vgem_access access,
	       uint32_t *fence)
{
	struct vgem_attach arg = {
		.handle = handle,
		.flags = access == VGEM_WRITES ? VGEM_WRITE : 0,
	};

	if (ioctl(card, VGEM_ATTACH, &arg))
		return -errno;
	*fence = arg.fence;
	return 0;
}

int vgem_end(int card, uint32_t fence)
{
	struct vgem_signal arg = { .fence = fence };

	return ioctl(card, VGEM_SIGNAL, &arg) ? -errno : 0;
}

int vgem_begin_work(struct vgem_work *w)
{
	struct drm_mode_create_dumb dumb = { .width = 64,
					     .height = 64,
					     .bpp = 32 };

	w->card = card_open("vgem");
	if (w->card < 0)
		return w->card;
	if (ioctl(w->card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb) ||
	    drmPrimeHandleToFD(w->card, dumb.handle, DRM_CLOEXEC | DRM_RDWR,
			       &w->dmabuf))
		return -errno;
	return vgem_begin(w->card, dumb.handle, VGEM_WRITES, &w->fence);
}

int vgem_sync_file(int dmabuf)
{
	struct dma_buf_export_sync_file arg = { .flags = DMA_BUF_SYNC_READ };

	return ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &arg) ? -errno
								   : arg.fd;
}
