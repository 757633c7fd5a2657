// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "picture/watch.h"

int xt_watch_open(struct xt_watch *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	int err;

	w->dir = slash ? strndup(path, (size_t)(slash - path) + 1)
		       : strdup(".");
	w->name = slash ? slash + 1 : path;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->dir && w->fd >= 0 &&
	    inotify_add_watch(w->fd, w->dir, IN_CLOSE_WRITE | IN_MOVED_TO) >= 0)
		return 0;
	err = w->dir ? -errno : -ENOMEM;
	xt_watch_close(w);
	return err;
}

bool xt_watch_read(struct xt_watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool ours = false;
	unsigned int i;
	ssize_t len;
	char *p;

	/* bounded: what is left makes the descriptor readable again */
	for (i = 0; i < 16; i++) {
		len = read(w->fd, buf, sizeof(buf));
		if (len <= 0)
			break;
		for (p = buf; p < buf + len;) {
			struct inotify_event *event = (void *)p;

			if (event->len && !strcmp(event->name, w->name))
				ours = true;
			p += sizeof(*event) + event->len;
		}
	}
	return ours;
}

void xt_watch_close(struct xt_watch *w)
{
	free(w->dir);
	w->dir = NULL;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}
