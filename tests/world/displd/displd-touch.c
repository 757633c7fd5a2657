// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-touch [NAME]: a touch screen for dom0, made with uinput because QEMU has
 * none.  Sends the events that it reads: "down SLOT X Y", "move SLOT X Y", "up SLOT",
 * "frame"; X and Y are 0 to 4095.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SLOTS 10

static int fd;
static int next_id = 1;

static void emit_event(uint16_t type, uint16_t code, int value)
{
	struct input_event e = { .type = type, .code = code, .value = value };

	if (write(fd, &e, sizeof(e)) != (ssize_t)sizeof(e))
		perror("displd-touch: uinput");
}

static int add_axis(uint16_t code, int max)
{
	struct uinput_abs_setup setup = {
		.code = code,
		.absinfo = { .maximum = max, .resolution = max > 100 ? 10 : 0 },
	};

	return ioctl(fd, UI_SET_ABSBIT, code) ||
	       ioctl(fd, UI_ABS_SETUP, &setup);
}

static int make_device(const char *name)
{
	struct uinput_setup setup = {
		.id = { .bustype = BUS_VIRTUAL, .vendor = 1, .product = 1 },
	};

	snprintf(setup.name, sizeof(setup.name), "%s", name);
	fd = open("/dev/uinput", O_WRONLY | O_CLOEXEC);
	return fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_ABS) ||
	       ioctl(fd, UI_SET_EVBIT, EV_KEY) ||
	       ioctl(fd, UI_SET_KEYBIT, BTN_TOUCH) ||
	       ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT) ||
	       add_axis(ABS_X, 4095) || add_axis(ABS_Y, 4095) ||
	       add_axis(ABS_MT_SLOT, SLOTS - 1) ||
	       add_axis(ABS_MT_TRACKING_ID, 65535) ||
	       add_axis(ABS_MT_POSITION_X, 4095) ||
	       add_axis(ABS_MT_POSITION_Y, 4095) ||
	       ioctl(fd, UI_DEV_SETUP, &setup) || ioctl(fd, UI_DEV_CREATE);
}

static void send_touch(const char *what, int slot, int x, int y)
{
	if (!strcmp(what, "frame")) {
		emit_event(EV_SYN, SYN_REPORT, 0);
		return;
	}
	emit_event(EV_ABS, ABS_MT_SLOT, slot);
	if (!strcmp(what, "up")) {
		emit_event(EV_ABS, ABS_MT_TRACKING_ID, -1);
		return;
	}
	if (!strcmp(what, "down"))
		emit_event(EV_ABS, ABS_MT_TRACKING_ID, next_id++);
	emit_event(EV_ABS, ABS_MT_POSITION_X, x);
	emit_event(EV_ABS, ABS_MT_POSITION_Y, y);
}

int main(int argc, char **argv)
{
	char line[64], what[16];
	int slot, x, y;

	if (make_device(argc > 1 ? argv[1] : "displd-touch")) {
		perror("displd-touch: /dev/uinput");
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		slot = x = y = 0;
		if (sscanf(line, "%15s %d %d %d", what, &slot, &x, &y) >= 1)
			send_touch(what, slot, x, y);
	}
	return 0;
}
