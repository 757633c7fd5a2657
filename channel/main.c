// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channeld-version.h"
#include "common/log.h"
#include "config.h"
#include "link/worker.h"

#define CONFIG_PATH "/etc/xen/xen-channeld.conf"
/* where a worker finds its socket to the daemon */
#define WORKER_FD 3

static const char usage[] = "usage: xen-channeld [--config FILE] check\n"
			    "\n"
			    "Says whether the configuration is valid.\n";

static int print_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

static int check_config(const char *path, bool given)
{
	struct xch_config *config;
	struct xdc_reason why;
	int err = xch_config_load(path, &config, &why);

	if (err == -ENOENT && !given) {
		printf("no file %s: every channel is denied\n", path);
		return 0;
	}
	if (err) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	xch_config_free(config);
	printf("%s: configuration valid\n", path);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = CONFIG_PATH;
	bool given = false;
	int opt;

	xdc_log_init(XDC_INFO, getenv("JOURNAL_STREAM"));
	while ((opt = getopt_long(argc, argv, "+c:hV", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			path = optarg;
			given = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("xen-channeld " XCH_VERSION);
			return 0;
		default:
			return print_usage();
		}
	}
	if (argc - optind != 1)
		return print_usage();
	if (!strcmp(argv[optind], "check"))
		return check_config(path, given);
	/* the daemon runs it so, and nobody else */
	if (!strcmp(argv[optind], "worker"))
		return xch_worker_run(WORKER_FD);
	return print_usage();
}
