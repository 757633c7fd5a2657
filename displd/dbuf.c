// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "daemon.h"
#include "dbuf.h"
#include "dir.h"
#include "guest.h"

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

/* Pages of the guest's */
static int take(struct xd_dbuf *d, uint32_t *refs)
{
	struct xendmabuf *x = d->daemon->dmabuf;
	uint16_t domid = d->guest->domid;
	int err;

	err = xendmabuf_directory_read(domid, d->desc.gref, refs,
				       d->desc.pages);
	if (err)
		return err;
	err = xendmabuf_map(x, domid, refs, d->desc.pages, 0, &d->fd,
			    &d->lease);
	if (err != -EACCES)
		return err;
	/* a guest may show what it does not want to have written */
	d->rdonly = true;
	return xendmabuf_map(x, domid, refs, d->desc.pages, XENDMABUF_RDONLY,
			     &d->fd, &d->lease);
}

/* Pages for the guest */
static int give(struct xd_dbuf *d, uint32_t *refs)
{
	static const struct xd_dir_pages_ops ops = {
		.map = map_page,
		.unmap = unmap_page,
	};
	int err;

	d->granted = true;
	err = xendmabuf_alloc((size_t)d->desc.pages * XD_PAGE,
			      XENDMABUF_ALLOC_ANY, &d->fd);
	if (err)
		return err;
	err = xendmabuf_grant(d->daemon->dmabuf, d->fd, 0, d->guest->domid, 0,
			      refs, d->desc.pages, &d->lease);
	if (err)
		return err;
	return xd_dir_write(&ops, d, d->desc.gref, refs, d->desc.pages);
}

static void unlink_dying(struct xd_dbuf *d)
{
	struct xd_dbuf **p;

	for (p = &d->daemon->dying; *p; p = &(*p)->next) {
		if (*p != d)
			continue;
		*p = d->next;
		return;
	}
}

/* The lease is RETURNED, or there is none */
static void finish(struct xd_dbuf *d)
{
	xd_loop_remove(&d->daemon->loop, &d->returned);
	xendmabuf_lease_close(d->lease);
	unlink_dying(d);
	if (d->gone)
		d->gone(d);
	xd_guest_uncharge_buffer(d->guest, d->desc.pages);
	xd_guest_put(d->guest);
	free(d);
}

static void lease_ready(struct xd_source *s, uint32_t events)
{
	struct xd_dbuf *d =
		(struct xd_dbuf *)((char *)s -
				   offsetof(struct xd_dbuf, returned));
	struct xen_dmabuf_lease_info info;
	int err;

	(void)events;
	err = xendmabuf_lease_info(d->lease, &info);
	if (!err && info.state != XEN_DMABUF_LEASE_RETURNED)
		return;
	if (err)
		xd_guest_log(d->guest, XD_ERROR, "a lease cannot be asked: %s",
			     xendmabuf_explain(NULL, err));
	finish(d);
}

static void let_go(struct xd_dbuf *d)
{
	int err;

	xd_dbuf_unmap(d);
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->next = d->daemon->dying;
	d->daemon->dying = d;
	if (!d->lease) {
		finish(d);
		return;
	}
	if (d->granted)
		xendmabuf_lease_revoke(d->lease);
	d->returned.fd = xendmabuf_lease_fd(d->lease);
	err = xd_loop_add(&d->daemon->loop, &d->returned, EPOLLIN);
	if (err) {
		/* out of memory: the driver still keeps the pages safe */
		xd_guest_log(d->guest, XD_ERROR,
			     "a lease cannot be watched: %s", strerror(-err));
		d->returned.fd = -1;
		finish(d);
	}
}

int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *guest,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_dbuf **out)
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
	err = alloc ? give(d, refs) : take(d, refs);
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
	map = mmap(NULL, (size_t)d->desc.pages * XD_PAGE, PROT_READ, MAP_SHARED,
		   d->fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	d->map = map;
	return map;
}

void xd_dbuf_unmap(struct xd_dbuf *d)
{
	if (d->map)
		munmap(d->map, (size_t)d->desc.pages * XD_PAGE);
	d->map = NULL;
}
