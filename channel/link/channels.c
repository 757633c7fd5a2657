// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/container_of.h"
#include "link/channels.h"

/* The server's ids are even, the client's odd; 0 is the link */
static uint32_t first_id(enum xch_role role)
{
	return role == XCH_SERVER ? 2 : 1;
}

static void free_dead(struct xch_channels *set)
{
	struct xch_channel *ch, *next;

	for (ch = TAILQ_FIRST(&set->all); ch; ch = next) {
		next = TAILQ_NEXT(ch, all);
		if (ch->state != XCH_DEAD)
			continue;
		TAILQ_REMOVE(&set->all, ch, all);
		free(ch);
	}
}

static void reap_channels(struct xdc_work *w)
{
	free_dead(container_of(w, struct xch_channels, reap));
}

void xch_channels_init(struct xch_channels *set, struct xdc_loop *loop,
		       enum xch_role role, unsigned int max_theirs,
		       struct xch_leftovers *leftovers,
		       const struct xch_channels_ops *ops)
{
	memset(set, 0, sizeof(*set));
	set->loop = loop;
	set->ops = ops;
	set->leftovers = leftovers;
	set->role = role;
	set->max_theirs = max_theirs;
	set->reap.run = reap_channels;
	TAILQ_INIT(&set->all);
	TAILQ_INIT(&set->talking);
	TAILQ_INIT(&set->turns);
}

void xch_channels_fini(struct xch_channels *set, int err)
{
	struct xch_channel *ch;

	TAILQ_FOREACH(ch, &set->all, all)
	xch_channel_kill(ch, err);
	xdc_loop_cancel(set->loop, &set->reap);
	free_dead(set);
}

struct xch_channel *xch_channels_find(struct xch_channels *set, uint32_t id)
{
	struct xch_channel *ch;

	TAILQ_FOREACH(ch, &set->all, all)
	if (ch->id == id && ch->state != XCH_DEAD)
		return ch;
	return NULL;
}

int xch_channels_open(struct xch_channels *set, int fd,
		      const struct xch_open *open, struct xch_channel **out)
{
	struct xch_channel *ch;
	uint32_t id = set->last_ours ? set->last_ours + 2 : first_id(set->role);
	int err;

	if (set->ours >= set->max_ours || set->nr_ours >= 2 * set->max_ours ||
	    id < set->last_ours) {
		close(fd);
		return -EUSERS;
	}
	ch = xch_channel_create(set, id, true, XCH_OPENING, open);
	if (!ch) {
		close(fd);
		return -ENOMEM;
	}
	set->last_ours = id;
	ch->open.bytes = XCH_CREDIT_BYTES;
	ch->open.attachments = XCH_CREDIT_ATTACHMENTS;
	xch_channel_queue_frame(ch, XCH_SAY_OPEN);
	err = xch_channel_attach(ch, fd);
	if (err) {
		xch_channel_kill(ch, err);
		return err;
	}
	*out = ch;
	return 0;
}

static bool is_theirs(const struct xch_channels *set, uint32_t id)
{
	return id % 2 == first_id(!set->role) % 2;
}

bool xch_channels_was_theirs(const struct xch_channels *set, uint32_t id)
{
	return is_theirs(set, id) && id <= set->last_theirs;
}

bool xch_channels_was_open(const struct xch_channels *set, uint32_t id)
{
	return id <= (is_theirs(set, id) ? set->last_theirs : set->last_ours);
}

static int receive_open(struct xch_channels *set, const struct xch_frame *f)
{
	struct xch_channel *ch;
	struct xch_open open;

	if (xch_parse_open(f, &open) || !is_theirs(set, f->channel) ||
	    f->channel <= set->last_theirs || set->theirs >= set->max_theirs)
		return -EPROTO;
	set->last_theirs = f->channel;
	ch = xch_channel_create(set, f->channel, false, XCH_ASKED, &open);
	if (!ch)
		return -ENOMEM;
	if (xch_credit_add(&ch->credit, open.bytes, open.attachments))
		return -EPROTO;
	if (set->nr - set->nr_ours > 2 * set->max_theirs)
		xch_channel_refuse(ch, -EUSERS);
	else
		set->ops->asked(ch);
	return 0;
}

static int receive_opened(struct xch_channel *ch, const struct xch_frame *f)
{
	uint32_t credit[2];

	if (!ch->ours || ch->state != XCH_OPENING ||
	    ch->talker.say & XCH_SAY_OPEN)
		return ch->state == XCH_ENDING ? 0 : -EPROTO;
	xch_parse_numbers(f, credit, 2);
	if (xch_credit_add(&ch->credit, credit[0], credit[1]))
		return -EPROTO;
	xch_channel_run(ch);
	if (ch->set->ops->opened)
		ch->set->ops->opened(ch);
	return 0;
}

static int receive_refused(struct xch_channel *ch, const struct xch_frame *f)
{
	int err;

	if (xch_parse_errno(f, &err) || !ch->ours ||
	    (ch->state != XCH_OPENING && ch->state != XCH_ENDING))
		return -EPROTO;
	xch_channel_kill(ch, err);
	return 0;
}

/* Data for a channel that has ended here: what it names is still accounted */
static int discard_data(struct xch_channels *set, struct xch_data *data)
{
	int fds[XCH_ATTACHMENTS_MAX];
	int err;

	if (!data->nr_attachments)
		return 0;
	err = set->ops->receive(set, NULL, data, fds);
	return err == -EPROTO ? err : 0;
}

