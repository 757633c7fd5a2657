// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <drm_fourcc.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "card.h"
#include "machine.h"

#define MAX_CARDS 8

static bool card_is(int fd, const char *driver)
{
	drmVersion *version = drmGetVersion(fd);
	/* "cirrus" is called "cirrus-qemu" by newer kernels */
	bool is = version && !strncmp(version->name, driver, strlen(driver));

	drmFreeVersion(version);
	return is;
}

int card_open(const char *driver)
{
	char path[32];
	int i, fd;

	machine_load(driver,
		     NULL); /* fails if built in, which does not matter */
	for (i = 0; i < MAX_CARDS; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (card_is(fd, driver))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

int card_import(int card, int dmabuf, uint32_t *handle)
{
	return drmPrimeFDToHandle(card, dmabuf, handle) ? -errno : 0;
}

int card_forget(int card, uint32_t handle)
{
	return drmCloseBufferHandle(card, handle) ? -errno : 0;
}

static int show_on(int card, drmModeRes *res, uint32_t handle,
		   struct card_screen *screen)
{
	uint32_t handles[4] = { handle }, pitches[4] = { CARD_PITCH };
	uint32_t offsets[4] = { 0 };
	drmModeConnector *connector;
	int i, err = -ENOENT;

	if (!res->count_connectors || !res->count_crtcs)
		return -ENXIO;
	connector = drmModeGetConnector(card, res->connectors[0]);
	if (!connector)
		return -errno;
	for (i = 0; i < connector->count_modes; i++)
		if (connector->modes[i].hdisplay == CARD_WIDTH &&
		    connector->modes[i].vdisplay == CARD_HEIGHT)
			break;
	if (i == connector->count_modes)
		goto out;
	screen->crtc = res->crtcs[0];
	err = drmModeAddFB2(card, CARD_WIDTH, CARD_HEIGHT, DRM_FORMAT_XRGB8888,
			    handles, pitches, offsets, &screen->fb, 0);
	if (err)
		goto out;
	err = drmModeSetCrtc(card, screen->crtc, screen->fb, 0, 0,
			     &connector->connector_id, 1, &connector->modes[i]);
	if (err)
		drmModeRmFB(card, screen->fb);
out:
	drmModeFreeConnector(connector);
	return err;
}

int card_show(int card, uint32_t handle, struct card_screen *screen)
{
	drmModeRes *res = drmModeGetResources(card);
	int err;

	if (!res)
		return -errno;
	err = show_on(card, res, handle, screen);
	drmModeFreeResources(res);
	return err;
}

int card_redraw(int card, const struct card_screen *screen)
{
	drmModeClip all = { 0, 0, CARD_WIDTH, CARD_HEIGHT };

	return drmModeDirtyFB(card, screen->fb, &all, 1);
}

void card_hide(int card, const struct card_screen *screen)
{
	drmModeSetCrtc(card, screen->crtc, 0, 0, 0, NULL, 0, NULL);
	drmModeRmFB(card, screen->fb);
}
