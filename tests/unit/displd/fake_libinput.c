// SPDX-License-Identifier: GPL-2.0-only
#include "fake_libinput.h"

#include <fcntl.h>
#include <libudev.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS 16

struct libinput {
	const struct libinput_interface *interface;
	void *user;
	int fd;
};

struct fake_libinput fake_libinput;
static struct libinput context;
static struct libinput_event events[EVENTS];
static unsigned int first, count;

void fake_libinput_reset(void)
{
	unsigned int i;

	memset(&fake_libinput, 0, sizeof(fake_libinput));
	first = count = 0;
	for (i = 0; i < FAKE_DEVICES; i++) {
		struct libinput_device *d = &fake_libinput.devices[i];

		d->name = "fake";
		d->tap = d->natural = d->dwt = d->leds = -1;
		d->speed = -1;
	}
}

void fake_libinput_queue(const struct libinput_event *e)
{
	assert_true(count < EVENTS);
	events[count++] = *e;
}

void fake_libinput_wake(void)
{
	uint64_t one = 1;

	assert_int_equal(write(context.fd, &one, sizeof(one)), sizeof(one));
}

/* ---- contexts ---- */

struct udev *udev_new(void)
{
	if (fake_libinput.no_udev)
		return NULL;
	fake_libinput.udevs++;
	return (struct udev *)&fake_libinput;
}

struct udev *udev_unref(struct udev *udev)
{
	fake_libinput.udevs--;
	return NULL;
}

static struct libinput *create(const struct libinput_interface *interface,
			       void *user)
{
	if (fake_libinput.no_context)
		return NULL;
	context.interface = interface;
	context.user = user;
	context.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fake_libinput.contexts++;
	return &context;
}

struct libinput *
libinput_udev_create_context(const struct libinput_interface *interface,
			     void *user, struct udev *udev)
{
	return create(interface, user);
}

struct libinput *
libinput_path_create_context(const struct libinput_interface *interface,
			     void *user)
{
	return create(interface, user);
}

int libinput_udev_assign_seat(struct libinput *l, const char *seat)
{
	snprintf(fake_libinput.seat, sizeof(fake_libinput.seat), "%s", seat);
	return fake_libinput.no_seat ? -1 : 0;
}

struct libinput_device *libinput_path_add_device(struct libinput *l,
						 const char *path)
{
	fake_libinput.opened = l->interface->open_restricted(
		path, O_RDWR | O_NONBLOCK, l->user);
	if (fake_libinput.opened < 0)
		return NULL;
	l->interface->close_restricted(fake_libinput.opened, l->user);
	return &fake_libinput.devices[0];
}

struct libinput *libinput_unref(struct libinput *l)
{
	close(l->fd);
	fake_libinput.contexts--;
	return NULL;
}

void libinput_log_set_handler(struct libinput *l, libinput_log_handler handler)
{
}

int libinput_get_fd(struct libinput *l)
{
	return l->fd;
}

int libinput_dispatch(struct libinput *l)
{
	uint64_t n;

	assert_int_equal(read(l->fd, &n, sizeof(n)), sizeof(n));
	return 0;
}

struct libinput_event *libinput_get_event(struct libinput *l)
{
	if (first < count)
		return &events[first++];
	first = count = 0;
	return NULL;
}

void libinput_event_destroy(struct libinput_event *e)
{
}

/* ---- events ---- */

enum libinput_event_type libinput_event_get_type(struct libinput_event *e)
{
	return e->type;
}

struct libinput_device *libinput_event_get_device(struct libinput_event *e)
{
	return e->device;
}

struct libinput_event_keyboard *
libinput_event_get_keyboard_event(struct libinput_event *e)
{
	return (struct libinput_event_keyboard *)e;
}

struct libinput_event_pointer *
libinput_event_get_pointer_event(struct libinput_event *e)
{
	return (struct libinput_event_pointer *)e;
}

struct libinput_event_touch *
libinput_event_get_touch_event(struct libinput_event *e)
{
	return (struct libinput_event_touch *)e;
}

static struct libinput_event *event_of(void *e)
{
	return e;
}

uint32_t libinput_event_keyboard_get_key(struct libinput_event_keyboard *e)
{
	return event_of(e)->code;
}

enum libinput_key_state
libinput_event_keyboard_get_key_state(struct libinput_event_keyboard *e)
{
	return event_of(e)->pressed ? LIBINPUT_KEY_STATE_PRESSED
				    : LIBINPUT_KEY_STATE_RELEASED;
}

uint32_t libinput_event_pointer_get_button(struct libinput_event_pointer *e)
{
	return event_of(e)->code;
}

