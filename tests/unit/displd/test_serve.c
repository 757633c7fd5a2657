// SPDX-License-Identifier: GPL-2.0-only
/* Serving the rings of a guest that asks for more than it or its outputs may have */
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "daemon.h"
#include "guest.h"
#include "vdispl/connect.h"
#include "vdispl/frontend.h"
#include "vdispl/requests.h"
#include "common/store.h"

#define MS XDC_NS_PER_MS
#define CONNECTORS 2

static struct xd_daemon d;
static struct xd_guest guest;
static struct xd_frontend *f;
static struct xd_connector *c;

/* ---- rings without Xen ---- */

static struct {
	uint8_t ring[64]; /* operations */
	unsigned int put, taken, served;
	unsigned int listened; /* times that the guest was asked for events */
	bool output_full;
	uint64_t next_flip, flipped_at, listened_at;
} conn[CONNECTORS];
static uint64_t period; /* of flips; 0: any */
static unsigned int served[256], ring_err;
static unsigned int output_takes; /* so many requests, then it is full; 0: any */
static uint64_t takes; /* of a request, in nanoseconds */
static bool full; /* the screen has a flip that waits */

static unsigned int index_of(const struct xd_ring *r)
{
	return r == &f->connectors[1].ring;
}

int xd_ring_open(struct xd_ring *r, xengnttab_handle *gnttab,
		 xenevtchn_handle *evtchn, uint16_t domid,
		 const struct xd_ring_params *params)
{
	return 0;
}

void xd_ring_close(struct xd_ring *r)
{
}

int xd_ring_next(struct xd_ring *r, struct xendispl_req *req)
{
	unsigned int i = index_of(r);

	if (ring_err)
		return -EPROTO;
	if (conn[i].taken == conn[i].put)
		return 0;
	memset(req, 0, sizeof(*req));
	req->operation = conn[i].ring[conn[i].taken++ % 64];
	return 1;
}

int xd_ring_listen(struct xd_ring *r)
{
	unsigned int i = index_of(r);

	conn[i].listened++;
	conn[i].listened_at = xdc_loop_now(&d.loop);
	return conn[i].taken != conn[i].put;
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

void xd_request(struct xd_connector *connector, const struct xendispl_req *req)
{
	uint64_t end = xdc_now() + takes;
	uint64_t now = xdc_loop_now(&d.loop);
	unsigned int i = index_of(&connector->ring);

	served[req->operation]++;
	if (++conn[i].served == output_takes)
		conn[i].output_full = true;
	if (req->operation == XENDISPL_OP_PG_FLIP && period) {
		conn[i].flipped_at = now;
		conn[i].next_flip = now + period;
	}
	if (req->operation == XENDISPL_OP_SET_CONFIG)
		xd_budget_charge(&guest.budget, &guest.policy, XD_COST_MODESET,
				 now);
	while (xdc_now() < end)
		;
}

void xd_requests_drop(struct xd_frontend *frontend)
{
}

bool xd_screen_is_full(const struct xd_screen *s)
{
	return full;
}

uint64_t xd_screen_next_flip(const struct xd_screen *s)
{
	return conn[XD_PLACE_INDEX(s->place)].next_flip;
}

bool xd_screen_output_is_full(const struct xd_screen *s)
{
	return conn[XD_PLACE_INDEX(s->place)].output_full;
}

/* ---- what else a connection needs ---- */

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

	s->guest = g;
	s->loop = loop;
	s->place = place;
	s->output = &output;
	return 0;
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
}

static unsigned int device_failed;

void xd_device_fail(struct xd_device *dev, const char *why)
{
	device_failed++;
}

void xd_device_complain(struct xd_device *dev, const char *fmt, ...)
{
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *node,
		   char *buf, unsigned int len)
{
	unsigned int index = CONNECTORS;

	sscanf(dir, "fe/%u", &index);
	if (strcmp(node, XENDISPL_FIELD_RESOLUTION) || index >= CONNECTORS)
		return -ENOENT;
	snprintf(buf, len, "640x480");
	return 0;
}

int xdc_store_raw(struct xs_handle *xs, const char *dir, const char *node,
		  char *buf, unsigned int len)
{
	return -ENOENT;
}

void xdc_printable(char *buf, uint32_t len, const char *text)
{
	*buf = '\0';
}

int xdc_store_number(struct xs_handle *xs, const char *dir, const char *node,
		     uint32_t max, uint32_t *v)
{
	*v = 1;
	return 0;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *node,
		    const char *value)
{
	return 0;
}

