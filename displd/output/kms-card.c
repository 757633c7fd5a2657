// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/kms.h"
#include "common/log.h"
#include "output/kms-card.h"

static LIST_HEAD(kms_cards, xd_kms_card) cards = LIST_HEAD_INITIALIZER(cards);

/* A pointer has at least 32 bits; the lowest four hold the slot */
#define NUMBER_MASK 0x0fffffffU

static uint32_t event_slot(const void *data)
{
	return (uintptr_t)data % XD_KMS_PIPES;
}

void *xd_kms_flip_data(const struct xd_kms_pipe *p, uint32_t number)
{
	return (void *)((uintptr_t)(number & NUMBER_MASK) << 4 | p->slot);
}

static void flip_event(int fd, unsigned int sequence, unsigned int sec,
		       unsigned int usec, unsigned int crtc, void *data)
{
	struct xd_kms_card *card;
	struct xd_kms_pipe *p;

	LIST_FOREACH(card, &cards, entry)
		if (card->source.fd == fd)
			break;
	p = card ? card->pipes[event_slot(data)] : NULL;
	/* flips that were given up have events as well */
	if (p && data == xd_kms_flip_data(p, p->number))
		p->flipped(p);
}

static struct xd_kms_pipe *find_gone_pipe(void)
{
	struct xd_kms_card *card;
	unsigned int i;

	LIST_FOREACH(card, &cards, entry)
		for (i = 0; i < XD_KMS_PIPES; i++)
			if (card->pipes[i] && card->pipes[i]->gone)
				return card->pipes[i];
	return NULL;
}

/* lost() releases its pipe, and may release others and their card */
static void tell_lost(void)
{
	struct xd_kms_pipe *p;

	while ((p = find_gone_pipe())) {
		p->gone = false;
		p->lost(p);
	}
}

/* No event comes from this card any more, and another may get its path */
static void mark_card_gone(struct xd_kms_card *card, const char *why)
{
	unsigned int i;

	if (card->gone)
		return;
	xdc_log(XDC_WARNING, "%s (%s): card removed or broken: %s", card->path,
		card->driver, why);
	card->gone = true;
	xdc_loop_remove(card->loop, &card->source);
	for (i = 0; i < XD_KMS_PIPES; i++)
		if (card->pipes[i])
			card->pipes[i]->gone = true;
}

static void read_events(struct xdc_source *s, uint32_t events)
{
	struct xd_kms_card *card = container_of(s, struct xd_kms_card, source);
	drmEventContext context = {
		.version = 3,
		.page_flip_handler2 = flip_event,
	};

	if (events & (EPOLLERR | EPOLLHUP))
		mark_card_gone(card, "the kernel closed the device");
	else if (drmHandleEvent(s->fd, &context) && errno != EAGAIN &&
		 errno != EINTR)
		mark_card_gone(card, strerror(errno));
	tell_lost();
}

static bool has_screen(const struct xd_kms_pipe *p)
{
	/* no probe: the kernel has probed before it sent the uevent */
	drmModeConnector *c =
		drmModeGetConnectorCurrent(p->card->source.fd, p->connector);
	bool has = c && c->connection == DRM_MODE_CONNECTED;

	drmModeFreeConnector(c);
	return has;
}

void xd_kms_hotplug(void)
{
	struct xd_kms_card *card;
	unsigned int i;

	LIST_FOREACH(card, &cards, entry) {
		drmModeRes *res = drmModeGetResources(card->source.fd);

		if (!res)
			mark_card_gone(card, strerror(errno));
		drmModeFreeResources(res);
		for (i = 0; res && i < XD_KMS_PIPES; i++)
			if (card->pipes[i] && !has_screen(card->pipes[i]))
				card->pipes[i]->gone = true;
	}
	tell_lost();
}

