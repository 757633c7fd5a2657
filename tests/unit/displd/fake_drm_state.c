// SPDX-License-Identifier: GPL-2.0-only
/* What the objects of the fake card are set to, and what commits change */
#include "fake_drm.h"
#include "fake_drm_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define CONNECTOR 31U
#define ENCODER 41U
#define CRTC 51U
#define PLANE 61U
#define CURSOR 71U
#define OBJECTS 80
#define CONSOLE 999U /* mode and framebuffer of another program's */
#define REQUESTS 64

/* Every object has all of these properties; an id is an index from 1 */
static const char *const names[] = {
	"type",	       "CRTC_ID",	  "MODE_ID",
	"ACTIVE",      "FB_ID",		  "SRC_X",
	"SRC_Y",       "SRC_W",		  "SRC_H",
	"CRTC_X",      "CRTC_Y",	  "CRTC_W",
	"CRTC_H",      "GAMMA_LUT",	  "CTM",
	"rotation",    "alpha",		  "HDR_OUTPUT_METADATA",
	"link-status", "FB_DAMAGE_CLIPS", "EDID",
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]))

struct state {
	uint64_t value[OBJECTS][NR_NAMES];
};

struct request {
	uint32_t object, prop;
	uint64_t value;
};

struct fake_req {
	struct request requests[REQUESTS];
	unsigned int nr;
};

static struct state now;

uint32_t fake_drm_connector(int i)
{
	return CONNECTOR + (uint32_t)i;
}

uint32_t fake_drm_encoder(int i)
{
	return ENCODER + (uint32_t)i;
}

uint32_t fake_drm_crtc(int i)
{
	return CRTC + (uint32_t)i;
}

uint32_t fake_drm_plane(int i)
{
	return PLANE + (uint32_t)i;
}

uint32_t fake_drm_cursor(int i)
{
	return CURSOR + (uint32_t)i;
}

uint32_t fake_prop_count(void)
{
	return NR_NAMES;
}

const char *fake_prop_name(uint32_t id)
{
	return names[id - 1];
}

static unsigned int find_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_NAMES; i++)
		if (!strcmp(names[i], name))
			return i;
	abort();
}

static uint64_t *find_value(struct state *s, uint32_t object, const char *name)
{
	return &s->value[object][find_name(name)];
}

void fake_drm_set(uint32_t object, const char *name, uint64_t value)
{
	*find_value(&now, object, name) = value;
}

uint64_t fake_drm_get(uint32_t object, const char *name)
{
	return *find_value(&now, object, name);
}

uint32_t fake_plane_crtcs(uint32_t id)
{
	if (id >= CURSOR)
		return 1U << (id - CURSOR);
	return id < PLANE + FAKE_CRTCS ? drm.planes[id - PLANE] : 0;
}

void fake_drm_reset(void)
{
	uint32_t i;

	memset(&drm, 0, sizeof(drm));
	memset(&now, 0, sizeof(now));
	drm.connectors = drm.crtcs = 1;
	drm.exported = -1;
	for (i = 0; i < FAKE_CONNECTORS; i++) {
		drm.connector[i].plugged = true;
		fake_drm_set(fake_drm_connector(i), "EDID", 1);
		drm.connector[i].modes[0] = (struct fake_mode){ 64, 48 };
		drm.connector[i].possible = (1U << FAKE_CRTCS) - 1;
	}
	for (i = 0; i < FAKE_CRTCS; i++) {
		drm.planes[i] = 1U << i;
		fake_drm_set(PLANE + i, "type", DRM_PLANE_TYPE_PRIMARY);
		fake_drm_set(CURSOR + i, "type", DRM_PLANE_TYPE_CURSOR);
		fake_drm_set(PLANE + i, "rotation", DRM_MODE_ROTATE_0);
		fake_drm_set(PLANE + i, "alpha", 0xffff);
	}
}

