// SPDX-License-Identifier: GPL-2.0-only
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "ask.h"
#include "common/ask.h"

static const struct xdc_asker asker = {
	.program = "xen-wayland",
	.hint = "Is the guest shown? Try: xen-wayland status",
	.timeout_ms = 10000,
};

static int print_guests(char **paths, size_t nr, bool json)
{
	const char *comma = "";
	int ret = 0, failed;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (json)
			fputs(comma, stdout);
		failed = xdc_ask_status(&asker, paths[i], json, stdout);
		comma = failed ? comma : ",";
		ret = ret ? ret : failed;
	}
	return ret;
}

int xwl_ask_status(const char *path, const char *folder, bool json)
{
	char pattern[256], *one = (char *)path;
	glob_t found = { 0 };
	int ret;

	if (json)
		fputs("[", stdout);
	if (path) {
		ret = print_guests(&one, 1, json);
	} else {
		snprintf(pattern, sizeof(pattern), "%s/*.control", folder);
		glob(pattern, 0, NULL, &found);
		if (!found.gl_pathc && !json)
			puts("no guest is shown");
		ret = print_guests(found.gl_pathv, found.gl_pathc, json);
		globfree(&found);
	}
	if (json)
		fputs("]\n", stdout);
	return ret;
}

int xwl_ask_move(const char *path, const char *what)
{
	char line[256];
	int file, ret = xdc_ask_or_report(&asker, path, what, line,
					  sizeof(line), &file);

	if (!ret && file >= 0)
		close(file);
	return ret;
}
