// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "common/container_of.h"
#include "vkb/ring.h"

/* between two events of a guest whose page stays full */
#define LISTEN_DELAY (10 * XDC_NS_PER_MS)

static uint32_t load_index(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/*
 * A new frontend has zeroed the page.  One that was connected to a previous
 * daemon continues where that daemon stopped.
 */
void xd_kbd_ring_attach(struct xd_kbd_ring *r, void *page)
{
	r->page = page;
	r->prod = load_index(&r->page->in_prod);
}

static void listen_fired(struct xdc_timer *t)
{
	struct xd_kbd_ring *r = container_of(t, struct xd_kbd_ring, listen);

	r->masked = false;
	xenevtchn_unmask(r->evtchn, (evtchn_port_t)r->port);
}

int xd_kbd_ring_open(struct xd_kbd_ring *r, struct xdc_loop *loop,
		     xengnttab_handle *gnttab, xenevtchn_handle *evtchn,
		     uint16_t domid, uint32_t ref, uint32_t port)
{
	void *page;
	int err;

	memset(r, 0, sizeof(*r));
	r->port = -1;
	page = xengnttab_map_grant_ref(gnttab, domid, ref,
				       PROT_READ | PROT_WRITE);
	if (!page)
		return errno ? -errno : -EACCES;
	r->gnttab = gnttab;
	r->evtchn = evtchn;
	xdc_timer_init(loop, &r->listen, listen_fired);
	xd_kbd_ring_attach(r, page);
	r->port = xenevtchn_bind_interdomain(evtchn, domid, port);
	if (r->port < 0) {
		err = errno ? -errno : -EINVAL;
		xd_kbd_ring_close(r);
		return err;
	}
	return 0;
}

void xd_kbd_ring_close(struct xd_kbd_ring *r)
{
	if (!r->gnttab)
		return;
	if (r->port >= 0)
		xenevtchn_unbind(r->evtchn, (evtchn_port_t)r->port);
	xengnttab_unmap(r->gnttab, r->page, 1);
	xdc_timer_fini(&r->listen);
	memset(r, 0, sizeof(*r));
	r->port = -1;
}

void xd_kbd_ring_heard(struct xd_kbd_ring *r)
{
	r->masked = true;
}

bool xd_kbd_ring_put(struct xd_kbd_ring *r, const union xenkbd_in_event *event)
{
	/* an invalid in_cons counts as no room */
	if (r->prod - load_index(&r->page->in_cons) >= XENKBD_IN_RING_LEN) {
		if (r->masked && !r->listen.at)
			xdc_timer_in(&r->listen, LISTEN_DELAY);
		return false;
	}
	XENKBD_IN_RING_REF(r->page, r->prod) = *event;
	r->prod++;
	/* after the event itself */
	__atomic_store_n(&r->page->in_prod, r->prod, __ATOMIC_RELEASE);
	__sync_synchronize();
	xenevtchn_notify(r->evtchn, (evtchn_port_t)r->port);
	return true;
}
