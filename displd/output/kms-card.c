// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/kms.h"
#include "common/log.h"
#include "output/kms-card.h"

static LIST_HEAD(kms_cards, xd_kms_card) cards = LIST_HEAD_INITIALIZER(cards);

/* a card stays open after its last user has left it */
#define LINGER (2 * XDC_NS_PER_S)

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

/* ---- closing ---- */

static void *close_file(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

/*
 * The last close of a card switches screens off or gives them back to the
 * console, and waits for both, with a card that hangs for long: in a thread,
 * which does nothing else.
 */
static void close_in_thread(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err = pthread_attr_init(&attr);

	if (!err) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		err = pthread_create(&thread, &attr, close_file,
				     (void *)(intptr_t)fd);
		pthread_attr_destroy(&attr);
	}
	if (err)
		close(fd);
}

static void free_card(struct xd_kms_card *card, void (*close_fd)(int fd))
{
	xdc_timer_fini(&card->linger);
	xdc_timer_fini(&card->probe);
	xdc_loop_remove(card->loop, &card->source);
	if (card->source.fd >= 0) {
		/* before the close, which may take long: for the next user */
		drmDropMaster(card->source.fd);
		close_fd(card->source.fd);
	}
	free(card);
}

static void close_card(struct xd_kms_card *card)
{
	LIST_REMOVE(card, entry);
	free_card(card, close_in_thread);
}

/* ---- events ---- */

static uint32_t *find_hung(struct xd_kms_card *card, uint32_t crtc)
{
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++)
		if (card->hung[i] == crtc)
			return &card->hung[i];
	return NULL;
}

void xd_kms_crtc_hung(struct xd_kms_card *card, uint32_t crtc)
{
	uint32_t *place = find_hung(card, crtc);

	if (!place)
		place = find_hung(card, 0);
	if (place)
		*place = crtc;
}

bool xd_kms_crtc_is_hung(struct xd_kms_card *card, uint32_t crtc)
{
	return crtc && find_hung(card, crtc);
}

