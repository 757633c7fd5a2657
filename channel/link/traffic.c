// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/param.h>

#include "common/container_of.h"
#include "link/arrival.h"
#include "link/parcel.h"
#include "link/traffic.h"

/* Channels are opened by either end, and a program may keep its notifier for longer */
#define NOTIFIERS_A_CHANNEL 4U

static struct xch_hub *hub_of(struct xch_channels *set)
{
	return container_of(set, struct xch_hub, channels);
}

static void channels_wake(struct xch_channels *set)
{
	hub_of(set)->ops->wake(hub_of(set));
}

static void channel_asked(struct xch_channel *ch)
{
	struct xch_hub *hub = hub_of(ch->set);

	if (ch->open.parent)
		xch_arrival_asked(hub, ch);
	else
		hub->ops->asked(ch);
}

static void channel_opened(struct xch_channel *ch)
{
	if (!ch->open.parent)
		hub_of(ch->set)->ops->opened(ch);
}

static void channel_closed(struct xch_channel *ch, int err)
{
	struct xch_hub *hub = hub_of(ch->set);

	xch_arrival_closed(hub, ch);
	xch_notifier_leave(ch->notifier, err);
	if (!ch->open.parent)
		hub->ops->closed(ch, err);
}

static int channel_prepare(struct xch_channel *ch, struct xch_message *m)
{
	return xch_parcels_prepare(hub_of(ch->set), ch, m);
}

static ssize_t channel_before(struct xch_channel *ch, struct xch_message *m,
			      uint8_t *out)
{
	return xch_parcels_before(hub_of(ch->set), ch, m, out);
}

static void channel_sent(struct xch_channel *ch, struct xch_message *m)
{
	xch_parcels_sent(hub_of(ch->set), m);
}

static void channel_forget(struct xch_channel *ch, struct xch_message *m)
{
	xch_parcels_forget(hub_of(ch->set), m);
}

static int channel_receive(struct xch_channels *set, struct xch_channel *ch,
			   struct xch_data *data, int *fds)
{
	return xch_arrival_receive(hub_of(set), ch, data, fds);
}

static const struct xch_channels_ops channels_ops = {
	.wake = channels_wake,
	.asked = channel_asked,
	.opened = channel_opened,
	.closed = channel_closed,
	.prepare = channel_prepare,
	.before = channel_before,
	.sent = channel_sent,
	.forget = channel_forget,
	.receive = channel_receive,
};

static void granted_wake(struct xch_granted_set *set)
{
	struct xch_hub *hub = container_of(set, struct xch_hub, granted);

	hub->ops->wake(hub);
}

static void granted_settled(struct xch_granted *buf)
{
	xch_parcels_settled(container_of(buf->set, struct xch_hub, granted),
			    buf);
}

static bool granted_awaited(const struct xch_granted *buf)
{
	const struct xch_hub *hub =
		container_of(buf->set, struct xch_hub, granted);

	return xch_notifiers_await(&hub->notifiers, buf);
}

static const struct xch_granted_ops granted_ops = {
	.wake = granted_wake,
	.settled = granted_settled,
	.returned = xch_notifier_returned,
	.awaited = granted_awaited,
	.pinned = xch_notifier_pinned,
};

static void mapped_wake(struct xch_mapped_set *set)
{
	struct xch_hub *hub = container_of(set, struct xch_hub, mapped);

	hub->ops->wake(hub);
}

static const struct xch_mapped_ops mapped_ops = {
	.wake = mapped_wake,
	.recalled = xch_notifier_recalled,
	.gone = xch_notifier_forget,
};

static void late_wake(struct xch_late_set *set)
{
	struct xch_hub *hub = container_of(set, struct xch_hub, late);

	hub->ops->wake(hub);
}

static void late_room(struct xch_late_set *set)
{
	xch_parcels_late_room(container_of(set, struct xch_hub, late));
}

static const struct xch_late_ops late_ops = {
	.wake = late_wake,
	.room = late_room,
};

static bool notifiers_have_room(struct xch_notifiers *all)
{
	return xch_arrival_has_room(
		container_of(all, struct xch_hub, notifiers), 1);
}

/* One that waits for room may need what later ones have reserved */
static bool channel_has_unsent(struct xch_notifier **user)
{
	const struct xch_channel *ch =
		container_of(user, struct xch_channel, notifier);

	return xch_channel_has_unsent(ch) &&
	       !xch_parcels_want_room(&ch->message);
}

void xch_traffic_init(struct xch_hub *hub, struct xdc_loop *loop,
		      const struct xch_hub_config *config,
		      const struct xch_hub_ops *ops)
{
	struct xch_notifier_config notifiers = {
		.max = NOTIFIERS_A_CHANNEL * config->channels,
		.maker = config->maker,
		.granted = &hub->granted,
		.has_room = notifiers_have_room,
		.has_unsent = channel_has_unsent,
		.leftovers = &hub->leftovers,
	};

	memset(hub, 0, sizeof(*hub));
	hub->loop = loop;
	hub->config = *config;
	hub->ops = ops;
	TAILQ_INIT(&hub->parcels);
	xch_leftovers_init(&hub->leftovers, loop);
	xch_channels_init(&hub->channels, loop, config->role, config->channels,
			  &hub->leftovers, &channels_ops);
	xch_blobs_init(&hub->blobs, config->max_copy);
	xch_notifiers_init(&hub->notifiers, loop, &notifiers);
	xch_granted_init(&hub->granted, loop, config->driver, &granted_ops);
	xch_mapped_init(&hub->mapped, loop, config->driver, &mapped_ops);
	xch_late_init(&hub->late, loop, config->fences, config->sync_timeout,
		      &late_ops);
	hub->mapped.linger = config->linger;
	if (config->driver) {
		hub->mapped.max_pages = config->buffer_pages;
		hub->mapped.max_total = config->total_pages;
		hub->mapped.max_buffers = config->buffers;
		hub->mapped.crowd_total = config->total_pages;
		hub->mapped.crowd_buffers = config->buffers;
	}
}

