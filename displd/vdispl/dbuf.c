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

/* address bits of cards that cannot reach all memory */
#define CARD_BITS 32
/*
 * So often a reference may be in buffers of a guest.  Each may be mapped twice, by the
 * driver and for copies; see xdc_mappings for what Xen can count
 */
#define MAPPINGS_MAX 16
/* between checks of a lease that could not be watched */
#define CHECK_PERIOD XDC_NS_PER_S
/* until the buffers of a guest that has ended are taken from who still holds them */
#define LET_GO_PERIOD (5 * XDC_NS_PER_S)

static uint32_t *map_page(void *context, uint32_t ref)
{
	const struct xd_dbuf *buf = context;

	return xengnttab_map_grant_ref(buf->daemon->gnttab, buf->guest->domid,
				       ref, PROT_READ | PROT_WRITE);
}

static void unmap_page(void *context, uint32_t *page)
{
	const struct xd_dbuf *buf = context;

	xengnttab_unmap(buf->daemon->gnttab, page, 1);
}

/* @bits: of the device that must reach the pages; 0: any address */
static int map_guest_pages(const struct xd_dbuf *buf, const uint32_t *refs,
			   unsigned int bits, int *fd,
			   struct xendmabuf_lease **lease)
{
	struct xendmabuf *x = buf->daemon->dmabuf;
	unsigned int flags = buf->rdonly ? XENDMABUF_RDONLY : 0;

	if (!bits)
		return xendmabuf_map(x, buf->guest->domid, refs,
				     buf->desc.pages, flags, fd, lease);
	return xendmabuf_map_for_device(x, buf->guest->domid, refs,
					buf->desc.pages, flags, bits, fd,
					lease);
}

/*
 * A PVH dom0 maps guests' pages above its own memory, where some cards do not
 * reach.  Map them at addresses of its own memory then.  In other domains
 * guests' frames cannot move.
 */
static void bring_within_reach(struct xd_dbuf *buf, const uint32_t *refs,
			       struct xd_output *card)
{
	struct xendmabuf_lease *lease;
	int fd, err;

	if (card->ops->reach(card, buf->fd) != -EREMOTEIO)
		return;
	err = map_guest_pages(buf, refs, CARD_BITS, &fd, &lease);
	xd_guest_log(buf->guest, XDC_DEBUG,
		     "buffer mapped within the card's reach: %s",
		     err ? xendmabuf_explain(buf->daemon->dmabuf, err)
			 : "done");
	if (err)
		return;
	close(buf->fd);
	xendmabuf_lease_close(buf->lease);
	buf->fd = fd;
	buf->lease = lease;
}

/* Counts the buffer's references, and keeps them */
static int count_pages(struct xd_dbuf *buf, uint32_t *refs)
{
	int err = xdc_mappings_add(&buf->guest->mappings, refs, buf->desc.pages,
				   MAPPINGS_MAX);

	if (!err)
		buf->refs = refs;
	if (err == -EMLINK)
		xd_guest_log(
			buf->guest, XDC_WARNING,
			"buffer refused: it has granted a page to more than %d buffers at a time",
			MAPPINGS_MAX);
	return err;
}

static void uncount_pages(struct xd_dbuf *buf)
{
	if (buf->refs)
		xdc_mappings_remove(&buf->guest->mappings, buf->refs,
				    buf->desc.pages);
	free(buf->refs);
}

bool xd_dbuf_repeats(const struct xd_dbuf *buf)
{
	return buf->refs && xdc_mappings_repeat(&buf->guest->mappings,
						buf->refs, buf->desc.pages);
}

/* Maps pages that the guest has granted */
static int import_pages(struct xd_dbuf *buf, uint32_t *refs,
			struct xd_output *card)
{
	int err;

	err = xendmabuf_directory_read(buf->guest->domid, buf->desc.gref, refs,
				       buf->desc.pages);
	if (!err)
		err = count_pages(buf, refs);
	if (err)
		return err;
	err = map_guest_pages(buf, refs, 0, &buf->fd, &buf->lease);
	if (err == -EACCES) {
		/* the guest may have granted its pages read-only */
		buf->rdonly = true;
		err = map_guest_pages(buf, refs, 0, &buf->fd, &buf->lease);
	}
	if (!err && card)
		bring_within_reach(buf, refs, card);
	return err;
}

