// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/pages.h"
#include "link/fence.h"
#include "link/parcel.h"
#include "link/refusal.h"

/* between attempts to read a file that is not in memory yet */
#define READ_AGAIN (10 * XDC_NS_PER_MS)
/* between attempts of a link to grant what there was no room for */
#define GRANT_AGAIN (100 * XDC_NS_PER_MS)

struct xch_parcel {
	struct xch_parcels *all;
	enum xch_treatment treatment;
	int fd; /* the message's */
	struct xdc_source fence; /* fd -1: nothing to wait for */
	int sync_file; /* of the dma-buf that is waited for, or -1 */
	struct xch_late *late; /* not sent yet, or NULL */
	struct xch_granted *buf; /* held until it is sent */
	bool in_memory; /* its content can be read at once */
	uint32_t blob_id, blob_total, blob_at;
	bool blob_done;
	uint32_t channel;
};

struct xch_parcels {
	TAILQ_ENTRY(xch_parcels) link;
	struct xch_hub *hub;
	struct xch_channel *ch;
	struct xdc_timer timer;
	uint64_t give_up; /* ns */
	bool ready; /* but for blobs */
	bool sent;
	bool wants_blobs; /* waits until another message's blobs are sent */
	bool wants_late; /* waits until the peer takes so many late fences */
	bool wants_room; /* waits until more can be granted, with the rest of it */
	uint64_t until; /* ns, of what it waits for; 0: for nothing yet */
	bool wants_file; /* waits for the disk */
	bool late_file; /* since give_up was set */
	bool explained; /* why one is refused is in the log */
	unsigned int nr;
	struct xch_parcel p[XCH_ATTACHMENTS_MAX];
};

/* What a fence that failed or was not in time does to its channel */
static int fence_status(const struct xch_parcel *p)
{
	int fd = p->treatment == XCH_WAIT ? p->fd : p->sync_file;

	if (fd < 0 || p->late)
		return 0;
	return xch_fence_status(fd) ? -ETIME : 0;
}

/* 1: all is ready.  0: not yet.  Or why the message cannot be sent. */
static int look_at_parcels(struct xch_parcels *all)
{
	bool ready = true;
	unsigned int i;
	int ret;

	for (i = 0; i < all->nr; i++) {
		struct xch_parcel *p = &all->p[i];

		ret = p->buf ? xch_granted_ready(p->buf) : 1;
		if (ret < 0)
			return ret;
		if (!ret || p->fence.fd >= 0) {
			ready = false;
			continue;
		}
		ret = fence_status(p);
		if (ret)
			return ret;
	}
	return ready;
}

static bool has_fence(const struct xch_parcels *all)
{
	unsigned int i;

	for (i = 0; i < all->nr; i++)
		if (all->p[i].fence.fd >= 0)
			return true;
	return false;
}

/* True: something was done, and other messages may be gone */
static bool check_parcels(struct xch_parcels *all)
{
	int ret = all->sent ? 0 : look_at_parcels(all);

	/* a peer that does not answer, as when it is paused, is waited for */
	if (!all->ready && !all->wants_room && !has_fence(all))
		xdc_timer_at(&all->timer, 0);
	if (!ret || (ret > 0 && (all->ready || all->wants_room)))
		return false;
	if (ret > 0) {
		all->ready = true;
		xch_channel_prepared(all->ch, 0);
		return true;
	}
	xch_refusal_log(all->hub, all->ch, XDC_WARNING,
			"descriptor not sent: %s", strerror(-ret));
	/* frees them */
	xch_channel_reset(all->ch, ret);
	return true;
}

static void fence_ready(struct xdc_source *s, uint32_t events)
{
	struct xch_parcel *p = container_of(s, struct xch_parcel, fence);

	if (!xch_fence_signalled(s->fd))
		return;
	xdc_loop_remove(p->all->hub->loop, s);
	s->fd = -1;
	check_parcels(p->all);
}

