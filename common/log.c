// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/controls.h"
#include "common/log.h"
#include "common/loop.h"

#define BURST 10

static enum xdc_level limit = XDC_INFO;
static bool in_journal;

static const struct {
	const char *name;
	int priority; /* of syslog */
} levels[] = {
	[XDC_ERROR] = { "error", 3 },
	[XDC_WARNING] = { "warning", 4 },
	[XDC_INFO] = { "info", 6 },
	[XDC_DEBUG] = { "debug", 7 },
};

void xdc_log_init(enum xdc_level level, bool journal)
{
	limit = level;
	in_journal = journal;
}

void xdc_log_level(enum xdc_level level)
{
	limit = level;
}

int xdc_log_parse(const char *text, enum xdc_level *level)
{
	unsigned int i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(text, levels[i].name))
			continue;
		*level = (enum xdc_level)i;
		return 0;
	}
	return -EINVAL;
}

static bool take_token(struct xdc_bucket *b, unsigned int *dropped)
{
	uint64_t now = xdc_now();
	uint64_t earned;

	*dropped = 0;
	if (!b->filled) {
		b->filled = now;
		b->left = BURST;
	}
	earned = (now - b->filled) / XDC_NS_PER_S;
	if (earned) {
		b->filled += earned * XDC_NS_PER_S;
		b->left = earned >= BURST - b->left
				  ? BURST
				  : b->left + (unsigned)earned;
	}
	if (!b->left) {
		b->dropped++;
		return false;
	}
	b->left--;
	*dropped = b->dropped;
	b->dropped = 0;
	return true;
}

void xdc_vlog(enum xdc_level level, struct xdc_bucket *bucket,
	      const char *prefix, const char *fmt, va_list args)
{
	unsigned int dropped = 0;
	char line[512];

	if (level > limit || (bucket && !take_token(bucket, &dropped)))
		return;
	vsnprintf(line, sizeof(line), fmt, args);
	/* text of a guest must not start a new line or move the cursor */
	xdc_controls_hide(line, strlen(line), "");
	if (in_journal)
		fprintf(stderr, "<%d>", levels[level].priority);
	else
		fprintf(stderr, "%s: ", program_invocation_short_name);
	if (level < XDC_INFO && !in_journal)
		fprintf(stderr, "%s: ", levels[level].name);
	if (dropped)
		fprintf(stderr, "%s%s%s (%u messages suppressed before)\n",
			prefix ? prefix : "", prefix ? ": " : "", line,
			dropped);
	else
		fprintf(stderr, "%s%s%s\n", prefix ? prefix : "",
			prefix ? ": " : "", line);
}

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xdc_vlog(level, NULL, NULL, fmt, args);
	va_end(args);
}