void fake_drm_light(int connector, int crtc)
{
	fake_drm_set(fake_drm_connector(connector), "CRTC_ID",
		     fake_drm_crtc(crtc));
	fake_drm_set(fake_drm_crtc(crtc), "MODE_ID", CONSOLE);
	fake_drm_set(fake_drm_crtc(crtc), "ACTIVE", 1);
	fake_drm_set(fake_drm_plane(crtc), "FB_ID", CONSOLE);
	fake_drm_set(fake_drm_plane(crtc), "CRTC_ID", fake_drm_crtc(crtc));
}

int fake_drm_lit_by(int connector)
{
	uint64_t id = fake_drm_get(fake_drm_connector(connector), "CRTC_ID");

	return id ? (int)(id - CRTC) : -1;
}

bool fake_state_remove_fb(uint32_t id)
{
	bool shown = false;
	uint32_t i;

	for (i = 0; i < FAKE_CRTCS; i++) {
		if (fake_drm_get(PLANE + i, "FB_ID") != id)
			continue;
		fake_drm_set(PLANE + i, "FB_ID", 0);
		fake_drm_set(PLANE + i, "CRTC_ID", 0);
		fake_drm_set(CRTC + i, "ACTIVE", 0);
		shown = true;
	}
	return shown;
}

/* ---- commits ---- */

drmModeAtomicReqPtr drmModeAtomicAlloc(void)
{
	return calloc(1, sizeof(struct fake_req));
}

void drmModeAtomicFree(drmModeAtomicReqPtr req)
{
	free(req);
}

int drmModeAtomicAddProperty(drmModeAtomicReqPtr req, uint32_t object,
			     uint32_t prop, uint64_t value)
{
	struct fake_req *r = (struct fake_req *)req;

	if (r->nr == REQUESTS)
		abort();
	r->requests[r->nr++] = (struct request){ object, prop, value };
	return 0;
}

static bool is_crtc(uint64_t id)
{
	return id >= CRTC && id < CRTC + FAKE_CRTCS;
}

/* The CRTCs that a request is about, as bits */
static uint32_t find_crtcs(const struct fake_req *r)
{
	unsigned int i, crtc_id = find_name("CRTC_ID");
	uint32_t bits = 0;

	for (i = 0; i < r->nr; i++) {
		uint32_t object = r->requests[i].object;
		uint64_t before = now.value[object][crtc_id];

		if (is_crtc(object))
			bits |= 1U << (object - CRTC);
		else if (is_crtc(before))
			bits |= 1U << (before - CRTC);
		if (r->requests[i].prop == crtc_id + 1 &&
		    is_crtc(r->requests[i].value))
			bits |= 1U << (r->requests[i].value - CRTC);
	}
	return bits;
}

static bool check_connectors(struct state *s)
{
	uint32_t lit = 0, i;

	for (i = 0; i < FAKE_CONNECTORS; i++) {
		uint64_t id = *find_value(s, CONNECTOR + i, "CRTC_ID");

		if (!id)
			continue;
		if (!(drm.connector[i].possible & 1U << (id - CRTC)))
			return false;
		lit |= 1U << (id - CRTC);
	}
	/* a CRTC has a mode if and only if it has a connector */
	for (i = 0; i < FAKE_CRTCS; i++)
		if (!!*find_value(s, CRTC + i, "MODE_ID") != (lit >> i & 1))
			return false;
	return true;
}

static bool check_planes(struct state *s)
{
	uint32_t id;

	for (id = PLANE; id < CURSOR + FAKE_CRTCS; id++) {
		uint64_t fb = *find_value(s, id, "FB_ID");
		uint64_t crtc = *find_value(s, id, "CRTC_ID");

		if (!fb != !crtc ||
		    (crtc && !(fake_plane_crtcs(id) & 1U << (crtc - CRTC))))
			return false;
	}
	return true;
}

