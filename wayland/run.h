/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves as processes: each runs until SIGTERM or SIGINT. */
#ifndef XWL_RUN_H
#define XWL_RUN_H

#include "options.h"

/**
 * xwl_run_host - the host's half
 * @guest: the only one; NULL: all that the configuration has
 *
 * Both log what went wrong, and return an exit status.
 */
int xwl_run_host(const struct xwl_options *o, const char *guest);
/**
 * xwl_run_agent - the guest's half
 * @domain: of the host's half; NULL: it is behind the options' socket
 */
int xwl_run_agent(const struct xwl_options *o, const char *domain);

#endif
