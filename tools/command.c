// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "say.h"

int xt_usage(const struct xt_command *cmd, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "xendmabuf %s: ", cmd->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nTry: xendmabuf %s --help\n", cmd->name);
	return XT_EXIT_USAGE;
}

bool xt_help_asked(const struct xt_command *cmd, int argc, char **argv)
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
