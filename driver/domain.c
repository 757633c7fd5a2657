// SPDX-License-Identifier: GPL-2.0-only
/* The id of this domain, and which ids are valid for a peer. */
#include <linux/errno.h>
#include <linux/types.h>

#include <xen/interface/event_channel.h>

#include <asm/xen/hypercall.h>

#include "domain.h"

domid_t xdb_own_domid;

/* Check the peer of a MAP or GRANT. */
int xdb_peer_valid(u32 domid)
{
	if (domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	/*
	 * Xen lets a PV domain map its own grants.  An auto-translated domain
	 * that tries loses the page.  Neither is useful.
	 */
	if (domid == xdb_own_domid)
		return -ELOOP;
	return 0;
}

/*
 * No hypercall returns the caller's own id.  But Xen resolves DOMID_SELF when
 * an event channel is made, and the channel's status has the number.
 */
int xdb_find_own_domid(void)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;
	int ret;

	ret = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (ret)
		return ret;
	status.port = alloc.port;
	ret = HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);
	close.port = alloc.port;
	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
	if (ret)
		return ret;
	if (status.status != EVTCHNSTAT_unbound)
		return -EPROTO;
	xdb_own_domid = status.u.unbound.dom;
	return 0;
}