static void flip_event(int fd, unsigned int sequence, unsigned int sec,
		       unsigned int usec, unsigned int crtc, void *data)
{
	struct xd_kms_card *card;
	struct xd_kms_pipe *p;
	uint32_t *hung;

	LIST_FOREACH(card, &cards, entry)
		if (card->source.fd == fd)
			break;
	if (!card)
		return;
	/* commits that were given up have events as well */
	hung = find_hung(card, crtc);
	if (hung)
		*hung = 0;
	p = card->pipes[event_slot(data)];
	if (p && data == xd_kms_flip_data(p, p->number))
		p->committed(p);
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

static struct xd_kms_card *find_gone_card(void)
{
	struct xd_kms_card *card;

	LIST_FOREACH(card, &cards, entry)
		if (card->gone && !card->users)
			return card;
	return NULL;
}

/*
 * lost() releases its pipe, and may release others and their card. While a card
 * that was removed is open, the kernel gives its number to no other: the one that
 * is plugged in next would get another path.
 */
static void tell_lost(void)
{
	struct xd_kms_card *card;
	struct xd_kms_pipe *p;

	while ((p = find_gone_pipe())) {
		p->gone = false;
		if (p->used)
			p->lost(p);
	}
	while ((card = find_gone_card()))
		close_card(card);
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

/* ---- hotplug ---- */

/* Connectors that were probed since the last hotplug event */
static struct probe {
	dev_t device;
	uint32_t connector;
} probed[128];
static unsigned int nr_probed;

static bool may_probe(const struct xd_kms_card *card, uint32_t connector)
{
	unsigned int i;

	for (i = 0; i < nr_probed; i++)
		if (probed[i].device == card->device &&
		    probed[i].connector == connector)
			return false;
	return nr_probed < sizeof(probed) / sizeof(probed[0]);
}

drmModeConnector *xd_kms_read_connector(struct xd_kms_card *card, uint32_t id)
{
	struct xdc_reason ignored;

	/* the kernel asks the screen for its master alone */
	if (!may_probe(card, id) || xd_kms_card_master(card, &ignored))
		return drmModeGetConnectorCurrent(card->source.fd, id);
	probed[nr_probed].device = card->device;
	probed[nr_probed++].connector = id;
	return drmModeGetConnector(card->source.fd, id);
}

/* The kernel could not transmit the picture, and a mode has to be set again */
static bool is_link_bad(int fd, uint32_t connector)
{
	uint64_t status = DRM_MODE_LINK_STATUS_GOOD;

	xdc_kms_find_prop(fd, connector, DRM_MODE_OBJECT_CONNECTOR,
			  "link-status", &status);
	return status == DRM_MODE_LINK_STATUS_BAD;
}

static bool has_screen(const struct xd_kms_pipe *p)
{
	int fd = p->card->source.fd;
	/* no probe: the kernel has probed before it sent the uevent */
	drmModeConnector *c = drmModeGetConnectorCurrent(fd, p->connector);
	bool has = c && c->connection == DRM_MODE_CONNECTED;

	drmModeFreeConnector(c);
	if (!has || !is_link_bad(fd, p->connector))
		return has;
	xdc_log(XDC_WARNING, "%s of %s (%s): bad link, set up again", p->name,
		p->card->path, p->card->driver);
	return false;
}

static bool is_same_mode(const drmModeModeInfo *a, const drmModeModeInfo *b)
{
	return a->clock == b->clock && a->flags == b->flags &&
	       a->hdisplay == b->hdisplay && a->vdisplay == b->vdisplay &&
	       a->hsync_start == b->hsync_start &&
	       a->hsync_end == b->hsync_end &&
	       a->vsync_start == b->vsync_start &&
	       a->vsync_end == b->vsync_end && a->htotal == b->htotal &&
	       a->vtotal == b->vtotal && a->hskew == b->hskew &&
	       a->vscan == b->vscan;
}

/* Linux has modes of its own then, smaller ones; whether it is another screen is unknown */
static bool has_unread_edid(const struct xd_kms_pipe *p)
{
	uint64_t blob = 0;

	return xdc_kms_find_prop(p->card->source.fd, p->connector,
				 DRM_MODE_OBJECT_CONNECTOR, "EDID", &blob) &&
	       !blob;
}

/* The screen was exchanged, and another mode is the best one now */
static bool has_other_mode(const struct xd_kms_pipe *p)
{
	drmModeConnector *c = xd_kms_read_connector(p->card, p->connector);
	const drmModeModeInfo *best = NULL;
	bool other;

	/* of a screen that was unplugged meanwhile another event tells */
	if (c && c->connection == DRM_MODE_CONNECTED && !has_unread_edid(p))
		best = xdc_kms_best_mode(c, p->width, p->height);
	other = best && !is_same_mode(best, &p->mode);
	drmModeFreeConnector(c);
	if (other)
		xdc_log(XDC_INFO, "%s of %s (%s): another screen, set up again",
			p->name, p->card->path, p->card->driver);
	return other;
}

static void probe_fired(struct xdc_timer *t)
{
	struct xd_kms_card *card = container_of(t, struct xd_kms_card, probe);
	unsigned int i;

	for (i = 0; i < XD_KMS_PIPES; i++)
		if (card->pipes[i] && card->pipes[i]->used &&
		    has_other_mode(card->pipes[i]))
			card->pipes[i]->gone = true;
	tell_lost();
}

void xd_kms_hotplug(void)
{
	struct xd_kms_card *card;
	unsigned int i;

	nr_probed = 0;
	LIST_FOREACH(card, &cards, entry) {
		drmModeRes *res = drmModeGetResources(card->source.fd);

		if (!res)
			mark_card_gone(card, strerror(errno));
		drmModeFreeResources(res);
		for (i = 0; res && i < XD_KMS_PIPES; i++)
			if (card->pipes[i] && card->pipes[i]->used &&
			    !has_screen(card->pipes[i]))
				card->pipes[i]->gone = true;
		xdc_timer_in(&card->probe, XD_KMS_PROBE_DELAY);
	}
	tell_lost();
}

/* ---- opening, and leaving open ---- */

static bool has_gpu(int fd)
{
	char *name = drmGetRenderDeviceNameFromFd(fd);
	bool has = name;

	free(name);
	return has;
}

int xd_kms_card_master(struct xd_kms_card *card, struct xdc_reason *why)
{
	if (drmIsMaster(card->source.fd))
		return 0;
	if (drmSetMaster(card->source.fd))
		return xdc_reason_set(why, -EBUSY,
				      "another program (X, Wayland) has %s",
				      card->path);
	card->owned = true;
	/* that program has lit what it wanted */
	card->cleared = false;
	return 0;
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
	/*
	 * Who opens a card first becomes its master, and would keep a
	 * compositor that is starting from it
	 */
	card->owned = drmIsMaster(fd);
	drmDropMaster(fd);
	xdc_kms_driver_name(fd, card->driver, sizeof(card->driver));
	if (drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1) ||
	    drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1))
		return xdc_reason_set(why, -EOPNOTSUPP,
				      "%s (%s) has no atomic mode setting",
				      card->path, card->driver);
	res = drmModeGetResources(fd);
	if (!res || !res->count_crtcs) {
		drmModeFreeResources(res);
		return xdc_reason_set(why, -ENODEV, "%s (%s) drives no screens",
				      card->path, card->driver);
	}
	card->vblank = !drmCrtcGetSequence(fd, res->crtcs[0], &sequence, &ns) ||
		       errno != EOPNOTSUPP;
	card->gpu = has_gpu(fd);
	drmModeFreeResources(res);
	card->source.ready = read_events;
	err = xdc_loop_add(card->loop, &card->source, EPOLLIN);
	if (err)
		xdc_reason_set(why, err, "%s: %s", card->path, strerror(-err));
	return err;
}