static bool is_modeset(struct state *s)
{
	uint32_t i;

	for (i = 0; i < FAKE_CONNECTORS; i++)
		if (*find_value(s, CONNECTOR + i, "CRTC_ID") !=
		    fake_drm_get(CONNECTOR + i, "CRTC_ID"))
			return true;
	for (i = 0; i < FAKE_CRTCS; i++)
		if (*find_value(s, CRTC + i, "MODE_ID") !=
			    fake_drm_get(CRTC + i, "MODE_ID") ||
		    *find_value(s, CRTC + i, "ACTIVE") !=
			    fake_drm_get(CRTC + i, "ACTIVE"))
			return true;
	return false;
}

/* A CRTC that is off before and after has no event */
static bool check_events(struct state *s, uint32_t crtcs)
{
	uint32_t i;

	for (i = 0; i < FAKE_CRTCS; i++)
		if (crtcs & 1U << i && !*find_value(s, CRTC + i, "ACTIVE") &&
		    !fake_drm_get(CRTC + i, "ACTIVE"))
			return false;
	return true;
}

static int check_commit(struct state *s, uint32_t crtcs, uint32_t flags)
{
	uint32_t i;

	if (drm.fail_once) {
		int err = drm.fail_once;

		drm.fail_once = 0;
		return err;
	}
	if (drm.commit_err)
		return drm.commit_err;
	if (!check_connectors(s) || !check_planes(s))
		return EINVAL;
	if (is_modeset(s) && !(flags & DRM_MODE_ATOMIC_ALLOW_MODESET))
		return EINVAL;
	if (flags & DRM_MODE_PAGE_FLIP_EVENT &&
	    (flags & DRM_MODE_ATOMIC_TEST_ONLY || !check_events(s, crtcs)))
		return EINVAL;
	if (flags & DRM_MODE_ATOMIC_TEST_ONLY)
		return 0;
	for (i = 0; i < FAKE_CRTCS; i++)
		if (crtcs & 1U << i && drm.crtc[i].busy &&
		    flags & DRM_MODE_ATOMIC_NONBLOCK)
			return EBUSY;
	return 0;
}

int drmModeAtomicCommit(int fd, const drmModeAtomicReqPtr req, uint32_t flags,
			void *data)
{
	const struct fake_req *r = (const struct fake_req *)req;
	uint32_t crtcs = find_crtcs(r), i;
	struct state next = now;

	for (i = 0; i < r->nr; i++)
		next.value[r->requests[i].object][r->requests[i].prop - 1] =
			r->requests[i].value;
	errno = fake_files_is_master(fd) ? check_commit(&next, crtcs, flags)
					 : EACCES;
	if (errno)
		return -1;
	if (flags & DRM_MODE_ATOMIC_TEST_ONLY)
		return 0;
	drm.commits++;
	drm.modesets += is_modeset(&next);
	drm.waits += !(flags & DRM_MODE_ATOMIC_NONBLOCK);
	now = next;
	for (i = 0; i < FAKE_CRTCS && flags & DRM_MODE_PAGE_FLIP_EVENT; i++) {
		if (!(crtcs & 1U << i))
			continue;
		drm.crtc[i].busy = true;
		drm.crtc[i].data = data;
	}
	if (!(flags & DRM_MODE_PAGE_FLIP_EVENT))
		return 0;
	drm.data = data;
	if (drm.committed)
		drm.committed();
	return 0;
}

/* A commit of one property, which is made without libdrm */
int fake_state_commit(int fd, const struct drm_mode_atomic *a)
{
	const uint32_t *object = (const uint32_t *)(uintptr_t)a->objs_ptr;
	const uint32_t *nr = (const uint32_t *)(uintptr_t)a->count_props_ptr;
	const uint32_t *prop = (const uint32_t *)(uintptr_t)a->props_ptr;
	const uint64_t *value = (const uint64_t *)(uintptr_t)a->prop_values_ptr;
	struct fake_req r = { .nr = 1 };

	if (a->count_objs != 1 || *nr != 1)
		abort();
	r.requests[0] = (struct request){ *object, *prop, *value };
	return drmModeAtomicCommit(fd, (drmModeAtomicReqPtr)&r, a->flags,
				   (void *)(uintptr_t)a->user_data);
}
