// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "daemon.h"
#include "vdispl/connect.h"
#include "vdispl/frontend.h"
#include "vdispl/requests.h"
#include "vdispl/resolution.h"
#include "xenbus/events.h"
#include "xenbus/node.h"
#include "guest.h"
#include "common/store.h"

/* limit of requests of one ring in one turn of the loop */
#define TURN 32
/* a ring is left alone for so long at most: requests other than flips may come */
#define REST_MAX (XDC_NS_PER_S / 4)
/* a guest that flips as often as the screen is late so many times, less one, in a row */
#define STEADY_MAX 2
/* of this thread's time: to hear an event, and find no request */
#define EVENT_COST (XDC_NS_PER_MS / 50)

static struct xd_frontend *to_frontend(struct xd_device *dev)
{
	return container_of(dev, struct xd_frontend, dev);
}

static void disconnect(struct xd_device *dev)
{
	struct xd_frontend *f = to_frontend(dev);
	unsigned int i, n;

	if (!f->evtchn)
		return;
	n = f->nr_connectors;
	/* first detach the input devices from these connectors */
	f->nr_connectors = 0;
	f->daemon->inputs_changed(f->daemon, f->guest);
	f->nr_connectors = n;
	for (i = 0; i < f->nr_connectors; i++) {
		xdc_loop_cancel(&f->daemon->loop, &f->connectors[i].more);
		xdc_timer_fini(&f->connectors[i].rest);
		xd_budget_forget(&f->connectors[i].wait);
	}
	xd_requests_drop(f);
	for (i = 0; i < f->nr_connectors; i++)
		xd_ring_close(&f->connectors[i].ring);
	xd_events_close(&f->daemon->loop, &f->events, &f->evtchn);
	f->nr_connectors = 0;
}

/* ---- requests ---- */

/*
 * Whether a ring of the device may be served.  The requests on one ring are about all
 * connectors: they wait in the ring while the output of any of them takes no more.
 */
static bool has_room(const struct xd_frontend *f)
{
	unsigned int i;

	for (i = 0; i < f->nr_connectors; i++)
		if (xd_screen_output_is_full(&f->connectors[i].screen))
			return false;
	return true;
}

/* 1: c->held is the next request, 0: none, EPROTO: invalid indices */
static int take_request(struct xd_connector *c)
{
	int ret = 1;

	if (!c->holds)
		ret = xd_ring_next(&c->ring, &c->held);
	c->holds = ret > 0;
	return ret;
}

static enum xd_cost find_cost(const struct xendispl_req *req)
{
	switch (req->operation) {
	case XENDISPL_OP_PG_FLIP:
		return XD_COST_FLIP;
	case XENDISPL_OP_SET_CONFIG:
	/* a screen that shows it is switched off */
	case XENDISPL_OP_FB_DETACH:
	case XENDISPL_OP_DBUF_DESTROY:
		return XD_COST_MODESET;
	default:
		return XD_COST_TIME;
	}
}

/*
 * The ring is empty.  A guest that waited for the screen before its last flip has the
 * next one ready when the screen is: there is no event for it, and the ring is looked
 * at then.  Any other guest sends one, and so does this one when it is late.  Returns
 * as xd_ring_listen().
 */
static int await_request(struct xd_connector *c, uint64_t now)
{
	uint64_t at = xd_screen_next_flip(&c->screen);

	if (c->steady && at > now && at - now <= REST_MAX) {
		xdc_timer_at(&c->rest, at);
		return 0;
	}
	c->steady -= c->steady > 0;
	xdc_timer_at(&c->rest, 0);
	return xd_ring_listen(&c->ring);
}

/*
 * The guest has sent an event, and no request: others may follow at once.  So its
 * events count as requests do, and too many of them leave its channel masked.
 */
static bool may_listen(struct xd_connector *c, uint64_t now)
{
	struct xd_guest *g = c->frontend->guest;
	uint64_t ns =
		xd_budget_delay(&g->budget, &g->policy, XD_COST_TIME, now);

	if (ns) {
		xd_budget_hold(&g->budget, &c->wait, now + ns);
		return false;
	}
	xd_budget_spend(&g->budget, &g->policy, now - EVENT_COST, now);
	return true;
}

static bool may_flip(struct xd_connector *c, uint64_t now)
{
	uint64_t at = xd_screen_next_flip(&c->screen);

	/* flip_done() continues */
	if (xd_screen_is_full(&c->screen))
		return false;
	if (at <= now)
		return true;
	c->steady += c->steady < STEADY_MAX;
	xdc_timer_at(&c->rest, at);
	return false;
}

/*
 * Whether the request in c->held may be served now.  Otherwise it and all behind
 * it wait, until the screen is ready for a flip or the guest may cost something
 * again.
 */
