// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/evtchn.h>
#include <xen/grant_table.h>
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#include "transport.h"

#define GNTALLOC "/dev/xen/gntalloc"
#define GNTDEV "/dev/xen/gntdev"
#define EVTCHN "/dev/xen/evtchn"

void xch_transport_init(struct xch_transport *t)
{
	memset(t, 0, sizeof(*t));
	t->ring = t->event = t->notify = -1;
}

void xch_transport_close(struct xch_transport *t)
{
	if (t->ring >= 0)
		close(t->ring);
	if (t->notify >= 0 && t->notify != t->event)
		close(t->notify);
	if (t->event >= 0)
		close(t->event);
	xch_transport_init(t);
}

static int open_device(const char *path, const char *module,
		       struct xdc_reason *why)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? xdc_reason_device(why, -errno, path, module,
					  "xen-channeld")
		      : fd;
}

static int open_evtchn(struct xch_transport *t, struct xdc_reason *why)
{
	int fd = open_device(EVTCHN, "xen-evtchn", why);

	if (fd < 0)
		return fd;
	t->event = t->notify = fd;
	t->evtchn = true;
	return 0;
}

/*
 * A file that has its channel, and can bind others of this domain's only.  Linux
 * makes no new port for a file that is restricted already, and restricts none to
 * dom0: there the worker's filter of system calls alone keeps it from binding.
 */
static int restrict_evtchn(const struct xch_transport *t, uint16_t domid,
			   struct xdc_reason *why)
{
	struct ioctl_evtchn_restrict_domid restrict_to = { .domid = domid };

	if (domid && ioctl(t->event, IOCTL_EVTCHN_RESTRICT_DOMID, &restrict_to))
		return xdc_reason_set(why, -errno, EVTCHN ": %s",
				      strerror(errno));
	return 0;
}

/* Pages that the peer may map, and their references */
static int alloc_pages(int fd, uint16_t domid, bool writable,
		       unsigned int count, uint32_t *refs, uint64_t *at,
		       struct xdc_reason *why)
{
	struct ioctl_gntalloc_alloc_gref *alloc =
		calloc(1, sizeof(*alloc) + count * sizeof(refs[0]));
	int err = 0;

	if (!alloc)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	alloc->domid = domid;
	alloc->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
	alloc->count = count;
	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, alloc)) {
		err = -errno;
		xdc_reason_set(
			why, err, "cannot grant %u pages: %s%s", count,
			strerror(-err),
			err == -ENOSPC
				? ". Raise /sys/module/xen_gntalloc/parameters/limit"
				: "");
	} else {
		*at = alloc->index;
		/* behind the struct's own, which is an array of one */
		memcpy(refs,
		       (char *)alloc +
			       offsetof(struct ioctl_gntalloc_alloc_gref,
					gref_ids),
		       count * sizeof(refs[0]));
	}
	free(alloc);
	return err;
}

/* The client writes to the control page and to its own bytes */
static int alloc_ring(uint16_t domid, struct xch_transport *t, uint32_t *refs,
		      struct xdc_reason *why)
{
	int err =
		alloc_pages(t->ring, domid, true, 1, refs, &t->control_at, why);

	if (!err)
		err = alloc_pages(t->ring, domid, false, XCH_RING_PAGES,
				  refs + 1, &t->bytes_at[XCH_SERVER], why);
	if (!err)
		err = alloc_pages(t->ring, domid, true, XCH_RING_PAGES,
				  refs + 1 + XCH_RING_PAGES,
				  &t->bytes_at[XCH_CLIENT], why);
	return err;
}

static int format_ring(const struct xch_transport *t, struct xdc_reason *why)
{
	struct xch_ring_memory memory = { .pages = XCH_RING_PAGES };
	void *page = mmap(NULL, XCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  t->ring, (off_t)t->control_at);

	if (page == MAP_FAILED)
		return xdc_reason_set(why, -errno, "cannot map the ring: %s",
				      strerror(errno));
	memory.control = page;
	xch_ring_format(&memory);
	munmap(page, XCH_PAGE);
	return 0;
}

#define LIVE_AT(role) (offsetof(struct xch_ring_control, live) + (role))

static int finish_offer(struct xch_transport *t, struct xdc_reason *why)
{
	struct ioctl_gntalloc_unmap_notify notify = {
		.index = t->control_at + LIVE_AT(XCH_SERVER),
		.action = UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT,
		.event_channel_port = t->port,
	};
	int err = format_ring(t, why);

	if (err)
		return err;
	/* the kernel tells the client even if the worker is killed */
	if (ioctl(t->ring, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, &notify))
		return xdc_reason_set(why, -errno, GNTALLOC ": %s",
				      strerror(errno));
	return 0;
}