/* Fences are waited for here: the peer's kernel cannot wait for this one's */
static int wait_for_fence(struct xch_parcel *p, int fd)
{
	if (xch_fence_signalled(fd))
		return 0;
	p->fence.fd = fd;
	p->fence.ready = fence_ready;
	return xdc_loop_add(p->all->hub->loop, &p->fence, EPOLLIN);
}

/* Only a sync_file tells that the work has failed; Linux before 6.0 makes none */
static int wait_for_writers(struct xch_parcel *p)
{
	if (p->treatment != XCH_SHARE || xch_fence_signalled(p->fd))
		return 0;
	p->sync_file = xch_fence_export(p->fd, DMA_BUF_SYNC_READ);
	return wait_for_fence(p, p->sync_file < 0 ? p->fd : p->sync_file);
}

/* Fences and room together take no longer than one fence may */
static uint64_t begin_waiting(struct xch_parcels *all)
{
	if (!all->until)
		all->until = xdc_now() + all->hub->config.sync_timeout;
	return all->until;
}

/* What others have may end meanwhile, but there will be no more than all */
static bool wait_for_room(struct xch_parcels *all, uint64_t pages, int err)
{
	if (xch_granted_may_fit(&all->hub->granted, pages, err))
		all->wants_room = begin_waiting(all) > xdc_now();
	return all->wants_room;
}

static int prepare_share(struct xch_parcel *p, const struct xch_facts *facts,
			 struct xch_attachment *a)
{
	struct xch_hub *hub = p->all->hub;
	bool read_only = p->all->ch->read_only || !facts->writable;
	uint64_t pages = (facts->size + XDC_PAGE - 1) / XDC_PAGE;
	int err;

	if (p->treatment == XCH_SHARE)
		err = xch_granted_get(&hub->granted, p->fd, read_only, &p->buf);
	else
		err = xch_granted_get_memory(&hub->granted, hub->config.maker,
					     p->fd, read_only, &p->buf);
	if (err && wait_for_room(p->all, pages, err))
		return -EAGAIN;
	if (err) {
		p->all->explained = xch_refusal_of_grant(
			hub, p->all->ch, facts->kind, pages, err);
		return err;
	}
	xch_notifier_sent(p->all->ch->notifier, p->buf);
	a->kind = XCH_ATTACH_BUFFER;
	a->id = p->buf->id;
	return wait_for_writers(p);
}

static int prepare_copy(struct xch_parcel *p, const struct xch_facts *facts,
			struct xch_attachment *a)
{
	p->in_memory = facts->tmpfs;
	p->blob_total = (uint32_t)facts->size;
	a->kind = XCH_ATTACH_BLOB;
	return 0;
}

static int prepare_fence(struct xch_parcel *p, struct xch_attachment *a)
{
	struct xch_late_set *late = &p->all->hub->late;

	a->id = 0;
	if (p->all->ch->late) {
		a->kind = XCH_ATTACH_LATE_FENCE;
		return late->max_ours ? xch_late_create(late, p->fd, &p->late)
				      : -EDQUOT;
	}
	a->kind = XCH_ATTACH_FENCE;
	return wait_for_fence(p, p->fd);
}

/* A channel of its own, with the rules of this one */
static int prepare_relay(struct xch_parcel *p, struct xch_attachment *a)
{
	struct xch_channel *ch = p->all->ch, *nested;
	struct xch_open open = {
		.type = p->treatment == XCH_RELAY_SEQPACKET ? XCH_SEQPACKET
							    : XCH_STREAM,
		.parent = ch->id,
	};
	int fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	err = xch_channels_open(&p->all->hub->channels, fd, &open, &nested);
	if (err)
		return err;
	nested->rules = ch->rules;
	nested->read_only = ch->read_only;
	nested->late = ch->late;
	p->channel = a->id = nested->id;
	a->kind = p->treatment == XCH_RELAY_FROM_PIPE ? XCH_ATTACH_PIPE_READ
		  : p->treatment == XCH_RELAY_TO_PIPE ? XCH_ATTACH_PIPE_WRITE
						      : XCH_ATTACH_CHANNEL;
	return 0;
}

