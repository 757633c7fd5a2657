// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/arrival.h"
#include "link/fence.h"

static unsigned int rule_of(enum xch_attachment_kind kind)
{
	switch (kind) {
	case XCH_ATTACH_BUFFER:
		/* of a dma-buf, or of memory */
		return XCH_FDS_DMABUF | XCH_FDS_MEMORY;
	case XCH_ATTACH_BLOB:
		return XCH_FDS_MEMORY;
	case XCH_ATTACH_FENCE:
	case XCH_ATTACH_LATE_FENCE:
		return XCH_FDS_SYNC;
	default:
		return XCH_FDS_PIPE;
	}
}

/* Of an idle dma-buf Linux gives a sync_file that has signalled */
static int make_fence(int dmabuf)
{
	return dmabuf < 0 ? -EOPNOTSUPP
			  : xch_fence_export(dmabuf, DMA_BUF_SYNC_RW);
}

/* @program: what the program gets.  Returns this end's. */
static int make_ends(enum xch_attachment_kind kind, enum xch_channel_type type,
		     int *program)
{
	bool reads = kind == XCH_ATTACH_PIPE_READ;
	int ends[2];

	if (kind == XCH_ATTACH_CHANNEL) {
		if (socketpair(AF_UNIX,
			       (type == XCH_STREAM ? SOCK_STREAM
						   : SOCK_SEQPACKET) |
				       SOCK_CLOEXEC,
			       0, ends))
			return -errno;
		*program = ends[0];
		return ends[1];
	}
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*program = reads ? ends[0] : ends[1];
	return reads ? ends[1] : ends[0];
}

static int make_relay(struct xch_hub *hub, struct xch_channel *ch,
		      const struct xch_attachment *a, int *fd)
{
	struct xch_channel *nested = xch_channels_find(&hub->channels, a->id);
	bool waits = nested && nested->state == XCH_ASKED &&
		     nested->open.parent == ch->id;
	int end;

	/* it may have ended already: the program gets a closed one */
	if (nested && !waits && nested->state != XCH_ENDING)
		return -EPROTO;
	if (!nested && !xch_channels_was_theirs(&hub->channels, a->id))
		return -EPROTO;
	end = make_ends(a->kind, waits ? nested->open.type : XCH_STREAM, fd);
	if (end < 0)
		return end;
	if (waits)
		xch_channel_accept(nested, end);
	else
		close(end);
	return 0;
}

static int take_buffer(struct xch_hub *hub, struct xch_channel *ch, uint32_t id,
		       int *fd)
{
	int err = xch_mapped_attach(&hub->mapped, id, fd);

	if (!err)
		xch_notifier_came(ch->notifier,
				  xch_mapped_find(&hub->mapped, id));
	return err;
}

static int make_one(struct xch_hub *hub, struct xch_channel *ch,
		    const struct xch_attachment *a, int *fd)
{
	switch (a->kind) {
	case XCH_ATTACH_BUFFER:
		return take_buffer(hub, ch, a->id, fd);
	case XCH_ATTACH_BLOB:
		*fd = xch_blobs_take(&hub->blobs, ch->id, a->id);
		break;
	case XCH_ATTACH_FENCE:
		*fd = make_fence(hub->config.idle_dmabuf);
		break;
	case XCH_ATTACH_LATE_FENCE:
		return xch_late_come(&hub->late, a->id, fd);
	default:
		return make_relay(hub, ch, a, fd);
	}
	return *fd < 0 ? *fd : 0;
}

/*
 * Where no program takes it: both ends count how often a buffer was sent, and a
 * late fence is still signalled
 */
static int count_one(struct xch_hub *hub, const struct xch_attachment *a)
{
	if (a->kind == XCH_ATTACH_BUFFER)
		return xch_mapped_attach(&hub->mapped, a->id, NULL);
	return a->kind == XCH_ATTACH_LATE_FENCE
		       ? xch_late_come(&hub->late, a->id, NULL)
		       : 0;
}

/*
 * Linux counts the descriptors in sockets of all this user's processes together: a
 * link that had any number of them would be the end of the others.
 */
bool xch_arrival_has_room(struct xch_hub *hub, unsigned int nr)
{
	unsigned int held =
		hub->leftovers.fds + xch_notifiers_held(&hub->notifiers);
	struct xch_channel *ch;

	TAILQ_FOREACH(ch, &hub->channels.all, all)
	held += xch_inbox_held(&ch->inbox, ch->program.fd);
	return held + nr <= hub->config.files;
}

int xch_arrival_receive(struct xch_hub *hub, struct xch_channel *ch,
			struct xch_data *data, int *fds)
{
	unsigned int i, nr = 0;
	int err = 0, ret;

	if (ch && !xch_arrival_has_room(hub, data->nr_attachments))
		err = -EDQUOT;
	for (i = 0; i < data->nr_attachments; i++) {
		const struct xch_attachment *a = &data->attachments[i];

		if (ch && !err && !(ch->rules.fds & rule_of(a->kind)))
			err = -EOPNOTSUPP;
		if (!ch || err) {
			ret = count_one(hub, a);
		} else {
			ret = make_one(hub, ch, a, &fds[nr]);
			nr += !ret;
		}
		if (ret && err != -EPROTO)
			err = ret;
	}
	if (ch && hub->blobs.channel == ch->id) {
		data->weight = hub->blobs.bytes;
		xch_blobs_clear(&hub->blobs);
	}
	if (err)
		xdc_close_all(fds, &nr);
	return err;
}

void xch_arrival_asked(struct xch_hub *hub, struct xch_channel *ch)
{
	struct xch_channel *parent =
		xch_channels_find(&hub->channels, ch->open.parent);

	/* it waits for the message that brings it */
	if (!parent || parent->state != XCH_RUNNING)
		xch_channel_refuse(ch, -ECANCELED);
	else if (!(parent->rules.fds & XCH_FDS_PIPE))
		xch_channel_refuse(ch, -EOPNOTSUPP);
	ch->rules = parent ? parent->rules : ch->rules;
	ch->read_only = parent && parent->read_only;
	ch->late = parent && parent->late;
}

void xch_arrival_closed(struct xch_hub *hub, struct xch_channel *ch)
{
	struct xch_channel *nested;

	if (hub->blobs.channel == ch->id)
		xch_blobs_clear(&hub->blobs);
	TAILQ_FOREACH(nested, &hub->channels.all, all)
	if (nested->state == XCH_ASKED && nested->open.parent == ch->id)
		xch_channel_refuse(nested, -ECANCELED);
}