static bool may_serve(struct xd_connector *c, uint64_t now)
{
	struct xd_guest *g = c->frontend->guest;
	enum xd_cost cost = find_cost(&c->held);
	uint64_t ns;

	if (cost == XD_COST_FLIP && !may_flip(c, now))
		return false;
	ns = xd_budget_delay(&g->budget, &g->policy, cost, now);
	if (!ns)
		return true;
	c->delayed += !c->late;
	c->late = true;
	xd_budget_hold(&g->budget, &c->wait, now + ns);
	return false;
}

static void serve_request(struct xd_connector *c, uint64_t now)
{
	struct xd_guest *g = c->frontend->guest;

	c->holds = c->late = false;
	/* also one that is refused */
	if (c->held.operation == XENDISPL_OP_PG_FLIP) {
		xd_budget_charge(&g->budget, &g->policy, XD_COST_FLIP, now);
		xd_request(c, &c->held);
		return;
	}
	c->steady = 0;
	xd_budget_start(&g->budget);
	xd_request(c, &c->held);
	xd_budget_stop(&g->budget, &g->policy);
}

/* The requests of one turn; 1: there may be more, 0: there are not, or they wait */
static int serve_turn(struct xd_connector *c, uint64_t now)
{
	unsigned int n;
	int ret;

	for (n = 0; n < TURN; n++) {
		/* screen_has_room() continues */
		if (!has_room(c->frontend))
			return 0;
		ret = take_request(c);
		if (!ret && !n && !may_listen(c, now))
			return 0;
		if (!ret)
			return await_request(c, now);
		if (ret < 0)
			return ret;
		if (!may_serve(c, now))
			return 0;
		serve_request(c, now);
		/* mapping and mode setting take long: one of them a turn */
		if (c->held.operation != XENDISPL_OP_PG_FLIP)
			break;
	}
	return 1;
}

static void serve_requests(struct xd_connector *c)
{
	struct xdc_loop *loop = &c->frontend->daemon->loop;
	int ret = serve_turn(c, xdc_loop_now(loop));

	if (ret < 0) {
		xd_device_fail(&c->frontend->dev, "invalid ring indices");
		return;
	}
	xd_ring_push(&c->ring);
	/* the rest in the next turn, after other connectors */
	if (ret)
		xdc_loop_later(loop, &c->more);
}

static void rest_ended(struct xdc_timer *t)
{
	serve_requests(container_of(t, struct xd_connector, rest));
}

static void serve_more(struct xdc_work *w)
{
	serve_requests(container_of(w, struct xd_connector, more));
}

static void events_ready(struct xdc_source *s, uint32_t events)
{
	struct xd_frontend *f = container_of(s, struct xd_frontend, events);
	unsigned int i;
	int port;

	/* no other one comes from this port until it is unmasked */
	port = xenevtchn_pending(f->evtchn);
	if (port < 0)
		return;
	for (i = 0; i < f->nr_connectors; i++) {
		if (f->connectors[i].ring.req_port != port)
			continue;
		xd_ring_heard(&f->connectors[i].ring);
		serve_requests(&f->connectors[i]);
		return;
	}
	/* the event page's channel is for the other direction: it stays masked */
}

static void flip_done(struct xd_screen *s, uint64_t fb_cookie)
{
	struct xd_connector *c = container_of(s, struct xd_connector, screen);

	xd_ring_flipped(&c->ring, fb_cookie);
	/* the next one may have waited for it */
	if (c->holds)
		xdc_loop_later(&c->frontend->daemon->loop, &c->more);
}

static void screen_changed(struct xd_screen *s)
{
	s->guest->daemon->inputs_changed(s->guest->daemon, s->guest);
}

static void serve_all_later(struct xd_frontend *f)
{
	unsigned int i;

	for (i = 0; i < f->nr_connectors; i++)
		xdc_loop_later(&f->daemon->loop, &f->connectors[i].more);
}

static void screen_has_room(struct xd_screen *s)
{
	struct xd_connector *c = container_of(s, struct xd_connector, screen);

	serve_all_later(c->frontend);
}

static void screen_failed(struct xd_screen *s, const char *why)
{
	struct xd_connector *c = container_of(s, struct xd_connector, screen);

	xd_device_fail(&c->frontend->dev, why);
}

/* ---- connecting ---- */

static int read_params(struct xd_frontend *f, const char *dir,
		       struct xd_ring_params *p, struct xdc_reason *why)
{
	struct xs_handle *xs = f->daemon->xs;
	int err;

	err = xd_node_number(xs, dir, XENDISPL_FIELD_REQ_RING_REF, UINT32_MAX,
			     &p->req_ref, why);
	if (!err)
		err = xd_node_number(xs, dir, XENDISPL_FIELD_REQ_CHANNEL,
				     INT32_MAX, &p->req_port, why);
	if (!err)
		err = xd_node_number(xs, dir, XENDISPL_FIELD_EVT_RING_REF,
				     UINT32_MAX, &p->evt_ref, why);
	if (!err)
		err = xd_node_number(xs, dir, XENDISPL_FIELD_EVT_CHANNEL,
				     INT32_MAX, &p->evt_port, why);
	return err;
}

