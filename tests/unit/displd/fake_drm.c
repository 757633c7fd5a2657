// SPDX-License-Identifier: GPL-2.0-only
#include "fake_drm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define CONNECTOR 31U
#define ENCODER 41U
#define CRTC 51U
#define PLANE 61U
#define XRGB8888 0x34325258U

struct fake_drm drm;

/*
 * Every object has all of these properties; an id is an index from 1.  The last
 * property is there with drm.copies only.
 */
static const char *const names[] = {
	"type",	  "CRTC_ID", "MODE_ID", "ACTIVE",	   "FB_ID",
	"SRC_X",  "SRC_Y",   "SRC_W",	"SRC_H",	   "CRTC_X",
	"CRTC_Y", "CRTC_W",  "CRTC_H",	"FB_DAMAGE_CLIPS",
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]) - !drm.copies)

void fake_drm_event(const char *path, void *data)
{
	int fd = open(path, O_RDWR | O_NONBLOCK);

	if (write(fd, &data, sizeof(data)) != (ssize_t)sizeof(data))
		abort();
	close(fd);
}

int drmHandleEvent(int fd, drmEventContextPtr context)
{
	void *data;

	if (drm.handle_err) {
		errno = drm.handle_err;
		return -1;
	}
	if (read(fd, &data, sizeof(data)) != (ssize_t)sizeof(data))
		return -1;
	context->page_flip_handler2(fd, 0, 0, 0, CRTC, data);
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

int drmSetClientCap(int fd, uint64_t cap, uint64_t value)
{
	return 0;
}

int drmIsMaster(int fd)
{
	struct stat one, other;

	if (!drm.taken_path)
		return !drm.taken;
	if (fstat(fd, &one) || stat(drm.taken_path, &other))
		abort();
	return one.st_ino != other.st_ino;
}

int drmSetMaster(int fd)
{
	errno = EBUSY;
	return drmIsMaster(fd) ? 0 : -1;
}

int drmCrtcGetSequence(int fd, uint32_t crtc, uint64_t *sequence, uint64_t *ns)
{
	*sequence = *ns = 0;
	return 0;
}

static uint32_t crtc_ids[] = { CRTC, CRTC + 1 };
static uint32_t plane_ids[] = { PLANE, PLANE + 1 };
static uint32_t connector_id = CONNECTOR, encoder_id = ENCODER;

drmModeResPtr drmModeGetResources(int fd)
{
	drmModeResPtr r;

	errno = ENODEV;
	if (drm.removed)
		return NULL;
	r = calloc(1, sizeof(*r));
	r->count_crtcs = drm.crtcs;
	r->count_connectors = 1;
	r->crtcs = crtc_ids;
	r->connectors = &connector_id;
	return r;
}

void drmModeFreeResources(drmModeResPtr r)
{
	free(r);
}

drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id)
{
	static drmModeModeInfo mode = { .hdisplay = 64, .vdisplay = 48 };
	drmModeConnectorPtr c;

	if (id != CONNECTOR || drm.removed)
		return NULL;
	c = calloc(1, sizeof(*c));
	c->connector_id = id;
	c->connector_type = DRM_MODE_CONNECTOR_VGA;
	c->connector_type_id = 1;
	c->connection = drm.plugged ? DRM_MODE_CONNECTED
				    : DRM_MODE_DISCONNECTED;
	c->count_modes = c->count_encoders = 1;
	c->modes = &mode;
	c->encoders = &encoder_id;
	c->encoder_id = drm.lit < 0 ? 0 : ENCODER;
	return c;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
	return drmModeGetConnectorCurrent(fd, id);
}

void drmModeFreeConnector(drmModeConnectorPtr c)
{
	free(c);
}

const char *drmModeGetConnectorTypeName(uint32_t type)
{
	return type == DRM_MODE_CONNECTOR_VGA ? "VGA" : NULL;
}

drmModeEncoderPtr drmModeGetEncoder(int fd, uint32_t id)
{
	drmModeEncoderPtr e = calloc(1, sizeof(*e));

	e->encoder_id = id;
	e->crtc_id = drm.lit < 0 ? 0 : crtc_ids[drm.lit];
	e->possible_crtcs = (1U << drm.crtcs) - 1;
	return e;
}

void drmModeFreeEncoder(drmModeEncoderPtr e)
{
	free(e);
}

drmModePlaneResPtr drmModeGetPlaneResources(int fd)
{
	drmModePlaneResPtr r = calloc(1, sizeof(*r));

	r->count_planes = (uint32_t)drm.crtcs;
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
	p->possible_crtcs = 1U << (id - PLANE);
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
	uint32_t i;

	p->count_props = NR_NAMES;
	p->props = calloc(NR_NAMES, sizeof(*p->props));
	p->prop_values = calloc(NR_NAMES, sizeof(*p->prop_values));
	for (i = 0; i < NR_NAMES; i++)
		p->props[i] = i + 1;
	p->prop_values[0] = DRM_PLANE_TYPE_PRIMARY;
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
	snprintf(p->name, sizeof(p->name), "%s", names[id - 1]);
	return p;
}

void drmModeFreeProperty(drmModePropertyPtr p)
{
	free(p);
}

int drmModeCreatePropertyBlob(int fd, const void *data, size_t len,
			      uint32_t *id)
{
	*id = ++drm.blobs;
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
	*id = ++drm.fbs;
	return 0;
}

int drmModeRmFB(int fd, uint32_t id)
{
	drm.fbs--;
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
	errno = ENOSYS;
	return -1;
}

/* ---- commits ---- */

drmModeAtomicReqPtr drmModeAtomicAlloc(void)
{
	return malloc(1);
}

void drmModeAtomicFree(drmModeAtomicReqPtr req)
{
	free(req);
}

int drmModeAtomicAddProperty(drmModeAtomicReqPtr req, uint32_t object,
			     uint32_t prop, uint64_t value)
{
	if (object == CONNECTOR && !strcmp(names[prop - 1], "CRTC_ID") && value)
		drm.crtc = (uint32_t)value - CRTC;
	return 0;
}

int drmModeAtomicCommit(int fd, const drmModeAtomicReqPtr req, uint32_t flags,
			void *data)
{
	if (drm.commit_err) {
		errno = drm.commit_err;
		return -1;
	}
	drm.commits++;
	if (flags & DRM_MODE_PAGE_FLIP_EVENT)
		drm.data = data;
	return 0;
}
