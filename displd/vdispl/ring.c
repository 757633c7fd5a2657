// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "vdispl/ring.h"

/* barriers for Xen's ring.h: the other domain runs on another processor */
#undef xen_mb
#undef xen_rmb
#undef xen_wmb
#define xen_mb() __sync_synchronize()
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

static RING_IDX load_index(const RING_IDX *p)
{
	return *(const volatile RING_IDX *)p;
}

/*
 * A new frontend has zeroed both pages.  For any other, continue after the last
 * response: what the guest claims about requests does not count.
 */
void xd_ring_attach(struct xd_ring *r, void *req_page, void *evt_page)
{
	struct xen_displif_sring *sring = req_page;

	BACK_RING_ATTACH(&r->req, sring, load_index(&sring->rsp_prod),
			 XD_RING_PAGE);
	r->page = evt_page;
	r->evt_prod = 0;
	r->page->in_prod = 0;
}

static void *map_page(xengnttab_handle *gnttab, uint16_t domid, uint32_t ref)
{
	return xengnttab_map_grant_ref(gnttab, domid, ref,
				       PROT_READ | PROT_WRITE);
}

int xd_ring_open(struct xd_ring *r, xengnttab_handle *gnttab,
		 xenevtchn_handle *evtchn, uint16_t domid,
		 const struct xd_ring_params *params)
{
	void *req, *evt;
	int err;

	memset(r, 0, sizeof(*r));
	r->gnttab = gnttab;
	r->evtchn = evtchn;
	r->req_port = r->evt_port = -1;
	req = map_page(gnttab, domid, params->req_ref);
	if (!req)
		return errno ? -errno : -EACCES;
	evt = map_page(gnttab, domid, params->evt_ref);
	if (!evt) {
		err = errno ? -errno : -EACCES;
		xengnttab_unmap(gnttab, req, 1);
		return err;
	}
	xd_ring_attach(r, req, evt);
	r->req_port =
		xenevtchn_bind_interdomain(evtchn, domid, params->req_port);
	if (r->req_port >= 0)
		r->evt_port = xenevtchn_bind_interdomain(evtchn, domid,
							 params->evt_port);
	if (r->evt_port < 0) {
		err = errno ? -errno : -EINVAL;
		xd_ring_close(r);
		return err;
	}
	return 0;
}

void xd_ring_close(struct xd_ring *r)
{
	if (!r->gnttab)
		return;
	if (r->req_port >= 0)
		xenevtchn_unbind(r->evtchn, (evtchn_port_t)r->req_port);
	if (r->evt_port >= 0)
		xenevtchn_unbind(r->evtchn, (evtchn_port_t)r->evt_port);
	xengnttab_unmap(r->gnttab, r->req.sring, 1);
	xengnttab_unmap(r->gnttab, r->page, 1);
	memset(r, 0, sizeof(*r));
	r->req_port = r->evt_port = -1;
}

/* Number of requests in the ring, as the guest claims, not consumed yet */
static int count_unconsumed(const struct xd_ring *r)
{
	RING_IDX prod =
		load_index(&r->req.sring->req_prod) - r->req.rsp_prod_pvt;
	RING_IDX cons = r->req.req_cons - r->req.rsp_prod_pvt;

	/* more than the ring holds, or fewer than were consumed */
	if (prod > RING_SIZE(&r->req) || prod < cons)
		return -EPROTO;
	return (int)(prod - cons);
}

int xd_ring_next(struct xd_ring *r, struct xendispl_req *req)
{
	int n = count_unconsumed(r);

	if (n <= 0)
		return n;
	xen_rmb();
	/* the only read of the guest's copy */
	RING_COPY_REQUEST(&r->req, r->req.req_cons, req);
	r->req.req_cons++;
	return 1;
}

int xd_ring_listen(struct xd_ring *r)
{
	int n;

	if (r->masked)
		xenevtchn_unmask(r->evtchn, (evtchn_port_t)r->req_port);
	r->masked = false;
	r->req.sring->req_event = r->req.req_cons + 1;
	/* a request that came before the guest saw this has no event */
	xen_mb();
	n = count_unconsumed(r);
	return n > 0 ? 1 : n;
}

void xd_ring_heard(struct xd_ring *r)
{
	r->masked = true;
}

void xd_ring_answer(struct xd_ring *r, const struct xendispl_resp *resp)
{
	*RING_GET_RESPONSE(&r->req, r->req.rsp_prod_pvt) = *resp;
	r->req.rsp_prod_pvt++;
	r->notify = true;
}

void xd_ring_push(struct xd_ring *r)
{
	int notify;

	if (!r->notify)
		return;
	r->notify = false;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&r->req, notify);
	if (notify)
		xenevtchn_notify(r->evtchn, (evtchn_port_t)r->req_port);
}

void xd_ring_flipped(struct xd_ring *r, uint64_t fb_cookie)
{
	struct xendispl_evt evt;

	memset(&evt, 0, sizeof(evt));
	/* a frontend loses its place for good if an id is left out */
	evt.id = (uint16_t)r->evt_prod;
	evt.type = XENDISPL_EVT_PG_FLIP;
	evt.op.pg_flip.fb_cookie = fb_cookie;
	/*
	 * in_cons belongs to the guest and is not needed: one event a flip, and
	 * flips are bounded
	 */
	XENDISPL_IN_RING_REF(r->page, r->evt_prod) = evt;
	xen_wmb();
	r->evt_prod++;
	r->page->in_prod = r->evt_prod;
	xen_mb();
	xenevtchn_notify(r->evtchn, (evtchn_port_t)r->evt_port);
}