static void read_unique_id(struct xd_connector *c, const char *dir,
			   const char *place)
{
	struct xd_frontend *f = c->frontend;
	int err = xdc_store_raw(f->daemon->xs, dir, XENDISPL_FIELD_UNIQUE_ID,
				c->unique_id, sizeof(c->unique_id));

	if (!err)
		return;
	c->unique_id[0] = '\0';
	if (err == -ENAMETOOLONG)
		xd_guest_log(f->guest, XDC_WARNING,
			     "connector %s: %s/" XENDISPL_FIELD_UNIQUE_ID
			     " is longer than %d bytes: ignored",
			     place, dir, XD_ID_MAX - 1);
}

/*
 * The settings of a connector.  The guest can change its directory, so its
 * unique-id only counts for [connector UNIQUE-ID] while the guest has no
 * permission to write it.
 */
static void find_policy(struct xd_connector *c, const char *dir, int place,
			struct xd_policy *policy)
{
	const struct xd_frontend *f = c->frontend;
	const char *id = c->unique_id[0] ? c->unique_id : NULL;
	/* check after reading: what a guest wrote it can still write */
	bool given = id &&
		     xdc_store_protected(f->daemon->xs, dir,
					 XENDISPL_FIELD_UNIQUE_ID, f->domid);
	char text[XD_PLACE_TEXT], shown[64];

	if (id && !given && xd_config_has_connector(f->daemon->config, id)) {
		xdc_printable(shown, sizeof(shown), id);
		xd_guest_log(
			f->guest, XDC_WARNING,
			"connector %s: unique-id %s was not written by the toolstack: section [connector %s] ignored",
			xd_place_format(text, place), shown, shown);
	}
	xd_config_policy(f->daemon->config, f->guest->name, f->domid, place, id,
			 given, policy);
}

/* In bytes, of all connectors of the guest that are connected */
static uint64_t sum_areas(const struct xd_frontend *one)
{
	const struct xd_frontend *f;
	uint64_t area = 0;
	unsigned int i;

	LIST_FOREACH(f, &one->daemon->frontends, link)
		for (i = 0; f->guest == one->guest && i < f->nr_connectors; i++)
			area += (uint64_t)f->connectors[i].screen.width *
				f->connectors[i].screen.height * 4;
	return area;
}

/* No buffers within the quota could fill larger screens */
static int check_area(const struct xd_frontend *f, uint32_t w, uint32_t h,
		      struct xdc_reason *why)
{
	uint64_t area = sum_areas(f) + (uint64_t)w * h * 4;

	if (area <= (uint64_t)f->guest->policy.max_pages * XD_PAGE)
		return 0;
	return xdc_reason_set(
		why, -EDQUOT,
		"with %ux%u pixels, the guest's connectors are more than max-memory of %u MiB allows, see xen-displd.conf(5)",
		w, h, f->guest->policy.max_pages / 256);
}

/* @c is zeroed but for its frontend; ENOENT: the guest does not use it */
static int connect_one(struct xd_connector *c, unsigned int index,
		       struct xdc_reason *why)
{
	struct xd_frontend *f = c->frontend;
	struct xd_daemon *d = f->daemon;
	int err, place = XD_PLACE(f->devid, index);
	struct xd_ring_params params;
	struct xd_policy policy;
	char dir[80], text[XD_PLACE_TEXT];
	uint32_t w, h;

	snprintf(dir, sizeof(dir), "%s/%u", f->dev.fe_path, index);
	err = xd_resolution_find(f, index, &w, &h, why);
	if (err)
		return err;
	err = read_params(f, dir, &params, why);
	if (err == -ENOENT && index)
		xd_guest_log(f->guest, XDC_INFO,
			     "connector %s: not used by the guest: %s",
			     xd_place_format(text, place), why->text);
	if (!err)
		err = check_area(f, w, h, why);
	if (err)
		return err;
	read_unique_id(c, dir, xd_place_format(text, place));
	/* the connector exists, so ENOENT from here on means another thing */
	err = xd_ring_open(&c->ring, d->gnttab, f->evtchn, f->domid, &params);
	if (err)
		return xdc_reason_set(
			why, err == -ENOENT ? -EACCES : err,
			"cannot map the pages or bind the event channels that %s names: %s",
			dir, strerror(-err));
	find_policy(c, dir, place, &policy);
	err = xd_screen_init(&c->screen, &d->loop, f->guest, place, w, h,
			     &policy);
	if (err) {
		xd_ring_close(&c->ring);
		return xdc_reason_set(why, err == -ENOENT ? -ENODEV : err,
				      "cannot open an output: %s",
				      strerror(-err));
	}
	c->screen.done = flip_done;
	c->screen.changed = screen_changed;
	c->screen.room = screen_has_room;
	c->screen.failed = screen_failed;
	return 0;
}

