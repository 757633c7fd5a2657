/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches a file for new content */
#ifndef XT_WATCH_H
#define XT_WATCH_H

#include <stdbool.h>

struct xt_watch {
	int fd;
	char *dir;
	const char *name;
};

/** xt_watch_open - watches the file's folder, because editors replace files */
int xt_watch_open(struct xt_watch *w, const char *path);
/** xt_watch_read - read all events; returns whether one was for this file */
bool xt_watch_read(struct xt_watch *w);
void xt_watch_close(struct xt_watch *w);

#endif
