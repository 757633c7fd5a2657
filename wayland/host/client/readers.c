// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/container_of.h"
#include "host/client/readers.h"

struct xwl_reader {
	LIST_ENTRY(xwl_reader) entry;
	struct xdc_loop *loop;
	struct xdc_source source; /* a descriptor of its own: the buffer may go */
	uint32_t buffer, serial;
	xwl_readers_gone *gone;
	void *owner;
};

static void forget_reader(struct xwl_reader *r)
{
	LIST_REMOVE(r, entry);
	xdc_loop_remove(r->loop, &r->source);
	close(r->source.fd);
	free(r);
}

static void can_be_written(struct xdc_source *s, uint32_t events)
{
	struct xwl_reader *r = container_of(s, struct xwl_reader, source);
	uint32_t buffer = r->buffer, serial = r->serial;
	xwl_readers_gone *gone = r->gone;
	void *owner = r->owner;

	forget_reader(r);
	gone(owner, buffer, serial);
}

int xwl_readers_await(struct xdc_loop *loop, struct xwl_readers *list, int fd,
		      const struct xwl_object *buffer, xwl_readers_gone *gone,
		      void *owner)
{
	struct xwl_reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->buffer = buffer->id;
	r->serial = buffer->serial;
	r->gone = gone;
	r->owner = owner;
	r->source.ready = can_be_written;
	r->source.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	err = r->source.fd < 0 ? -errno
			       : xdc_loop_add(loop, &r->source, EPOLLOUT);
	if (err) {
		if (r->source.fd >= 0)
			close(r->source.fd);
		free(r);
		return err;
	}
	LIST_INSERT_HEAD(list, r, entry);
	return 0;
}

void xwl_readers_forget(struct xwl_readers *list)
{
	while (LIST_FIRST(list))
		forget_reader(LIST_FIRST(list));
}