static int connect_connectors(struct xd_frontend *f, struct xdc_reason *why)
{
	struct xd_connector *c;
	int err;

	while (f->nr_connectors < XD_CONNECTORS_MAX) {
		c = &f->connectors[f->nr_connectors];
		memset(c, 0, sizeof(*c));
		c->frontend = f;
		c->more.run = serve_more;
		c->wait.work = &c->more;
		err = connect_one(c, f->nr_connectors, why);
		/* a guest may use fewer connectors than it was given */
		if (err == -ENOENT && f->nr_connectors)
			break;
		if (err)
			return err;
		xdc_timer_init(&f->daemon->loop, &c->rest, rest_ended);
		f->nr_connectors++;
	}
	return 0;
}

static int connect_all(struct xd_frontend *f, struct xdc_reason *why)
{
	struct xd_daemon *d = f->daemon;
	uint32_t v;
	int err;

	f->version = 1;
	if (!xdc_store_number(d->xs, f->dev.fe_path, XENDISPL_FIELD_FE_VERSION,
			      2, &v) &&
	    v)
		f->version = v;
	f->be_alloc = !xdc_store_number(d->xs, f->dev.fe_path,
					XENDISPL_FIELD_BE_ALLOC, 1, &v) &&
		      v;
	if (f->be_alloc && !f->guest->policy.be_alloc) {
		xd_guest_log(
			f->guest, XDC_WARNING,
			"device %u: be-alloc=1 ignored: needs be-alloc = yes in xen-displd.conf(5)",
			f->devid);
		f->be_alloc = false;
	}
	err = xd_events_open(&d->loop, &f->events, &f->evtchn, why);
	return err ? err : connect_connectors(f, why);
}

static int connect_frontend(struct xd_device *dev)
{
	struct xd_frontend *f = to_frontend(dev);
	char place[XD_PLACE_TEXT];
	struct xdc_reason why;
	int err;

	xd_budget_start(&f->guest->budget);
	err = connect_all(f, &why);
	xd_budget_stop(&f->guest->budget, &f->guest->policy);
	if (err)
		xd_device_complain(
			dev, "connector %s: cannot connect: %s",
			xd_place_format(place,
					XD_PLACE(f->devid, f->nr_connectors)),
			why.text);
	return err;
}

static void connected(struct xd_device *dev)
{
	struct xd_frontend *f = to_frontend(dev);
	unsigned int i;

	for (i = 0; i < f->nr_connectors; i++) {
		struct xd_screen *s = &f->connectors[i].screen;
		uint32_t w, h;
		char name[160];

		s->output->ops->describe(s->output, name, sizeof(name), &w, &h);
		xd_guest_log(f->guest, XDC_INFO,
			     "connector %s: %ux%u on %s, mode %ux%u", s->name,
			     s->width, s->height, name, w, h);
	}
	/* requests may have come before the event channel was bound */
	serve_all_later(f);
	f->daemon->inputs_changed(f->daemon, f->guest);
}

static struct xd_device *alloc(struct xd_daemon *d)
{
	struct xd_frontend *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->events.fd = -1;
	f->events.ready = events_ready;
	LIST_INIT(&f->fbs);
	LIST_INIT(&f->dbufs);
	LIST_INSERT_HEAD(&d->frontends, f, link);
	return &f->dev;
}

static void release(struct xd_device *dev)
{
	struct xd_frontend *f = to_frontend(dev);

	LIST_REMOVE(f, link);
	free(f);
}

static void begin(struct xd_device *dev)
{
	struct xd_frontend *f = to_frontend(dev);

	f->daemon = dev->daemon;
	f->guest = dev->guest;
	f->domid = dev->domid;
	f->devid = dev->devid;
	xd_resolution_keep(f);
	xdc_store_write(f->daemon->xs, dev->be_path, XENDISPL_FIELD_BE_VERSIONS,
			"1,2");
	/* the guest's input devices may take their size from this display */
	f->daemon->sizes_wanted(f->daemon, f->domid);
}

static void removed(struct xd_device *dev)
{
	xd_resolution_forget(to_frontend(dev));
}

const struct xd_device_ops xd_frontend_ops = {
	.type = XENDISPL_DRIVER_NAME,
	.fe_type = XENDISPL_DRIVER_NAME,
	.noun = "device",
	.alloc = alloc,
	.free = release,
	.begin = begin,
	.connect = connect_frontend,
	.connected = connected,
	.disconnect = disconnect,
	.removed = removed,
};
