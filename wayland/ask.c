// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "common/ask.h"

#define PATIENCE_MS 10000

static int report(const char *path, const char *why)
{
	fprintf(stderr, "xen-wayland: %s: %s\n", path, why);
	return 1;
}

/* Returns an exit status; 0: the answer was "ok" */
static int ask_or_report(const char *path, const char *request, int *file)
{
	char line[256];
	int err = xdc_ask(path, request, PATIENCE_MS, line, sizeof(line), file);

	if (err)
		return report(path, strerror(-err));
	if (!strcmp(line, "ok"))
		return 0;
	if (*file >= 0)
		close(*file);
	return report(path, strncmp(line, "error: ", 7) ? "unexpected answer"
							: line + 7);
}

static int print_status(const char *path, bool json)
{
	int file, ret, err;

	ret = ask_or_report(path, json ? "status json" : "status", &file);
	if (ret)
		return ret;
	if (file < 0)
		return report(path, "unexpected answer");
	err = xdc_ask_print(file, stdout);
	close(file);
	return err ? report("writing the status", strerror(-err)) : 0;
}

static int print_guests(char **paths, size_t nr, bool json)
{
	const char *comma = "";
	int ret = 0, failed;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (json)
			fputs(comma, stdout);
		failed = print_status(paths[i], json);
		comma = failed ? comma : ",\n";
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
	if (fflush(stdout))
		return report("writing the status", strerror(errno));
	return ret;
}

int xwl_ask_move(const char *path, const char *what)
{
	int file, ret = ask_or_report(path, what, &file);

	if (!ret && file >= 0)
		close(file);
	return ret;
}
