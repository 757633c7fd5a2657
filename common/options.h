/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of a daemon: the options that come before its command. */
#ifndef XDC_OPTIONS_H
#define XDC_OPTIONS_H

#include <stdbool.h>

#include "common/log.h"
#include "common/reason.h"

/* What a daemon says of itself */
struct xdc_about {
	const char *name;
	const char *version;
	const char *usage; /* lines, with the last newline */
};

struct xdc_options {
	const char *config; /* --config FILE; set the default before */
	bool config_given;
	const char *socket; /* --socket PATH; set the default before */
	enum xdc_level level; /* --log-level LEVEL */
	bool level_given;
};

/* xdc_options_parse(): the options are read, argv[optind] is the command */
#define XDC_OPTIONS_READ (-1)

/**
 * xdc_options_parse - read --config, --socket, --log-level, --help and --version
 *
 * What comes after the command is the command's.  Starts the log as well.
 *
 * Return: XDC_OPTIONS_READ, or the exit status of a program that has said everything.
 */
int xdc_options_parse(struct xdc_options *o, const struct xdc_about *about,
		      int argc, char **argv);
/**
 * xdc_options_no_config - whether @err, of reading the configuration, is no failure
 *
 * The default file is optional, one named by --config is not.
 */
bool xdc_options_no_config(const struct xdc_options *o, int err);
/**
 * xdc_options_check - print what a command `check` has found; the exit status
 * @err: of reading the configuration, with @why
 * @absent: what holds without the default file
 */
int xdc_options_check(const struct xdc_options *o, int err,
		      const struct xdc_reason *why, const char *absent);
/** xdc_options_usage - what a wrong command line gets; the exit status */
int xdc_options_usage(const struct xdc_about *about);

#endif
