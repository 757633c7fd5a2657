// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "host/own.h"
#include "host/panel.h"

static int send_pixel_pool(struct xwl_bridge *b, struct xwl_object **pool)
{
	int fd = memfd_create("xen-wayland-colour", MFD_CLOEXEC);
	uint32_t pixel = 0xff000000U | b->policy->colour;
	struct xwl_message m;
	int err;

	if (fd < 0 || write(fd, &pixel, sizeof(pixel)) != sizeof(pixel)) {
		if (fd >= 0)
			close(fd);
		return xdc_reason_set(&b->why, -ENOMEM, "no memory for frames");
	}
	err = xwl_own_begin(b, b->shm, "create_pool", &m, pool);
	if (err) {
		close(fd);
		return err;
	}
	m.args[1].fd = fd;
	m.args[2].i = sizeof(pixel);
	return b->ops->to_compositor(b, &m);
}

int xwl_panel_colour(struct xwl_bridge *b)
{
	struct xwl_object *pool;
	struct xwl_message m;
	int err;

	if (b->colour)
		return 0;
	err = send_pixel_pool(b, &pool);
	if (!err)
		err = xwl_own_begin(b, pool, "create_buffer", &m, &b->colour);
	if (err)
		return err;
	m.args[1].i = 0;
	m.args[2].i = m.args[3].i = 1;
	m.args[4].i = sizeof(uint32_t);
	m.args[5].u = WL_SHM_FORMAT_XRGB8888;
	err = b->ops->to_compositor(b, &m);
	xwl_own_destroy(b, &pool);
	return err;
}

/* An empty region: clicks are for what is below */
static int refuse_input(struct xwl_bridge *b, const struct xwl_object *surface)
{
	struct xwl_object *region;
	int err = xwl_own_make(b, b->surfaces, "create_region", &region);

	if (!err)
		err = xwl_own_send(b, surface, "set_input_region",
				   (int32_t)region->id, 0);
	if (!err)
		xwl_own_destroy(b, &region);
	return err;
}

int xwl_panel_make(struct xwl_bridge *b, const struct xwl_object *parent,
		   struct xwl_panel *p)
{
	int err = xwl_own_make(b, b->surfaces, "create_surface", &p->surface);

	if (!err)
		err = xwl_own_make_of(b, b->viewporter, "get_viewport",
				      p->surface, NULL, &p->viewport);
	if (!err)
		err = refuse_input(b, p->surface);
	if (!err && parent)
		err = xwl_own_make_of(b, b->subsurfaces, "get_subsurface",
				      p->surface, parent, &p->subsurface);
	return err;
}

int xwl_panel_place(struct xwl_bridge *b, const struct xwl_panel *p,
		    const struct xwl_rectangle *at)
{
	struct xwl_message m;
	int err = xwl_own_send(b, p->viewport, "set_destination", at->width,
			       at->height);

	if (!err && p->subsurface)
		err = xwl_own_send(b, p->subsurface, "set_position", at->x,
				   at->y);
	if (!err)
		err = xwl_own_send(b, p->surface, "attach",
				   (int32_t)b->colour->id, 0);
	if (err)
		return err;
	xwl_bridge_request(p->surface, "damage", &m);
	m.args[2].i = at->width;
	m.args[3].i = at->height;
	err = b->ops->to_compositor(b, &m);
	/* a strip's waits for the frame's own */
	return err || !p->subsurface
		       ? err
		       : xwl_own_send(b, p->surface, "commit", 0, 0);
}

void xwl_panel_destroy(struct xwl_bridge *b, struct xwl_panel *p)
{
	xwl_own_destroy(b, &p->viewport);
	xwl_own_destroy(b, &p->subsurface);
	xwl_own_destroy(b, &p->surface);
}