static int prepare_one(struct xch_parcel *p, struct xch_attachment *a)
{
	const struct xch_memory_maker *maker = p->all->hub->config.maker;
	struct xch_channel *ch = p->all->ch;
	struct xch_rules rules = ch->rules;
	struct xch_facts facts;
	const char *why;
	int err = xch_kind_look(p->fd, &facts);

	if (err)
		return err;
	rules.grants = rules.grants && p->all->hub->grants;
	rules.udmabuf = maker;
	rules.udmabuf_max = maker ? maker->max : 0;
	p->treatment = xch_kind_decide(&facts, &rules, &why);
	if (why)
		xch_refusal_log(
			p->all->hub, p->all->ch,
			p->treatment == XCH_REFUSE ? XDC_WARNING : XDC_INFO,
			"%s %s: %s", xch_kind_name(facts.kind),
			p->treatment == XCH_REFUSE ? "refused" : "copied", why);
	switch (p->treatment) {
	case XCH_SHARE:
	case XCH_SHARE_MEMORY:
		return prepare_share(p, &facts, a);
	case XCH_COPY:
		return prepare_copy(p, &facts, a);
	case XCH_WAIT:
		return prepare_fence(p, a);
	case XCH_REFUSE:
		p->all->explained = true;
		return -EOPNOTSUPP;
	default:
		return prepare_relay(p, a);
	}
}

/* As xch_parcels_prepare(), from the first on that is not prepared */
static int prepare_rest(struct xch_parcels *all)
{
	struct xch_message *m = &all->ch->message;
	int err = 0;

	all->wants_room = false;
	while (!err && all->nr < m->nr_fds) {
		struct xch_parcel *p = &all->p[all->nr];

		p->all = all;
		p->fd = m->fds[all->nr];
		p->fence.fd = p->sync_file = -1;
		all->nr++;
		err = prepare_one(p, &m->attachments[all->nr - 1]);
	}
	if (all->wants_room) {
		all->nr--;
		xdc_timer_in(&all->timer, GRANT_AGAIN);
		return 1;
	}
	if (!err)
		err = look_at_parcels(all);
	all->ready = err > 0;
	if (err >= 0 && has_fence(all))
		xdc_timer_at(&all->timer, begin_waiting(all));
	if (err < 0 && !all->explained)
		xch_refusal_log(all->hub, all->ch, XDC_WARNING,
				"descriptor not sent: %s", strerror(-err));
	return err < 0 ? err : !all->ready;
}

/* An attempt is work: one that fails is the link's last for a while */
static void grant_again(struct xch_parcels *all)
{
	struct xch_hub *hub = all->hub;
	uint64_t now = xdc_now();
	int err;

	if (now < hub->grant_again && now < all->until) {
		xdc_timer_at(&all->timer, hub->grant_again);
		return;
	}
	err = prepare_rest(all);
	if (all->wants_room)
		hub->grant_again = now + GRANT_AGAIN;
	if (err <= 0)
		xch_channel_prepared(all->ch, err);
}

static void timer_fired(struct xdc_timer *t)
{
	struct xch_parcels *all = container_of(t, struct xch_parcels, timer);

	if (all->wants_room) {
		grant_again(all);
		return;
	}
	if (all->wants_file && xdc_now() < all->give_up) {
		all->wants_file = false;
		xch_channel_prepared(all->ch, 0);
		return;
	}
	xch_refusal_log(all->hub, all->ch, XDC_WARNING, "%s",
			all->wants_file ? "file not read in time"
					: "fence not signalled in time");
	xch_channel_prepared(all->ch, -ETIME);
}

