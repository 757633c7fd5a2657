// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "common/container_of.h"
#include "daemon.h"
#include "vdispl/dbuf.h"
#include "vdispl/dir.h"
#include "guest.h"
#include "output/output.h"

/* of cards that have too few address bits for all memory */
#define CARD_BITS 32
/* a lease that could not be watched */
#define ASK_AGAIN XDC_NS_PER_S

static uint32_t *map_page(void *context, uint32_t ref)
{
	const struct xd_dbuf *d = context;

	return xengnttab_map_grant_ref(d->daemon->gnttab, d->guest->domid, ref,
				       PROT_READ | PROT_WRITE);
}

static void unmap_page(void *context, uint32_t *page)
{
	const struct xd_dbuf *d = context;

	xengnttab_unmap(d->daemon->gnttab, page, 1);
}

/* @bits 0: wherever it comes to be */
static int map_guests(const struct xd_dbuf *d, const uint32_t *refs,
		      unsigned int bits, int *fd,
		      struct xendmabuf_lease **lease)
{
	struct xendmabuf *x = d->daemon->dmabuf;
	unsigned int flags = d->rdonly ? XENDMABUF_RDONLY : 0;

	if (!bits)
		return xendmabuf_map(x, d->guest->domid, refs, d->desc.pages,
				     flags, fd, lease);
	return xendmabuf_map_for_device(x, d->guest->domid, refs, d->desc.pages,
					flags, bits, fd, lease);
}

/*
 * A PVH dom0 maps guests' pages beyond its own memory.  It can lend them
 * addresses of that, for a card; elsewhere their frames are where they are.
 */
static void bring_within_reach(struct xd_dbuf *d, const uint32_t *refs,
			       struct xd_output *card)
{
	struct xendmabuf_lease *lease;
	int fd, err;

	if (card->ops->reach(card, d->fd) != -EREMOTEIO)
		return;
	err = map_guests(d, refs, CARD_BITS, &fd, &lease);
	xd_guest_log(d->guest, XDC_DEBUG,
		     "a buffer at addresses that the card has: %s",
		     err ? xendmabuf_explain(d->daemon->dmabuf, err) : "done");
	if (err)
		return;
	close(d->fd);
	xendmabuf_lease_close(d->lease);
	d->fd = fd;
	d->lease = lease;
}

/* Pages of the guest's */
static int take(struct xd_dbuf *d, uint32_t *refs, struct xd_output *card)
{
	int err;

	err = xendmabuf_directory_read(d->guest->domid, d->desc.gref, refs,
				       d->desc.pages);
	if (err)
		return err;
	err = map_guests(d, refs, 0, &d->fd, &d->lease);
	if (err == -EACCES) {
		/* a guest may show what it does not want to have written */
		d->rdonly = true;
		err = map_guests(d, refs, 0, &d->fd, &d->lease);
	}
	if (!err && card)
		bring_within_reach(d, refs, card);
	return err;
}

static size_t size_of(const struct xd_dbuf *d)
{
	return (size_t)d->desc.pages * XD_PAGE;
}

static int grant(struct xd_dbuf *d, uint32_t *refs)
{
	return xendmabuf_grant(d->daemon->dmabuf, d->fd, 0, d->guest->domid, 0,
			       refs, d->desc.pages, &d->lease);
}

/* Video memory, for one, cannot be granted */
static int give_cards(struct xd_dbuf *d, uint32_t *refs, struct xd_output *card)
{
	uint32_t w, h;
	int err;

	card->ops->describe(card, d->from, sizeof(d->from), &w, &h);
	err = card->ops->alloc(card, size_of(d), &d->fd);
	if (!err)
		err = grant(d, refs);
	if (!err)
		return 0;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	if (!d->guest->told_of_card)
		xd_guest_log(
			d->guest, XDC_INFO,
			"buffers for it are not %s's, but other memory: %s",
			d->from, strerror(-err));
	d->guest->told_of_card = true;
	return err;
}

static int give_memory(struct xd_dbuf *d, uint32_t *refs)
{
	static const struct {
		unsigned int source;
		const char *name;
	} sources[] = {
		{ XENDMABUF_ALLOC_HEAP, "dma-heap" },
		{ XENDMABUF_ALLOC_UDMABUF, "udmabuf" },
		{ XENDMABUF_ALLOC_DUMB, "vgem" },
	};
	size_t i;
	int err = -ENODEV;

	/* as XENDMABUF_ALLOC_ANY, which does not tell */
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		int other =
			xendmabuf_alloc(size_of(d), sources[i].source, &d->fd);

		if (other != -ENODEV)
			err = other;
		snprintf(d->from, sizeof(d->from), "%s", sources[i].name);
		if (other != -ENODEV && other != -EACCES && other != -EPERM)
			break;
	}
	return err ? err : grant(d, refs);
}

