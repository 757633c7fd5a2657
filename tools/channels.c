// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "say.h"
#include "tool-paths.h"

/* The daemon's own command knows what the daemon says */
static int run_channels(int argc, char **argv)
{
	char *command[] = { XT_CHANNELD_NAME, "status", NULL, NULL };
	bool json;
	int ret;

	ret = xt_arg_json(&xt_cmd_channels, argc, argv, &json);
	if (ret)
		return ret;
	if (json)
		command[2] = "--json";
	execv(XT_CHANNELD, command);
	/* not installed here: built, or elsewhere */
	execvp(command[0], command);
	return xt_fail(
		"cannot run xen-channeld: %s. Install the package xen-channeld",
		strerror(errno));
}

const struct xt_command xt_cmd_channels = {
	.name = "channels",
	.run = run_channels,
	.summary = "list links, channels and their buffers",
	.help = "Usage: xendmabuf channels [--json]\n"
		"List the domains that xen-channeld is linked with, the channels, and how much memory\n"
		"they share. For root and the daemon's user; xen-channeld status says the same.\n\n"
		"  --json              as JSON, see xen-channeld(8)\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong arguments.\n",
};
