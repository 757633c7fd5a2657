// SPDX-License-Identifier: GPL-2.0-only
/* This machine's input devices, with a fake libinput */
#include "fake_libinput.h"

#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/loop.h"
#include "seat/libinput.h"

/* What the device that is opened says of itself */
static struct {
	uint32_t types; /* bits of EV_* */
	uint32_t keys[4]; /* codes; 0: no more */
	bool grabbed, no_grab;
} device;

static struct xdc_loop loop;
static struct xd_seat_policy policy;
static struct xd_libinput *l;
static char told[512], logged[512];
static enum xdc_level logged_level;
static void (*locks_changed)(void *user, unsigned int locks);
static void *locks_user;
static unsigned int changes;

#define SEAT ((struct xd_seat *)&device)

/* ---- the kernel's device ---- */

int __wrap_ioctl(int fd, unsigned long request, void *to);

static void set_bit(unsigned char *bits, unsigned int n)
{
	bits[n / 8] |= (unsigned char)(1 << n % 8);
}

int __wrap_ioctl(int fd, unsigned long request, void *to)
{
	unsigned int i;

	if (request == EVIOCGRAB) {
		device.grabbed = true;
		errno = EBUSY;
		return device.no_grab ? -1 : 0;
	}
	assert_int_equal(_IOC_TYPE(request), 'E');
	if (_IOC_NR(request) == 0x20) {
		memcpy(to, &device.types, sizeof(device.types));
		return sizeof(device.types);
	}
	assert_int_equal(_IOC_NR(request), 0x20 + EV_KEY);
	for (i = 0; i < 4 && device.keys[i]; i++) {
		assert_true(device.keys[i] / 8 < _IOC_SIZE(request));
		set_bit(to, device.keys[i]);
	}
	return (int)_IOC_SIZE(request);
}

/* ---- the seat, whose calls are written down ---- */

__attribute__((format(printf, 1, 2))) static void tell(const char *fmt, ...)
{
	size_t len = strlen(told);
	va_list args;

	va_start(args, fmt);
	vsnprintf(told + len, sizeof(told) - len, fmt, args);
	va_end(args);
}

static void expect(const char *what)
{
	assert_string_equal(told, what);
	told[0] = '\0';
}

void xd_seat_changed(struct xd_seat *s)
{
	assert_ptr_equal(s, SEAT);
	changes++;
}

void xd_seat_key(struct xd_seat *s, uint32_t code, bool pressed)
{
	tell("key%u%c ", code, pressed ? '+' : '-');
}

void xd_seat_motion(struct xd_seat *s, double dx, double dy, double raw_dx,
		    double raw_dy)
{
	tell("by%g,%g,%g,%g ", dx, dy, raw_dx, raw_dy);
}

void xd_seat_position(struct xd_seat *s, const char *connector, double x,
		      double y)
{
	tell("%s@%g,%g ", connector ? connector : "", x, y);
}

void xd_seat_wheel(struct xd_seat *s, double v120)
{
	tell("wheel%g ", v120);
}

void xd_seat_touch(struct xd_seat *s, const char *connector, enum xd_touch what,
		   int32_t id, double x, double y)
{
	tell("touch%d,%d@%g,%g ", what, id, x, y);
}

void xd_seat_touch_frame(struct xd_seat *s)
{
	tell("frame ");
}

void xd_seat_watch_locks(struct xd_seat *s,
			 void (*changed)(void *user, unsigned int locks),
			 void *user)
{
	locks_changed = changed;
	locks_user = user;
}

bool xd_input_is_power_key(uint32_t code)
{
	return code == KEY_POWER || code == KEY_SLEEP;
}

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
	va_list args;

	logged_level = level;
	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

void xdc_vlog(enum xdc_level level, struct xdc_bucket *bucket,
	      const char *prefix, const char *fmt, va_list args)
{
}

/* ---- tests ---- */

static int begin(void **state)
{
	memset(&device, 0, sizeof(device));
	memset(&policy, 0, sizeof(policy));
	strcpy(policy.seat, "seat0");
	fake_libinput_reset();
	told[0] = logged[0] = '\0';
	l = NULL;
	return xdc_loop_init(&loop);
}

static int end(void **state)
{
	unsigned int i;

	xd_libinput_stop(l);
	assert_null(locks_changed);
	assert_int_equal(fake_libinput.contexts, 0);
	assert_int_equal(fake_libinput.udevs, 0);
	for (i = 0; i < FAKE_DEVICES; i++)
		assert_int_equal(fake_libinput.devices[i].refs, 0);
	assert_true(LIST_EMPTY(&loop.timers));
	xdc_loop_fini(&loop);
	return 0;
}

static int start(void)
{
	return xd_libinput_start(&loop, &policy, SEAT, &l);
}

static void stop_loop(struct xdc_work *w)
{
	xdc_loop_stop(&loop);
}

/* Lets the daemon read what was queued */
static void run(void)
{
	struct xdc_work work = { .run = stop_loop };

	fake_libinput_wake();
	loop.stop = false;
	xdc_loop_later(&loop, &work);
	xdc_loop_run(&loop);
}

