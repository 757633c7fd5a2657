/* SPDX-License-Identifier: GPL-2.0-only */
/* A subcommand of the tool */
#ifndef XT_COMMAND_H
#define XT_COMMAND_H

#include <stdbool.h>

struct xt_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *help;
};

/** xt_usage - tells what is wrong with the arguments; returns XT_EXIT_USAGE */
__attribute__((format(printf, 2, 3))) int xt_usage(const struct xt_command *cmd,
						   const char *fmt, ...);

/** xt_help_asked - prints the help if the only argument is --help */
bool xt_help_asked(const struct xt_command *cmd, int argc, char **argv);

#endif