static void close_now(int fd)
{
	close(fd);
}

static void linger_ended(struct xdc_timer *t)
{
	struct xd_kms_card *card = container_of(t, struct xd_kms_card, linger);

	close_card(card);
}

void xd_kms_stop(void)
{
	struct xd_kms_card *card, *next;

	for (card = LIST_FIRST(&cards); card; card = next) {
		next = LIST_NEXT(card, entry);
		if (card->users)
			continue;
		LIST_REMOVE(card, entry);
		free_card(card, close_now);
	}
}

static struct xd_kms_card *find_card(const struct stat *st)
{
	dev_t device = S_ISCHR(st->st_mode) ? st->st_rdev : st->st_dev;
	struct xd_kms_card *card;

	LIST_FOREACH(card, &cards, entry)
		if (!card->gone && card->device == device &&
		    (S_ISCHR(st->st_mode) || card->inode == st->st_ino))
			return card;
	return NULL;
}

bool xd_kms_card_is_open(const char *path)
{
	struct stat st;

	return !stat(path, &st) && find_card(&st);
}

int xd_kms_card_get(struct xdc_loop *loop, const char *path,
		    struct xd_kms_card **out, struct xdc_reason *why)
{
	struct xd_kms_card *card;
	struct stat st;
	int err;

	if (stat(path, &st))
		return xdc_reason_set(why, -errno, "%s: %s", path,
				      strerror(errno));
	card = find_card(&st);
	if (card) {
		if (!card->users++)
			xdc_timer_at(&card->linger, 0);
		*out = card;
		return 0;
	}
	card = calloc(1, sizeof(*card));
	if (!card)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	card->loop = loop;
	card->users = 1;
	card->source.fd = -1;
	card->device = S_ISCHR(st.st_mode) ? st.st_rdev : st.st_dev;
	card->inode = st.st_ino;
	snprintf(card->path, sizeof(card->path), "%s", path);
	xdc_timer_init(loop, &card->linger, linger_ended);
	xdc_timer_init(loop, &card->probe, probe_fired);
	err = open_card(card, why);
	if (err) {
		free_card(card, close_now);
		return err;
	}
	LIST_INSERT_HEAD(&cards, card, entry);
	*out = card;
	return 0;
}

/*
 * A guest can connect and disconnect as it likes, and closing a card is dear.
 * Other programs may have the card meanwhile.
 */
void xd_kms_card_put(struct xd_kms_card *card)
{
	if (--card->users)
		return;
	if (card->gone || card->stalled || !card->owned) {
		close_card(card);
		return;
	}
	drmDropMaster(card->source.fd);
	xdc_timer_in(&card->linger, LINGER);
}
