// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "talk.h"

#define TALK_INTERVAL_MS 20

uint64_t demo_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void path_of(char *buf, size_t len, uint16_t guest, const char *key)
{
	snprintf(buf, len, "/local/domain/%u/data/%s", guest, key);
}

int demo_talk_write(struct xs_handle *xs, uint16_t guest, const char *key,
		    const char *value)
{
	char path[96];

	path_of(path, sizeof(path), guest, key);
	if (xs_write(xs, XBT_NULL, path, value, (unsigned int)strlen(value)))
		return 0;
	return errno ? -errno : -EIO;
}

void demo_talk_read(struct xs_handle *xs, uint16_t guest, const char *key,
		    char *buf, size_t len)
{
	char path[96];
	char *text;

	path_of(path, sizeof(path), guest, key);
	text = xs_read(xs, XBT_NULL, path, NULL);
	snprintf(buf, len, "%s", text ? text : "");
	free(text);
}

int demo_talk_wait(struct xs_handle *xs, uint16_t guest, const char *key,
		   const char *value, unsigned int timeout_ms)
{
	uint64_t end = demo_now_us() + (uint64_t)timeout_ms * 1000;
	char text[128];

	for (;;) {
		demo_talk_read(xs, guest, key, text, sizeof(text));
		if (*text && !strncmp(text, value, strlen(value)))
			return 0;
		if (demo_now_us() >= end)
			return -ETIMEDOUT;
		poll(NULL, 0, TALK_INTERVAL_MS);
	}
}