static size_t buffer_size(const struct xd_dbuf *buf)
{
	return (size_t)buf->desc.pages * XD_PAGE;
}

static int grant_pages(struct xd_dbuf *buf, uint32_t *refs)
{
	return xendmabuf_grant(buf->daemon->dmabuf, buf->fd, 0,
			       buf->guest->domid, 0, refs, buf->desc.pages,
			       &buf->lease);
}

/* Fails for memory that cannot be granted, such as video memory */
static int grant_card_memory(struct xd_dbuf *buf, uint32_t *refs,
			     struct xd_output *card)
{
	uint32_t w, h;
	int err;

	card->ops->describe(card, buf->from, sizeof(buf->from), &w, &h);
	err = card->ops->alloc(card, buffer_size(buf), &buf->fd);
	if (!err)
		err = grant_pages(buf, refs);
	buf->of_card = !err;
	if (!err)
		return 0;
	if (buf->fd >= 0)
		close(buf->fd);
	buf->fd = -1;
	if (!buf->guest->told_of_card)
		xd_guest_log(
			buf->guest, XDC_INFO,
			"be-alloc: cannot use memory of %s: %s; using system memory",
			buf->from, strerror(-err));
	buf->guest->told_of_card = true;
	return err;
}

static int grant_system_memory(struct xd_dbuf *buf, uint32_t *refs)
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

	/* like XENDMABUF_ALLOC_ANY, which does not report the source */
	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		int other = xendmabuf_alloc(buffer_size(buf), sources[i].source,
					    &buf->fd);

		if (other != -ENODEV)
			err = other;
		snprintf(buf->from, sizeof(buf->from), "%s", sources[i].name);
		if (other != -ENODEV && other != -EACCES && other != -EPERM)
			break;
	}
	return err ? err : grant_pages(buf, refs);
}

/* Grants pages of this domain to the guest */
static int alloc_pages(struct xd_dbuf *buf, uint32_t *refs,
		       struct xd_output *card)
{
	static const struct xd_dir_pages_ops ops = {
		.map = map_page,
		.unmap = unmap_page,
	};
	int err;

	buf->granted = true;
	if (!card || grant_card_memory(buf, refs, card)) {
		err = grant_system_memory(buf, refs);
		if (err)
			return err;
	}
	return xd_dir_write(&ops, buf, buf->desc.gref, refs, buf->desc.pages);
}

/* Frees a buffer whose lease is RETURNED, or that has none */
static void free_buffer(struct xd_dbuf *buf)
{
	xdc_loop_remove(&buf->daemon->loop, &buf->returned);
	xdc_timer_fini(&buf->let_go);
	xendmabuf_lease_close(buf->lease);
	LIST_REMOVE(buf, link);
	if (buf->gone)
		buf->gone(buf);
	uncount_pages(buf);
	xd_guest_uncharge_buffer(buf->guest, buf->desc.pages);
	xd_guest_put(buf->guest);
	free(buf);
}

/* For a lease that is not RETURNED, and cannot be watched */
static void check_later(struct xd_dbuf *buf)
{
	xdc_loop_remove(&buf->daemon->loop, &buf->returned);
	buf->returned.fd = -1;
	xdc_timer_in(&buf->daemon->check_dying, CHECK_PERIOD);
}

/*
 * Pages that are mapped here keep the whole of an ended domain in Xen, and a
 * compositor may hold a buffer for ever.  Its mappings end then; a device that
 * reads the buffer keeps it.
 */
static void take_back(struct xdc_timer *t)
{
	struct xd_dbuf *buf = container_of(t, struct xd_dbuf, let_go);
	int err = xendmabuf_lease_revoke(buf->lease);

	if (err)
		xd_guest_log(buf->guest, XDC_ERROR, "cannot revoke: %s",
			     xendmabuf_explain(buf->daemon->dmabuf, err));
	else
		xd_guest_log(buf->guest, XDC_INFO,
			     "domain has ended, revoked %u pages of it",
			     buf->desc.pages);
}

