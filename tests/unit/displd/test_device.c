// SPDX-License-Identifier: GPL-2.0-only
/* The states of both ends, with a fake xenstore of four values */
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
/* the nodes' values; NONE: no such node */
static int online, be_state, fe_state;
static bool there, has_id, introduced, allowed, may_write, may_remove;
static char states[64]; /* all that the backend was given */
static unsigned int logged;
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
		strcat(states, value);
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
	return there && (has_id || !strcmp(name, "state"));
}

bool xdc_store_has_domain(struct xs_handle *xs, uint16_t domid)
{
	return introduced;
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

/* ---- guests, timers, log ---- */

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
	logged += level == XDC_ERROR;
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

static bool is_allowed(struct xd_daemon *daemon, struct xd_guest *g,
		       uint32_t devid)
{
	return allowed;
}

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
	if (connect_err)
		xd_device_complain(dev, "error %d", connect_err);
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
	.allowed = is_allowed,
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

/* A new device, as the toolstack makes it */
static int attached(void **state)
{
	memset(&d, 0, sizeof(d));
	d.kinds = kinds;
	online = 1;
	be_state = fe_state = XenbusStateInitialising;
	there = has_id = introduced = allowed = may_write = may_remove = true;
	states[0] = '\0';
	logged = 0;
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

static void report_change(void)
{
	xd_device_changed(&d, "vdispl", 7, 3);
}

static void set_frontend_state(int state)
{
	fe_state = state;
	report_change();
}

static void fire(void)
{
	now_ns += timer_ns;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
}

static void connects_and_stays(void **state)
{
	report_change();
	assert_false(LIST_EMPTY(&d.devices));
	assert_int_equal(be_state, XenbusStateInitWait);
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(be_state, XenbusStateConnected);
	assert_int_equal(connected, 1);
	set_frontend_state(XenbusStateConnected);
	assert_true(LIST_FIRST(&d.devices)->connected);
}

static void device_connects_and_closes(void **state)
{
	connects_and_stays(state);
	/* the frontend closes by itself: not asked to begin again */
	set_frontend_state(XenbusStateClosed);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_int_equal(be_state, XenbusStateInitWait);
	assert_int_equal(asked, 0);
}

static void device_connect_failure_retried_later(void **state)
{
	report_change();
	connect_err = -EACCES;
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 0);
	assert_true(LIST_FIRST(&d.devices)->held);
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	/* not before the pause is over */
	connect_err = 0;
	report_change();
	assert_int_equal(connected, 0);
	fire();
	assert_int_equal(connected, 1);
}

/* From Connected to Initialised, without a state between that the daemon saw */
static void device_reinitialised_without_closing_disconnects(void **state)
{
	connects_and_stays(state);
	connect_err = -EACCES;
	set_frontend_state(XenbusStateInitialised);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_int_equal(be_state, XenbusStateInitWait);
}

static void device_flapping_reconnects_once_a_second(void **state)
{
	int i;

	connects_and_stays(state);
	for (i = 0; i < 100; i++) {
		now_ns += XDC_NS_PER_S / 200;
		set_frontend_state(XenbusStateClosed);
		set_frontend_state(XenbusStateInitialising);
		set_frontend_state(XenbusStateInitialised);
	}
	/* within this half second it was not connected again */
	assert_int_equal(connected, 1);
	assert_int_not_equal(be_state, XenbusStateConnected);
	assert_int_equal(timer_ns, XDC_NS_PER_S - XDC_NS_PER_S / 200);
	now_ns += XDC_NS_PER_S / 2;
	fire();
	assert_int_equal(connected, 2);
	assert_int_equal(be_state, XenbusStateConnected);
}

/* Several reported changes are handled once */
static void device_changes_looked_at_once(void **state)
{
	connects_and_stays(state);
	fe_state = XenbusStateClosed;
	xd_device_tell(&d, "vdispl", 7, 3);
	assert_true(LIST_FIRST(&d.devices)->connected);
	xd_device_tell(&d, "vdispl", 7, 3);
	xd_device_look_told(&d);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_false(LIST_FIRST(&d.devices)->told);
	/* a device that is new is handled at once; then its directory is removed */
	gone(state);
	there = true;
	xd_device_tell(&d, "vdispl", 7, 3);
	assert_false(LIST_EMPTY(&d.devices));
	there = false;
	xd_device_tell(&d, "vdispl", 7, 3);
	xd_device_look_told(&d);
	assert_true(LIST_EMPTY(&d.devices));
}

/* The driver of a former device closes this one, and does not look at it again */
static void device_closed_by_former_driver_asked_to_begin_again(void **state)
{
	report_change();
	set_frontend_state(XenbusStateClosed);
	assert_int_equal(asked, 1);
	assert_int_equal(fe_state, XenbusStateInitialising);
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 1);
}

