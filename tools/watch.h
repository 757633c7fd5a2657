/* SPDX-License-Identifier: GPL-2.0-only */
/* Be told when one file has been written anew. */
#ifndef XD_WATCH_H
#define XD_WATCH_H

#include <stdbool.h>

struct watch {
	int fd;
	char *dir;
	const char *name;
};

/** watch_open - watches the folder: editors replace files, not fill them */
int watch_open(struct watch *w, const char *path);
/** watch_read - drain; whether it was this file */
bool watch_read(struct watch *w);
void watch_close(struct watch *w);

#endif
