// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "host/bridge/own.h"
#include "host/windows/colour.h"

/* A strip of 8192 x 64; what is larger is scaled up */
#define PIXELS_MAX (1U << 19)
#define PIECE 1024U /* pixels, written at once */

_Static_assert(PIXELS_MAX < 1U << XWL_COLOUR_SIDES, "no side is longer");

/* Sides are powers of two, so that a window that is resized needs few buffers */
static unsigned int round_up(int32_t side)
{
	unsigned int log = 0;

	while (log < XWL_COLOUR_SIDES - 1 && 1 << log < side)
		log++;
	return log;
}

static int open_memory(struct xwl_colour *c)
{
	if (!c->opened)
		c->fd = memfd_create("xen-wayland-colour", MFD_CLOEXEC);
	c->opened = c->opened || c->fd >= 0;
	return c->opened ? 0 : -errno;
}

static int fill_memory(struct xwl_colour *c, uint32_t colour, uint32_t pixels)
{
	uint32_t piece[PIECE];
	unsigned int i;

	for (i = 0; i < PIECE; i++)
		piece[i] = 0xff000000U | colour;
	for (; c->pixels < pixels; c->pixels += PIECE)
		if (write(c->fd, piece, sizeof(piece)) != sizeof(piece))
			return -ENOMEM;
	return 0;
}

/* The compositor gets a descriptor of its own */
static int prepare_memory(struct xwl_bridge *b, uint32_t pixels, int *fd)
{
	struct xwl_colour *c = &b->colour;
	int err = open_memory(c);

	if (!err)
		err = fill_memory(c, b->policy->colour, pixels);
	*fd = err ? -1 : fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? xdc_reason_set(&b->why, -ENOMEM,
					"no memory for frames")
		       : 0;
}

static int send_pool(struct xwl_bridge *b, uint32_t pixels,
		     struct xwl_object **pool)
{
	struct xwl_message m;
	int fd, err = prepare_memory(b, pixels, &fd);

	if (err)
		return err;
	err = xwl_own_begin(b, b->shm, "create_pool", &m, pool);
	if (err) {
		close(fd);
		return err;
	}
	m.args[1].fd = fd;
	m.args[2].i = (int32_t)(pixels * sizeof(uint32_t));
	return b->ops->to_compositor(b, &m);
}

static int send_buffer(struct xwl_bridge *b, uint32_t width, uint32_t height,
		       struct xwl_object **buffer)
{
	struct xwl_object *pool;
	struct xwl_message m;
	int err = send_pool(b, width * height, &pool);

	if (!err)
		err = xwl_own_begin(b, pool, "create_buffer", &m, buffer);
	if (err)
		return err;
	m.args[1].i = 0;
	m.args[2].i = (int32_t)width;
	m.args[3].i = (int32_t)height;
	m.args[4].i = (int32_t)(width * sizeof(uint32_t));
	m.args[5].u = WL_SHM_FORMAT_XRGB8888;
	err = b->ops->to_compositor(b, &m);
	xwl_own_destroy(b, &pool);
	return err;
}

int xwl_colour_get(struct xwl_bridge *b, int32_t width, int32_t height,
		   const struct xwl_object **buffer)
{
	unsigned int w = round_up(width), h = round_up(height);
	struct xwl_object **place;
	int err = 0;

	while ((UINT64_C(1) << (w + h)) > PIXELS_MAX)
		if (w > h)
			w--;
		else
			h--;
	place = &b->colour.buffers[w][h];
	if (!*place)
		err = send_buffer(b, 1U << w, 1U << h, place);
	*buffer = *place;
	return err;
}

void xwl_colour_fini(struct xwl_bridge *b)
{
	if (b->colour.opened)
		close(b->colour.fd);
}
