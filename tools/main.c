// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/output.h"
#include "tool-version.h"
#include "say.h"

static const struct xt_command *const commands[] = {
	&xt_cmd_doctor,	  &xt_cmd_info,	   &xt_cmd_grant, &xt_cmd_map,
	&xt_cmd_show,	  &xt_cmd_list,	   &xt_cmd_wait,  &xt_cmd_revoke,
	&xt_cmd_listen,	  &xt_cmd_connect, &xt_cmd_send,  &xt_cmd_recv,
	&xt_cmd_channels, &xt_cmd_bench,
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
	fputs("\n  xendmabuf help COMMAND     help for a command; so does COMMAND --help\n"
	      "  xendmabuf --version, -V    the version\n\n"
	      "Exit status: 0 done, 1 failed, 2 wrong arguments, 3 timed out.\n",
	      out);
}

static const struct xt_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	fprintf(stderr,
		"xendmabuf: there is no command '%s'. Try: xendmabuf --help\n",
		name);
	return NULL;
}

/* "help", or "help COMMAND" */
static int run_help(int argc, char **argv)
{
	const struct xt_command *cmd;

	if (argc > 1) {
		fprintf(stderr,
			"xendmabuf help: unexpected '%s'. Try: xendmabuf help COMMAND\n",
			argv[1]);
		return XT_EXIT_USAGE;
	}
	if (!argc) {
		print_help(stdout);
		return XT_EXIT_OK;
	}
	cmd = find_command(argv[0]);
	if (!cmd)
		return XT_EXIT_USAGE;
	fputs(cmd->help, stdout);
	return XT_EXIT_OK;
}

static int run_tool(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct xt_command *cmd;

	if (!name) {
		print_help(stderr);
		return XT_EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") ||
	    !strcmp(name, "help"))
		return run_help(argc - 2, argv + 2);
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("xendmabuf " XENDMABUF_TOOL_VERSION);
		return XT_EXIT_OK;
	}
	cmd = find_command(name);
	if (!cmd)
		return XT_EXIT_USAGE;
	if (xt_help_asked(cmd, argc - 1, argv + 1))
		return XT_EXIT_OK;
	return cmd->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	return xdc_output_end("xendmabuf", run_tool(argc, argv));
}
