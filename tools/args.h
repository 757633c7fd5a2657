/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes, leases and commands on the command line */
#ifndef XT_ARGS_H
#define XT_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"

/** xt_arg_size - "800x600"; each side 1 to XT_IMAGE_MAX_SIDE */
int xt_arg_size(const char *text, uint32_t *w, uint32_t *h);

/** xt_arg_lease - the one argument LEASE-ID; 0 or an exit status */
int xt_arg_lease(const struct xt_command *cmd, int argc, char **argv,
		 uint64_t *id);

/** xt_arg_end - no argument is left from optind on; 0 or an exit status */
int xt_arg_end(const struct xt_command *cmd, int argc, char **argv);

/** xt_arg_json - for a command that takes nothing but --json; 0 or an exit status */
int xt_arg_json(const struct xt_command *cmd, int argc, char **argv,
		bool *json);

/**
 * xt_arg_exec - cut off a command that follows --exec, with all its arguments
 * @command: NULL without --exec
 *
 * 0 or an exit status.
 */
int xt_arg_exec(const struct xt_command *cmd, int *argc, char **argv,
		char ***command);

#endif
