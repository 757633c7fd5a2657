// SPDX-License-Identifier: GPL-2.0-only
/* The seat's devices when the configuration is read again */
#include "unit.h"

#include <stdlib.h>

#include "common/log.h"
#include "daemon.h"
#include "seat/devices.h"
#include "seat/libinput.h"
#include "seat/seat.h"

struct xd_config {
	struct xd_seat_policy seat;
};

/* Its first one is created with the focus 1 */
struct xd_seat {
	unsigned int focus;
	uint32_t switch_key;
};

static struct xd_daemon daemon;
static struct xd_config configs[2]; /* in use, and the former one */
static unsigned int seats, started, stopped, errors;
static int start_err;
static bool refused;

#define LIBINPUT ((struct xd_libinput *)&daemon)

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
	errors += level == XDC_ERROR;
}

const struct xd_seat_policy *xd_config_seat(const struct xd_config *c)
{
	return &c->seat;
}

int xd_seat_create(struct xd_daemon *d, const struct xd_seat *former,
		   struct xd_seat **out)
{
	struct xd_seat *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->focus = former ? former->focus : 1;
	seats++;
	*out = s;
	return 0;
}

void xd_seat_destroy(struct xd_seat *s)
{
	seats -= s != NULL;
	free(s);
}

void xd_seat_switch_key(struct xd_seat *s, uint32_t code)
{
	s->switch_key = code;
}

int xd_libinput_start(struct xdc_loop *loop,
		      const struct xd_seat_policy *policy, struct xd_seat *seat,
		      struct xd_libinput **out)
{
	assert_ptr_equal(seat, daemon.seat);
	if (start_err)
		return start_err;
	assert_ptr_equal(policy, &configs[0].seat);
	/* the devices must be free */
	assert_int_equal(started, stopped);
	started++;
	*out = LIBINPUT;
	return 0;
}

void xd_libinput_stop(struct xd_libinput *l)
{
	stopped += l != NULL;
}

bool xd_libinput_lacks_devices(const struct xd_libinput *l)
{
	assert_ptr_equal(l, LIBINPUT);
	return refused;
}

static int begin(void **state)
{
	memset(&daemon, 0, sizeof(daemon));
	memset(configs, 0, sizeof(configs));
	started = stopped = errors = 0;
	start_err = 0;
	refused = false;
	daemon.config = &configs[0];
	strcpy(configs[0].seat.seat, "seat0");
	return 0;
}

static int end(void **state)
{
	xd_devices_stop(&daemon);
	assert_null(daemon.libinput);
	assert_null(daemon.seat);
	assert_int_equal(seats, 0);
	assert_int_equal(started, stopped);
	return 0;
}

/* With these devices from now on */
static void reload(const char *seat, const char *devices)
{
	configs[1] = configs[0];
	strcpy(configs[0].seat.seat, seat);
	strcpy(configs[0].seat.devices, devices);
	xd_devices_reload(&daemon, &configs[1]);
}

static void same_seat_keeps_devices(void **state)
{
	xd_devices_start(&daemon);
	assert_int_equal(started, 1);
	reload("seat0", "");
	assert_int_equal(started, 1);
	configs[1] = configs[0];
	configs[0].seat.switch_key = 70;
	xd_devices_reload(&daemon, &configs[1]);
	assert_int_equal(started, 2);
	assert_int_equal(daemon.seat->switch_key, 70);
	/* a device that was plugged in has no other way to come */
	reload("", "/dev/input/event3");
	reload("", "/dev/input/event3");
	assert_int_equal(started, 4);
	assert_int_equal(errors, 0);
}

/* Another program had grabbed it, and may have ended */
static void refused_device_tried_again(void **state)
{
	xd_devices_start(&daemon);
	refused = true;
	reload("seat0", "");
	assert_int_equal(started, 2);
	refused = false;
	reload("seat0", "");
	assert_int_equal(started, 2);
}

/* A seat that does not exist, and then the right one again */
static void failed_start_keeps_focus(void **state)
{
	xd_devices_start(&daemon);
	daemon.seat->focus = 2;
	start_err = -ENODEV;
	reload("seta0", "");
	assert_null(daemon.libinput);
	assert_int_equal(errors, 1);
	start_err = 0;
	reload("seat0", "");
	assert_int_equal(daemon.seat->focus, 2);
}

static void missing_section_keeps_focus(void **state)
{
	configs[0].seat.seat[0] = '\0';
	xd_devices_start(&daemon);
	assert_null(daemon.seat);
	reload("seat0", "");
	daemon.seat->focus = 2;
	reload("", "");
	assert_null(daemon.libinput);
	reload("seat0", "");
	assert_int_equal(daemon.seat->focus, 2);
	assert_int_equal(errors, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(same_seat_keeps_devices),
		test(refused_device_tried_again),
		test(failed_start_keeps_focus),
		test(missing_section_keeps_focus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
