// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <libinput.h>
#include <libudev.h>
#include <linux/input.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/log.h"
#include "common/loop.h"
#include "seat/libinput.h"

/* libinput's units for one click of a wheel when fingers scroll */
#define CLICK 15.0
/* for udev, which may find the seat's devices later at boot */
#define DEVICES_DELAY (5 * XDC_NS_PER_S)

/* A device with lock keys, whose LEDs show them */
struct keyboard {
	LIST_ENTRY(keyboard) link;
	struct libinput_device *device; /* holds a reference */
};

struct xd_libinput {
	struct xdc_loop *loop;
	struct xdc_source source;
	struct xd_seat *seat;
	struct xd_seat_policy policy;
	LIST_HEAD(keyboards, keyboard) keyboards;
	enum libinput_led leds;
	struct udev *udev;
	struct libinput *libinput;
	bool lacks_devices;
	unsigned int nr_devices;
	struct xdc_timer check_seat; /* set while the seat is new and empty */
};

/* ---- devices ---- */

static bool has_bit(const unsigned char *bits, unsigned int n)
{
	return bits[n / 8] & 1 << n % 8;
}

/* Keys of a power button: also the one that wakes the machine up */
static bool is_power_key(unsigned int code)
{
	return xd_input_is_power_key(code) || code == KEY_WAKEUP;
}

/*
 * A power button or a switch of the lid, and nothing else: logind acts on them,
 * and must go on to do so.
 */
static bool is_power_device(int fd)
{
	unsigned char types[EV_CNT / 8 + 1] = { 0 };
	unsigned char keys[KEY_CNT / 8 + 1] = { 0 };
	unsigned int code, found = 0;

	if (ioctl(fd, EVIOCGBIT(0, sizeof(types)), types) < 0 ||
	    has_bit(types, EV_REL) || has_bit(types, EV_ABS))
		return false;
	if (has_bit(types, EV_KEY) &&
	    ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) < 0)
		return false;
	for (code = 0; code < KEY_CNT; code++) {
		if (!has_bit(keys, code))
			continue;
		if (!is_power_key(code))
			return false;
		found++;
	}
	return found || has_bit(types, EV_SW);
}

static int open_device(const char *path, int flags, void *user)
{
	struct xd_libinput *l = user;
	int fd = open(path, flags | O_CLOEXEC);
	int err;

	if (fd < 0) {
		err = -errno;
		l->lacks_devices = true;
		xdc_log(XDC_ERROR, "%s: %s", path, strerror(-err));
		return err;
	}
	if (is_power_device(fd)) {
		xdc_log(XDC_INFO, "%s: power button or switch, left to logind",
			path);
		close(fd);
		return -ENODEV;
	}
	/* keys for a guest must not reach this domain's console */
	if (ioctl(fd, EVIOCGRAB, 1)) {
		err = -errno;
		l->lacks_devices = true;
		xdc_log(XDC_ERROR, "%s: grabbed by another program: %s", path,
			strerror(-err));
		close(fd);
		return err;
	}
	return fd;
}

static void close_device(int fd, void *user)
{
	close(fd);
}

static const struct libinput_interface interface = {
	.open_restricted = open_device,
	.close_restricted = close_device,
};

static void __attribute__((format(printf, 3, 0)))
log_message(struct libinput *libinput, enum libinput_log_priority priority,
	    const char *format, va_list args)
{
	xdc_vlog(priority == LIBINPUT_LOG_PRIORITY_ERROR ? XDC_WARNING
							 : XDC_DEBUG,
		 NULL, "libinput", format, args);
}

/* ---- settings and LEDs ---- */

static void set_up_touchpad(const struct xd_seat_policy *p,
			    struct libinput_device *device)
{
	if (p->tap && libinput_device_config_tap_get_finger_count(device))
		libinput_device_config_tap_set_enabled(
			device, p->tap == XD_ON ? LIBINPUT_CONFIG_TAP_ENABLED
						: LIBINPUT_CONFIG_TAP_DISABLED);
	if (p->disable_while_typing &&
	    libinput_device_config_dwt_is_available(device))
		libinput_device_config_dwt_set_enabled(
			device, p->disable_while_typing == XD_ON
					? LIBINPUT_CONFIG_DWT_ENABLED
					: LIBINPUT_CONFIG_DWT_DISABLED);
}

/* Each setting where the device has it: no other device is meant */
static void set_up_device(const struct xd_seat_policy *p,
			  struct libinput_device *device)
{
	set_up_touchpad(p, device);
	if (p->natural_scroll &&
	    libinput_device_config_scroll_has_natural_scroll(device))
		libinput_device_config_scroll_set_natural_scroll_enabled(
			device, p->natural_scroll == XD_ON);
	if (p->speed_set && libinput_device_config_accel_is_available(device))
		libinput_device_config_accel_set_speed(device, p->speed);
}

