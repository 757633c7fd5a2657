// SPDX-License-Identifier: GPL-2.0-only
/* How an input device connects, with a fake xenstore */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>

#include "daemon.h"
#include "fake_nodes.h"
#include "vdispl/frontend.h"
#include "guest.h"
#include "vkb/connect.h"
#include "input.h"
#include "vkb/kbd.h"
#include "pair.h"
#include "seat/seat.h"

#define BE "backend/vinput/7/0"
#define FE "/local/domain/7/device/vkbd/0"
#define DISPLAY "/local/domain/7/device/vdispl/0"

static struct xd_daemon the_daemon;
static struct xd_guest guest;
static struct xd_frontend display;
static struct xd_device *dev;
static struct xd_kbd *kbd;
static int null_fd;
static struct {
	int ring_err, loop_err;
	int evtchn_err; /* of opening it */
	uint32_t ref, port;
	unsigned int rings, evtchns, watched, changes, released, rejoined;
	unsigned int heard, unmasked, paid;
} fake;

static char logged[400]; /* the last warning or error */

/* ---- the rest of the daemon ---- */

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	va_list args;

	if (level > XDC_WARNING)
		return;
	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

void xd_device_complain(struct xd_device *device, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

bool xd_kbd_has(const struct xd_kbd *k, enum xd_kind kind)
{
	return true;
}

int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events)
{
	if (!fake.loop_err)
		fake.watched++;
	return fake.loop_err;
}

void xdc_loop_remove(struct xdc_loop *l, struct xdc_source *s)
{
	fake.watched--;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
				 unsigned int flags)
{
	errno = -fake.evtchn_err;
	if (fake.evtchn_err)
		return NULL;
	fake.evtchns++;
	return (xenevtchn_handle *)&fake;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	fake.evtchns--;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	return null_fd;
}

/* The guest has sent another event already */
int xenevtchn_pending(xenevtchn_handle *xce)
{
	return 9;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	fake.unmasked++;
	return 0;
}

int xd_kbd_ring_open(struct xd_kbd_ring *r, struct xdc_loop *loop,
		     xengnttab_handle *gnttab, xenevtchn_handle *evtchn,
		     uint16_t domid, uint32_t ref, uint32_t port)
{
	assert_int_equal(domid, 7);
	fake.ref = ref;
	fake.port = port;
	if (fake.ring_err)
		return fake.ring_err;
	r->page = (struct xenkbd_page *)&fake;
	fake.rings++;
	return 0;
}

void xd_kbd_ring_close(struct xd_kbd_ring *r)
{
	if (r->page)
		fake.rings--;
	r->page = NULL;
}

void xd_kbd_ring_heard(struct xd_kbd_ring *r)
{
	assert_ptr_equal(r, &kbd->ring);
	fake.heard++;
}

void xdc_timer_fini(struct xdc_timer *t)
{
	t->at = 0;
}

void xd_kbd_init(struct xd_kbd *k, struct xdc_loop *loop)
{
	assert_ptr_equal(loop, &the_daemon.loop);
}

void xd_kbd_start(struct xd_kbd *k, bool rejoined)
{
	fake.rejoined += rejoined;
}

void xd_kbd_pay(struct xd_kbd *k)
{
	fake.paid++;
}

void xd_kbd_release(struct xd_kbd *k, unsigned int what)
{
	assert_ptr_equal(k, kbd);
	assert_int_equal(what, XD_INPUT_ALL);
	fake.released++;
	/* the page is full */
	k->retry.at = 1;
}

static void inputs_changed(struct xd_daemon *d, struct xd_guest *g)
{
	assert_ptr_equal(d, &the_daemon);
	assert_ptr_equal(g, &guest);
	fake.changes++;
}

void xd_seat_changed(struct xd_seat *s)
{
}

/* ---- calls that device.c makes ---- */

static int begin(void **state)
{
	fake_nodes_clear();
	memset(&fake, 0, sizeof(fake));
	logged[0] = '\0';
	memset(&the_daemon, 0, sizeof(the_daemon));
	the_daemon.inputs_changed = inputs_changed;
	the_daemon.sizes_wanted = xd_pair_sizes;
	memset(&display, 0, sizeof(display));
	display.domid = 7;
	display.daemon = &the_daemon;
	strcpy(display.dev.fe_path, DISPLAY);
	set_node(FE, "state", "1");
	dev = xd_kbd_ops.alloc(&the_daemon);
	assert_non_null(dev);
	kbd = LIST_FIRST(&the_daemon.kbds);
	assert_ptr_equal(&kbd->dev, dev);
	dev->ops = &xd_kbd_ops;
	dev->daemon = &the_daemon;
	dev->guest = &guest;
	dev->domid = 7;
	strcpy(dev->be_path, BE);
	strcpy(dev->fe_path, FE);
	return 0;
}