static void queue(enum libinput_event_type type, unsigned int n, uint32_t code,
		  bool pressed, double x, double y)
{
	struct libinput_event e = { type, &fake_libinput.devices[n],
				    code, pressed,
				    x,	  y };

	fake_libinput_queue(&e);
}

static void events_reach_seat(void **state)
{
	assert_int_equal(start(), 0);
	assert_string_equal(fake_libinput.seat, "seat0");
	fake_libinput.devices[1].output = "DP-1";
	queue(LIBINPUT_EVENT_KEYBOARD_KEY, 0, 30, true, 0, 0);
	queue(LIBINPUT_EVENT_POINTER_BUTTON, 0, BTN_LEFT, false, 0, 0);
	queue(LIBINPUT_EVENT_POINTER_MOTION, 0, 0, false, 4, -2);
	queue(LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE, 1, 0, false, 0.5, 0.25);
	run();
	expect("key30+ key272- by4,-2,2,-1 DP-1@0.5,0.25 ");
	queue(LIBINPUT_EVENT_POINTER_SCROLL_WHEEL, 0, 0, false, 0, 120);
	queue(LIBINPUT_EVENT_POINTER_SCROLL_FINGER, 0, 0, false, 0, 15);
	/* there is no horizontal wheel */
	queue(LIBINPUT_EVENT_POINTER_SCROLL_WHEEL, 0, 0, false, 120, 0);
	queue(LIBINPUT_EVENT_TOUCH_DOWN, 0, 3, false, 0.5, 1);
	queue(LIBINPUT_EVENT_TOUCH_FRAME, 0, 0, false, 0, 0);
	queue(LIBINPUT_EVENT_TOUCH_CANCEL, 0, 3, false, 0, 0);
	run();
	expect("wheel120 wheel120 touch0,3@0.5,1 frame touch2,3@0,0 ");
	assert_int_not_equal(changes, 0);
}

/* Each setting only where the device has it, and only if it was set */
static void settings_applied_to_devices(void **state)
{
	struct libinput_device *touchpad = &fake_libinput.devices[0];
	struct libinput_device *mouse = &fake_libinput.devices[1];

	touchpad->touchpad = true;
	fake_libinput.devices[2].keyboard = true;
	policy.tap = XD_ON;
	policy.disable_while_typing = XD_OFF;
	policy.natural_scroll = XD_ON;
	policy.speed = 0.5;
	policy.speed_set = true;
	/* these are there already */
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 0, 0, false, 0, 0);
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 1, 0, false, 0, 0);
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 2, 0, false, 0, 0);
	assert_int_equal(start(), 0);
	assert_int_equal(touchpad->tap, 1);
	assert_int_equal(touchpad->dwt, 0);
	assert_int_equal(touchpad->natural, 1);
	assert_true(touchpad->speed > 0.4);
	assert_int_equal(mouse->tap, -1);
	assert_int_equal(mouse->natural, 1);
	assert_true(mouse->speed > 0.4);
}

static void settings_by_default_left_to_libinput(void **state)
{
	struct libinput_device *touchpad = &fake_libinput.devices[0];

	touchpad->touchpad = true;
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 0, 0, false, 0, 0);
	assert_int_equal(start(), 0);
	assert_int_equal(touchpad->tap, -1);
	assert_int_equal(touchpad->dwt, -1);
	assert_int_equal(touchpad->natural, -1);
	assert_true(touchpad->speed < 0);
}

static void leds_follow_lock_keys(void **state)
{
	struct libinput_device *k = fake_libinput.devices;

	k[0].keyboard = k[1].keyboard = true;
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 0, 0, false, 0, 0);
	assert_int_equal(start(), 0);
	assert_int_equal(k[0].leds, 0);
	locks_changed(locks_user, XD_LOCK_CAPS | XD_LOCK_SCROLL);
	assert_int_equal(k[0].leds,
			 LIBINPUT_LED_CAPS_LOCK | LIBINPUT_LED_SCROLL_LOCK);
	/* a keyboard that is plugged in later */
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 1, 0, false, 0, 0);
	run();
	assert_int_equal(k[1].leds,
			 LIBINPUT_LED_CAPS_LOCK | LIBINPUT_LED_SCROLL_LOCK);
	queue(LIBINPUT_EVENT_DEVICE_REMOVED, 0, 0, false, 0, 0);
	run();
	assert_int_equal(k[0].refs, 0);
	locks_changed(locks_user, XD_LOCK_NUM);
	assert_int_equal(k[1].leds, LIBINPUT_LED_NUM_LOCK);
	assert_int_not_equal(k[0].leds, LIBINPUT_LED_NUM_LOCK);
}

static int open_it(uint32_t types, uint32_t key, uint32_t second)
{
	int err;

	memset(&device, 0, sizeof(device));
	device.types = types;
	device.keys[0] = key;
	device.keys[1] = second;
	policy.seat[0] = '\0';
	strcpy(policy.devices, "/dev/null");
	err = start();
	xd_libinput_stop(l);
	l = NULL;
	return err;
}