void xch_traffic_fini(struct xch_hub *hub, int err)
{
	xch_channels_fini(&hub->channels, err);
	xch_notifiers_fini(&hub->notifiers);
	xch_leftovers_fini(&hub->leftovers);
	xch_granted_fini(&hub->granted);
	xch_mapped_fini(&hub->mapped);
	xch_late_fini(&hub->late);
	xch_blobs_clear(&hub->blobs);
}

void xch_traffic_start(struct xch_hub *hub, const struct xch_hello *theirs,
		       const struct xch_terms *terms)
{
	struct xch_granted_set *g = &hub->granted;
	struct xch_mapped_set *m = &hub->mapped;

	hub->late.max_ours = MIN(theirs->fences, hub->config.fences);
	hub->channels.max_ours = MIN(theirs->channels, hub->config.channels);
	hub->grants = hub->config.driver &&
		      terms->features & XCH_FEATURE_BUFFERS;
	if (!hub->grants)
		return;
	/* at both ends what is unused lingers until the end with less has no more */
	m->crowd_total = MIN(theirs->total_pages, hub->config.total_pages);
	if (theirs->grants)
		m->crowd_total = MIN(m->crowd_total, theirs->grants);
	m->crowd_buffers = MIN(theirs->buffers, hub->config.buffers);
	g->max_pages = MIN(theirs->buffer_pages, hub->config.buffer_pages);
	g->max_total = MIN(theirs->total_pages, hub->config.total_pages);
	g->max_buffers = MIN(theirs->buffers, hub->config.buffers);
	g->driver_total = hub->config.grants;
}

/*
 * Files that programs have not taken are memory of this domain, as mapped buffers
 * are, and a peer could send any number of them to a program that does not read
 */
static uint64_t find_room(struct xch_hub *hub)
{
	uint64_t held =
		(uint64_t)hub->mapped.total * XCH_PAGE + hub->leftovers.weight;
	uint64_t max = (uint64_t)hub->config.total_pages * XCH_PAGE;
	struct xch_channel *ch;

	TAILQ_FOREACH(ch, &hub->channels.all, all)
	held += xch_inbox_weigh(&ch->inbox, ch->program.fd);
	return held < max ? max - held : 0;
}

/* The peer drops a message half-way when the program here reads no more */
static void drop_stale_blobs(struct xch_hub *hub, uint32_t channel)
{
	struct xch_channel *owner;

	if (!hub->blobs.channel || hub->blobs.channel == channel)
		return;
	owner = xch_channels_find(&hub->channels, hub->blobs.channel);
	if (!owner || owner->gone)
		xch_blobs_clear(&hub->blobs);
}

/* Parts for a channel that has ended here are under way until the peer knows */
static int receive_blob(struct xch_hub *hub, const struct xch_frame *f)
{
	struct xch_channel *ch = xch_channels_find(&hub->channels, f->channel);

	if (!ch)
		return xch_channels_was_open(&hub->channels, f->channel)
			       ? 0
			       : -EPROTO;
	if (ch->state == XCH_ENDING || (ch->state == XCH_RUNNING && ch->gone))
		return 0;
	if (ch->state != XCH_RUNNING)
		return -EPROTO;
	drop_stale_blobs(hub, f->channel);
	return xch_blobs_receive(&hub->blobs, f, find_room(hub));
}

int xch_traffic_receive(struct xch_hub *hub, const struct xch_frame *f)
{
	switch (f->type) {
	case XCH_BUF_OFFER:
	case XCH_BUF_DROP:
	case XCH_BUF_RECALL:
		return hub->config.driver ? xch_mapped_receive(&hub->mapped, f)
					  : -EPROTO;
	case XCH_BUF_MAPPED:
	case XCH_BUF_FAILED:
	case XCH_BUF_IDLE:
	case XCH_BUF_PINNED:
	case XCH_BUF_RETURNED:
		return xch_granted_receive(&hub->granted, f);
	case XCH_BLOB:
		return receive_blob(hub, f);
	case XCH_SIGNAL:
		return xch_late_receive(&hub->late, f);
	default:
		return xch_channels_receive(&hub->channels, f);
	}
}

size_t xch_traffic_next(struct xch_hub *hub, uint8_t *out)
{
	size_t len = xch_mapped_next(&hub->mapped, out);

	if (!len)
		len = xch_late_next(&hub->late, out);
	/* a large offer takes turns with data */
	if (!len && hub->turn++ % 2)
		len = xch_granted_next(&hub->granted, out);
	if (!len)
		len = xch_channels_next(&hub->channels, out);
	if (!len)
		len = xch_granted_next(&hub->granted, out);
	return len;
}