static void show_locks(void *user, unsigned int locks)
{
	struct xd_libinput *l = user;
	struct keyboard *k;
	unsigned int leds = 0;

	if (locks & XD_LOCK_NUM)
		leds |= LIBINPUT_LED_NUM_LOCK;
	if (locks & XD_LOCK_CAPS)
		leds |= LIBINPUT_LED_CAPS_LOCK;
	if (locks & XD_LOCK_SCROLL)
		leds |= LIBINPUT_LED_SCROLL_LOCK;
	l->leds = (enum libinput_led)leds;
	LIST_FOREACH(k, &l->keyboards, link)
		libinput_device_led_update(k->device, l->leds);
}

static void add_keyboard(struct xd_libinput *l, struct libinput_device *device)
{
	struct keyboard *k;

	if (!libinput_device_has_capability(device,
					    LIBINPUT_DEVICE_CAP_KEYBOARD))
		return;
	k = calloc(1, sizeof(*k));
	/* a keyboard without LEDs works as well */
	if (!k)
		return;
	k->device = libinput_device_ref(device);
	LIST_INSERT_HEAD(&l->keyboards, k, link);
	libinput_device_led_update(device, l->leds);
}

static void drop_keyboard(struct keyboard *k)
{
	LIST_REMOVE(k, link);
	libinput_device_unref(k->device);
	free(k);
}

static void remove_keyboard(struct xd_libinput *l,
			    const struct libinput_device *device)
{
	struct keyboard *k;

	LIST_FOREACH(k, &l->keyboards, link) {
		if (k->device != device)
			continue;
		drop_keyboard(k);
		return;
	}
}

/* ---- events ---- */

static void log_device(struct libinput_device *device, const char *what)
{
	xdc_log(XDC_INFO, "input device %s of this machine: %s%s%s%s",
		libinput_device_get_sysname(device),
		libinput_device_get_name(device), what,
		libinput_device_get_output_name(device) ? ", of connector "
							: "",
		libinput_device_get_output_name(device)
			? libinput_device_get_output_name(device)
			: "");
}

static void handle_key(struct xd_seat *s, struct libinput_event_keyboard *e)
{
	xd_seat_key(s, libinput_event_keyboard_get_key(e),
		    libinput_event_keyboard_get_key_state(e) ==
			    LIBINPUT_KEY_STATE_PRESSED);
}

static void handle_pointer(struct xd_seat *s, enum libinput_event_type type,
			   const char *connector,
			   struct libinput_event_pointer *e)
{
	const enum libinput_pointer_axis vertical =
		LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL;

	switch (type) {
	case LIBINPUT_EVENT_POINTER_MOTION:
		xd_seat_motion(s, libinput_event_pointer_get_dx(e),
			       libinput_event_pointer_get_dy(e),
			       libinput_event_pointer_get_dx_unaccelerated(e),
			       libinput_event_pointer_get_dy_unaccelerated(e));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		xd_seat_position(
			s, connector,
			libinput_event_pointer_get_absolute_x_transformed(e, 1),
			libinput_event_pointer_get_absolute_y_transformed(e,
									  1));
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		xd_seat_key(s, libinput_event_pointer_get_button(e),
			    libinput_event_pointer_get_button_state(e) ==
				    LIBINPUT_BUTTON_STATE_PRESSED);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
		if (libinput_event_pointer_has_axis(e, vertical))
			xd_seat_wheel(
				s, libinput_event_pointer_get_scroll_value_v120(
					   e, vertical));
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		if (libinput_event_pointer_has_axis(e, vertical))
			xd_seat_wheel(s,
				      libinput_event_pointer_get_scroll_value(
					      e, vertical) *
					      120 / CLICK);
		break;
	default:
		break;
	}
}

static void handle_touch(struct xd_seat *s, enum libinput_event_type type,
			 const char *connector, struct libinput_event_touch *e)
{
	enum xd_touch what = XD_TOUCH_UP;
	double x = 0, y = 0;

	if (type == LIBINPUT_EVENT_TOUCH_FRAME) {
		xd_seat_touch_frame(s);
		return;
	}
	if (type == LIBINPUT_EVENT_TOUCH_DOWN ||
	    type == LIBINPUT_EVENT_TOUCH_MOTION) {
		what = type == LIBINPUT_EVENT_TOUCH_DOWN ? XD_TOUCH_DOWN
							 : XD_TOUCH_MOTION;
		x = libinput_event_touch_get_x_transformed(e, 1);
		y = libinput_event_touch_get_y_transformed(e, 1);
	}
	xd_seat_touch(s, connector, what, libinput_event_touch_get_seat_slot(e),
		      x, y);
}

