// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "common/log.h"
#include "common/output.h"
#include "host/policy/config.h"
#include "host/worker/worker.h"
#include "paths.h"
#include "run.h"
#include "wayland-version.h"

#define CONFIG_PATH "/etc/xen-dmabuf/xen-wayland.conf"
#define SERVICE "wayland"

static const char usage[] =
	"usage: xen-wayland [--config FILE] [--service NAME] host [GUEST]\n"
	"       xen-wayland [--display NAME] [--service NAME] [--copy] agent DOMAIN\n"
	"       xen-wayland status [--json] [GUEST]\n"
	"       xen-wayland copy GUEST\n"
	"       xen-wayland paste GUEST\n"
	"       xen-wayland [--config FILE] check\n"
	"       xen-wayland --socket PATH host GUEST | agent | status | copy | paste\n"
	"\n"
	"host: shows the windows of guests on the compositor of this domain.\n"
	"agent: in a guest, a display for its programs; DOMAIN has the compositor.\n"
	"status: what guests show and cost.\n"
	"copy, paste: with clipboard = ask, from the guest, to the guest.\n"
	"With --socket a socket of this machine is used instead of a channel.\n"
	"See xen-wayland(1) and xen-wayland.conf(5).\n";

static int print_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

static int control_path(const struct xwl_options *o, const char *guest,
			char *path, size_t size)
{
	struct xdc_reason why;
	size_t len;

	if (xwl_path_guest(o->socket, guest, path, size - XWL_SUFFIX_MAX,
			   &why)) {
		xdc_log(XDC_ERROR, "%s", why.text);
		return 1;
	}
	len = strlen(path);
	snprintf(path + len, size - len, XWL_CONTROL_SUFFIX);
	return 0;
}

static int run_status(const struct xwl_options *o, int argc, char **argv)
{
	bool json = argc > 1 && !strcmp(argv[1], "--json");
	const char *guest = argc > 1 + json ? argv[1 + json] : NULL;
	char path[XWL_PATH_MAX + XWL_SUFFIX_MAX];
	struct xdc_reason why;

	if (argc > 2 + json || (guest && *guest == '-'))
		return print_usage();
	if (guest || o->socket)
		return control_path(o, guest ? guest : "", path, sizeof(path))
			       ? 1
			       : xwl_ask_status(path, NULL, json);
	if (xwl_path_guest(NULL, "", path, sizeof(path), &why)) {
		xdc_log(XDC_ERROR, "%s", why.text);
		return 1;
	}
	return xwl_ask_status(NULL, path, json);
}

static int run_move(const struct xwl_options *o, const char *what,
		    const char *guest)
{
	char path[XWL_PATH_MAX + XWL_SUFFIX_MAX];

	return control_path(o, guest, path, sizeof(path))
		       ? 1
		       : xwl_ask_move(path, what);
}

/* Not for people: the host's half starts it */
static int run_worker(void)
{
	/* what libraries do at the end of a process may need more than the sandbox has */
	_exit(xwl_worker_run(XWL_WORKER_SOCKET) ? 1 : 0);
}

static void warn_of_guest(const char *config, const char *guest)
{
	struct xwl_policy policy;
	struct xdc_reason why;
	const char *warning = NULL;

	if (!xwl_config_load(config, guest, &policy, &why))
		warning = xwl_config_warning(&policy);
	if (warning)
		fprintf(stderr, "%s: %s: %s\n", config, guest, warning);
}

static int check_config(const struct xwl_options *o)
{
	struct xdc_reason why;
	char names[XWL_GUESTS_MAX][XWL_NAME_MAX];
	int i, nr = xwl_config_guests(o->config, names, &why);

	if (nr < 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	for (i = 0; i < nr; i++)
		warn_of_guest(o->config, names[i]);
	printf("%s: configuration valid\n", o->config);
	return 0;
}

static int run_command(const struct xwl_options *o, int argc, char **argv)
{
	const char *what = argv[0], *whom = argc > 1 ? argv[1] : NULL;

	if (!strcmp(what, "host") && (argc == 2 || (argc == 1 && !o->socket)))
		return xwl_run_host(o, whom);
	if (!strcmp(what, "agent") && argc == (o->socket ? 1 : 2))
		return xwl_run_agent(o, whom);
	if (!strcmp(what, "status"))
		return run_status(o, argc, argv);
	if ((!strcmp(what, "copy") || !strcmp(what, "paste")) &&
	    (argc == 2 || (argc == 1 && o->socket)))
		return run_move(o, what, whom ? whom : "");
	if (!strcmp(what, XWL_WORKER_COMMAND) && argc == 1)
		return run_worker();
	if (!strcmp(what, "check") && argc == 1)
		return check_config(o);
	return print_usage();
}

static int run_program(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "service", required_argument, NULL, 'S' },
		{ "display", required_argument, NULL, 'd' },
		{ "copy", no_argument, NULL, 'C' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct xwl_options o = { .config = CONFIG_PATH,
				 .service = SERVICE,
				 .level_name = "info",
				 .level = XDC_INFO };
	int opt;

	while ((opt = getopt_long(argc, argv, "+c:s:S:d:Cl:hV", longs, NULL)) !=
	       -1) {
		switch (opt) {
		case 'c':
			o.config = optarg;
			break;
		case 's':
			o.socket = optarg;
			break;
		case 'S':
			o.service = optarg;
			break;
		case 'd':
			o.display = optarg;
			break;
		case 'C':
			o.copy = true;
			break;
		case 'l':
			if (xdc_log_parse(optarg, &o.level))
				return print_usage();
			o.level_name = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("xen-wayland " XWL_PROGRAM_VERSION);
			return 0;
		default:
			return print_usage();
		}
	}
	xdc_log_init(o.level, getenv("JOURNAL_STREAM"));
	if (optind == argc)
		return print_usage();
	return run_command(&o, argc - optind, argv + optind);
}

int main(int argc, char **argv)
{
	return xdc_output_end("xen-wayland", run_program(argc, argv));
}
