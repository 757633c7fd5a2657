// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "frontend.h"
#include "guest.h"
#include "xs.h"

/* requests of one ring in one turn of the loop */
#define TURN 32
/* before a guest whose display has failed may try again */
#define RETRY (2 * XD_NS_PER_S)

static void set_state(struct xd_frontend *f, enum xenbus_state state)
{
	char text[8];
	int err;

	snprintf(text, sizeof(text), "%d", state);
	err = xd_xs_write(f->daemon, f->be_path, "state", text);
	if (err && err != -ENOENT)
		xd_guest_log(f->guest, XD_ERROR, "cannot write %s/state: %s",
			     f->be_path, strerror(-err));
	f->be_state = state;
}

static void disconnect(struct xd_frontend *f)
{
	unsigned int i;

	if (!f->evtchn)
		return;
	for (i = 0; i < f->nr_connectors; i++)
		xd_loop_cancel(&f->daemon->loop, &f->connectors[i].more);
	xd_requests_drop(f);
	for (i = 0; i < f->nr_connectors; i++)
		xd_ring_close(&f->connectors[i].ring);
	xd_loop_remove(&f->daemon->loop, &f->events);
	f->events.fd = -1;
	xenevtchn_close(f->evtchn);
	f->evtchn = NULL;
	if (f->connected)
		xd_guest_log(f->guest, XD_INFO, "device %u: disconnected",
			     f->devid);
	f->connected = false;
	f->nr_connectors = 0;
}

static void hold(struct xd_frontend *f)
{
	f->held = true;
	xd_timer_in(&f->retry, RETRY);
}

void xd_frontend_fail(struct xd_frontend *f, const char *why)
{
	xd_guest_log(f->guest, XD_ERROR, "device %u: %s: its display ends",
		     f->devid, why);
	disconnect(f);
	hold(f);
	set_state(f, XenbusStateClosed);
}

/* ---- requests ---- */

static void serve(struct xd_connector *c)
{
	struct xendispl_req req;
	unsigned int n;
	int ret = 1;

	for (n = 0; n < TURN; n++) {
		ret = xd_ring_next(&c->ring, &req);
		if (ret <= 0)
			break;
		xd_request(c, &req);
		/* mapping and mode setting take long: one of these a turn */
		if (req.operation != XENDISPL_OP_PG_FLIP)
			break;
	}
	if (ret < 0) {
		xd_frontend_fail(c->frontend, "its ring says what cannot be");
		return;
	}
	xd_ring_push(&c->ring);
	/* others have their turn first */
	if (ret > 0)
		xd_loop_later(&c->frontend->daemon->loop, &c->more);
}

static void serve_more(struct xd_work *w)
{
	serve((struct xd_connector *)((char *)w -
				      offsetof(struct xd_connector, more)));
}

static void events_ready(struct xd_source *s, uint32_t events)
{
	struct xd_frontend *f =
		(struct xd_frontend *)((char *)s -
				       offsetof(struct xd_frontend, events));
	unsigned int i;
	int port;

	(void)events;
	port = xenevtchn_pending(f->evtchn);
	if (port < 0)
		return;
	/* what comes from now on is told again */
	xenevtchn_unmask(f->evtchn, (evtchn_port_t)port);
	for (i = 0; i < f->nr_connectors; i++) {
		if (f->connectors[i].ring.req_port != port)
			continue;
		serve(&f->connectors[i]);
		return;
	}
}

static void flip_done(struct xd_screen *s, uint64_t fb_cookie)
{
	xd_ring_flipped(&s->frontend->connectors[s->index].ring, fb_cookie);
}

/* ---- states ---- */

static int read_params(struct xd_frontend *f, const char *dir,
		       struct xd_ring_params *p)
{
	struct xd_daemon *d = f->daemon;
	int err;

	err = xd_xs_number(d, dir, XENDISPL_FIELD_REQ_RING_REF, UINT32_MAX,
			   &p->req_ref);
	if (!err)
		err = xd_xs_number(d, dir, XENDISPL_FIELD_REQ_CHANNEL,
				   INT32_MAX, &p->req_port);
	if (!err)
		err = xd_xs_number(d, dir, XENDISPL_FIELD_EVT_RING_REF,
				   UINT32_MAX, &p->evt_ref);
	if (!err)
		err = xd_xs_number(d, dir, XENDISPL_FIELD_EVT_CHANNEL,
				   INT32_MAX, &p->evt_port);
	return err;
}

