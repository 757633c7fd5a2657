// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of test-displd-input: reads the events of the stock frontend's
 * input devices, as any program would, and writes each to xenstore:
 * data/events/N = "Key key 30 1", with the numbers of input-event-codes.h; of a second
 * vkb device "Key1 key 30 1".
 * Goes to the background when the devices are open; fails if there are none.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xenstore.h>

#define DEVICES 8
#define PREFIX "Xen Virtual "

static struct {
	char name[16];
	struct pollfd poll;
} devices[DEVICES];
static unsigned int nr, said;
static struct xs_handle *xs;

static void write_node(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "data/events/%s", name);
	if (!xs_write(xs, XBT_NULL, path, value, (unsigned int)strlen(value)))
		fprintf(stderr, "displd-events: %s: %s\n", path,
			strerror(errno));
}

static void write_event(const char *text)
{
	char node[16];

	puts(text);
	fflush(stdout);
	snprintf(node, sizeof(node), "%u", ++said);
	write_node(node, text);
}

static void write_range(int fd, const char *device, const char *axis,
			unsigned int code)
{
	struct input_absinfo info;
	char node[32], text[32];

	if (ioctl(fd, EVIOCGABS(code), &info))
		return;
	snprintf(node, sizeof(node), "%s-%s", device, axis);
	snprintf(text, sizeof(text), "%d", info.maximum);
	write_node(node, text);
}

/* "Key", "Poi" or "Mul", and the number of its vkb device from 1 on */
static void name_device(int fd, const char *title, char *name, size_t len)
{
	char phys[64] = "", *number;

	ioctl(fd, EVIOCGPHYS(sizeof(phys) - 1), phys);
	number = strrchr(phys, '/');
	snprintf(name, len, "%.3s%.3s", title,
		 number && atoi(number + 1) ? number + 1 : "");
}

static void add_device(const char *path)
{
	char name[64] = "";
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || nr == DEVICES)
		return;
	ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name);
	if (strncmp(name, PREFIX, strlen(PREFIX))) {
		close(fd);
		return;
	}
	/* Keyboard, Pointer, Multi-touch */
	name_device(fd, name + strlen(PREFIX), devices[nr].name,
		    sizeof(devices[nr].name));
	write_range(fd, devices[nr].name, "x", ABS_X);
	write_range(fd, devices[nr].name, "y", ABS_Y);
	write_range(fd, devices[nr].name, "touch-x", ABS_MT_POSITION_X);
	write_range(fd, devices[nr].name, "touch-y", ABS_MT_POSITION_Y);
	devices[nr].poll.fd = fd;
	devices[nr].poll.events = POLLIN;
	nr++;
}

static void find_all(void)
{
	DIR *dir = opendir("/dev/input");
	struct dirent *e;
	char path[300];

	while (dir && (e = readdir(dir))) {
		if (strncmp(e->d_name, "event", 5))
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", e->d_name);
		add_device(path);
	}
	if (dir)
		closedir(dir);
}

static void report_event(const char *device, const struct input_event *e)
{
	const char *type = e->type == EV_KEY   ? "key"
			   : e->type == EV_REL ? "rel"
			   : e->type == EV_ABS ? "abs"
					       : NULL;
	char text[256];

	if (!type)
		return;
	snprintf(text, sizeof(text), "%s %s %u %d", device, type, e->code,
		 e->value);
	write_event(text);
}

int main(int argc, char **argv)
{
	struct pollfd polls[DEVICES];
	struct input_event e;
	unsigned int i;

	/* the number of lines that an earlier run has written */
	said = argc > 1 ? (unsigned int)atoi(argv[1]) : 0;
	xs = xs_open(0);
	if (!xs)
		return 1;
	find_all();
	if (!nr) {
		fprintf(stderr, "displd-events: no device " PREFIX "...\n");
		return 1;
	}
	if (fork())
		_exit(0);
	for (i = 0; i < nr; i++)
		polls[i] = devices[i].poll;
	while (poll(polls, nr, -1) > 0) {
		for (i = 0; i < nr; i++) {
			while (read(polls[i].fd, &e, sizeof(e)) ==
			       (ssize_t)sizeof(e))
				report_event(devices[i].name, &e);
			/* the device was removed */
			if (polls[i].revents & (POLLHUP | POLLERR))
				polls[i].fd = -1;
		}
	}
	return 0;
}
