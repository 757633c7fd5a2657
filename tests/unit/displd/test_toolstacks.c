// SPDX-License-Identifier: GPL-2.0-only
/* Frontends other than Linux's, and devices that xl has not made */
#include "fake_device.h"

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
	/* not again before it connects: a driver that fails would begin anew */
	set_frontend_state(XenbusStateClosing);
	assert_string_equal(states, "562");
	/* it connects without a look at the backend's state */
	now_ns += XDC_NS_PER_S;
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 2);
	/* and stays in Closing */
	set_frontend_state(XenbusStateClosing);
	fire();
	fire();
	assert_string_equal(states, "5624562");
	assert_int_equal(logged, 0);
}

/* Screens may be slow to go */
static void device_closing_frontend_does_not_wait_for_slow_end(void **state)
{
	uint64_t begun;

	connects_and_stays(state);
	disconnect_ns = XDC_NS_PER_S / 5 * 2;
	states[0] = '\0';
	begun = now_ns;
	set_frontend_state(XenbusStateClosing);
	report_change();
	fire();
	fire();
	assert_string_equal(states, "562");
	assert_true(now_ns - begun <= XDC_NS_PER_S / 20 * 13 + 1);
	assert_int_equal(logged, 0);
}

static void device_error_of_guests_driver_logged(void **state)
{
	report_change();
	error = "19 no connector(s) configured";
	set_frontend_state(XenbusStateClosing);
	assert_int_equal(logged, 1);
	assert_string_equal(
		LIST_FIRST(&d.devices)->complaint,
		"the guest's driver has failed: 19 no connector(s) configured");
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

/* By the backend's state alone, or "online", while the daemon is started again */
static void device_detached_before_start(void **state)
{
	static const int detached[] = { NONE, 0 };
	unsigned int i;

	fe_state = XenbusStateConnected;
	for (i = 0; i < 2; i++) {
		online = detached[i];
		be_state = XenbusStateClosing;
		states[0] = '\0';
		report_change();
		/* never InitWait, to which the frontend would connect */
		assert_string_equal(states, "6");
		assert_int_equal(connected, 0);
		gone(state);
		there = true;
	}
	/* a daemon that was killed has left it */
	online = 1;
	be_state = XenbusStateClosing;
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
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
	/* the configuration allows it now */
	allowed = true;
	report_change();
	assert_int_equal(be_state, XenbusStateInitWait);
	/* a device that is served stays, whatever the configuration says then */
	allowed = false;
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(connected, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(device_closing_frontend_sees_each_state),
		test(device_closing_frontend_does_not_wait_for_slow_end),
		test(device_closing_after_failure_sees_each_state),
		test(device_error_of_guests_driver_logged),
		test(device_initialised_at_once_connects),
		test(device_state_written_late_by_toolstack),
		test(device_detached_by_state_alone),
		test(device_detached_before_start),
		test(device_removed_with_its_domain),
		test(device_unchanging_failure_logged_once),
		test(device_that_is_not_allowed_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