bool xdc_store_protected(struct xs_handle *xs, const char *dir,
			 const char *node, uint16_t domid)
{
	return false;
}

void xd_config_policy(const struct xd_config *config, const char *name,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	memset(out, 0, sizeof(*out));
}

bool xd_config_has_connector(const struct xd_config *config,
			     const char *unique_id)
{
	return false;
}

static int channel[2];

xenevtchn_handle *__wrap_xenevtchn_open(struct xentoollog_logger *logger,
					unsigned int flags);
int __wrap_xenevtchn_close(xenevtchn_handle *xce);
int __wrap_xenevtchn_fd(xenevtchn_handle *xce);

xenevtchn_handle *__wrap_xenevtchn_open(struct xentoollog_logger *logger,
					unsigned int flags)
{
	return (xenevtchn_handle *)&channel;
}

int __wrap_xenevtchn_close(xenevtchn_handle *xce)
{
	return 0;
}

int __wrap_xenevtchn_fd(xenevtchn_handle *xce)
{
	return channel[0];
}

static void inputs_changed(struct xd_daemon *daemon, struct xd_guest *g)
{
}

/* ---- tests ---- */

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&d.loop);
}

static void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	xdc_timer_init(&d.loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * MS);
	d.loop.stop = false;
	assert_int_equal(xdc_loop_run(&d.loop), 0);
	xdc_timer_fini(&timer);
}

static int set_up(void **state)
{
	struct xd_device *dev;

	memset(&d, 0, sizeof(d));
	memset(&guest, 0, sizeof(guest));
	memset(conn, 0, sizeof(conn));
	memset(served, 0, sizeof(served));
	ring_err = device_failed = output_takes = 0;
	takes = period = 0;
	full = false;
	guest.policy.max_pages = 65536;
	d.inputs_changed = inputs_changed;
	if (pipe(channel) || xdc_loop_init(&d.loop))
		return -1;
	xd_budget_init(&guest.budget, &d.loop);
	dev = xd_frontend_ops.alloc(&d);
	f = LIST_FIRST(&d.frontends);
	f->daemon = &d;
	f->guest = &guest;
	snprintf(dev->fe_path, sizeof(dev->fe_path), "fe");
	if (xd_frontend_ops.connect(dev))
		return -1;
	xd_frontend_ops.connected(dev);
	c = &f->connectors[0];
	return 0;
}

static int tear_down(void **state)
{
	xd_frontend_ops.disconnect(&f->dev);
	xd_frontend_ops.free(&f->dev);
	xd_budget_fini(&guest.budget);
	xdc_loop_fini(&d.loop);
	close(channel[0]);
	close(channel[1]);
	return 0;
}

static void ask_at(unsigned int i, uint8_t op, unsigned int n)
{
	while (n--)
		conn[i].ring[conn[i].put++ % 64] = op;
	xdc_loop_later(&d.loop, &f->connectors[i].more);
}

/* Without an event: the guest was not asked for one */
static void put_request(uint8_t op)
{
	conn[0].ring[conn[0].put++ % 64] = op;
}

static void ask(uint8_t op, unsigned int n)
{
	ask_at(0, op, n);
}

/* The output of this connector takes more requests again */
static void make_room(unsigned int i)
{
	conn[i].output_full = false;
	f->connectors[i].screen.room(&f->connectors[i].screen);
}

static void all_is_served_within_budget(void **state)
{
	ask(XENDISPL_OP_FB_ATTACH, 10);
	ask(XENDISPL_OP_PG_FLIP, 40);
	run_for(50);
	assert_int_equal(served[XENDISPL_OP_FB_ATTACH], 10);
	assert_int_equal(served[XENDISPL_OP_PG_FLIP], 40);
	assert_int_equal(c->delayed, 0);
	assert_false(c->more.queued);
}