static int end(void **state)
{
	dev->connected = false;
	xd_kbd_ops.disconnect(dev);
	assert_int_equal(fake.rings, 0);
	assert_int_equal(fake.evtchns, 0);
	assert_int_equal(fake.watched, 0);
	/* nothing looks at the page, which is not mapped any more */
	assert_int_equal(kbd->retry.at, 0);
	xd_kbd_ops.free(dev);
	assert_true(LIST_EMPTY(&the_daemon.kbds));
	return 0;
}

static int connect_it(void)
{
	int err = xd_kbd_ops.connect(dev);

	if (err)
		xd_kbd_ops.disconnect(dev);
	return err;
}

static void give_ring(void)
{
	set_node(FE, "page-gref", "8");
	set_node(FE, "event-channel", "9");
}

/* ---- tests ---- */

static void kbd_unique_id_and_begun_read(void **state)
{
	xd_kbd_ops.begin(dev);
	assert_string_equal(kbd->unique_id, "");
	set_node(BE, "unique-id", "left");
	xd_kbd_ops.begin(dev);
	assert_string_equal(kbd->unique_id, "left");
	/* begun: the guest's driver has written its nodes before */
	assert_false(dev->begun);
	set_node(FE, "page-gref", "8");
	xd_kbd_ops.begin(dev);
	assert_true(dev->begun);
	/* "vkbd" is QEMU's */
	assert_string_equal(xd_kbd_ops.type, "vinput");
	assert_string_equal(xd_kbd_ops.fe_type, "vkbd");
}

static void kbd_sizes_offered_from_first_connector(void **state)
{
	/* no display yet: no size */
	xd_kbd_ops.begin(dev);
	assert_null(get_node(BE, "width"));
	LIST_INSERT_HEAD(&the_daemon.frontends, &display, link);
	set_node(DISPLAY "/0", "resolution", "640x480");
	set_node(DISPLAY "/1", "resolution", "800x600");
	set_node(DISPLAY "/1", "unique-id", "right");
	xd_pair_sizes(&the_daemon, 6);
	assert_null(get_node(BE, "width"));
	xd_pair_sizes(&the_daemon, 7);
	assert_string_equal(get_node(BE, "width"), "639");
	assert_string_equal(get_node(BE, "height"), "479");
	assert_null(get_node(BE, "multi-touch-width"));
}

static void kbd_sizes_offered_from_named_connector(void **state)
{
	LIST_INSERT_HEAD(&the_daemon.frontends, &display, link);
	set_node(DISPLAY "/0", "resolution", "640x480");
	set_node(DISPLAY "/1", "resolution", "800x600");
	set_node(DISPLAY "/1", "unique-id", "right");
	set_node(BE, "unique-id", "right");
	set_node(BE, "feature-multi-touch", "1");
	/* a size in the configuration is kept */
	set_node(BE, "height", "4000");
	xd_kbd_ops.begin(dev);
	assert_string_equal(get_node(BE, "width"), "799");
	assert_string_equal(get_node(BE, "height"), "4000");
	assert_string_equal(get_node(BE, "multi-touch-width"), "799");
	assert_string_equal(get_node(BE, "multi-touch-height"), "599");
}

/* A guest that has read the sizes already must not see others */
static void kbd_sizes_not_offered_after_initialised(void **state)
{
	LIST_INSERT_HEAD(&the_daemon.frontends, &display, link);
	set_node(DISPLAY "/0", "resolution", "640x480");
	set_node(FE, "state", "3");
	xd_kbd_ops.begin(dev);
	assert_null(get_node(BE, "width"));
	/* an invalid resolution of the guest is not offered */
	set_node(FE, "state", "1");
	set_node(DISPLAY "/0", "resolution", "0x99999999");
	xd_pair_sizes(&the_daemon, 7);
	assert_null(get_node(BE, "width"));
}

