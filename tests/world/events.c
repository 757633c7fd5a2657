// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common.h"
#include "events.h"

#define TRACEFS "/sys/kernel/tracing"
#define EVENTS TRACEFS "/events/xen_dmabuf/enable"

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail_msg("cannot write '%s' to %s: %s", text, path,
			 strerror(errno));
	close(fd);
}

bool events_begin(void)
{
	if (access(TRACEFS "/trace", F_OK) &&
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL)) {
		note("this kernel has no tracefs");
		return false;
	}
	write_file(TRACEFS "/trace", "\n");
	write_file(EVENTS, "1");
	return true;
}

void events_end(void)
{
	write_file(EVENTS, "0");
}

bool events_have(const char *name, const char *rest)
{
	FILE *f = fopen(TRACEFS "/trace", "re");
	bool found = false;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, name) && strstr(line, rest);
	fclose(f);
	if (!found)
		note("no event %s with '%s'", name, rest);
	return found;
}

void events_print(void)
{
	FILE *f = fopen(TRACEFS "/trace", "re");
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (line[0] != '#')
			note("%.*s", (int)strcspn(line, "\n"), line);
	fclose(f);
}