static void flips_wait_for_the_screen(void **state)
{
	full = true;
	ask(XENDISPL_OP_FB_ATTACH, 1);
	ask(XENDISPL_OP_PG_FLIP, 2);
	ask(XENDISPL_OP_FB_DETACH, 1);
	run_for(20);
	/* in the order of the ring */
	assert_int_equal(served[XENDISPL_OP_FB_ATTACH], 1);
	assert_int_equal(served[XENDISPL_OP_PG_FLIP], 0);
	assert_int_equal(served[XENDISPL_OP_FB_DETACH], 0);
	assert_false(c->more.queued);
	/* notifications change nothing */
	xdc_loop_later(&d.loop, &c->more);
	run_for(20);
	assert_int_equal(served[XENDISPL_OP_PG_FLIP], 0);
	full = false;
	c->screen.done(&c->screen, 1);
	run_for(20);
	assert_int_equal(served[XENDISPL_OP_PG_FLIP], 2);
	assert_int_equal(served[XENDISPL_OP_FB_DETACH], 1);
	/* that is no fault of the guest's */
	assert_int_equal(c->delayed, 0);
}

static void run_until_served(uint8_t op, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < 1000 && served[op] < n; i++)
		run_for(5);
	assert_int_equal(served[op], n);
}

static void run_until_listened(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < 1000 && conn[0].listened < n; i++)
		run_for(5);
	assert_int_equal(conn[0].listened, n);
}

static void flips_wait_for_their_time(void **state)
{
	uint64_t begin = xdc_now();

	conn[0].next_flip = begin + 200 * MS;
	ask(XENDISPL_OP_FB_ATTACH, 1);
	ask(XENDISPL_OP_PG_FLIP, 1);
	run_for(10);
	/* notifications change nothing, and the other connector has its own time */
	xdc_loop_later(&d.loop, &c->more);
	ask_at(1, XENDISPL_OP_PG_FLIP, 1);
	run_for(10);
	assert_int_equal(served[XENDISPL_OP_FB_ATTACH], 1);
	assert_int_equal(conn[0].served, 1);
	assert_int_equal(conn[1].served, 1);
	run_until_served(XENDISPL_OP_PG_FLIP, 2);
	assert_true(xdc_now() - begin >= 200 * MS);
	assert_int_equal(c->delayed, 0);
}

/* A guest that flips as often as the screen need not send events */
static void steady_guest_sends_no_events(void **state)
{
	uint64_t begin = xdc_now();
	unsigned int listened;

	run_for(20);
	listened = conn[0].listened;
	period = 40 * MS;
	/* all but the first wait: the guest is as fast as the screen */
	ask(XENDISPL_OP_PG_FLIP, 5);
	run_until_listened(listened + 1);
	assert_int_equal(served[XENDISPL_OP_PG_FLIP], 5);
	assert_true(xdc_now() - begin >= 5 * period);
	/* the ring was left alone until the sixth could have begun */
	assert_true(conn[0].listened_at - conn[0].flipped_at >= period);
	/* it has stopped: nothing runs for it any more */
	assert_true(LIST_EMPTY(&d.loop.timers));
}

/* One that is late once sends an event then; late again, it does so for each flip */
static void steady_guest_may_be_late(void **state)
{
	unsigned int n, listened = conn[0].listened;

	period = 200 * MS;
	ask(XENDISPL_OP_PG_FLIP, 5);
	for (n = 6; n <= 7; n++) {
		run_until_listened(listened + n - 5);
		ask(XENDISPL_OP_PG_FLIP, 1);
		run_until_served(XENDISPL_OP_PG_FLIP, n);
		run_for(5);
		assert_int_equal(conn[0].listened, listened + (n == 6 ? 1 : 3));
		assert_int_equal(!c->rest.at, n == 7);
	}
}

static void slow_guest_sends_events(void **state)
{
	unsigned int i, listened;

	run_for(20);
	period = 200 * MS;
	for (i = 0; i < 2; i++) {
		listened = conn[0].listened;
		ask(XENDISPL_OP_PG_FLIP, 1);
		run_until_listened(listened + 1);
		assert_true(conn[0].listened_at - conn[0].flipped_at < period);
		assert_int_equal(c->rest.at, 0);
		run_for(250);
	}
	assert_int_equal(served[XENDISPL_OP_PG_FLIP], 2);
}

/* They wait for the next flip's time once at most, and not for long */
static void other_requests_end_the_rest(void **state)
{
	uint64_t begin = xdc_now();

	period = 40 * MS;
	ask(XENDISPL_OP_PG_FLIP, 2);
	run_until_served(XENDISPL_OP_PG_FLIP, 2);
	put_request(XENDISPL_OP_FB_ATTACH);
	run_until_served(XENDISPL_OP_FB_ATTACH, 1);
	assert_int_equal(c->steady, 0);
	/* a slow rate does not hold them */
	period = 60000 * MS;
	ask(XENDISPL_OP_PG_FLIP, 2);
	run_until_served(XENDISPL_OP_PG_FLIP, 3);
	conn[0].next_flip = 0;
	xdc_loop_later(&d.loop, &c->more);
	run_until_served(XENDISPL_OP_PG_FLIP, 4);
	assert_true(xdc_now() - begin < period);
	assert_int_equal(c->rest.at, 0);
}