static void kbd_features_negotiated(void **state)
{
	give_ring();
	assert_int_equal(connect_it(), 0);
	assert_int_equal(fake.ref, 8);
	assert_int_equal(fake.port, 9);
	assert_true(kbd->keyboard && kbd->pointer);
	assert_false(kbd->absolute);
	assert_int_equal(kbd->max_x, 800);
	assert_int_equal(kbd->max_y, 600);
	assert_int_equal(kbd->nr_contacts, 0);
	assert_int_equal(fake.rejoined, 0);
	dev->connected = true;
	xd_kbd_ops.connected(dev);
	assert_int_equal(fake.changes, 1);
	xd_kbd_ops.disconnect(dev);
	assert_int_equal(fake.released, 1);
	assert_int_equal(fake.changes, 2);
	/* requested, but not offered */
	set_node(FE, "request-abs-pointer", "1");
	set_node(FE, "request-raw-pointer", "1");
	set_node(FE, "request-multi-touch", "1");
	assert_int_equal(connect_it(), 0);
	assert_false(kbd->absolute);
	assert_int_equal(kbd->nr_contacts, 0);
	xd_kbd_ops.disconnect(dev);
	set_node(BE, "feature-abs-pointer", "1");
	set_node(BE, "feature-multi-touch", "1");
	set_node(BE, "feature-disable-keyboard", "1");
	set_node(BE, "width", "1023");
	assert_int_equal(connect_it(), 0);
	assert_true(kbd->absolute && kbd->pointer);
	assert_false(kbd->keyboard);
	assert_int_equal(kbd->max_x, 1023);
	assert_int_equal(kbd->nr_contacts, 1);
	xd_kbd_ops.disconnect(dev);
	set_node(BE, "feature-raw-pointer", "1");
	set_node(BE, "feature-disable-pointer", "1");
	set_node(BE, "multi-touch-num-contacts", "4000000000");
	assert_int_equal(connect_it(), 0);
	assert_false(kbd->pointer);
	assert_int_equal(kbd->max_x, 0x7fff);
	assert_int_equal(kbd->nr_contacts, 1);
	xd_kbd_ops.disconnect(dev);
	set_node(BE, "multi-touch-num-contacts", "100");
	set_node(BE, "multi-touch-width", "-1");
	dev->fe_state = XenbusStateConnected;
	assert_int_equal(connect_it(), 0);
	assert_int_equal(kbd->nr_contacts, XD_CONTACTS_MAX);
	assert_int_equal(kbd->touch_max_x, 800);
	/* a new frontend, seen late */
	assert_int_equal(fake.rejoined, 0);
	xd_kbd_ops.disconnect(dev);
	/* the frontend was connected before the daemon started */
	kbd->ring.prod = 5;
	assert_int_equal(connect_it(), 0);
	assert_int_equal(fake.rejoined, 1);
}

/* A message names the node and its value */
static void expect_logged(const char *words)
{
	if (!strstr(logged, words))
		fail_msg("'%s' does not say '%s'", logged, words);
	logged[0] = '\0';
}

static void kbd_connect_failures_undone(void **state)
{
	assert_int_equal(connect_it(), -ENOENT);
	expect_logged("no node " FE "/page-gref");
	set_node(FE, "page-gref", "8");
	assert_int_equal(connect_it(), -ENOENT);
	expect_logged("no node " FE "/event-channel");
	set_node(FE, "event-channel", "2147483648");
	assert_int_equal(connect_it(), -EINVAL);
	expect_logged(FE "/event-channel is '2147483648'");
	set_node(FE, "event-channel", "9");
	set_node(FE, "page-gref", "eight");
	assert_int_equal(connect_it(), -EINVAL);
	give_ring();
	fake.evtchn_err = -ENODEV;
	assert_int_equal(connect_it(), -ENODEV);
	expect_logged("Try: modprobe xen-evtchn");
	fake.evtchn_err = -EACCES;
	assert_int_equal(connect_it(), -EACCES);
	expect_logged("a member of the group xen-backend");
	fake.evtchn_err = 0;
	fake.loop_err = -ENOSPC;
	assert_int_equal(connect_it(), -ENOSPC);
	fake.loop_err = 0;
	fake.ring_err = -EACCES;
	assert_int_equal(connect_it(), -EACCES);
	expect_logged("cannot map the page");
	assert_int_equal(fake.evtchns, 0);
	fake.ring_err = 0;
	assert_int_equal(connect_it(), 0);
	assert_int_equal(fake.released, 0);
}

/* A hand-made set-up with features in the guest's directory */
static void kbd_misplaced_features_logged(void **state)
{
	give_ring();
	set_node(FE, "feature-abs-pointer", "1");
	set_node(FE, "request-abs-pointer", "1");
	assert_int_equal(connect_it(), 0);
	assert_false(kbd->absolute);
	expect_logged(FE "/feature-abs-pointer ignored: it belongs into " BE);
}