int xch_parcels_prepare(struct xch_hub *hub, struct xch_channel *ch,
			struct xch_message *m)
{
	struct xch_parcels *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->hub = hub;
	all->ch = ch;
	xdc_timer_init(hub->loop, &all->timer, timer_fired);
	TAILQ_INSERT_TAIL(&hub->parcels, all, link);
	/* from now on forget() frees them */
	m->prepared = all;
	return prepare_rest(all);
}

/* At most @max bytes.  EAGAIN: the disk is slow, and is not waited for. */
static ssize_t read_content(const struct xch_parcel *p, void *data, size_t max)
{
	struct iovec iov = { data, max };
	ssize_t n = preadv2(p->fd, &iov, 1, p->blob_at,
			    p->in_memory ? 0 : RWF_NOWAIT);

	if (n < 0)
		return -errno;
	/* it has become shorter meanwhile */
	return n || !max ? n : -EIO;
}

static ssize_t put_blob(struct xch_parcels *all, struct xch_parcel *p,
			uint8_t *out)
{
	static uint8_t content[XCH_TURN_MAX];
	struct xch_blob blob = { .total = p->blob_total, .at = p->blob_at };
	size_t want = p->blob_total - p->blob_at;
	ssize_t n;

	n = read_content(p, content,
			 want < sizeof(content) ? want : sizeof(content));
	if (n == -EAGAIN) {
		posix_fadvise(p->fd, 0, p->blob_total, POSIX_FADV_WILLNEED);
		if (!all->late_file)
			all->give_up =
				xdc_now() + all->hub->config.sync_timeout;
		all->wants_file = all->late_file = true;
		xdc_timer_in(&all->timer, READ_AGAIN);
	}
	if (n < 0 && n != -EAGAIN)
		xch_refusal_log(all->hub, all->ch, XDC_WARNING,
				"file not sent: %s", strerror((int)-n));
	if (n < 0)
		return n;
	all->late_file = false;
	blob.bytes = content;
	blob.len = (size_t)n;
	p->blob_at += (uint32_t)n;
	p->blob_done = blob.end = p->blob_at == p->blob_total;
	return (ssize_t)xch_put_blob(out, all->ch->id, p->blob_id, &blob);
}

static unsigned int count_late(const struct xch_parcels *all)
{
	unsigned int i, nr = 0;

	for (i = 0; i < all->nr; i++)
		nr += !!all->p[i].late;
	return nr;
}

/*
 * A message leaves the older ones that wait the room that they wait for.  One that sends
 * its blobs keeps out the blobs of others: it must not wait for room behind them, so all
 * leave it the room that it found.
 */
static bool has_late_room(const struct xch_parcels *all)
{
	const struct xch_parcels *sending = all->hub->sending_blobs, *other;
	unsigned int nr = count_late(all);
	bool older = true;

	TAILQ_FOREACH(other, &all->hub->parcels, link)
	{
		if (sending == all)
			break;
		if (other == all)
			older = false;
		else if (other == sending ||
			 (older && (other->wants_late || other->wants_blobs)))
			nr += count_late(other);
	}
	return xch_late_has_room(&all->hub->late, nr);
}

static void end_blobs(struct xch_hub *hub, struct xch_parcels *all)
{
	struct xch_parcels *next;

	if (hub->sending_blobs != all)
		return;
	TAILQ_FOREACH(next, &hub->parcels, link)
	if (next->wants_blobs)
		break;
	hub->sending_blobs = next;
	if (next) {
		next->wants_blobs = false;
		xch_channel_prepared(next->ch, 0);
	}
	/* the room that was left to it */
	xch_parcels_late_room(hub);
}

static int wait_for_late_room(struct xch_parcels *all)
{
	unsigned int nr = count_late(all);

	if (nr > all->hub->late.max_ours)
		return -EDQUOT;
	all->wants_late = nr && !has_late_room(all);
	if (!all->wants_late)
		return 0;
	/* its turn with blobs is the next one's */
	end_blobs(all->hub, all);
	return -EAGAIN;
}

