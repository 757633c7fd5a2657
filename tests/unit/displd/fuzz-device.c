// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a guest that writes anything to its device's directory in xenstore.
 * A step is an action, a number, a length, and as many bytes.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "xenbus/device.h"
#include "vdispl/connect.h"
#include "vdispl/frontend.h"
#include "vdispl/requests.h"
#include "fuzz-store.h"
#include "guest.h"
#include "vkb/connect.h"
#include "common/store.h"

#define BE STORE_BE
#define FE STORE_FE
/* less than four connectors of the largest size need */
#define MAX_PAGES 65536U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct xd_daemon d;
static struct xd_guest guest;
static unsigned int rings, screens, sources, timers, evtchns;
static bool ring_fails, screen_fails;
static uint64_t now;

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_printable(const char *text)
{
	while (*text)
		must(isprint((unsigned char)*text++));
}

/* ---- fakes of what a frontend uses ---- */

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	check_printable(text);
}

int xd_guest_get(struct xd_daemon *daemon, uint16_t domid,
		 struct xd_guest **out)
{
	must(domid == 7);
	guest.users++;
	*out = &guest;
	return 0;
}

void xd_guest_put(struct xd_guest *g)
{
	g->users--;
}

void xd_guest_configure(struct xd_guest *g)
{
}

void xd_config_policy(const struct xd_config *c, const char *name,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	must(!given || (unique_id && store_toolstacks));
	must(XD_PLACE_DEVID(place) == 3);
	memset(out, 0, sizeof(*out));
}

bool xd_config_has_connector(const struct xd_config *c, const char *unique_id)
{
	return true;
}

int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events)
{
	sources++;
	return 0;
}

void xdc_loop_remove(struct xdc_loop *l, struct xdc_source *s)
{
	sources--;
}

void xdc_loop_later(struct xdc_loop *l, struct xdc_work *w)
{
	w->queued = true;
}

void xdc_loop_cancel(struct xdc_loop *l, struct xdc_work *w)
{
	w->queued = false;
}

void xdc_loop_fail(struct xdc_loop *l, int err)
{
}

void xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		    void (*fired)(struct xdc_timer *t))
{
	t->fired = fired;
	timers++;
}

uint64_t xdc_now(void)
{
	return now;
}

void xdc_timer_in(struct xdc_timer *t, uint64_t ns)
{
	must(ns);
	t->at = ns;
}

void xdc_timer_at(struct xdc_timer *t, uint64_t ns)
{
	xdc_timer_in(t, ns);
}

void xdc_timer_fini(struct xdc_timer *t)
{
	timers--;
	t->at = 0;
}

uint64_t xdc_loop_now(struct xdc_loop *l)
{
	return now;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
				 unsigned int flags)
{
	evtchns++;
	return (xenevtchn_handle *)&evtchns;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	evtchns--;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	return 1 << 20; /* no open descriptor */
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	return -1;
}

int xd_ring_open(struct xd_ring *r, xengnttab_handle *gnttab,
		 xenevtchn_handle *evtchn, uint16_t domid,
		 const struct xd_ring_params *params)
{
	must(evtchn && domid == 7);
	must(params->req_port <= INT32_MAX && params->evt_port <= INT32_MAX);
	if (ring_fails)
		return -ENOENT;
	r->gnttab = (xengnttab_handle *)&rings;
	rings++;
	return 0;
}

void xd_ring_close(struct xd_ring *r)
{
	if (r->gnttab)
		rings--;
	memset(r, 0, sizeof(*r));
}

int xd_ring_next(struct xd_ring *r, struct xendispl_req *req)
{
	return 0;
}

int xd_ring_listen(struct xd_ring *r)
{
	return 0;
}

void xd_ring_heard(struct xd_ring *r)
{
}

void xd_ring_push(struct xd_ring *r)
{
}

void xd_ring_flipped(struct xd_ring *r, uint64_t fb_cookie)
{
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	snprintf(buf, len, "nothing");
	*w = *h = 0;
}

int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_guest *g, int place, uint32_t w, uint32_t h,
		   const struct xd_policy *policy)
{
	static const struct xd_output_ops ops = { .describe = describe };
	static struct xd_output output = { .ops = &ops };

	must(w && h && w <= XD_SIDE_MAX && h <= XD_SIDE_MAX);
	memset(s, 0, sizeof(*s));
	if (screen_fails)
		return -ENOENT;
	s->guest = g;
	s->loop = loop;
	s->place = place;
	s->width = w;
	s->height = h;
	s->output = &output;
	screens++;
	return 0;
}

bool xd_screen_output_is_full(const struct xd_screen *s)
{
	return false;
}

void xd_request(struct xd_connector *c, const struct xendispl_req *req)
{
}

bool xd_screen_is_full(const struct xd_screen *s)
{
	return false;
}

uint64_t xd_screen_next_flip(const struct xd_screen *s)
{
	return 0;
}

void xd_requests_drop(struct xd_frontend *f)
{
	screens -= f->nr_connectors;
}

static void inputs_changed(struct xd_daemon *daemon, struct xd_guest *g)
{
}

static void sizes_wanted(struct xd_daemon *daemon, uint16_t domid)
{
}

