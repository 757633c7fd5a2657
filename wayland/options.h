/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command line says. */
#ifndef XWL_OPTIONS_H
#define XWL_OPTIONS_H

#include <stdbool.h>

#include "common/log.h"

struct xwl_options {
	const char *config;
	const char *socket; /* NULL: channels of xen-channeld */
	const char *service; /* the channels' */
	const char *display;
	bool copy;
	const char *level_name;
	enum xdc_level level;
};

#endif
