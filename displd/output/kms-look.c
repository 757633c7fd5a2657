// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "output/kms-look.h"

/* The name of a connector in the card's folder, "card0-HDMI-A-1"; or NULL */
static const char *connector_name(const char *entry)
{
	const char *dash = strchr(entry, '-');

	return dash && !strncmp(entry, "card", 4) ? dash + 1 : NULL;
}

/* "connected", "disconnected", or "unknown" before anybody has looked */
static bool may_be_connected(const char *folder, const char *entry)
{
	char path[512], status[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/status", folder, entry);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOENT;
	n = read(fd, status, sizeof(status));
	close(fd);
	return n < 12 || memcmp(status, "disconnected", 12) != 0;
}

bool xd_kms_may_have_screen(const char *path, const char *connector)
{
	bool known = false, found = false;
	struct dirent *e;
	struct stat st;
	char folder[64];
	DIR *dir;

	if (stat(path, &st))
		return true;
	snprintf(folder, sizeof(folder), "/sys/dev/char/%u:%u",
		 major(st.st_rdev), minor(st.st_rdev));
	dir = opendir(folder);
	while (dir && !found && (e = readdir(dir))) {
		const char *name = connector_name(e->d_name);

		if (!name)
			continue;
		known = true;
		if (!*connector || !strcmp(name, connector))
			found = may_be_connected(folder, e->d_name);
	}
	if (dir)
		closedir(dir);
	return found || !known;
}
