// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "tool-version.h"
#include "say.h"

static const struct xt_command *const commands[] = {
	&xt_cmd_doctor, &xt_cmd_info,	&xt_cmd_grant,
	&xt_cmd_map,	&xt_cmd_show,	&xt_cmd_list,
	&xt_cmd_wait,	&xt_cmd_revoke, &xt_cmd_bench,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
	size_t i;

	fputs("Usage: xendmabuf COMMAND [OPTION]...\n"
	      "Share memory and pictures between Xen domains without copying.\n\n",
	      out);
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("\n  xendmabuf COMMAND --help   help for a command\n"
	      "  xendmabuf --version\n\n"
	      "Exit status: 0 done, 1 failed, 2 wrong arguments, 3 timed out.\n",
	      out);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	size_t i;

	if (!name) {
		print_help(stderr);
		return XT_EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") ||
	    !strcmp(name, "help")) {
		print_help(stdout);
		return XT_EXIT_OK;
	}
	if (!strcmp(name, "--version")) {
		puts("xendmabuf " XENDMABUF_TOOL_VERSION);
		return XT_EXIT_OK;
	}
	for (i = 0; i < NR_COMMANDS; i++) {
		if (strcmp(name, commands[i]->name))
			continue;
		if (xt_help_asked(commands[i], argc - 1, argv + 1))
			return XT_EXIT_OK;
		return commands[i]->run(argc - 1, argv + 1);
	}
	fprintf(stderr,
		"xendmabuf: there is no command '%s'. Try: xendmabuf --help\n",
		name);
	return XT_EXIT_USAGE;
}
