/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon says: to stderr, with the journal's levels under systemd. */
#ifndef XD_LOG_H
#define XD_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum xd_level { XD_ERROR, XD_WARNING, XD_INFO, XD_DEBUG };

/* A source of messages that somebody else can make happen: a few at once, then
 * one a second, and a count of those left out.
 */
struct xd_bucket {
	uint64_t filled; /* when, in ns */
	unsigned int left;
	unsigned int dropped;
};

void xd_log_init(enum xd_level level, bool journal);
void xd_log_level(enum xd_level level);
int xd_log_parse(const char *text, enum xd_level *level);

__attribute__((format(printf, 2, 3))) void xd_log(enum xd_level level,
						  const char *fmt, ...);
void xd_vlog(enum xd_level level, struct xd_bucket *bucket, const char *prefix,
	     const char *fmt, va_list args);

#endif