static void device_asked_to_begin_again_only_once(void **state)
{
	may_write = false;
	report_change();
	set_frontend_state(XenbusStateClosed);
	set_frontend_state(XenbusStateInitialising);
	set_frontend_state(XenbusStateClosed);
	assert_int_equal(asked, 1);
}

static void device_detached_closes(void **state)
{
	device_connects_and_closes(state);
	online = 0;
	be_state = XenbusStateClosing;
	report_change();
	assert_int_equal(be_state, XenbusStateClosed);
	assert_false(LIST_FIRST(&d.devices)->connected);
	/* not in a driver domain: the toolstack removes the directory */
	assert_int_equal(timer_ns, 0);
}

static void device_directory_removed_in_driver_domain(void **state)
{
	d.driver_domain = true;
	device_connects_and_closes(state);
	online = 0;
	be_state = XenbusStateClosing;
	report_change();
	assert_int_equal(be_state, XenbusStateClosed);
	assert_int_equal(removals, 0);
	assert_int_equal(timer_ns, 5 * XDC_NS_PER_S);
	may_remove = false;
	timer_ns = 0;
	fire();
	assert_int_equal(removals, 1);
	/* not removed: tried again later */
	assert_int_equal(timer_ns, 5 * XDC_NS_PER_S);
	may_remove = true;
	fire();
	assert_false(there);
}

/* The device is online again before its directory is removed */
static void device_online_again_not_removed(void **state)
{
	d.driver_domain = true;
	device_connects_and_closes(state);
	online = 0;
	report_change();
	online = 1;
	set_frontend_state(XenbusStateInitialising);
	fire();
	assert_int_equal(removals, 0);
	assert_int_equal(be_state, XenbusStateInitWait);
}

/* xenstore has no room for a watch (ENOSPC) when the device is added */
static void device_without_watch_polled(void **state)
{
	watch_err = -ENOSPC;
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	timer_ns = 0;
	fire();
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	/* changes without a watch were missed: the state is read again */
	watch_err = 0;
	fe_state = XenbusStateInitialised;
	fire();
	assert_int_equal(watches, 1);
	assert_int_equal(connected, 1);
	/* a device that was never watched is removed like others */
	gone(state);
	there = true;
	watch_err = -ENOSPC;
	report_change();
}

/* A frontend that closes sees Closing, Closed and InitWait within a second */
static void device_closing_frontend_sees_each_state(void **state)
{
	uint64_t begun;

	connects_and_stays(state);
	states[0] = '\0';
	set_frontend_state(XenbusStateClosing);
	assert_false(LIST_FIRST(&d.devices)->connected);
	assert_int_equal(be_state, XenbusStateClosing);
	begun = now_ns;
	report_change();
	fire();
	assert_int_equal(be_state, XenbusStateClosed);
	/* Linux' driver writes Closed now, another one waits */
	set_frontend_state(XenbusStateClosed);
	assert_int_equal(be_state, XenbusStateClosed);
	fire();
	assert_string_equal(states, "562");
	assert_true(now_ns - begun <= XDC_NS_PER_S / 2);
	/* one that stays in Closing */
	set_frontend_state(XenbusStateClosing);
	fire();
	fire();
	assert_string_equal(states, "562562");
	/* and connects again, without a look at the backend's state */
	now_ns += XDC_NS_PER_S;
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 2);
}

