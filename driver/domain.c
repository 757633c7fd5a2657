// SPDX-License-Identifier: GPL-2.0-only
/* The id of this domain, and which ids are valid for a peer. */
#include <linux/errno.h>
#include <linux/types.h>

#include <xen/interface/event_channel.h>

#include <asm/xen/hypercall.h>

#include "domain.h"

domid_t xdb_own_domid;

/* An event channel, see xdb_mark_domain(); 0: none. */
static evtchn_port_t mark;

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

/* An event channel that nobody binds. */
static int make_channel(evtchn_port_t *port)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	int ret = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);

	if (!ret)
		*port = alloc.port;
	return ret;
}

/* The id of the domain that made the channel, and may bind it. */
static int find_owner(evtchn_port_t port, domid_t *owner)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };
	int ret = HYPERVISOR_event_channel_op(EVTCHNOP_status, &status);

	if (ret)
		return ret;
	if (status.status != EVTCHNSTAT_unbound)
		return -EPROTO;
	*owner = status.u.unbound.dom;
	return 0;
}

static void close_channel(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

/*
 * No hypercall returns the caller's own id.  But Xen resolves DOMID_SELF when
 * an event channel is made, and the channel's status has the number.
 */
int xdb_find_own_domid(void)
{
	evtchn_port_t port;
	int ret;

	ret = make_channel(&port);
	if (ret)
		return ret;
	ret = find_owner(port, &xdb_own_domid);
	close_channel(port);
	return ret;
}

static bool is_marked(void)
{
	domid_t owner;

	return !find_owner(mark, &owner) && owner == xdb_own_domid;
}

/*
 * A domain that is restored from a saved state may have the same id as before,
 * but has none of its event channels.
 */
int xdb_mark_domain(void)
{
	return mark ? 0 : make_channel(&mark);
}

bool xdb_lost_mark(void)
{
	return mark && !is_marked();
}

void xdb_unmark_domain(void)
{
	/* the number may be another channel's in a restored domain */
	if (mark && is_marked())
		close_channel(mark);
	mark = 0;
}