static void expect_left_alone(void)
{
	assert_int_equal(fake_libinput.opened, -ENODEV);
	assert_false(device.grabbed);
}

static void expect_grabbed(void)
{
	assert_true(fake_libinput.opened >= 0);
	assert_true(device.grabbed);
}

/* Power button, lid and sleep keys stay logind's */
static void power_devices_left_alone(void **state)
{
	open_it(1U << EV_KEY, KEY_POWER, 0);
	expect_left_alone();
	open_it(1U << EV_SW, 0, 0);
	expect_left_alone();
	open_it(1U << EV_KEY, KEY_SLEEP, KEY_WAKEUP);
	expect_left_alone();
	/* a keyboard that has such a key as well, volume keys, a mouse */
	open_it(1U << EV_KEY, KEY_POWER, KEY_A);
	expect_grabbed();
	open_it(1U << EV_KEY | 1U << EV_SW, KEY_VOLUMEUP, 0);
	expect_grabbed();
	open_it(1U << EV_KEY | 1U << EV_REL, BTN_LEFT, 0);
	expect_grabbed();
}

static void device_grabbed_by_another_program(void **state)
{
	device.no_grab = true;
	device.types = 1U << EV_KEY;
	device.keys[0] = KEY_A;
	policy.seat[0] = '\0';
	strcpy(policy.devices, "/dev/null\t/nonexistent");
	assert_int_equal(start(), 0);
	assert_int_equal(fake_libinput.opened, -ENOENT);
	assert_non_null(strstr(logged, "/nonexistent: not a usable"));
	assert_true(xd_libinput_lacks_devices(l));
}

/* EBUSY, and no file; but not a device that is left to logind */
static void refused_devices_known(void **state)
{
	policy.seat[0] = '\0';
	strcpy(policy.devices, "/nonexistent");
	assert_int_equal(start(), 0);
	assert_true(xd_libinput_lacks_devices(l));
	xd_libinput_stop(l);
	strcpy(policy.devices, "/dev/null");
	device.types = 1U << EV_SW;
	assert_int_equal(start(), 0);
	assert_int_equal(fake_libinput.opened, -ENODEV);
	assert_false(xd_libinput_lacks_devices(l));
	xd_libinput_stop(l);
	device.types = 1U << EV_KEY;
	device.keys[0] = KEY_A;
	assert_int_equal(start(), 0);
	assert_false(xd_libinput_lacks_devices(l));
}

/* As if the time had passed */
static void fire_timer(void)
{
	struct xdc_timer *t = LIST_FIRST(&loop.timers);

	assert_non_null(t);
	xdc_timer_at(t, 0);
	t->fired(t);
}

static void start_with_seat(const char *seat)
{
	xd_libinput_stop(l);
	strcpy(policy.seat, seat);
	assert_int_equal(start(), 0);
	logged[0] = '\0';
}

static void seat_without_devices_told(void **state)
{
	start_with_seat("saet1");
	fire_timer();
	assert_int_equal(logged_level, XDC_WARNING);
	assert_non_null(strstr(logged, "seat = saet1 in [input]"));
	assert_non_null(strstr(logged, "loginctl seat-status saet1"));
	assert_true(LIST_EMPTY(&loop.timers));
	/* a machine that has no keyboard yet */
	start_with_seat("seat0");
	fire_timer();
	assert_int_equal(logged_level, XDC_INFO);
	assert_non_null(strstr(logged, "seat = seat0 in [input]"));
}

static void seat_with_devices_not_complained_of(void **state)
{
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 0, 0, false, 0, 0);
	start_with_seat("seat1");
	assert_true(LIST_EMPTY(&loop.timers));
	/* udev finds one a moment later */
	start_with_seat("seat1");
	queue(LIBINPUT_EVENT_DEVICE_ADDED, 0, 0, false, 0, 0);
	run();
	logged[0] = '\0';
	fire_timer();
	assert_string_equal(logged, "");
}

static void failures_undone(void **state)
{
	fake_libinput.no_udev = true;
	assert_int_equal(start(), -ENOMEM);
	fake_libinput.no_udev = false;
	fake_libinput.no_context = true;
	assert_int_equal(start(), -ENOMEM);
	fake_libinput.no_context = false;
	fake_libinput.no_seat = true;
	assert_int_equal(start(), -ENODEV);
	assert_null(l);
	fake_libinput.no_context = true;
	policy.seat[0] = '\0';
	strcpy(policy.devices, "/dev/null");
	assert_int_equal(start(), -ENOMEM);
}

#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(events_reach_seat),
		test(settings_applied_to_devices),
		test(settings_by_default_left_to_libinput),
		test(leds_follow_lock_keys),
		test(power_devices_left_alone),
		test(device_grabbed_by_another_program),
		test(refused_devices_known),
		test(seat_without_devices_told),
		test(seat_with_devices_not_complained_of),
		test(failures_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