/* Even if it was to wait before another try; that does not become shorter */
static void device_closing_after_failure_sees_each_state(void **state)
{
	report_change();
	connect_err = -EINVAL;
	set_frontend_state(XenbusStateInitialised);
	connect_err = 0;
	states[0] = '\0';
	set_frontend_state(XenbusStateClosing);
	fire();
	fire();
	assert_string_equal(states, "562");
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 0);
	assert_int_equal(timer_ns, 3 * XDC_NS_PER_S / 2);
	fire();
	assert_int_equal(connected, 1);
}

static void device_initialised_at_once_connects(void **state)
{
	fe_state = XenbusStateInitialised;
	report_change();
	assert_int_equal(connected, 1);
	assert_int_equal(be_state, XenbusStateConnected);
}

/* A toolstack that writes the backend's state after all other nodes */
static void device_state_written_late_by_toolstack(void **state)
{
	has_id = false;
	be_state = NONE;
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
	be_state = XenbusStateInitialising;
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 1);
	/* even that of a connected device */
	be_state = XenbusStateInitialising;
	report_change();
	assert_int_equal(be_state, XenbusStateConnected);
	assert_int_equal(connected, 1);
}

/* Without "online", by the backend's state alone */
static void device_detached_by_state_alone(void **state)
{
	online = NONE;
	connects_and_stays(state);
	be_state = XenbusStateClosing;
	report_change();
	assert_int_equal(be_state, XenbusStateClosed);
	assert_false(LIST_FIRST(&d.devices)->connected);
	set_frontend_state(XenbusStateClosed);
	assert_int_equal(be_state, XenbusStateClosed);
	/* attached again in the same directory */
	be_state = fe_state = XenbusStateInitialising;
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
	now_ns += XDC_NS_PER_S;
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 2);
}

/* A hand-made set-up leaves the directories of a domain that was destroyed */
static void device_removed_with_its_domain(void **state)
{
	connects_and_stays(state);
	xd_device_check_domains(&d);
	assert_false(LIST_EMPTY(&d.devices));
	introduced = false;
	xd_device_check_domains(&d);
	assert_true(LIST_EMPTY(&d.devices));
	report_change();
	assert_true(LIST_EMPTY(&d.devices));
	d.driver_domain = true;
	report_change();
	assert_false(LIST_EMPTY(&d.devices));
	xd_device_check_domains(&d);
	assert_false(LIST_EMPTY(&d.devices));
}

/* An unchanging failure is logged once, and tried less and less often */
static void device_unchanging_failure_logged_once(void **state)
{
	unsigned int i;

	report_change();
	connect_err = -EINVAL;
	set_frontend_state(XenbusStateInitialised);
	for (i = 0; i < 10; i++)
		fire();
	assert_int_equal(logged, 1);
	assert_int_equal(timer_ns, 16 * XDC_NS_PER_S);
	set_frontend_state(XenbusStateInitialising);
	assert_int_equal(timer_ns, 2 * XDC_NS_PER_S);
	connect_err = -EACCES;
	fire();
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(logged, 2);
	connect_err = 0;
	fire();
	assert_int_equal(connected, 1);
	assert_string_equal(LIST_FIRST(&d.devices)->complaint, "");
}

static void device_that_is_not_allowed_ignored(void **state)
{
	allowed = false;
	report_change();
	assert_true(LIST_EMPTY(&d.devices));
	assert_int_equal(be_state, XenbusStateInitialising);
	assert_int_equal(logged, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, attached, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(device_connects_and_closes),
		test(device_connect_failure_retried_later),
		test(device_reinitialised_without_closing_disconnects),
		test(device_flapping_reconnects_once_a_second),
		test(device_changes_looked_at_once),
		test(device_closed_by_former_driver_asked_to_begin_again),
		test(device_asked_to_begin_again_only_once),
		test(device_detached_closes),
		test(device_directory_removed_in_driver_domain),
		test(device_online_again_not_removed),
		test(device_without_watch_polled),
		test(device_closing_frontend_sees_each_state),
		test(device_closing_after_failure_sees_each_state),
		test(device_initialised_at_once_connects),
		test(device_state_written_late_by_toolstack),
		test(device_detached_by_state_alone),
		test(device_removed_with_its_domain),
		test(device_unchanging_failure_logged_once),
		test(device_that_is_not_allowed_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
