// SPDX-License-Identifier: GPL-2.0-only
#include "fake_drm.h"
#include "fake_drm_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define XRGB8888 0x34325258U

struct fake_drm drm;

void fake_drm_event(const char *path, void *data)
{
	fake_files_write(path, &data, sizeof(data));
}

void fake_drm_events(const char *path)
{
	int i;

	for (i = 0; i < drm.crtcs; i++)
		if (drm.crtc[i].busy)
			fake_drm_event(path, drm.crtc[i].data);
}

int drmHandleEvent(int fd, drmEventContextPtr context)
{
	uint32_t crtc = 0;
	void *data;
	int i;

	if (drm.handle_err) {
		errno = drm.handle_err;
		return -1;
	}
	if (read(fd, &data, sizeof(data)) != (ssize_t)sizeof(data))
		return -1;
	for (i = 0; i < drm.crtcs; i++) {
		if (drm.crtc[i].data != data)
			continue;
		drm.crtc[i].busy = false;
		crtc = fake_drm_crtc(i);
	}
	context->page_flip_handler2(fd, 0, 0, 0, crtc, data);
	return 0;
}

/* ---- the card ---- */

drmVersionPtr drmGetVersion(int fd)
{
	return NULL;
}

void drmFreeVersion(drmVersionPtr v)
{
}

char *drmGetRenderDeviceNameFromFd(int fd)
{
	return drm.gpu ? strdup("/dev/dri/renderD128") : NULL;
}

int drmSetClientCap(int fd, uint64_t cap, uint64_t value)
{
	return 0;
}

int drmIsMaster(int fd)
{
	return fake_files_is_master(fd);
}

int drmSetMaster(int fd)
{
	/* the test is not privileged */
	errno = fake_files_was_master(fd) ? EBUSY : EACCES;
	if (errno == EBUSY &&
	    (fake_files_is_master(fd) || fake_files_seize(fd)))
		return 0;
	return -1;
}

int drmDropMaster(int fd)
{
	fake_files_drop(fd);
	return 0;
}

int drmCrtcGetSequence(int fd, uint32_t crtc, uint64_t *sequence, uint64_t *ns)
{
	*sequence = *ns = 0;
	errno = EOPNOTSUPP;
	return drm.no_vblank ? -1 : 0;
}

static uint32_t crtc_ids[FAKE_CRTCS], connector_ids[FAKE_CONNECTORS];
static uint32_t plane_ids[2 * FAKE_CRTCS];

drmModeResPtr drmModeGetResources(int fd)
{
	drmModeResPtr r;
	int i;

	errno = ENODEV;
	if (drm.removed)
		return NULL;
	for (i = 0; i < drm.crtcs; i++)
		crtc_ids[i] = fake_drm_crtc(i);
	for (i = 0; i < drm.connectors; i++)
		connector_ids[i] = fake_drm_connector(i);
	r = calloc(1, sizeof(*r));
	r->count_crtcs = drm.crtcs;
	r->count_connectors = drm.connectors;
	r->crtcs = crtc_ids;
	r->connectors = connector_ids;
	return r;
}

void drmModeFreeResources(drmModeResPtr r)
{
	free(r);
}

static void list_modes(drmModeConnectorPtr c, const struct fake_mode *modes)
{
	c->modes = calloc(FAKE_MODES, sizeof(*c->modes));
	while (c->count_modes < FAKE_MODES && modes->width) {
		c->modes[c->count_modes].hdisplay = modes->width;
		c->modes[c->count_modes++].vdisplay = modes++->height;
	}
}

drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id)
{
	int i = (int)(id - fake_drm_connector(0));
	drmModeConnectorPtr c;

	if (i < 0 || i >= drm.connectors || drm.removed)
		return NULL;
	c = calloc(1, sizeof(*c));
	c->connector_id = id;
	c->connector_type = DRM_MODE_CONNECTOR_VGA;
	c->connector_type_id = (uint32_t)i + 1;
	c->connection = drm.connector[i].plugged ? DRM_MODE_CONNECTED
						 : DRM_MODE_DISCONNECTED;
	list_modes(c, drm.connector[i].read);
	c->count_encoders = 1;
	c->encoders = malloc(sizeof(*c->encoders));
	c->encoders[0] = fake_drm_encoder(i);
	c->encoder_id = fake_drm_lit_by(i) < 0 ? 0 : c->encoders[0];
	return c;
}

/* The kernel asks the screen for its master alone */
drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
	int i = (int)(id - fake_drm_connector(0));

	if (i >= 0 && i < drm.connectors && fake_files_is_master(fd)) {
		drm.connector[i].probes++;
		memcpy(drm.connector[i].read, drm.connector[i].modes,
		       sizeof(drm.connector[i].modes));
	}
	return drmModeGetConnectorCurrent(fd, id);
}

void drmModeFreeConnector(drmModeConnectorPtr c)
{
	if (c) {
		free(c->encoders);
		free(c->modes);
	}
	free(c);
}

const char *drmModeGetConnectorTypeName(uint32_t type)
{
	return type == DRM_MODE_CONNECTOR_VGA ? "VGA" : NULL;
}