static int open_card(struct xd_kms_card *card, struct xdc_reason *why)
{
	uint64_t sequence, ns;
	drmModeRes *res;
	int err, fd = open(card->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return xdc_reason_set(why, -errno, "%s: %s", card->path,
				      strerror(errno));
	card->source.fd = fd;
	xdc_kms_driver_name(fd, card->driver, sizeof(card->driver));
	if (drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) ||
	    drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1))
		return xdc_reason_set(why, -EOPNOTSUPP,
				      "%s (%s) has no atomic mode setting",
				      card->path, card->driver);
	if (!drmIsMaster(fd) && drmSetMaster(fd))
		return xdc_reason_set(why, -EBUSY,
				      "another program (X, Wayland) has %s",
				      card->path);
	res = drmModeGetResources(fd);
	if (!res || !res->count_crtcs) {
		drmModeFreeResources(res);
		return xdc_reason_set(why, -ENODEV, "%s (%s) drives no screens",
				      card->path, card->driver);
	}
	card->vblank = !drmCrtcGetSequence(fd, res->crtcs[0], &sequence, &ns) ||
		       errno != EOPNOTSUPP;
	drmModeFreeResources(res);
	card->source.ready = read_events;
	err = xdc_loop_add(card->loop, &card->source, EPOLLIN);
	if (err)
		xdc_reason_set(why, err, "%s: %s", card->path, strerror(-err));
	return err;
}

static void free_card(struct xd_kms_card *card)
{
	xdc_loop_remove(card->loop, &card->source);
	if (card->source.fd >= 0)
		close(card->source.fd);
	free(card);
}

int xd_kms_card_get(struct xdc_loop *loop, const char *path,
		    struct xd_kms_card **out, struct xdc_reason *why)
{
	struct xd_kms_card *card;
	int err;

	LIST_FOREACH(card, &cards, entry) {
		if (card->gone || strcmp(card->path, path))
			continue;
		card->users++;
		*out = card;
		return 0;
	}
	card = calloc(1, sizeof(*card));
	if (!card)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	card->loop = loop;
	card->users = 1;
	card->source.fd = -1;
	snprintf(card->path, sizeof(card->path), "%s", path);
	err = open_card(card, why);
	if (err) {
		free_card(card);
		return err;
	}
	LIST_INSERT_HEAD(&cards, card, entry);
	*out = card;
	return 0;
}

void xd_kms_card_put(struct xd_kms_card *card)
{
	if (--card->users)
		return;
	LIST_REMOVE(card, entry);
	free_card(card);
}

/* ---- pipes ---- */

static bool is_taken(const struct xd_kms_card *card, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++) {
		const struct xd_kms_pipe *p = card->pipes[i];

		if (p &&
		    (p->connector == id || p->crtc == id || p->plane == id))
			return true;
	}
	return false;
}

static bool has_pipes(const struct xd_kms_card *card)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++)
		if (card->pipes[i])
			return true;
	return false;
}

/* The largest mode that the guest fills; the smallest if it fills none */
static bool pick_mode(struct xd_kms_pipe *p, const drmModeConnector *c,
		      uint32_t w, uint32_t h)
{
	const drmModeModeInfo *mode = xdc_kms_pick_mode(c, w, h);

	if (!mode)
		mode = xdc_kms_smallest_mode(c);
	if (mode)
		p->mode = *mode;
	return mode;
}

static bool pick_crtc(struct xd_kms_pipe *p, const drmModeRes *res,
		      const drmModeConnector *c, int *index)
{
	uint32_t used = 0;
	int i;

	for (i = 0; i < res->count_crtcs && i < 32; i++)
		if (is_taken(p->card, res->crtcs[i]))
			used |= 1U << i;
	*index = xdc_kms_pick_crtc(p->card->source.fd, res, c, used);
	if (*index < 0)
		return false;
	p->crtc = res->crtcs[*index];
	return true;
}

