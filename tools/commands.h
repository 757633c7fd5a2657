/* SPDX-License-Identifier: GPL-2.0-only */
/* All subcommands, each in a file of its name */
#ifndef XT_COMMANDS_H
#define XT_COMMANDS_H

#include "command.h"

extern const struct command cmd_doctor, cmd_info, cmd_grant, cmd_map, cmd_show,
	cmd_list, cmd_wait, cmd_revoke, cmd_bench;

#endif