enum libinput_button_state
libinput_event_pointer_get_button_state(struct libinput_event_pointer *e)
{
	return event_of(e)->pressed ? LIBINPUT_BUTTON_STATE_PRESSED
				    : LIBINPUT_BUTTON_STATE_RELEASED;
}

double libinput_event_pointer_get_dx(struct libinput_event_pointer *e)
{
	return event_of(e)->x;
}

double libinput_event_pointer_get_dy(struct libinput_event_pointer *e)
{
	return event_of(e)->y;
}

/* as if the pointer were accelerated to twice its speed */
double
libinput_event_pointer_get_dx_unaccelerated(struct libinput_event_pointer *e)
{
	return event_of(e)->x / 2;
}

double
libinput_event_pointer_get_dy_unaccelerated(struct libinput_event_pointer *e)
{
	return event_of(e)->y / 2;
}

double libinput_event_pointer_get_absolute_x_transformed(
	struct libinput_event_pointer *e, uint32_t width)
{
	return event_of(e)->x * width;
}

double libinput_event_pointer_get_absolute_y_transformed(
	struct libinput_event_pointer *e, uint32_t height)
{
	return event_of(e)->y * height;
}

/* x is a horizontal axis, y a vertical one */
int libinput_event_pointer_has_axis(struct libinput_event_pointer *e,
				    enum libinput_pointer_axis axis)
{
	return axis == LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL
		       ? event_of(e)->y != 0
		       : event_of(e)->x != 0;
}

double libinput_event_pointer_get_scroll_value(struct libinput_event_pointer *e,
					       enum libinput_pointer_axis axis)
{
	return event_of(e)->y;
}

double
libinput_event_pointer_get_scroll_value_v120(struct libinput_event_pointer *e,
					     enum libinput_pointer_axis axis)
{
	return event_of(e)->y;
}

double libinput_event_touch_get_x_transformed(struct libinput_event_touch *e,
					      uint32_t width)
{
	return event_of(e)->x * width;
}

double libinput_event_touch_get_y_transformed(struct libinput_event_touch *e,
					      uint32_t height)
{
	return event_of(e)->y * height;
}

int32_t libinput_event_touch_get_seat_slot(struct libinput_event_touch *e)
{
	return (int32_t)event_of(e)->code;
}

/* ---- devices ---- */

const char *libinput_device_get_sysname(struct libinput_device *d)
{
	return "event0";
}

const char *libinput_device_get_name(struct libinput_device *d)
{
	return d->name;
}

const char *libinput_device_get_output_name(struct libinput_device *d)
{
	return d->output;
}

struct libinput_device *libinput_device_ref(struct libinput_device *d)
{
	d->refs++;
	return d;
}

struct libinput_device *libinput_device_unref(struct libinput_device *d)
{
	d->refs--;
	return NULL;
}

int libinput_device_has_capability(struct libinput_device *d,
				   enum libinput_device_capability capability)
{
	return capability == LIBINPUT_DEVICE_CAP_KEYBOARD && d->keyboard;
}

void libinput_device_led_update(struct libinput_device *d,
				enum libinput_led leds)
{
	assert_true(d->keyboard);
	d->leds = (int)leds;
}

int libinput_device_config_tap_get_finger_count(struct libinput_device *d)
{
	return d->touchpad ? 3 : 0;
}

enum libinput_config_status
libinput_device_config_tap_set_enabled(struct libinput_device *d,
				       enum libinput_config_tap_state enable)
{
	assert_true(d->touchpad);
	d->tap = enable == LIBINPUT_CONFIG_TAP_ENABLED;
	return LIBINPUT_CONFIG_STATUS_SUCCESS;
}

int libinput_device_config_dwt_is_available(struct libinput_device *d)
{
	return d->touchpad;
}

enum libinput_config_status
libinput_device_config_dwt_set_enabled(struct libinput_device *d,
				       enum libinput_config_dwt_state enable)
{
	assert_true(d->touchpad);
	d->dwt = enable == LIBINPUT_CONFIG_DWT_ENABLED;
	return LIBINPUT_CONFIG_STATUS_SUCCESS;
}

int libinput_device_config_scroll_has_natural_scroll(struct libinput_device *d)
{
	return !d->keyboard;
}

enum libinput_config_status
libinput_device_config_scroll_set_natural_scroll_enabled(
	struct libinput_device *d, int enable)
{
	assert_false(d->keyboard);
	d->natural = enable;
	return LIBINPUT_CONFIG_STATUS_SUCCESS;
}

int libinput_device_config_accel_is_available(struct libinput_device *d)
{
	return !d->keyboard;
}

enum libinput_config_status
libinput_device_config_accel_set_speed(struct libinput_device *d, double speed)
{
	assert_false(d->keyboard);
	d->speed = speed;
	return LIBINPUT_CONFIG_STATUS_SUCCESS;
}
