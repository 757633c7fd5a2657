// SPDX-License-Identifier: GPL-2.0-only
/* The states of both ends, with a xenstore of four values */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "xenbus/device.h"
#include "vdispl/connect.h"
#include "guest.h"
#include "vkb/connect.h"
#include "common/store.h"

#define NONE (-1)

static struct xd_daemon d;
static struct xd_guest guest;
/* what the directories hold, NONE if it is not there */
static int online, be_state, fe_state;
static bool there, may_write, may_remove;
static unsigned int asked, connected, disconnected, removals;
static uint64_t now_ns, timer_ns;
static int connect_err, watch_err, watches;

/* ---- xenstore ---- */

int xdc_store_number(struct xs_handle *xs, const char *dir, const char *name,
		     uint32_t max, uint32_t *out)
{
	int value = !strcmp(name, "online")	   ? online
		    : !strncmp(dir, "backend/", 8) ? be_state
						   : fe_state;

	if (value == NONE)
		return -ENOENT;
	*out = (uint32_t)value;
	return *out > max ? -EINVAL : 0;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value)
{
	assert_string_equal(name, "state");
	if (!strncmp(dir, "backend/", 8)) {
		be_state = atoi(value);
		return 0;
	}
	assert_string_equal(dir, "/local/domain/7/device/vdispl/3");
	asked++;
	if (!may_write)
		return -EACCES;
	fe_state = atoi(value);
	return 0;
}

int xdc_store_remove_offline(struct xs_handle *xs, const char *dir)
{
	assert_string_equal(dir, "backend/vdispl/7/3");
	removals++;
	if (!may_remove)
		return -EBUSY;
	there = false;
	return 0;
}

bool xdc_store_exists(struct xs_handle *xs, const char *dir, const char *name)
{
	return there;
}

int xdc_store_watch(struct xs_handle *xs, const char *dir)
{
	assert_string_equal(dir, "/local/domain/7/device/vdispl/3/state");
	if (!watch_err)
		watches++;
	return watch_err;
}

void xdc_store_unwatch(struct xs_handle *xs, const char *dir)
{
	watches--;
}

/* ---- guests, timers, words ---- */

int xd_guest_get(struct xd_daemon *daemon, uint16_t domid,
		 struct xd_guest **out)
{
	*out = &guest;
	return 0;
}

void xd_guest_put(struct xd_guest *g)
{
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
}

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

int xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		   void (*fired)(struct xdc_timer *t))
{
	t->fired = fired;
	return 0;
}

uint64_t xdc_now(void)
{
	return now_ns;
}

void xdc_timer_in(struct xdc_timer *t, uint64_t ns)
{
	timer_ns = ns;
}

void xdc_timer_fini(struct xdc_timer *t)
{
}

/* ---- a device ---- */

static struct xd_device *alloc(struct xd_daemon *daemon)
{
	return calloc(1, sizeof(struct xd_device));
}

static void release(struct xd_device *dev)
{
	free(dev);
}

static void begin(struct xd_device *dev)
{
}

static int connect_it(struct xd_device *dev)
{
	return connect_err;
}

static void now_connected(struct xd_device *dev)
{
	connected++;
}

static void disconnect(struct xd_device *dev)
{
	disconnected++;
}

const struct xd_device_ops xd_frontend_ops = {
	.type = "vdispl",
	.fe_type = "vdispl",
	.noun = "device",
	.alloc = alloc,
	.free = release,
	.begin = begin,
	.connect = connect_it,
	.connected = now_connected,
	.disconnect = disconnect,
};

const struct xd_device_ops xd_kbd_ops = {
	.type = "vinput",
	.fe_type = "vkbd",
};

static const struct xd_device_ops *const kinds[] = { &xd_frontend_ops,
						     &xd_kbd_ops, NULL };

/* As a toolstack makes one */
static int attached(void **state)
{
	memset(&d, 0, sizeof(d));
	d.kinds = kinds;
	online = 1;
	be_state = fe_state = XenbusStateInitialising;
	there = may_write = may_remove = true;
	asked = connected = disconnected = removals = 0;
	now_ns = 100 * XDC_NS_PER_S;
	timer_ns = 0;
	connect_err = watch_err = watches = 0;
	return 0;
}

static int gone(void **state)
{
	there = false;
	xd_device_changed(&d, "vdispl", 7, 3);
	assert_true(LIST_EMPTY(&d.devices));
	assert_int_equal(watches, 0);
	return 0;
}

static void look(void)
{
	xd_device_changed(&d, "vdispl", 7, 3);
}

static void frontend_says(int state)
{
	fe_state = state;
	look();
}

static void connects_and_stays(void **state)
{
	look();
	assert_false(LIST_EMPTY(&d.devices));
	assert_int_equal(be_state, XenbusStateInitWait);
	frontend_says(XenbusStateInitialised);
	assert_int_equal(be_state, XenbusStateConnected);
	assert_int_equal(connected, 1);
	frontend_says(XenbusStateConnected);
	assert_true(LIST_FIRST(&d.devices)->connected);
}

static void connects(void **state)
{
	connects_and_stays(state);
	/* it closes by itself, and nobody asks it to begin again */
	frontend_says(XenbusStateClosed);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_int_equal(be_state, XenbusStateInitWait);
	assert_int_equal(asked, 0);
}