static void check_lease(struct xd_dbuf *buf)
{
	struct xen_dmabuf_lease_info info;
	int err = xendmabuf_lease_info(buf->lease, &info, sizeof(info));

	if (!err && info.state == XEN_DMABUF_LEASE_RETURNED) {
		free_buffer(buf);
		return;
	}
	if (!err && info.peer_gone && !buf->ended) {
		buf->ended = true;
		xdc_timer_in(&buf->let_go, LET_GO_PERIOD);
	}
	if (!err && buf->returned.fd >= 0)
		return;
	if (!err) {
		buf->returned.fd = xendmabuf_lease_fd(buf->lease);
		err = xdc_loop_add(&buf->daemon->loop, &buf->returned, EPOLLIN);
	}
	if (!err)
		return;
	/* out of memory: the guest is answered once its pages are free */
	xd_guest_log(buf->guest, XDC_ERROR,
		     "cannot watch a lease: %s; retry pending",
		     xendmabuf_explain(NULL, err));
	check_later(buf);
}

static void check_dying(struct xdc_timer *t)
{
	struct xd_daemon *daemon =
		container_of(t, struct xd_daemon, check_dying);
	struct xd_dbuf *buf, *next;

	for (buf = LIST_FIRST(&daemon->dying); buf; buf = next) {
		next = LIST_NEXT(buf, link);
		if (buf->returned.fd < 0)
			check_lease(buf);
	}
}

void xd_dbuf_start(struct xd_daemon *daemon)
{
	xdc_timer_init(&daemon->loop, &daemon->check_dying, check_dying);
}

void xd_dbuf_stop(struct xd_daemon *daemon)
{
	xdc_timer_fini(&daemon->check_dying);
}

static void lease_ready(struct xdc_source *s, uint32_t events)
{
	struct xd_dbuf *buf = container_of(s, struct xd_dbuf, returned);

	check_lease(buf);
}

static void release_buffer(struct xd_dbuf *buf)
{
	xd_dbuf_unmap(buf);
	if (buf->fd >= 0)
		close(buf->fd);
	buf->fd = -1;
	LIST_INSERT_HEAD(&buf->daemon->dying, buf, link);
	if (!buf->lease) {
		free_buffer(buf);
		return;
	}
	if (buf->granted)
		xendmabuf_lease_revoke(buf->lease);
	check_lease(buf);
}

int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *guest,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_output *card, struct xd_dbuf **out)
{
	struct xd_dbuf *buf;
	uint32_t *refs;
	int err;

	err = xd_guest_charge_buffer(guest, desc->pages);
	if (err)
		return err;
	buf = calloc(1, sizeof(*buf));
	refs = calloc(desc->pages, sizeof(*refs));
	if (!buf || !refs) {
		free(buf);
		free(refs);
		xd_guest_uncharge_buffer(guest, desc->pages);
		return -ENOMEM;
	}
	buf->daemon = daemon;
	buf->guest = guest;
	guest->users++;
	buf->desc = *desc;
	buf->users = 1;
	buf->fd = -1;
	buf->returned.fd = -1;
	buf->returned.ready = lease_ready;
	xdc_timer_init(&daemon->loop, &buf->let_go, take_back);
	err = alloc ? alloc_pages(buf, refs, card)
		    : import_pages(buf, refs, card);
	if (!buf->refs)
		free(refs);
	if (err) {
		/* pages granted before the failure may be in use already */
		xd_dbuf_put(buf);
		return err;
	}
	*out = buf;
	return 0;
}

void xd_dbuf_get(struct xd_dbuf *buf)
{
	buf->users++;
}

void xd_dbuf_put(struct xd_dbuf *buf)
{
	if (!--buf->users)
		release_buffer(buf);
}

const void *xd_dbuf_pixels(struct xd_dbuf *buf)
{
	void *map;

	if (buf->map)
		return buf->map;
	map = mmap(NULL, buffer_size(buf), PROT_READ, MAP_SHARED, buf->fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	buf->map = map;
	return map;
}

void xd_dbuf_unmap(struct xd_dbuf *buf)
{
	if (buf->map)
		munmap(buf->map, buffer_size(buf));
	buf->map = NULL;
}