/* They get their ids when they leave, as blobs do */
static void send_late(struct xch_parcels *all, struct xch_message *m)
{
	unsigned int i;

	for (i = 0; i < all->nr; i++) {
		if (!all->p[i].late)
			continue;
		m->attachments[i].id = xch_late_send(all->p[i].late);
		all->p[i].late = NULL;
	}
}

ssize_t xch_parcels_before(struct xch_hub *hub, struct xch_channel *ch,
			   struct xch_message *m, uint8_t *out)
{
	struct xch_parcels *all = m->prepared;
	int err = wait_for_late_room(all);
	unsigned int i;

	for (i = 0; !err && i < all->nr; i++) {
		struct xch_parcel *p = &all->p[i];

		if (p->treatment != XCH_COPY || p->blob_done)
			continue;
		/* one message's at a time, so that the peer need not hold more */
		if (hub->sending_blobs && hub->sending_blobs != all) {
			all->wants_blobs = true;
			return -EAGAIN;
		}
		hub->sending_blobs = all;
		/* messages need not leave in the order in which they came */
		if (!p->blob_id)
			p->blob_id = ++hub->last_blob;
		m->attachments[i].id = p->blob_id;
		return put_blob(all, p, out);
	}
	if (!err)
		send_late(all, m);
	return err;
}

void xch_parcels_sent(struct xch_hub *hub, struct xch_message *m)
{
	struct xch_parcels *all = m->prepared;
	unsigned int i;

	all->sent = true;
	/* the rest of the message may wait for longer than the peer uses them */
	for (i = 0; i < all->nr; i++) {
		struct xch_granted *buf = all->p[i].buf;

		all->p[i].buf = NULL;
		if (!buf)
			continue;
		xch_granted_send(buf);
		xch_granted_put(buf);
	}
	end_blobs(hub, all);
}

void xch_parcels_forget(struct xch_hub *hub, struct xch_message *m)
{
	struct xch_parcels *all = m->prepared;
	struct xch_channel *nested;
	unsigned int i;

	if (!all)
		return;
	TAILQ_REMOVE(&hub->parcels, all, link);
	for (i = 0; i < all->nr; i++) {
		struct xch_parcel *p = &all->p[i];

		xdc_loop_remove(hub->loop, &p->fence);
		if (p->sync_file >= 0)
			close(p->sync_file);
		xch_late_destroy(p->late);
		if (p->buf)
			xch_granted_put(p->buf);
		nested = p->channel && !all->sent
				 ? xch_channels_find(&hub->channels, p->channel)
				 : NULL;
		if (nested)
			xch_channel_reset(nested, -ECANCELED);
	}
	end_blobs(hub, all);
	/* what it waited for, others may have */
	xch_parcels_late_room(hub);
	xdc_timer_fini(&all->timer);
	free(all);
}

void xch_parcels_settled(struct xch_hub *hub, struct xch_granted *buf)
{
	struct xch_parcels *all;
	unsigned int i;

	/* a message that fails may end others: begin again behind each */
again:
	TAILQ_FOREACH(all, &hub->parcels, link)
	{
		for (i = 0; i < all->nr && all->p[i].buf != buf; i++)
			;
		if (i < all->nr && check_parcels(all))
			goto again;
	}
}

void xch_parcels_late_room(struct xch_hub *hub)
{
	struct xch_parcels *all;

	TAILQ_FOREACH(all, &hub->parcels, link)
	{
		if (!all->wants_late)
			continue;
		/* nor is there room for those behind it */
		if (!has_late_room(all))
			break;
		xch_channel_prepared(all->ch, 0);
	}
}

bool xch_parcels_want_room(const struct xch_message *m)
{
	const struct xch_parcels *all = m->prepared;

	return m->full && all && all->wants_room;
}