static void fails(void **state)
{
	look();
	connect_err = -EACCES;
	frontend_says(XenbusStateInitialised);
	assert_int_equal(connected, 0);
	assert_true(LIST_FIRST(&d.devices)->held);
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	/* not before its time */
	connect_err = 0;
	look();
	assert_int_equal(connected, 0);
	now_ns += timer_ns;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_int_equal(connected, 1);
}

/* From Connected to Initialised, with nothing in between that we saw */
static void skips(void **state)
{
	connects_and_stays(state);
	connect_err = -EACCES;
	frontend_says(XenbusStateInitialised);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_int_equal(be_state, XenbusStateInitWait);
}

static void flaps(void **state)
{
	int i;

	connects_and_stays(state);
	for (i = 0; i < 100; i++) {
		now_ns += XDC_NS_PER_S / 200;
		frontend_says(XenbusStateClosed);
		frontend_says(XenbusStateInitialising);
		frontend_says(XenbusStateInitialised);
	}
	/* half a second: it was connected before, and not since */
	assert_int_equal(connected, 1);
	assert_int_not_equal(be_state, XenbusStateConnected);
	assert_int_equal(timer_ns, XDC_NS_PER_S - XDC_NS_PER_S / 200);
	now_ns += XDC_NS_PER_S / 2;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_int_equal(connected, 2);
	assert_int_equal(be_state, XenbusStateConnected);
}

/* However many changes were told, it is looked at once */
static void told(void **state)
{
	connects_and_stays(state);
	fe_state = XenbusStateClosed;
	xd_device_tell(&d, "vdispl", 7, 3);
	assert_true(LIST_FIRST(&d.devices)->connected);
	xd_device_tell(&d, "vdispl", 7, 3);
	xd_device_look_told(&d);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_false(LIST_FIRST(&d.devices)->told);
	/* what is not known yet is looked at at once, and then it may go */
	gone(state);
	there = true;
	xd_device_tell(&d, "vdispl", 7, 3);
	assert_false(LIST_EMPTY(&d.devices));
	there = false;
	xd_device_tell(&d, "vdispl", 7, 3);
	xd_device_look_told(&d);
	assert_true(LIST_EMPTY(&d.devices));
}

/* The driver of a device before this one closes it, and looks away */
static void begins_again(void **state)
{
	look();
	frontend_says(XenbusStateClosed);
	assert_int_equal(asked, 1);
	assert_int_equal(fe_state, XenbusStateInitialising);
	look();
	assert_int_equal(be_state, XenbusStateInitWait);
	frontend_says(XenbusStateInitialised);
	assert_int_equal(connected, 1);
}

static void asks_once(void **state)
{
	may_write = false;
	look();
	frontend_says(XenbusStateClosed);
	frontend_says(XenbusStateInitialising);
	frontend_says(XenbusStateClosed);
	assert_int_equal(asked, 1);
}

static void detaches(void **state)
{
	connects(state);
	online = 0;
	be_state = XenbusStateClosing;
	look();
	assert_int_equal(be_state, XenbusStateClosed);
	assert_false(LIST_FIRST(&d.devices)->connected);
	/* the toolstack is here, and removes what it has made */
	assert_int_equal(timer_ns, 0);
}

static void cleans_up(void **state)
{
	d.driver_domain = true;
	connects(state);
	online = 0;
	be_state = XenbusStateClosing;
	look();
	assert_int_equal(be_state, XenbusStateClosed);
	assert_int_equal(removals, 0);
	assert_int_equal(timer_ns, 5 * XDC_NS_PER_S);
	may_remove = false;
	timer_ns = 0;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_int_equal(removals, 1);
	/* later, then */
	assert_int_equal(timer_ns, 5 * XDC_NS_PER_S);
	may_remove = true;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_false(there);
}

/* It comes back while its end is waited for */
static void stays(void **state)
{
	d.driver_domain = true;
	connects(state);
	online = 0;
	look();
	online = 1;
	frontend_says(XenbusStateInitialising);
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_int_equal(removals, 0);
	assert_int_equal(be_state, XenbusStateInitWait);
}

/* xenstore is short of something when the device comes */
static void unwatched(void **state)
{
	watch_err = -ENOSPC;
	look();
	assert_int_equal(be_state, XenbusStateInitWait);
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	timer_ns = 0;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	/* what came meanwhile nobody has told: it is looked at */
	watch_err = 0;
	fe_state = XenbusStateInitialised;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
	assert_int_equal(watches, 1);
	assert_int_equal(connected, 1);
	/* and one that is never watched ends as others do */
	gone(state);
	there = true;
	watch_err = -ENOSPC;
	look();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(connects, attached, gone),
		cmocka_unit_test_setup_teardown(fails, attached, gone),
		cmocka_unit_test_setup_teardown(skips, attached, gone),
		cmocka_unit_test_setup_teardown(flaps, attached, gone),
		cmocka_unit_test_setup_teardown(told, attached, gone),
		cmocka_unit_test_setup_teardown(begins_again, attached, gone),
		cmocka_unit_test_setup_teardown(asks_once, attached, gone),
		cmocka_unit_test_setup_teardown(detaches, attached, gone),
		cmocka_unit_test_setup_teardown(cleans_up, attached, gone),
		cmocka_unit_test_setup_teardown(stays, attached, gone),
		cmocka_unit_test_setup_teardown(unwatched, attached, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