const struct xd_device_ops xd_kbd_ops = { .type = "vinput" };

static const struct xd_device_ops *const kinds[] = { &xd_frontend_ops,
						     &xd_kbd_ops, NULL };

/* ---- a guest ---- */

static void report_change(void)
{
	xd_device_changed(&d, "vdispl", 7, 3);
}

static void check_state(void)
{
	struct xd_frontend *f = LIST_FIRST(&d.frontends);
	uint64_t area = 0;
	unsigned int i;

	if (!f) {
		must(LIST_EMPTY(&d.devices) && !store_watches && !timers &&
		     !guest.users);
		must(!rings && !screens && !evtchns && !sources);
		return;
	}
	must(&f->dev == LIST_FIRST(&d.devices));
	must(!LIST_NEXT(&f->dev, link) && !LIST_NEXT(f, link));
	must(rings == f->nr_connectors && screens == f->nr_connectors);
	must(f->dev.connected == !!f->nr_connectors);
	must(evtchns == f->dev.connected && sources == evtchns);
	must(f->nr_connectors <= XD_CONNECTORS_MAX);
	for (i = 0; i < f->nr_connectors; i++) {
		const struct xd_screen *s = &f->connectors[i].screen;

		area += (uint64_t)s->width * s->height * 4;
		must(strlen(f->connectors[i].unique_id) < XD_ID_MAX);
	}
	must(area <= (uint64_t)MAX_PAGES * XD_PAGE);
	if (f->dev.connected)
		must(f->version == 1 || f->version == 2);
	must(!f->be_alloc || guest.policy.be_alloc);
}

/* Valid nodes of a connector, with rings */
static void write_connector(unsigned int index)
{
	static const char *const names[] = { "req-ring-ref", "evt-ring-ref",
					     "req-event-channel",
					     "evt-event-channel" };
	char path[96];
	size_t i;

	snprintf(path, sizeof(path), "%s/%u/resolution", FE, index);
	store_set(path, "640x480");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%u/%s", FE, index, names[i]);
		store_set(path, "17");
	}
}

static void act_as_toolstack(unsigned int what)
{
	static const char *const words[] = { "0", "1", "5", "6", "x", NULL };
	unsigned int i;

	switch (what % 4) {
	case 0:
		for (i = 0; i < store_count; i++)
			store_nodes[i].there = false;
		break;
	case 1:
		store_set(BE "/frontend-id", "7");
		break;
	case 2:
		store_set(BE "/online", words[what / 4 % 6]);
		break;
	case 3:
		store_set(BE "/state", words[what / 4 % 6]);
		break;
	}
}

static void retry_connecting(void)
{
	struct xd_device *dev = LIST_FIRST(&d.devices);

	if (!dev || !dev->retry.at)
		return;
	dev->retry.at = 0;
	now += 5 * XDC_NS_PER_S;
	dev->retry.fired(&dev->retry);
}

static void run_step(uint8_t what, uint8_t n, const char *value)
{
	unsigned int nth = store_first + n % (store_count - store_first);
	char digit[2] = { (char)('0' + n % 10), '\0' };

	switch (what % 8) {
	case 0:
		store_set(store_nodes[nth].path, value);
		break;
	case 1:
		store_set(store_nodes[nth].path, NULL);
		break;
	case 2:
		store_set(FE "/state", digit);
		break;
	case 3:
		write_connector(n % (XD_CONNECTORS_MAX + 1));
		break;
	case 4:
		ring_fails = n & 1;
		screen_fails = n & 2;
		store_toolstacks = n & 8;
		/* negotiated when it connected */
		if (LIST_EMPTY(&d.frontends) ||
		    !LIST_FIRST(&d.frontends)->be_alloc)
			guest.policy.be_alloc = n & 4;
		break;
	case 5:
		act_as_toolstack(n);
		break;
	case 6:
		retry_connecting();
		break;
	case 7:
		if (!LIST_EMPTY(&d.devices) &&
		    LIST_FIRST(&d.devices)->connected)
			xd_device_fail(&LIST_FIRST(&d.frontends)->dev, "so");
		break;
	}
	report_change();
	check_state();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char value[STORE_VALUE_MAX + 1];
	size_t at = 0;

	store_make();
	memset(&d, 0, sizeof(d));
	d.kinds = kinds;
	d.inputs_changed = inputs_changed;
	d.sizes_wanted = sizes_wanted;
	memset(&guest, 0, sizeof(guest));
	guest.policy.max_pages = MAX_PAGES;
	ring_fails = screen_fails = store_toolstacks = false;
	act_as_toolstack(0);
	act_as_toolstack(1);
	store_set(BE "/online", "1");
	store_set(BE "/state", "1");
	report_change();
	while (at + 3 <= len) {
		size_t n = data[at + 2];

		if (n > len - at - 3)
			n = len - at - 3;
		memcpy(value, data + at + 3, n);
		value[n] = '\0';
		run_step(data[at], data[at + 1], value);
		at += 3 + n;
	}
	act_as_toolstack(0);
	report_change();
	check_state();
	must(LIST_EMPTY(&d.devices));
	return 0;
}
