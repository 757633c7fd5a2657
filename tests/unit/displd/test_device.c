// SPDX-License-Identifier: GPL-2.0-only
/* The states of both ends */
#include "fake_device.h"

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

/* What is noted of a device stays for the next daemon, and ends with the device */
static void device_forgotten_when_removed_only(void **state)
{
	report_change();
	xd_device_shutdown(LIST_FIRST(&d.devices));
	assert_true(LIST_EMPTY(&d.devices));
	assert_int_equal(forgotten, 0);
	report_change();
	gone(state);
	assert_int_equal(forgotten, 1);
	there = true;
	report_change();
	introduced = false;
	xd_device_check_domains(&d);
	assert_true(LIST_EMPTY(&d.devices));
	assert_int_equal(forgotten, 2);
}

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
		test(device_forgotten_when_removed_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