/* ENOENT: there is no such connector */
static int connect_one(struct xd_frontend *f, unsigned int index,
		       uint64_t *area)
{
	struct xd_connector *c = &f->connectors[index];
	struct xd_daemon *d = f->daemon;
	struct xd_ring_params params;
	struct xd_policy policy;
	char dir[80], size[32];
	uint32_t w, h;
	int err;

	snprintf(dir, sizeof(dir), "%s/%u", f->fe_path, index);
	err = xd_xs_text(d, dir, XENDISPL_FIELD_RESOLUTION, size, sizeof(size));
	if (err)
		return err;
	memset(c, 0, sizeof(*c));
	c->frontend = f;
	c->more.run = serve_more;
	if (xd_parse_resolution(size, &w, &h))
		return -EINVAL;
	/* a screen that no buffer of the guest's could fill */
	*area += (uint64_t)w * h * 4;
	if (*area > (uint64_t)f->guest->policy.max_pages * XD_PAGE)
		return -EDQUOT;
	if (xd_xs_text(d, dir, XENDISPL_FIELD_UNIQUE_ID, c->unique_id,
		       sizeof(c->unique_id)))
		c->unique_id[0] = '\0';
	/* from here on ENOENT is a connector without its ring */
	err = read_params(f, dir, &params);
	if (err)
		return -EINVAL;
	err = xd_ring_open(&c->ring, d->gnttab, f->evtchn, f->domid, &params);
	if (err)
		return err == -ENOENT ? -EACCES : err;
	xd_config_policy(d->config, f->guest->name, f->domid, (int)index,
			 c->unique_id[0] ? c->unique_id : NULL, &policy);
	err = xd_screen_init(&c->screen, &d->loop, f, index, w, h, &policy);
	if (err) {
		xd_ring_close(&c->ring);
		return err == -ENOENT ? -ENODEV : err;
	}
	c->screen.done = flip_done;
	return 0;
}

static int connect_all(struct xd_frontend *f)
{
	struct xd_daemon *d = f->daemon;
	uint64_t area = 0; /* of all connectors, in bytes */
	uint32_t v;
	int err;

	f->version = 1;
	if (!xd_xs_number(d, f->fe_path, XENDISPL_FIELD_FE_VERSION, 2, &v) && v)
		f->version = v;
	f->be_alloc =
		!xd_xs_number(d, f->fe_path, XENDISPL_FIELD_BE_ALLOC, 1, &v) &&
		v;
	if (f->be_alloc && !f->guest->policy.be_alloc) {
		xd_guest_log(
			f->guest, XD_WARNING,
			"device %u wants buffers of this domain's, which its configuration does not allow (be-alloc = yes would)",
			f->devid);
		f->be_alloc = false;
	}
	f->evtchn = xenevtchn_open(NULL, 0);
	if (!f->evtchn)
		return errno ? -errno : -ENODEV;
	f->events.fd = xenevtchn_fd(f->evtchn);
	fcntl(f->events.fd, F_SETFL, fcntl(f->events.fd, F_GETFL) | O_NONBLOCK);
	f->events.ready = events_ready;
	err = xd_loop_add(&d->loop, &f->events, EPOLLIN);
	if (err) {
		f->events.fd = -1;
		return err;
	}
	while (f->nr_connectors < XD_CONNECTORS_MAX) {
		err = connect_one(f, f->nr_connectors, &area);
		if (err == -ENOENT)
			break;
		if (err)
			return err;
		f->nr_connectors++;
	}
	return f->nr_connectors ? 0 : -ENOENT;
}

static void connect_frontend(struct xd_frontend *f)
{
	unsigned int i, n;
	int err = connect_all(f);

	if (err) {
		n = f->nr_connectors;
		disconnect(f);
		xd_guest_log(f->guest, XD_ERROR,
			     "device %u, connector %u: cannot connect: %s",
			     f->devid, n,
			     err == -ENOENT ? "no connector has a resolution"
					    : strerror(-err));
		/* its rings stay where they are: try them again later */
		hold(f);
		return;
	}
	f->connected = true;
	set_state(f, XenbusStateConnected);
	for (i = 0; i < f->nr_connectors; i++) {
		struct xd_screen *s = &f->connectors[i].screen;
		uint32_t w, h;
		char name[160];

		s->output->ops->describe(s->output, name, sizeof(name), &w, &h);
		xd_guest_log(f->guest, XD_INFO,
			     "device %u, connector %u: %ux%u on %s, mode %ux%u",
			     f->devid, i, s->width, s->height, name, w, h);
	}
	/* what came before we listened */
	for (i = 0; i < f->nr_connectors; i++)
		xd_loop_later(&f->daemon->loop, &f->connectors[i].more);
}

