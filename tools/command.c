// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "say.h"

int usage(const struct command *cmd, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "xendmabuf %s: ", cmd->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nTry: xendmabuf %s --help\n", cmd->name);
	return EXIT_USAGE;
}

bool help_asked(const struct command *cmd, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--exec"); i++) {
		if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h"))
			continue;
		fputs(cmd->help, stdout);
		return true;
	}
	return false;
}
