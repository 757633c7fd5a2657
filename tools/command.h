/* SPDX-License-Identifier: GPL-2.0-only */
/* A subcommand of the tool */
#ifndef XT_COMMAND_H
#define XT_COMMAND_H

#include <stdbool.h>

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *help;
};

/** usage - what is wrong with the arguments, and where help is; EXIT_USAGE */
__attribute__((format(printf, 2, 3))) int usage(const struct command *cmd,
						const char *fmt, ...);

/** help_asked - prints the help if the only argument is --help */
bool help_asked(const struct command *cmd, int argc, char **argv);

#endif
