// SPDX-License-Identifier: GPL-2.0-only
/* How a display connects, with a fake xenstore */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>

#include "daemon.h"
#include "fake_nodes.h"
#include "guest.h"
#include "vdispl/connect.h"
#include "vdispl/frontend.h"
#include "vdispl/requests.h"

#define BE "backend/vdispl/7/1"
#define FE "/local/domain/7/device/vdispl/1"

static struct xd_daemon daemon;
static struct xd_guest guest;
static struct xd_frontend *f;
static struct xd_device *dev;
static int null_fd, ring_err, screen_err;
static unsigned int rings, screens, evtchns, sources;
static char complaint[400], logged[400];
static int places[XD_CONNECTORS_MAX]; /* that policies were asked for */
static unsigned int nr_places;

/* ---- the rest of the daemon ---- */

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

void xd_device_complain(struct xd_device *device, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, args);
	va_end(args);
}

void xd_device_fail(struct xd_device *device, const char *why)
{
}

void xd_config_policy(const struct xd_config *c, const char *name,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	memset(out, 0, sizeof(*out));
	places[nr_places++ % XD_CONNECTORS_MAX] = place;
}

bool xd_config_has_connector(const struct xd_config *c, const char *unique_id)
{
	return false;
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
}

uint64_t xdc_loop_now(struct xdc_loop *l)
{
	return 1;
}

void xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		    void (*fired)(struct xdc_timer *t))
{
}

void xdc_timer_at(struct xdc_timer *t, uint64_t ns)
{
}

void xdc_timer_fini(struct xdc_timer *t)
{
}

void xdc_loop_cancel(struct xdc_loop *l, struct xdc_work *w)
{
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
	return null_fd;
}

int xd_ring_open(struct xd_ring *r, xengnttab_handle *gnttab,
		 xenevtchn_handle *evtchn, uint16_t domid,
		 const struct xd_ring_params *params)
{
	if (ring_err)
		return ring_err;
	rings++;
	return 0;
}

void xd_ring_close(struct xd_ring *r)
{
	rings--;
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

int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_guest *g, int place, uint32_t w, uint32_t h,
		   const struct xd_policy *policy)
{
	if (screen_err)
		return screen_err;
	s->place = place;
	s->width = w;
	s->height = h;
	screens++;
	return 0;
}

bool xd_screen_is_full(const struct xd_screen *s)
{
	return false;
}

uint64_t xd_screen_next_flip(const struct xd_screen *s)
{
	return 0;
}

bool xd_screen_output_is_full(const struct xd_screen *s)
{
	return false;
}

void xd_request(struct xd_connector *c, const struct xendispl_req *req)
{
}

uint64_t xd_budget_delay(const struct xd_budget *b,
			 const struct xd_policy *policy, enum xd_cost what,
			 uint64_t now)
{
	return 0;
}

void xd_budget_charge(struct xd_budget *b, const struct xd_policy *policy,
		      enum xd_cost what, uint64_t now)
{
}

void xd_budget_spend(struct xd_budget *b, const struct xd_policy *policy,
		     uint64_t begin, uint64_t now)
{
}

bool xd_budget_start(struct xd_budget *b)
{
	return true;
}

void xd_budget_stop(struct xd_budget *b, const struct xd_policy *policy)
{
}

void xd_budget_hold(struct xd_budget *b, struct xd_wait *w, uint64_t at)
{
}

void xd_budget_forget(struct xd_wait *w)
{
}

void xd_requests_drop(struct xd_frontend *frontend)
{
	screens -= frontend->nr_connectors;
}

static void inputs_changed(struct xd_daemon *d, struct xd_guest *g)
{
}

static void sizes_wanted(struct xd_daemon *d, uint16_t domid)
{
}

/* ---- a display ---- */

static void set_ring(unsigned int index)
{
	static const char *const names[] = { "req-ring-ref", "evt-ring-ref",
					     "req-event-channel",
					     "evt-event-channel" };
	char dir[96];
	size_t i;

	snprintf(dir, sizeof(dir), FE "/%u", index);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		set_node(dir, names[i], "17");
}

static int begin(void **state)
{
	fake_nodes_clear();
	memset(&daemon, 0, sizeof(daemon));
	memset(&guest, 0, sizeof(guest));
	guest.policy.max_pages = 65536;
	daemon.inputs_changed = inputs_changed;
	daemon.sizes_wanted = sizes_wanted;
	complaint[0] = logged[0] = '\0';
	ring_err = screen_err = 0;
	nr_places = 0;
	dev = xd_frontend_ops.alloc(&daemon);
	assert_non_null(dev);
	f = LIST_FIRST(&daemon.frontends);
	dev->daemon = &daemon;
	dev->guest = &guest;
	dev->domid = 7;
	dev->devid = 1;
	strcpy(dev->be_path, BE);
	strcpy(dev->fe_path, FE);
	set_node(FE "/0", "resolution", "640x480");
	set_node(FE "/1", "resolution", "800x600");
	set_ring(0);
	return 0;
}

