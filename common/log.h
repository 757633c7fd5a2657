/* SPDX-License-Identifier: GPL-2.0-only */
/* Log messages: to stderr, with the journal's priorities under systemd. */
#ifndef XDC_LOG_H
#define XDC_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum xdc_level { XDC_ERROR, XDC_WARNING, XDC_INFO, XDC_DEBUG };

/*
 * Rate limit of messages that a guest can cause: a burst of 10, then one a
 * second, with a count of the suppressed ones.
 */
struct xdc_bucket {
	uint64_t filled; /* when, in ns */
	unsigned int left;
	unsigned int dropped;
};

void xdc_log_init(enum xdc_level level, bool journal);
void xdc_log_level(enum xdc_level level);
int xdc_log_parse(const char *text, enum xdc_level *level);

__attribute__((format(printf, 2, 3))) void xdc_log(enum xdc_level level,
						   const char *fmt, ...);
void xdc_vlog(enum xdc_level level, struct xdc_bucket *bucket,
	      const char *prefix, const char *fmt, va_list args);

#endif