/* Linux's driver, after the guest was restored */
static void kbd_features_that_nobody_asks_for_logged(void **state)
{
	give_ring();
	set_node(BE, "feature-multi-touch", "1");
	assert_int_equal(connect_it(), 0);
	expect_logged("does not ask for a touch screen");
	xd_kbd_ops.disconnect(dev);
	/* a guest may not want it */
	set_node(FE, "request-multi-touch", "0");
	assert_int_equal(connect_it(), 0);
	assert_string_equal(logged, "");
}

/* A toolstack may write the nodes of a device one by one, in any order */
static void kbd_late_unique_id_read(void **state)
{
	xd_kbd_ops.begin(dev);
	set_node(BE, "unique-id", "left");
	give_ring();
	assert_int_equal(connect_it(), 0);
	assert_string_equal(kbd->unique_id, "left");
}

static void kbd_too_long_unique_id_ignored(void **state)
{
	char id[XD_KBD_ID_MAX + 1];

	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	set_node(BE, "unique-id", id);
	xd_kbd_ops.begin(dev);
	assert_string_equal(kbd->unique_id, "");
	expect_logged("is longer than");
}

/* Pointer and touch screen belong to different connectors */
static void kbd_sizes_offered_for_each_kind(void **state)
{
	LIST_INSERT_HEAD(&the_daemon.frontends, &display, link);
	set_node(DISPLAY "/0", "resolution", "640x480");
	set_node(DISPLAY "/0", "unique-id", "left");
	set_node(DISPLAY "/1", "resolution", "800x600");
	set_node(DISPLAY "/1", "unique-id", "right");
	set_node(BE, "unique-id", "P:right;T:left");
	set_node(BE, "feature-multi-touch", "1");
	/* the size that the toolstack wrote, whatever is there now */
	display.given[0].width = 1024;
	display.given[0].height = 768;
	xd_kbd_ops.begin(dev);
	assert_string_equal(get_node(BE, "width"), "799");
	assert_string_equal(get_node(BE, "multi-touch-width"), "1023");
	assert_string_equal(get_node(BE, "multi-touch-height"), "767");
}

/* The page tells what the guest has read: its events may be any number */
static void kbd_events_left_masked(void **state)
{
	unsigned int i;

	give_ring();
	assert_int_equal(connect_it(), 0);
	for (i = 0; i < 3; i++)
		kbd->events.ready(&kbd->events, EPOLLIN);
	assert_int_equal(fake.unmasked, 0);
	assert_int_equal(fake.heard, 3);
	assert_int_equal(fake.paid, 3);
}

/* QEMU's devices are not taken, unless the configuration says so */
static void kbd_of_type_vkbd_only_if_allowed(void **state)
{
	guest.users = 1;
	assert_false(xd_vkbd_ops.allowed(&the_daemon, &guest, 0));
	assert_false(guest.told_of_vkbd);
	guest.users = 2;
	assert_false(xd_vkbd_ops.allowed(&the_daemon, &guest, 0));
	assert_true(guest.told_of_vkbd);
	guest.policy.vkbd = true;
	assert_true(xd_vkbd_ops.allowed(&the_daemon, &guest, 0));
	assert_string_equal(xd_vkbd_ops.type, "vkbd");
	memset(&guest, 0, sizeof(guest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kbd_unique_id_and_begun_read,
						begin, end),
		cmocka_unit_test_setup_teardown(
			kbd_sizes_offered_from_first_connector, begin, end),
		cmocka_unit_test_setup_teardown(
			kbd_sizes_offered_from_named_connector, begin, end),
		cmocka_unit_test_setup_teardown(
			kbd_sizes_not_offered_after_initialised, begin, end),
		cmocka_unit_test_setup_teardown(kbd_features_negotiated, begin,
						end),
		cmocka_unit_test_setup_teardown(kbd_connect_failures_undone,
						begin, end),
		cmocka_unit_test_setup_teardown(kbd_misplaced_features_logged,
						begin, end),
		cmocka_unit_test_setup_teardown(
			kbd_features_that_nobody_asks_for_logged, begin, end),
		cmocka_unit_test_setup_teardown(kbd_late_unique_id_read, begin,
						end),
		cmocka_unit_test_setup_teardown(kbd_too_long_unique_id_ignored,
						begin, end),
		cmocka_unit_test_setup_teardown(kbd_sizes_offered_for_each_kind,
						begin, end),
		cmocka_unit_test_setup_teardown(kbd_events_left_masked, begin,
						end),
		cmocka_unit_test_setup_teardown(
			kbd_of_type_vkbd_only_if_allowed, begin, end),
	};

	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