static int end(void **state)
{
	xd_frontend_ops.disconnect(dev);
	assert_int_equal(rings, 0);
	assert_int_equal(screens, 0);
	assert_int_equal(evtchns, 0);
	assert_int_equal(sources, 0);
	xd_frontend_ops.free(dev);
	return 0;
}

static int connect_it(void)
{
	int err = xd_frontend_ops.connect(dev);

	if (err)
		xd_frontend_ops.disconnect(dev);
	return err;
}

static void expect(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' does not say '%s'", text, words);
}

/* ---- tests ---- */

static void display_with_fewer_connectors_connects(void **state)
{
	xd_frontend_ops.begin(dev);
	assert_int_equal(connect_it(), 0);
	assert_int_equal(f->nr_connectors, 1);
	expect(logged, "connector 1.1: not used by the guest: no node " FE
		       "/1/req-ring-ref");
	/* the settings of its place among all displays of the guest */
	assert_int_equal(places[0], XD_PLACE(1, 0));
	xd_frontend_ops.disconnect(dev);
	set_ring(1);
	assert_int_equal(connect_it(), 0);
	assert_int_equal(f->nr_connectors, 2);
}

/* The guest rewrites its node between both */
static void display_has_size_from_before_guest_was_let_in(void **state)
{
	xd_frontend_ops.begin(dev);
	set_node(FE "/0", "resolution", "8000x8000");
	assert_int_equal(connect_it(), 0);
	assert_int_equal(f->connectors[0].screen.width, 640);
	expect(logged, "connector 1.1: not used");
}

static void display_errors_name_node_and_value(void **state)
{
	set_node(FE "/0", "resolution", "640 x 480");
	xd_frontend_ops.begin(dev);
	assert_int_equal(connect_it(), -EINVAL);
	expect(complaint, "connector 1.0: cannot connect: " FE
			  "/0/resolution is '640 x 480'");
	set_node(FE "/0", "resolution", "16384x16384");
	assert_int_equal(connect_it(), -EDQUOT);
	expect(complaint, "max-memory of 256 MiB");
	set_node(FE "/0", "resolution", "640x480");
	set_node(FE "/0", "evt-ring-ref", "-1");
	assert_int_equal(connect_it(), -EINVAL);
	expect(complaint, FE "/0/evt-ring-ref is '-1'");
	set_node(FE "/0", "evt-ring-ref", "17");
	ring_err = -ENOENT;
	assert_int_equal(connect_it(), -EACCES);
	expect(complaint, "that " FE "/0 names");
	ring_err = 0;
	screen_err = -ENOMEM;
	assert_int_equal(connect_it(), -ENOMEM);
	expect(complaint, "cannot open an output");
	screen_err = 0;
	assert_int_equal(connect_it(), 0);
}

/* The guest has another display, of 1024x768: 3 MiB */
static void display_shares_max_memory_with_other_displays(void **state)
{
	static struct xd_guest stranger;
	struct xd_frontend *other;
	struct xd_device *second = xd_frontend_ops.alloc(&daemon);

	assert_non_null(second);
	other = LIST_FIRST(&daemon.frontends);
	other->guest = &guest;
	other->nr_connectors = 1;
	other->connectors[0].screen.width = 1024;
	other->connectors[0].screen.height = 768;
	guest.policy.max_pages = 4 * 256;
	xd_frontend_ops.begin(dev);
	assert_int_equal(connect_it(), -EDQUOT);
	expect(complaint, "connector 1.0: cannot connect: with 640x480");
	expect(complaint, "max-memory of 4 MiB");
	guest.policy.max_pages = 5 * 256;
	assert_int_equal(connect_it(), 0);
	xd_frontend_ops.disconnect(dev);
	/* both connectors of this one: 3 MiB more */
	set_ring(1);
	assert_int_equal(connect_it(), -EDQUOT);
	other->guest = &stranger;
	assert_int_equal(connect_it(), 0);
	xd_frontend_ops.free(second);
}

static void display_unique_ids_kept_as_they_are(void **state)
{
	char id[XD_ID_MAX + 1];

	set_node(FE "/0", "unique-id", "B\xc3\xbcro");
	xd_frontend_ops.begin(dev);
	assert_int_equal(connect_it(), 0);
	assert_string_equal(f->connectors[0].unique_id, "B\xc3\xbcro");
	xd_frontend_ops.disconnect(dev);
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	set_node(FE "/0", "unique-id", id);
	set_ring(1);
	set_node(FE "/1", "unique-id", "right");
	assert_int_equal(connect_it(), 0);
	assert_string_equal(f->connectors[0].unique_id, "");
	assert_string_equal(f->connectors[1].unique_id, "right");
	expect(logged, FE "/0/unique-id is longer than 127 bytes");
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(display_with_fewer_connectors_connects),
		test(display_has_size_from_before_guest_was_let_in),
		test(display_errors_name_node_and_value),
		test(display_shares_max_memory_with_other_displays),
		test(display_unique_ids_kept_as_they_are),
	};

	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