static void follow(struct xd_frontend *f, enum xenbus_state state)
{
	bool moved = state != f->fe_state;

	f->fe_state = state;
	switch (state) {
	case XenbusStateInitialising:
		if (moved)
			disconnect(f);
		/* written again, for a frontend that missed it is not told */
		if (!f->held && (moved || f->be_state != XenbusStateInitWait))
			set_state(f, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
		if (moved)
			disconnect(f);
		if (!f->held && !f->connected)
			connect_frontend(f);
		break;
	case XenbusStateConnected:
		break;
	case XenbusStateReconfiguring:
		/* it waits for its users and says Initialising then */
		disconnect(f);
		break;
	case XenbusStateUnknown:
	case XenbusStateClosing:
	case XenbusStateClosed:
		disconnect(f);
		if (!f->held && f->be_state != XenbusStateInitWait)
			set_state(f, XenbusStateInitWait);
		break;
	default:
		break;
	}
}

static void check(struct xd_frontend *f)
{
	struct xd_daemon *d = f->daemon;
	uint32_t online, state;

	if (xd_xs_number(d, f->be_path, "online", 1, &online))
		online = 1;
	if (xd_xs_number(d, f->be_path, "state", 8, &state))
		state = XenbusStateUnknown;
	if (!online && state != XenbusStateClosed) {
		/* the toolstack takes it away, and waits for us */
		disconnect(f);
		set_state(f, XenbusStateClosed);
		return;
	}
	if (!online)
		return;
	if (xd_xs_number(d, f->fe_path, "state", 8, &state))
		state = XenbusStateUnknown;
	follow(f, (enum xenbus_state)state);
}

static void retry(struct xd_timer *t)
{
	struct xd_frontend *f =
		(struct xd_frontend *)((char *)t -
				       offsetof(struct xd_frontend, retry));

	f->held = false;
	check(f);
}

static struct xd_frontend *find(const struct xd_daemon *d, uint16_t domid,
				uint32_t devid)
{
	struct xd_frontend *f;

	for (f = d->frontends; f; f = f->next)
		if (f->domid == domid && f->devid == devid)
			return f;
	return NULL;
}

static struct xd_frontend *begin(struct xd_daemon *d, uint16_t domid,
				 uint32_t devid)
{
	struct xd_frontend *f = calloc(1, sizeof(*f));
	char watch[80];

	if (!f)
		goto fail;
	f->daemon = d;
	f->domid = domid;
	f->devid = devid;
	f->events.fd = -1;
	snprintf(f->be_path, sizeof(f->be_path), "backend/vdispl/%u/%u", domid,
		 devid);
	/* made up here: the guest may write to its own idea of it */
	snprintf(f->fe_path, sizeof(f->fe_path),
		 "/local/domain/%u/device/vdispl/%u", domid, devid);
	if (xd_timer_init(&d->loop, &f->retry, retry))
		goto fail;
	if (xd_guest_get(d, domid, &f->guest)) {
		xd_timer_fini(&f->retry);
		goto fail;
	}
	f->next = d->frontends;
	d->frontends = f;
	snprintf(watch, sizeof(watch), "%s/state", f->fe_path);
	xd_xs_watch(d, watch);
	xd_guest_log(f->guest, XD_INFO, "device %u: there", devid);
	xd_xs_write(d, f->be_path, XENDISPL_FIELD_BE_VERSIONS, "1,2");
	/*
	 * Whatever a daemon before us had with the frontend is gone.  This
	 * makes it begin anew, from any state.
	 */
	f->be_state = XenbusStateUnknown;
	f->fe_state = XenbusStateReconfigured; /* none that it is in */
	return f;
fail:
	xd_log(XD_ERROR, "guest %u, device %u: out of memory", domid, devid);
	free(f);
	return NULL;
}

void xd_frontend_free(struct xd_frontend *f)
{
	struct xd_frontend **p;
	char watch[80];

	disconnect(f);
	snprintf(watch, sizeof(watch), "%s/state", f->fe_path);
	xd_xs_unwatch(f->daemon, watch);
	for (p = &f->daemon->frontends; *p != f; p = &(*p)->next)
		;
	*p = f->next;
	xd_timer_fini(&f->retry);
	xd_guest_log(f->guest, XD_INFO, "device %u: gone", f->devid);
	xd_guest_put(f->guest);
	free(f);
}

void xd_frontend_shutdown(struct xd_frontend *f)
{
	disconnect(f);
	set_state(f, XenbusStateClosed);
	xd_frontend_free(f);
}

void xd_frontend_changed(struct xd_daemon *d, uint16_t domid, uint32_t devid)
{
	struct xd_frontend *f = find(d, domid, devid);
	uint32_t state;
	char path[64];

	snprintf(path, sizeof(path), "backend/vdispl/%u/%u", domid, devid);
	if (!xd_xs_exists(d, path)) {
		if (f)
			xd_frontend_free(f);
		return;
	}
	if (!f) {
		f = begin(d, domid, devid);
		if (!f)
			return;
		/* a frontend that is connected to a daemon of the past */
		if (!xd_xs_number(d, f->fe_path, "state", 8, &state))
			set_state(f, XenbusStateInitWait);
	}
	check(f);
}