static void handle_event(struct xd_libinput *l, struct libinput_event *e)
{
	struct libinput_device *device = libinput_event_get_device(e);
	const char *connector = libinput_device_get_output_name(device);
	enum libinput_event_type type = libinput_event_get_type(e);

	switch (type) {
	case LIBINPUT_EVENT_DEVICE_ADDED:
		log_device(device, "");
		l->nr_devices++;
		set_up_device(&l->policy, device);
		add_keyboard(l, device);
		break;
	case LIBINPUT_EVENT_DEVICE_REMOVED:
		log_device(device, " (removed)");
		l->nr_devices--;
		remove_keyboard(l, device);
		break;
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		handle_key(l->seat, libinput_event_get_keyboard_event(e));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
	case LIBINPUT_EVENT_POINTER_BUTTON:
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_pointer(l->seat, type, connector,
			       libinput_event_get_pointer_event(e));
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
	case LIBINPUT_EVENT_TOUCH_MOTION:
	case LIBINPUT_EVENT_TOUCH_UP:
	case LIBINPUT_EVENT_TOUCH_CANCEL:
	case LIBINPUT_EVENT_TOUCH_FRAME:
		handle_touch(l->seat, type, connector,
			     libinput_event_get_touch_event(e));
		break;
	default:
		break;
	}
}

static void handle_events(struct xd_libinput *l)
{
	struct libinput_event *e;

	/* screens may have been plugged in or out since */
	xd_seat_changed(l->seat);
	while ((e = libinput_get_event(l->libinput))) {
		handle_event(l, e);
		libinput_event_destroy(e);
	}
}

static void read_events(struct xdc_source *source, uint32_t events)
{
	struct xd_libinput *l =
		container_of(source, struct xd_libinput, source);

	libinput_dispatch(l->libinput);
	handle_events(l);
}

/* ---- start and stop ---- */

/*
 * udev knows no list of seats: a misspelt name is a seat without devices.  seat0 is
 * always right, and may wait for the first keyboard.
 */
static void check_seat(struct xdc_timer *t)
{
	struct xd_libinput *l = container_of(t, struct xd_libinput, check_seat);
	const char *seat = l->policy.seat;

	/* those that could not be opened were named */
	if (l->nr_devices || l->lacks_devices)
		return;
	xdc_log(strcmp(seat, "seat0") ? XDC_WARNING : XDC_INFO,
		"seat = %s in [input]: no keyboard, pointer or touch screen of this machine is of this seat. Try: loginctl list-seats; loginctl seat-status %s; udevadm info DEVICE (ID_SEAT; without it a device is of seat0). Devices that are plugged in later are used",
		seat, seat);
}

static int add_seat(struct xd_libinput *l, const char *seat)
{
	l->udev = udev_new();
	if (!l->udev)
		return -ENOMEM;
	l->libinput = libinput_udev_create_context(&interface, l, l->udev);
	if (!l->libinput)
		return -ENOMEM;
	libinput_log_set_handler(l->libinput, log_message);
	return libinput_udev_assign_seat(l->libinput, seat) ? -ENODEV : 0;
}

static int add_devices(struct xd_libinput *l, const char *list)
{
	char paths[sizeof(((struct xd_seat_policy *)0)->devices)];
	char *path, *rest = paths;

	l->libinput = libinput_path_create_context(&interface, l);
	if (!l->libinput)
		return -ENOMEM;
	libinput_log_set_handler(l->libinput, log_message);
	strcpy(paths, list);
	while ((path = strsep(&rest, " \t")))
		if (*path && !libinput_path_add_device(l->libinput, path))
			xdc_log(XDC_ERROR, "%s: not a usable input device",
				path);
	return 0;
}

int xd_libinput_start(struct xdc_loop *loop,
		      const struct xd_seat_policy *policy, struct xd_seat *seat,
		      struct xd_libinput **out)
{
	struct xd_libinput *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	l->seat = seat;
	l->policy = *policy;
	LIST_INIT(&l->keyboards);
	xdc_timer_init(loop, &l->check_seat, check_seat);
	l->source.fd = -1;
	err = *policy->seat ? add_seat(l, policy->seat)
			    : add_devices(l, policy->devices);
	if (!err) {
		l->source.fd = libinput_get_fd(l->libinput);
		l->source.ready = read_events;
		err = xdc_loop_add(loop, &l->source, EPOLLIN);
	}
	if (err) {
		l->source.fd = -1;
		xd_libinput_stop(l);
		return err;
	}
	xd_seat_watch_locks(seat, show_locks, l);
	/* the devices that are there already are events as well */
	handle_events(l);
	if (*policy->seat && !l->nr_devices)
		xdc_timer_in(&l->check_seat, DEVICES_DELAY);
	*out = l;
	return 0;
}

bool xd_libinput_lacks_devices(const struct xd_libinput *l)
{
	return l->lacks_devices;
}

void xd_libinput_stop(struct xd_libinput *l)
{
	if (!l)
		return;
	xd_seat_watch_locks(l->seat, NULL, NULL);
	while (!LIST_EMPTY(&l->keyboards))
		drop_keyboard(LIST_FIRST(&l->keyboards));
	xdc_loop_remove(l->loop, &l->source);
	xdc_timer_fini(&l->check_seat);
	if (l->libinput)
		libinput_unref(l->libinput);
	if (l->udev)
		udev_unref(l->udev);
	free(l);
}