static bool pick_plane(struct xd_kms_pipe *p, int crtc_index)
{
	int fd = p->card->source.fd;
	drmModePlaneRes *planes = drmModeGetPlaneResources(fd);
	uint32_t i, j;

	for (i = 0; planes && i < planes->count_planes && !p->plane; i++) {
		uint32_t id = planes->planes[i];
		drmModePlane *plane = drmModeGetPlane(fd, id);
		uint64_t type = DRM_PLANE_TYPE_OVERLAY;

		xdc_kms_find_prop(fd, id, DRM_MODE_OBJECT_PLANE, "type", &type);
		if (plane && type == DRM_PLANE_TYPE_PRIMARY &&
		    plane->possible_crtcs & 1U << crtc_index &&
		    !is_taken(p->card, id)) {
			p->plane = id;
			for (j = 0; j < plane->count_formats && j < 64; j++)
				p->formats[j] = plane->formats[j];
			p->nr_formats = j;
		}
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	return p->plane;
}

static int find_props(struct xd_kms_pipe *p, struct xdc_reason *why)
{
	const struct {
		uint32_t object, type;
		const char *name;
		uint32_t *id;
	} wanted[] = {
		{ p->connector, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID",
		  &p->prop.connector_crtc },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "MODE_ID", &p->prop.mode },
		{ p->crtc, DRM_MODE_OBJECT_CRTC, "ACTIVE", &p->prop.active },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "FB_ID", &p->prop.fb },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_ID", &p->prop.crtc },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_X", &p->prop.src_x },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_Y", &p->prop.src_y },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_W", &p->prop.src_w },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "SRC_H", &p->prop.src_h },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_X", &p->prop.crtc_x },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_Y", &p->prop.crtc_y },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_W", &p->prop.crtc_w },
		{ p->plane, DRM_MODE_OBJECT_PLANE, "CRTC_H", &p->prop.crtc_h },
	};
	int fd = p->card->source.fd;
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].id = xdc_kms_find_prop(fd, wanted[i].object,
						  wanted[i].type,
						  wanted[i].name, NULL);
		if (!*wanted[i].id)
			return xdc_reason_set(why, -EOPNOTSUPP,
					      "%s (%s) has no property %s",
					      p->card->path, p->card->driver,
					      wanted[i].name);
	}
	p->damage = xdc_kms_find_prop(fd, p->plane, DRM_MODE_OBJECT_PLANE,
				      "FB_DAMAGE_CLIPS", NULL);
	return 0;
}

/*
 * 1: claimed, 0: not this one, or a negative errno value.  Probing what is
 * plugged in takes time, so only a connector that may be wanted is probed.
 */
static int try_connector(struct xd_kms_pipe *p, const drmModeRes *res,
			 uint32_t id, const char *name, uint32_t w, uint32_t h,
			 struct xdc_reason *why)
{
	int fd = p->card->source.fd;
	drmModeConnector *c = drmModeGetConnectorCurrent(fd, id);
	int index, err = 0;

	p->connector = p->crtc = p->plane = 0;
	if (c)
		xdc_kms_connector_name(c, p->name, sizeof(p->name));
	if (!c || is_taken(p->card, id) || (*name && strcmp(name, p->name)))
		goto out;
	drmModeFreeConnector(c);
	c = drmModeGetConnector(fd, id);
	if (!c || c->connection != DRM_MODE_CONNECTED ||
	    !pick_mode(p, c, w, h) || !pick_crtc(p, res, c, &index) ||
	    !pick_plane(p, index))
		goto out;
	p->connector = id;
	err = find_props(p, why);
	if (!err)
		err = 1;
out:
	drmModeFreeConnector(c);
	return err;
}

static int add_pipe(struct xd_kms_pipe *p, struct xdc_reason *why)
{
	struct xd_kms_card *card = p->card;
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES && card->pipes[i]; i++)
		;
	if (i == XD_KMS_PIPES)
		return xdc_reason_set(why, -ENOSPC, "%s: too many connectors",
				      card->path);
	if (drmModeCreatePropertyBlob(card->source.fd, &p->mode,
				      sizeof(p->mode), &p->blob))
		return xdc_reason_set(why, -errno,
				      "%s: cannot hand over the mode: %s",
				      card->path, strerror(errno));
	p->slot = i;
	card->pipes[i] = p;
	return 0;
}

int xd_kms_pipe_claim(struct xd_kms_card *card, struct xd_kms_pipe *p,
		      const char *name, uint32_t w, uint32_t h,
		      struct xdc_reason *why)
{
	drmModeRes *res = drmModeGetResources(card->source.fd);
	int i, found = 0;

	p->card = card;
	if (!res)
		return xdc_reason_set(why, -ENODEV, "%s drives no screens",
				      card->path);
	for (i = 0; i < res->count_connectors && !found; i++)
		found = try_connector(p, res, res->connectors[i], name, w, h,
				      why);
	drmModeFreeResources(res);
	if (found < 0)
		return found;
	if (found)
		return add_pipe(p, why);
	if (*name)
		return xdc_reason_set(
			why, -ENOENT,
			"connector %s of %s (%s) does not exist, has no screen, or shows another guest",
			name, card->path, card->driver);
	return xdc_reason_set(why, -ENOENT,
			      has_pipes(card)
				      ? "every screen of %s (%s) shows a guest"
				      : "no screen is connected to %s (%s)",
			      card->path, card->driver);
}

void xd_kms_pipe_release(struct xd_kms_pipe *p)
{
	p->card->pipes[p->slot] = NULL;
	drmModeDestroyPropertyBlob(p->card->source.fd, p->blob);
}
