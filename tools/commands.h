/* SPDX-License-Identifier: GPL-2.0-only */
/* All subcommands, each in a file of its name */
#ifndef XT_COMMANDS_H
#define XT_COMMANDS_H

#include "command.h"

extern const struct xt_command xt_cmd_doctor, xt_cmd_info, xt_cmd_grant,
	xt_cmd_map, xt_cmd_show, xt_cmd_list, xt_cmd_wait, xt_cmd_revoke,
	xt_cmd_bench, xt_cmd_listen, xt_cmd_connect, xt_cmd_send, xt_cmd_recv,
	xt_cmd_channels;

#endif