/* Pages for the guest */
static int give(struct xd_dbuf *d, uint32_t *refs, struct xd_output *card)
{
	static const struct xd_dir_pages_ops ops = {
		.map = map_page,
		.unmap = unmap_page,
	};
	int err;

	d->granted = true;
	if (!card || give_cards(d, refs, card)) {
		err = give_memory(d, refs);
		if (err)
			return err;
	}
	return xd_dir_write(&ops, d, d->desc.gref, refs, d->desc.pages);
}

/* The lease is RETURNED, or there is none */
static void finish(struct xd_dbuf *d)
{
	xdc_loop_remove(&d->daemon->loop, &d->returned);
	xendmabuf_lease_close(d->lease);
	LIST_REMOVE(d, link);
	if (d->gone)
		d->gone(d);
	xd_guest_uncharge_buffer(d->guest, d->desc.pages);
	xd_guest_put(d->guest);
	free(d);
}

/* Not known to be RETURNED, and not watched: asked again by and by */
static void ask_later(struct xd_dbuf *d)
{
	xdc_loop_remove(&d->daemon->loop, &d->returned);
	d->returned.fd = -1;
	xdc_timer_in(&d->daemon->check_dying, ASK_AGAIN);
}

static void ask(struct xd_dbuf *d)
{
	struct xen_dmabuf_lease_info info;
	int err = xendmabuf_lease_info(d->lease, &info);

	if (!err && info.state == XEN_DMABUF_LEASE_RETURNED) {
		finish(d);
		return;
	}
	if (!err && d->returned.fd >= 0)
		return;
	if (!err) {
		d->returned.fd = xendmabuf_lease_fd(d->lease);
		err = xdc_loop_add(&d->daemon->loop, &d->returned, EPOLLIN);
	}
	if (!err)
		return;
	/* out of memory: the guest is answered when it may have its pages */
	xd_guest_log(d->guest, XDC_ERROR, "a lease cannot be watched: %s",
		     xendmabuf_explain(NULL, err));
	ask_later(d);
}

static void ask_dying(struct xdc_timer *t)
{
	struct xd_daemon *daemon =
		container_of(t, struct xd_daemon, check_dying);
	struct xd_dbuf *d, *next;

	for (d = LIST_FIRST(&daemon->dying); d; d = next) {
		next = LIST_NEXT(d, link);
		if (d->returned.fd < 0)
			ask(d);
	}
}

int xd_dbuf_start(struct xd_daemon *daemon)
{
	return xdc_timer_init(&daemon->loop, &daemon->check_dying, ask_dying);
}

void xd_dbuf_stop(struct xd_daemon *daemon)
{
	xdc_timer_fini(&daemon->check_dying);
}

static void lease_ready(struct xdc_source *s, uint32_t events)
{
	struct xd_dbuf *d = container_of(s, struct xd_dbuf, returned);

	ask(d);
}

static void let_go(struct xd_dbuf *d)
{
	xd_dbuf_unmap(d);
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	LIST_INSERT_HEAD(&d->daemon->dying, d, link);
	if (!d->lease) {
		finish(d);
		return;
	}
	if (d->granted)
		xendmabuf_lease_revoke(d->lease);
	ask(d);
}

int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *guest,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_output *card, struct xd_dbuf **out)
{
	struct xd_dbuf *d;
	uint32_t *refs;
	int err;

	err = xd_guest_charge_buffer(guest, desc->pages);
	if (err)
		return err;
	d = calloc(1, sizeof(*d));
	refs = calloc(desc->pages, sizeof(*refs));
	if (!d || !refs) {
		free(d);
		free(refs);
		xd_guest_uncharge_buffer(guest, desc->pages);
		return -ENOMEM;
	}
	d->daemon = daemon;
	d->guest = guest;
	guest->users++;
	d->desc = *desc;
	d->users = 1;
	d->fd = -1;
	d->returned.fd = -1;
	d->returned.ready = lease_ready;
	err = alloc ? give(d, refs, card) : take(d, refs, card);
	free(refs);
	if (err) {
		/* what was granted before it failed may be in use already */
		xd_dbuf_put(d);
		return err;
	}
	*out = d;
	return 0;
}

void xd_dbuf_get(struct xd_dbuf *d)
{
	d->users++;
}

void xd_dbuf_put(struct xd_dbuf *d)
{
	if (!--d->users)
		let_go(d);
}

const void *xd_dbuf_pixels(struct xd_dbuf *d)
{
	void *map;

	if (d->map)
		return d->map;
	map = mmap(NULL, size_of(d), PROT_READ, MAP_SHARED, d->fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	d->map = map;
	return map;
}

void xd_dbuf_unmap(struct xd_dbuf *d)
{
	if (d->map)
		munmap(d->map, size_of(d));
	d->map = NULL;
}
