// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/fds.h"

int xwl_fds_push(struct xwl_fds *q, int fd)
{
	if (q->nr == XWL_FDS_MAX) {
		close(fd);
		return -EMFILE;
	}
	q->fd[q->nr++] = fd;
	return 0;
}

static void remove_first(struct xwl_fds *q, unsigned int nr)
{
	q->nr -= nr;
	memmove(q->fd, q->fd + nr, q->nr * sizeof(q->fd[0]));
}

void xwl_fds_drop(struct xwl_fds *q, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		close(q->fd[i]);
	remove_first(q, nr);
}

int xwl_fds_give(struct xwl_fds *q, struct xwl_message *m,
		 struct xdc_reason *why)
{
	unsigned int i, at = 0;

	if (m->nr_fds > q->nr)
		return xdc_reason_set(why, -EBADF,
				      "%s came without its file descriptor",
				      m->table->name);
	for (i = 0; i < m->nr_args; i++)
		if (m->args[i].type == 'h')
			m->args[i].fd = q->fd[at++];
	remove_first(q, at);
	return 0;
}

void xwl_fds_take(struct xwl_fds *q, struct xwl_message *m)
{
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 'h')
			continue;
		xwl_fds_push(q, m->args[i].fd);
		m->args[i].fd = -1;
	}
}

bool xwl_fd_is_pipe(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

void xwl_message_close(struct xwl_message *m)
{
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 'h' || m->args[i].fd < 0)
			continue;
		close(m->args[i].fd);
		m->args[i].fd = -1;
	}
}
