// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "ends.h"
#include "sockets.h"

static struct xdc_loop loop;
static struct xch_leftovers leftovers;
struct side server, client;
unsigned int frames[XCH_TYPES_END];
uint32_t order[ENDS_ORDER];
unsigned int nr_data;
/* stands in for what a real link makes of a descriptor */
static int travelling[XCH_ATTACHMENTS_MAX];

static struct side *side_of(struct xch_channels *set)
{
	return set == &server.set ? &server : &client;
}

static void wake(struct xch_channels *set)
{
}

static void asked(struct xch_channel *ch)
{
	struct side *s = side_of(ch->set);

	s->asked[s->nr_asked++ % CHANNELS] = ch;
}

static void opened(struct xch_channel *ch)
{
	side_of(ch->set)->nr_opened++;
}

static void closed(struct xch_channel *ch, int err)
{
	struct side *s = side_of(ch->set);

	s->nr_closed++;
	s->closed_with = err;
	s->told_first = ch->program.fd >= 0;
}

static int prepare(struct xch_channel *ch, struct xch_message *m)
{
	struct side *s = side_of(ch->set);
	unsigned int i;

	s->prepared = m;
	for (i = 0; i < m->nr_fds; i++) {
		m->attachments[i].kind = XCH_ATTACH_BLOB;
		m->attachments[i].id = i + 1;
		travelling[i] = m->fds[i];
	}
	return s->prepare;
}

static ssize_t before(struct xch_channel *ch, struct xch_message *m,
		      uint8_t *out)
{
	return 0;
}

static void sent(struct xch_channel *ch, struct xch_message *m)
{
}

static void forget(struct xch_channel *ch, struct xch_message *m)
{
	side_of(ch->set)->forgotten++;
}

static int receive(struct xch_channels *set, struct xch_channel *ch,
		   struct xch_data *data, int *fds)
{
	unsigned int i;

	if (!ch) {
		side_of(set)->discarded += (int)data->nr_attachments;
		return 0;
	}
	for (i = 0; i < data->nr_attachments; i++)
		if (data->attachments[i].id == 99)
			return -EOPNOTSUPP;
	for (i = 0; i < data->nr_attachments; i++)
		fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

static const struct xch_channels_ops ops = {
	.wake = wake,
	.asked = asked,
	.opened = opened,
	.closed = closed,
	.prepare = prepare,
	.before = before,
	.sent = sent,
	.forget = forget,
	.receive = receive,
};

int ends_begin(void **state)
{
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	memset(frames, 0, sizeof(frames));
	nr_data = 0;
	assert_int_equal(xdc_loop_init(&loop), 0);
	xch_leftovers_init(&leftovers, &loop);
	xch_channels_init(&server.set, &loop, XCH_SERVER, CHANNELS, &leftovers,
			  &ops);
	xch_channels_init(&client.set, &loop, XCH_CLIENT, CHANNELS, &leftovers,
			  &ops);
	server.set.max_ours = client.set.max_ours = CHANNELS;
	return 0;
}

int ends_end(void **state)
{
	xch_channels_fini(&server.set, -EPIPE);
	xch_channels_fini(&client.set, -EPIPE);
	xch_leftovers_fini(&leftovers);
	xdc_loop_fini(&loop);
	return 0;
}

static void stop_turn(struct xdc_work *w)
{
	xdc_loop_stop(&loop);
}

void ends_turn(void)
{
	struct xdc_work stop = { .run = stop_turn };

	loop.stop = false;
	xdc_loop_later(&loop, &stop);
	assert_int_equal(xdc_loop_run(&loop), 0);
	xdc_loop_cancel(&loop, &stop);
}

/* Everything that @from has to say now; 0, or how the link ended */
int ends_carry(struct side *from, struct side *to)
{
	static uint8_t raw[XCH_FRAME_MAX];
	struct xch_frame f;
	size_t len;
	int err;

	while ((len = xch_channels_next(&from->set, raw))) {
		assert_int_equal(xch_frame_length(raw, XCH_FRAME_MAX), len);
		assert_int_equal(xch_frame_parse(raw, len, &f), 1);
		frames[f.type]++;
		if (f.type == XCH_DATA)
			order[nr_data++ % ENDS_ORDER] = f.channel;
		err = xch_channels_receive(&to->set, &f);
		if (err)
			return err;
	}
	return 0;
}

void ends_settle(void)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		ends_turn();
		assert_int_equal(ends_carry(&server, &client), 0);
		assert_int_equal(ends_carry(&client, &server), 0);
	}
}

/* A frame that no honest peer sends */
int ends_inject(struct side *to, size_t len, const uint8_t *raw)
{
	struct xch_frame f;

	if (xch_frame_parse(raw, len, &f) != 1)
		return -EPROTO;
	return xch_channels_receive(&to->set, &f);
}

/* A channel that the client has opened, and the server accepted */
struct pair ends_open(enum xch_channel_type type)
{
	struct xch_open open = { .type = type, .service = "camera" };
	struct pair p;

	assert_int_equal(xch_channels_open(&client.set,
					   sockets_make(type, &p.near), &open,
					   &p.near_ch),
			 0);
	ends_settle();
	assert_true(server.nr_asked > 0);
	p.far_ch = server.asked[(server.nr_asked - 1) % CHANNELS];
	assert_string_equal(p.far_ch->open.service, "camera");
	assert_int_equal(p.far_ch->open.type, type);
	xch_channel_accept(p.far_ch, sockets_make(type, &p.far));
	ends_settle();
	return p;
}

void ends_close(struct pair *p)
{
	close(p->near);
	close(p->far);
}