drmModeEncoderPtr drmModeGetEncoder(int fd, uint32_t id)
{
	drmModeEncoderPtr e = calloc(1, sizeof(*e));
	int i = (int)(id - fake_drm_encoder(0)), crtc = fake_drm_lit_by(i);

	e->encoder_id = id;
	e->crtc_id = crtc < 0 ? 0 : fake_drm_crtc(crtc);
	e->possible_crtcs = drm.connector[i].possible;
	return e;
}

void drmModeFreeEncoder(drmModeEncoderPtr e)
{
	free(e);
}

drmModePlaneResPtr drmModeGetPlaneResources(int fd)
{
	drmModePlaneResPtr r = calloc(1, sizeof(*r));
	int i;

	for (i = 0; i < drm.crtcs; i++) {
		plane_ids[i] = fake_drm_plane(i);
		plane_ids[drm.crtcs + i] = fake_drm_cursor(i);
	}
	r->count_planes = 2 * (uint32_t)drm.crtcs;
	r->planes = plane_ids;
	return r;
}

void drmModeFreePlaneResources(drmModePlaneResPtr r)
{
	free(r);
}

drmModePlanePtr drmModeGetPlane(int fd, uint32_t id)
{
	static uint32_t format = XRGB8888;
	drmModePlanePtr p = calloc(1, sizeof(*p));

	p->plane_id = id;
	p->possible_crtcs = fake_plane_crtcs(id);
	p->crtc_id = (uint32_t)fake_drm_get(id, "CRTC_ID");
	p->count_formats = 1;
	p->formats = &format;
	return p;
}

void drmModeFreePlane(drmModePlanePtr p)
{
	free(p);
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t id,
						      uint32_t type)
{
	drmModeObjectPropertiesPtr p = calloc(1, sizeof(*p));
	uint32_t i, n = fake_prop_count();

	p->props = calloc(n, sizeof(*p->props));
	p->prop_values = calloc(n, sizeof(*p->prop_values));
	for (i = 0; i < n; i++) {
		if (!drm.damage &&
		    !strcmp(fake_prop_name(i + 1), "FB_DAMAGE_CLIPS"))
			continue;
		p->props[p->count_props] = i + 1;
		p->prop_values[p->count_props++] =
			fake_drm_get(id, fake_prop_name(i + 1));
	}
	return p;
}

void drmModeFreeObjectProperties(drmModeObjectPropertiesPtr p)
{
	free(p->props);
	free(p->prop_values);
	free(p);
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id)
{
	drmModePropertyPtr p = calloc(1, sizeof(*p));

	p->prop_id = id;
	snprintf(p->name, sizeof(p->name), "%s", fake_prop_name(id));
	return p;
}

void drmModeFreeProperty(drmModePropertyPtr p)
{
	free(p);
}

int drmModeCreatePropertyBlob(int fd, const void *data, size_t len,
			      uint32_t *id)
{
	*id = 1000 + ++drm.blobs;
	return 0;
}

int drmModeDestroyPropertyBlob(int fd, uint32_t id)
{
	drm.blobs--;
	return 0;
}

/* ---- memory ---- */

int drmPrimeFDToHandle(int fd, int prime, uint32_t *handle)
{
	*handle = 1;
	errno = drm.prime_err;
	drm.handles += !drm.prime_err;
	return drm.prime_err ? -1 : 0;
}

int drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *prime)
{
	errno = ENOSYS;
	*prime = drm.exported;
	return drm.exported < 0 ? -1 : 0;
}

int drmCloseBufferHandle(int fd, uint32_t handle)
{
	drm.handles--;
	return 0;
}

int drmModeAddFB2(int fd, uint32_t w, uint32_t h, uint32_t format,
		  const uint32_t handles[4], const uint32_t pitches[4],
		  const uint32_t offsets[4], uint32_t *id, uint32_t flags)
{
	static uint32_t last = 2000;

	drm.fbs++;
	*id = ++last;
	return 0;
}

int drmModeRmFB(int fd, uint32_t id)
{
	drm.fbs--;
	drm.torn += fake_state_remove_fb(id);
	return 0;
}

/* CLOSEFB, the only one that is made without a function of libdrm */
int drmIoctl(int fd, unsigned long call, void *arg)
{
	if (call == DRM_IOCTL_MODE_ATOMIC)
		return fake_state_commit(fd, arg);
	drm.fbs--;
	drm.closed++;
	return 0;
}

int drmModeCreateDumbBuffer(int fd, uint32_t w, uint32_t h, uint32_t bpp,
			    uint32_t flags, uint32_t *handle, uint32_t *pitch,
			    uint64_t *size)
{
	*handle = ++drm.dumbs;
	*pitch = w * bpp / 8;
	*size = (uint64_t)*pitch * h;
	drm.dumb_size = *size;
	return 0;
}

int drmModeDestroyDumbBuffer(int fd, uint32_t handle)
{
	drm.dumbs--;
	return 0;
}

int drmModeMapDumbBuffer(int fd, uint32_t handle, uint64_t *at)
{
	*at = 0;
	return 0;
}
