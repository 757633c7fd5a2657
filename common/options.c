// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/options.h"
#include "common/output.h"

int xdc_options_usage(const struct xdc_about *about)
{
	fputs(about->usage, stderr);
	return 2;
}

/* Returns as xdc_options_parse() */
static int take_option(struct xdc_options *o, const struct xdc_about *about,
		       int opt)
{
	switch (opt) {
	case 'c':
		o->config = optarg;
		o->config_given = true;
		return XDC_OPTIONS_READ;
	case 's':
		o->socket = optarg;
		return XDC_OPTIONS_READ;
	case 'l':
		if (xdc_log_parse(optarg, &o->level))
			return xdc_options_usage(about);
		o->level_given = true;
		return XDC_OPTIONS_READ;
	case 'h':
		fputs(about->usage, stdout);
		return xdc_output_end(about->name, 0);
	case 'V':
		printf("%s %s\n", about->name, about->version);
		return xdc_output_end(about->name, 0);
	default:
		return xdc_options_usage(about);
	}
}

int xdc_options_parse(struct xdc_options *o, const struct xdc_about *about,
		      int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, status = XDC_OPTIONS_READ;

	/* "+": options after the command belong to the command */
	while (status == XDC_OPTIONS_READ &&
	       (opt = getopt_long(argc, argv, "+c:s:l:hV", longs, NULL)) != -1)
		status = take_option(o, about, opt);
	xdc_log_init(o->level, getenv("JOURNAL_STREAM"));
	return status;
}

bool xdc_options_no_config(const struct xdc_options *o, int err)
{
	return err == -ENOENT && !o->config_given;
}

int xdc_options_check(const struct xdc_options *o, int err,
		      const struct xdc_reason *why, const char *absent)
{
	if (xdc_options_no_config(o, err))
		printf("no file %s: %s\n", o->config, absent);
	else if (err)
		fprintf(stderr, "%s\n", why->text);
	else
		printf("%s: configuration valid\n", o->config);
	return err && !xdc_options_no_config(o, err) ? 1 : 0;
}
