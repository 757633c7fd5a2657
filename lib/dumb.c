// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A dma-buf from vgem, a DRM driver without hardware: its dumb buffers are plain
 * memory.  For kernels that have neither dma-heaps nor udmabuf.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <drm.h>
#include <drm_mode.h>

#include <xendmabuf.h>

#include "call.h"
#include "dumb.h"

#define GUEST_TYPE "/sys/hypervisor/guest_type"
#define FIRST_DEVICE "/sys/bus/pci/devices/0000:00:00.0"
#define MAX_CARDS 16
#define LINE_PIXELS (XENDMABUF_PAGE_SIZE / 4)

static bool is_vgem(int card)
{
	char name[8] = "";
	struct drm_version version = {
		.name = name,
		.name_len = sizeof(name) - 1,
	};

	return !xdl_ioctl(card, DRM_IOCTL_VERSION, &version) &&
	       !strcmp(name, "vgem");
}

/*
 * Opening the node of a real card can make this process its DRM master for a
 * moment, and a compositor that starts at that moment would fail to become it.
 * So sysfs is asked first.
 */
static bool may_be_vgem(int i)
{
	char link[48], target[256];
	const char *name;
	ssize_t len;

	snprintf(link, sizeof(link), "/sys/class/drm/card%d/device", i);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return true; /* no sysfs: ask the card */
	target[len] = '\0';
	name = strrchr(target, '/');
	return !strcmp(name ? name + 1 : target, "vgem");
}

/* Dom0 has a first PCI device, and so has a guest with PCI passthrough */
static bool reaches_hardware(void)
{
	return !access(FIRST_DEVICE, F_OK);
}

bool xdl_dumb_untouchable(void)
{
	char type[4] = "";
	int fd = xdl_open(GUEST_TYPE, O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, type, sizeof(type) - 1);
	close(fd);
	return len > 0 && !strcmp(type, "PV\n") && !reaches_hardware();
}

/* The first vgem card, or -errno: EACCES if a card could not be opened */
static int vgem_open(void)
{
	char path[24];
	int i, card, err = -ENODEV;

	for (i = 0; i < MAX_CARDS; i++) {
		if (!may_be_vgem(i))
			continue;
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		card = xdl_open(path, O_RDWR);
		if (card == -EACCES || card == -EPERM)
			err = card;
		if (card < 0)
			continue;
		if (is_vgem(card))
			return card;
		close(card);
	}
	return err;
}

int xdl_dumb_alloc(size_t size)
{
	struct drm_mode_create_dumb create = {
		.width = LINE_PIXELS,
		.height = size / XENDMABUF_PAGE_SIZE,
		.bpp = 32,
	};
	struct drm_prime_handle prime = {
		.flags = DRM_CLOEXEC | DRM_RDWR,
		.fd = -1,
	};
	int card, err;

	if (size / XENDMABUF_PAGE_SIZE > UINT32_MAX)
		return -EFBIG;
	card = vgem_open();
	if (card < 0)
		return card;
	err = xdl_ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &create);
	if (err < 0)
		goto out;
	prime.handle = create.handle;
	err = create.size == size
		      ? xdl_ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime)
		      : -EINVAL;
out:
	/* This frees the handle; the dma-buf keeps the memory */
	close(card);
	return err < 0 ? err : prime.fd;
}
