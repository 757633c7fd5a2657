/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that a test program has open. */
#ifndef UNIT_OPEN_FILES_H
#define UNIT_OPEN_FILES_H

#include <dirent.h>

/* The folder's own entries and descriptor are counted as well, each time */
static inline unsigned int count_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

#endif
