/* SPDX-License-Identifier: GPL-2.0-only */
/* Be told when one file has been written anew. */
#ifndef XT_WATCH_H
#define XT_WATCH_H

#include <stdbool.h>

struct xt_watch {
	int fd;
	char *dir;
	const char *name;
};

/** xt_watch_open - watches the folder: editors replace files, not fill them */
int xt_watch_open(struct xt_watch *w, const char *path);
/** xt_watch_read - drain; whether it was this file */
bool xt_watch_read(struct xt_watch *w);
void xt_watch_close(struct xt_watch *w);

#endif