/* What Xen's policy SILO forbids */
static const char silo[] =
	": Xen may let guests talk with dom0 alone, as it does by default on Arm. Try: xsm=dummy on Xen's command line";

static int make_offer(uint16_t domid, struct xch_transport *t,
		      struct xch_transport_offer *offer, struct xdc_reason *why)
{
	struct ioctl_evtchn_bind_unbound_port port = { .remote_domain = domid };
	int err, bound;

	err = open_evtchn(t, why);
	if (err)
		return err;
	bound = ioctl(t->event, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &port);
	if (bound < 0)
		return xdc_reason_set(why, -errno,
				      "cannot make an event channel: %s%s",
				      strerror(errno),
				      errno == EPERM ? silo : "");
	t->port = offer->port = (uint32_t)bound;
	err = restrict_evtchn(t, domid, why);
	if (err)
		return err;
	t->ring = open_device(GNTALLOC, "xen-gntalloc", why);
	if (t->ring < 0)
		return t->ring;
	err = alloc_ring(domid, t, offer->refs, why);
	return err ? err : finish_offer(t, why);
}

static int offer_xen(uint16_t domid, struct xch_transport *t,
		     struct xch_transport_offer *offer, struct xdc_reason *why)
{
	int err;

	xch_transport_init(t);
	err = make_offer(domid, t, offer, why);
	if (err)
		xch_transport_close(t);
	return err;
}

static int add_refs(int fd, uint16_t domid, const uint32_t *refs,
		    unsigned int count, uint64_t *at, struct xdc_reason *why)
{
	struct ioctl_gntdev_map_grant_ref *map =
		calloc(1, sizeof(*map) + count * sizeof(map->refs[0]));
	struct ioctl_gntdev_grant_ref *list;
	unsigned int i;
	int err = 0;

	if (!map)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	map->count = count;
	list = (void *)((char *)map +
			offsetof(struct ioctl_gntdev_map_grant_ref, refs));
	for (i = 0; i < count; i++) {
		list[i].domid = domid;
		list[i].ref = refs[i];
	}
	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, map))
		err = xdc_reason_set(why, -errno, GNTDEV ": %s",
				     strerror(errno));
	else
		*at = map->index;
	free(map);
	return err;
}

/* Mapped by the worker, which fails if the peer did not grant them */
static int add_ring(uint16_t domid, struct xch_transport *t,
		    const uint32_t *refs, struct xdc_reason *why)
{
	int err = add_refs(t->ring, domid, refs, 1, &t->control_at, why);

	if (!err)
		err = add_refs(t->ring, domid, refs + 1, XCH_RING_PAGES,
			       &t->bytes_at[XCH_SERVER], why);
	if (!err)
		err = add_refs(t->ring, domid, refs + 1 + XCH_RING_PAGES,
			       XCH_RING_PAGES, &t->bytes_at[XCH_CLIENT], why);
	return err;
}

static int bind_offer(uint16_t domid, const struct xch_transport_offer *offer,
		      struct xch_transport *t, struct xdc_reason *why)
{
	struct ioctl_evtchn_bind_interdomain port = {
		.remote_domain = domid,
		.remote_port = offer->port,
	};
	struct ioctl_gntdev_unmap_notify notify;
	int err, bound;

	err = open_evtchn(t, why);
	if (err)
		return err;
	bound = ioctl(t->event, IOCTL_EVTCHN_BIND_INTERDOMAIN, &port);
	if (bound < 0)
		return xdc_reason_set(
			why, -errno,
			"cannot bind event channel %u of domain %u: %s",
			offer->port, domid, strerror(errno));
	t->port = (uint32_t)bound;
	err = restrict_evtchn(t, domid, why);
	if (err)
		return err;
	t->ring = open_device(GNTDEV, "xen-gntdev", why);
	if (t->ring < 0)
		return t->ring;
	err = add_ring(domid, t, offer->refs, why);
	if (err)
		return err;
	notify.index = t->control_at + LIVE_AT(XCH_CLIENT);
	notify.action = UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT;
	notify.event_channel_port = t->port;
	/* the kernel tells the server even if the worker is killed */
	if (ioctl(t->ring, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &notify))
		return xdc_reason_set(why, -errno, GNTDEV ": %s",
				      strerror(errno));
	return 0;
}

static int bind_xen(uint16_t domid, const struct xch_transport_offer *offer,
		    struct xch_transport *t, struct xdc_reason *why)
{
	int err;

	xch_transport_init(t);
	err = bind_offer(domid, offer, t, why);
	if (err)
		xch_transport_close(t);
	return err;
}

const struct xch_transport_ops xch_transport_xen = {
	.offer = offer_xen,
	.bind = bind_xen,
};
