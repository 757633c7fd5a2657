/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tool tells its user, and its exit statuses */
#ifndef XT_SAY_H
#define XT_SAY_H

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_TIMEOUT = 3,
};

/** fail - "xendmabuf: ..." on stderr; returns EXIT_FAILED */
__attribute__((format(printf, 1, 2))) int fail(const char *fmt, ...);

/** say - what is going on, on stderr: stdout is for what was asked for */
__attribute__((format(printf, 1, 2))) void say(const char *fmt, ...);

#endif