/* Those that are refused count, too: nothing else limits them */
static void flips_wait_for_the_budget(void **state)
{
	guest.policy.max_flips = 100;
	ask(XENDISPL_OP_PG_FLIP, 60);
	run_for(20);
	/* a quarter of a second's at once */
	assert_in_range(served[XENDISPL_OP_PG_FLIP], 25, 59);
	assert_true(c->delayed >= 1);
	run_until_served(XENDISPL_OP_PG_FLIP, 60);
}

static void modesets_wait_for_the_budget(void **state)
{
	guest.policy.max_modesets = 20;
	ask(XENDISPL_OP_SET_CONFIG, 50);
	run_for(20);
	/* two seconds' at once */
	assert_in_range(served[XENDISPL_OP_SET_CONFIG], 40, 42);
	assert_int_equal(c->delayed, 1);
	run_for(5000);
	assert_int_equal(served[XENDISPL_OP_SET_CONFIG], 50);
	assert_in_range(c->delayed, 2, 10);
}

/* A guest whose requests take long gets its share, and no more */
static void time_waits_for_the_budget(void **state)
{
	guest.policy.max_time = 20;
	takes = 20 * MS;
	ask(XENDISPL_OP_DBUF_CREATE, 50);
	run_for(500);
	assert_in_range(served[XENDISPL_OP_DBUF_CREATE], 2, 7);
	assert_true(c->delayed > 0);
}

static void ring_waits_while_output_is_full(void **state)
{
	static const uint8_t ops[] = { XENDISPL_OP_SET_CONFIG,
				       XENDISPL_OP_PG_FLIP };
	unsigned int i;

	output_takes = 5;
	for (i = 0; i < 2; i++) {
		conn[0].served = 0;
		ask(ops[i], 20);
		run_for(20);
		assert_int_equal(conn[0].served, 5);
		/* another event of the guest changes nothing */
		xdc_loop_later(&d.loop, &c->more);
		run_for(20);
		assert_int_equal(conn[0].served, 5);
		make_room(0);
		run_for(20);
		assert_int_equal(conn[0].served, 20);
	}
	/* that is not over the guest's budget */
	assert_int_equal(c->delayed, 0);
}

/* A request on one ring may be about what another connector shows */
static void all_rings_wait_while_one_output_is_full(void **state)
{
	conn[1].output_full = true;
	ask_at(0, XENDISPL_OP_FB_DETACH, 3);
	ask_at(1, XENDISPL_OP_FB_DETACH, 3);
	run_for(20);
	assert_int_equal(conn[0].served, 0);
	assert_int_equal(conn[1].served, 0);
	make_room(1);
	run_for(20);
	assert_int_equal(conn[0].served, 3);
	assert_int_equal(conn[1].served, 3);
}

static void disconnect_while_waiting(void **state)
{
	guest.policy.max_modesets = 1;
	ask(XENDISPL_OP_SET_CONFIG, 20);
	run_for(20);
	assert_true(c->wait.listed);
	xd_frontend_ops.disconnect(&f->dev);
	assert_true(LIST_EMPTY(&guest.budget.waits));
	run_for(20);
	assert_int_equal(xd_frontend_ops.connect(&f->dev), 0);
	assert_false(c->holds);
}

static void invalid_ring_fails_device(void **state)
{
	run_for(20);
	ring_err = 1;
	xdc_loop_later(&d.loop, &c->more);
	run_for(20);
	assert_int_equal(device_failed, 1);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(all_is_served_within_budget),
		test(flips_wait_for_the_screen),
		test(flips_wait_for_their_time),
		test(steady_guest_sends_no_events),
		test(steady_guest_may_be_late),
		test(slow_guest_sends_events),
		test(other_requests_end_the_rest),
		test(flips_wait_for_the_budget),
		test(modesets_wait_for_the_budget),
		test(time_waits_for_the_budget),
		test(ring_waits_while_output_is_full),
		test(all_rings_wait_while_one_output_is_full),
		test(disconnect_while_waiting),
		test(invalid_ring_fails_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