static int receive_data(struct xch_channels *set, struct xch_channel *ch,
			const struct xch_frame *f)
{
	int fds[XCH_ATTACHMENTS_MAX];
	struct xch_data data;
	int err = 0;

	if (xch_parse_data(f, &data))
		return -EPROTO;
	if (!ch || ch->state == XCH_ENDING)
		return discard_data(set, &data);
	if (ch->state != XCH_RUNNING || ch->shut_heard & XCH_SHUT_WRITE ||
	    (ch->pipe && data.nr_attachments) ||
	    xch_window_receive(&ch->window, data.len, data.nr_attachments))
		return -EPROTO;
	if (ch->gone)
		return discard_data(set, &data);
	if (data.nr_attachments)
		err = set->ops->receive(set, ch, &data, fds);
	if (!err)
		return xch_channel_deliver(ch, &data, fds);
	if (err == -EPROTO)
		return err;
	xch_channel_reset(ch, err);
	return 0;
}

static int receive_credit(struct xch_channel *ch, const struct xch_frame *f)
{
	uint32_t credit[2];

	if (ch->state == XCH_ENDING)
		return 0;
	xch_parse_numbers(f, credit, 2);
	if (ch->state != XCH_RUNNING ||
	    xch_credit_add(&ch->credit, credit[0], credit[1]))
		return -EPROTO;
	xch_channel_queue_turn(ch);
	return 0;
}

static int receive_shut(struct xch_channel *ch, const struct xch_frame *f)
{
	if (!f->arg || f->arg & ~(XCH_SHUT_READ | XCH_SHUT_WRITE))
		return -EPROTO;
	if (ch->state == XCH_ENDING)
		return 0;
	if (ch->state != XCH_RUNNING)
		return -EPROTO;
	xch_channel_hear_shut(ch, f->arg);
	return 0;
}

static int receive_reset(struct xch_channel *ch, const struct xch_frame *f)
{
	int err;

	if (xch_parse_errno(f, &err))
		return -EPROTO;
	xch_channel_kill(ch, err);
	return 0;
}

int xch_channels_receive(struct xch_channels *set, const struct xch_frame *f)
{
	struct xch_channel *ch;

	if (f->type == XCH_OPEN)
		return receive_open(set, f);
	ch = xch_channels_find(set, f->channel);
	/* both ends may end a channel: frames for it may still be under way */
	if (!ch && !xch_channels_was_open(set, f->channel))
		return -EPROTO;
	if (f->type == XCH_DATA)
		return receive_data(set, ch, f);
	if (!ch)
		return 0;
	switch (f->type) {
	case XCH_OPENED:
		return receive_opened(ch, f);
	case XCH_REFUSED:
		return receive_refused(ch, f);
	case XCH_CREDIT:
		return receive_credit(ch, f);
	case XCH_SHUT:
		return receive_shut(ch, f);
	case XCH_RESET:
		return receive_reset(ch, f);
	default:
		return -EPROTO;
	}
}

static size_t put_credit(struct xch_channel *ch, enum xch_frame_type type,
			 struct xch_credit credit, uint8_t *out)
{
	uint32_t numbers[] = { credit.bytes, credit.attachments };

	return xch_put_numbers(out, type, ch->id, 0, numbers, 2);
}

/* The frame that a channel has to say first */
static size_t say_one(struct xch_channel *ch, unsigned int what, uint8_t *out)
{
	switch (what) {
	case XCH_SAY_OPEN:
		return xch_put_open(out, ch->id, &ch->open);
	case XCH_SAY_OPENED:
		return put_credit(ch, XCH_OPENED, ch->window.open, out);
	case XCH_SAY_REFUSED:
		return xch_put_plain(out, XCH_REFUSED, ch->id,
				     (uint32_t)-ch->err);
	case XCH_SAY_RESET:
		return xch_put_plain(out, XCH_RESET, ch->id,
				     (uint32_t)-ch->err);
	case XCH_SAY_CREDIT:
		return put_credit(ch, XCH_CREDIT, xch_window_renew(&ch->window),
				  out);
	default:
		ch->shut_said |= ch->shut;
		return xch_put_plain(out, XCH_SHUT, ch->id, ch->shut);
	}
}

static size_t put_control(struct xch_talker *t, uint8_t *out)
{
	struct xch_channel *ch = container_of(t, struct xch_channel, talker);
	unsigned int what = t->say & -t->say;
	size_t len = say_one(ch, what, out);

	xch_talk_drop(&ch->set->talking, t, what);
	xch_talk_yield(&ch->set->talking, t);
	if (ch->state == XCH_ENDING && !t->say)
		xch_channel_kill(ch, 0);
	else
		xch_channel_settle(ch);
	return len;
}

size_t xch_channels_next(struct xch_channels *set, uint8_t *out)
{
	struct xch_talker *t = TAILQ_FIRST(&set->talking);
	struct xch_channel *ch;
	size_t len;

	if (t)
		return put_control(t, out);
	while ((ch = TAILQ_FIRST(&set->turns))) {
		len = xch_channel_turn(ch, out);
		if (len)
			return len;
		/* it has something to say instead of data */
		t = TAILQ_FIRST(&set->talking);
		if (t)
			return put_control(t, out);
	}
	return 0;
}
