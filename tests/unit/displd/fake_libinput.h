/* SPDX-License-Identifier: GPL-2.0-only */
/* A fake libinput: devices that the test describes, and events that it queues */
#ifndef FAKE_LIBINPUT_H
#define FAKE_LIBINPUT_H

#include "unit.h"

#include <libinput.h>
#include <stdbool.h>

#define FAKE_DEVICES 4

struct libinput_device {
	const char *name, *output;
	bool keyboard, touchpad;
	/* what was set; -1: nothing */
	int tap, natural, dwt, leds;
	double speed;
	unsigned int refs; /* besides the context's own */
};

struct libinput_event {
	enum libinput_event_type type;
	struct libinput_device *device;
	uint32_t code; /* of a key or button, or a finger's slot */
	bool pressed;
	double x, y; /* of any kind */
};

struct fake_libinput {
	struct libinput_device devices[FAKE_DEVICES];
	bool no_udev, no_context, no_seat, no_device;
	unsigned int contexts, udevs;
	char seat[32];
	int opened; /* what the last open_restricted() returned */
};

extern struct fake_libinput fake_libinput;

/** fake_libinput_reset - no devices, no events, no failures */
void fake_libinput_reset(void);
/** fake_libinput_queue - the next event that is read */
void fake_libinput_queue(const struct libinput_event *e);
/** fake_libinput_wake - tell the daemon to read events */
void fake_libinput_wake(void);

#endif
