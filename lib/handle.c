// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "handle.h"

struct xendmabuf *xdl_handle_new(int fd)
{
	struct xendmabuf *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	if (pthread_mutex_init(&x->lock, NULL)) {
		free(x);
		return NULL;
	}
	x->fd = fd;
	return x;
}

XDL_API void xendmabuf_close(struct xendmabuf *x)
{
	if (!x)
		return;
	close(x->fd);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

XDL_API int xendmabuf_fd(const struct xendmabuf *x)
{
	return x->fd;
}

void xdl_handle_failed(struct xendmabuf *x, const struct xdl_failure *failure)
{
	pthread_mutex_lock(&x->lock);
	x->failure = *failure;
	pthread_mutex_unlock(&x->lock);
}
