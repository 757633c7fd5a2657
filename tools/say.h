/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tool tells its user, and its exit statuses */
#ifndef XT_SAY_H
#define XT_SAY_H

enum {
	XT_EXIT_OK = 0,
	XT_EXIT_FAILED = 1,
	XT_EXIT_USAGE = 2,
	XT_EXIT_TIMEOUT = 3,
};

/** xt_fail - "xendmabuf: ..." on stderr; returns XT_EXIT_FAILED */
__attribute__((format(printf, 1, 2))) int xt_fail(const char *fmt, ...);

/** xt_say - a line on stderr: stdout is for the result */
__attribute__((format(printf, 1, 2))) void xt_say(const char *fmt, ...);

#endif
