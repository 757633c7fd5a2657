// SPDX-License-Identifier: GPL-2.0-only
/* Shows pictures in a window at a Wayland compositor.
 *
 * A flip is done when the compositor has released the buffer before it
 * (wl_buffer.release) and has drawn a frame.  While the window is hidden neither
 * need happen, but the guest must go on: a flip waits at most FRAME_TIMEOUT for
 * the frame, and RELEASE_TIMEOUT for the buffer.
 *
 * What a guest causes is sent only while the socket has room (is_full()); an image
 * that is to be shown meanwhile is attached later, as before the first configure.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/log.h"
#include "output/wayland.h"
#include "output/wayland-image.h"
#include "output/wayland-toplevel.h"

#define FRAME_TIMEOUT (XDC_NS_PER_S / 4)
/* less than the 3.1 seconds that the stock frontend waits */
#define RELEASE_TIMEOUT (2 * XDC_NS_PER_S)

/* One connector of a guest. */
struct window {
	struct xd_output output;
	struct xd_wl *wl;
	struct xd_wl_user user; /* of wl */
	bool listed; /* among the users of wl */
	struct xd_wl_toplevel toplevel; /* mapped while something is shown */

	uint32_t x, y; /* pixel of images at the upper left of the window */
	struct xd_wl_image *next; /* not attached yet */
	struct xd_wl_image *current; /* attached last */
	struct xd_wl_image *previous; /* not released by the compositor yet */
	struct wl_callback *frame; /* requested, or NULL */
	bool flipping; /* a flip is under way */
	bool drawn; /* since the flip began */
	uint64_t began; /* the flip */
	struct xdc_timer timeout; /* of the flip */
	bool told_kept; /* that the compositor does not release buffers */
};

static struct window *from_output(struct xd_output *o)
{
	return container_of(o, struct window, output);
}

static struct xd_wl_image *from_image(struct xd_image *image)
{
	return container_of(image, struct xd_wl_image, image);
}

/* ---- flips ---- */

static void finish_flip(struct window *w)
{
	w->flipping = false;
	w->previous = NULL;
	xdc_timer_at(&w->timeout, 0);
	w->output.flip_done(&w->output);
}

static void finish_flip_if_done(struct window *w)
{
	if (w->flipping && !w->next && w->drawn && !w->previous)
		finish_flip(w);
}

static void time_out(struct xdc_timer *t)
{
	struct window *w = container_of(t, struct window, timeout);

	if (!w->flipping)
		return;
	/* the window is hidden, or the frame takes too long */
	w->drawn = true;
	if (w->previous &&
	    xdc_loop_now(w->wl->loop) - w->began < RELEASE_TIMEOUT) {
		xdc_timer_at(&w->timeout, w->began + RELEASE_TIMEOUT);
		return;
	}
	if (w->previous && !w->told_kept) {
		w->told_kept = true;
		xdc_log(XDC_WARNING,
			"the compositor at %s does not release buffers of \"%s\": the guest may draw into buffers on screen",
			w->wl->name, w->toplevel.title);
	}
	finish_flip(w);
}

static void frame_done(void *data, struct wl_callback *callback, uint32_t time)
{
	struct window *w = data;

	wl_callback_destroy(callback);
	w->frame = NULL;
	w->drawn = true;
	finish_flip_if_done(w);
}

static const struct wl_callback_listener frame_listener = { .done = frame_done };

static void image_released(struct xd_wl_surface *s, struct xd_wl_image *i)
{
	struct window *w = container_of(s, struct window, toplevel.surface);

	if (w->previous != i)
		return;
	w->previous = NULL;
	finish_flip_if_done(w);
}

/* ---- the window's content ---- */

/* The part of the image that the guest wants, in the size that the compositor wants */
static void fit_image(struct window *w, const struct xd_wl_image *i)
{
	xd_wl_toplevel_fit(&w->toplevel, &i->image, w->x, w->y);
}

static void commit_image(struct window *w)
{
	struct xd_wl_image *i = w->next, *before = w->current;

	w->next = NULL;
	w->current = i;
	i->held = true;
	if (xd_wl_image_is_import(i) && !i->shown)
		w->wl->new_import = xdc_loop_now(w->wl->loop);
	i->shown = true;
	fit_image(w, i);
	wl_surface_attach(w->toplevel.wl_surface, i->buffer, 0, 0);
	wl_surface_damage_buffer(w->toplevel.wl_surface, 0, 0, INT32_MAX,
				 INT32_MAX);
	if (!w->frame) {
		w->frame = wl_surface_frame(w->toplevel.wl_surface);
		wl_callback_add_listener(w->frame, &frame_listener, w);
	}
	wl_surface_commit(w->toplevel.wl_surface);
	w->previous = before && before != i && before->held ? before : NULL;
}

/* The user of the output shows a copy instead */
static void refuse_image(struct window *w, struct xd_wl_image *i, int err)
{
	if (w->next == i) {
		w->next = NULL;
		w->flipping = false;
		xdc_timer_at(&w->timeout, 0);
	}
	w->output.refused(&w->output, &i->image, err);
}

static bool is_full(const struct xd_output *o)
{
	const struct window *w = container_of(o, const struct window, output);

	return w->wl->full && !w->wl->dead;
}

/* Show the next image, or take the next step towards it */
static int show_next(struct window *w)
{
	struct xd_wl_image *i = w->next;

	/* configure_surface() or socket_has_room() calls this again */
	if (!i || !w->toplevel.configured || w->wl->full)
		return 0;
	/* image_ready() calls this again */
	if (!i->buffer)
		return xd_wl_image_ask(i);
	commit_image(w);
	return 0;
}

static void show_next_or_refuse(struct window *w)
{
	struct xd_wl_image *i = w->next;
	int err = show_next(w);

	if (err)
		refuse_image(w, i, err);
}

static void image_ready(struct xd_wl_surface *s, struct xd_wl_image *i, int err)
{
	struct window *w = container_of(s, struct window, toplevel.surface);

	if (err)
		refuse_image(w, i, err);
	else if (w->next == i)
		show_next(w);
}

static void pair_inputs(struct window *w)
{
	if (w->toplevel.wl_surface)
		xd_wl_seats_pair(&w->wl->seats, w->toplevel.wl_surface,
				 w->wl->full);
}

/* ---- the toplevel ---- */

static void show_configured(struct xd_wl_toplevel *t)
{
	struct window *w = container_of(t, struct window, toplevel);

	if (w->next) {
		show_next_or_refuse(w);
	} else if (w->current && w->current->buffer) {
		/* the size may have changed */
		fit_image(w, w->current);
		wl_surface_commit(t->wl_surface);
	}
}

static void map_window(struct window *w)
{
	if (w->wl->ready && !w->wl->full)
		xd_wl_toplevel_map(&w->toplevel, w->wl, w->output.input);
}

static void unmap_window(struct window *w)
{
	if (w->frame)
		wl_callback_destroy(w->frame);
	w->frame = NULL;
	xd_wl_toplevel_unmap(&w->toplevel, w->wl);
}

/* No flip_done() for a flip under way */
static void forget_flip(struct window *w)
{
	w->flipping = false;
	w->next = w->previous = NULL;
	xdc_timer_at(&w->timeout, 0);
}

static int show(struct xd_output *o, struct xd_image *image, uint32_t x,
		uint32_t y)
{
	struct window *w = from_output(o);
	int err;

	forget_flip(w);
	w->x = x;
	w->y = y;
	w->next = from_image(image);
	map_window(w);
	err = show_next(w);
	if (err)
		forget_flip(w);
	xd_wl_flush(w->wl);
	return err;
}

static void off(struct xd_output *o)
{
	struct window *w = from_output(o);

	forget_flip(w);
	w->current = NULL;
	unmap_window(w);
	xd_wl_flush(w->wl);
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	struct window *w = from_output(o);
	int err;

	/* replaces an image that was not attached in time */
	w->next = from_image(image);
	w->flipping = true;
	w->drawn = false;
	w->began = xdc_loop_now(w->wl->loop);
	xdc_timer_at(&w->timeout, w->began + FRAME_TIMEOUT);
	map_window(w);
	err = show_next(w);
	if (err)
		forget_flip(w);
	xd_wl_flush(w->wl);
	return err;
}

static void connection_ready(struct xd_wl_user *u)
{
	struct window *w = container_of(u, struct window, user);

	xd_wl_toplevel_warn(&w->toplevel, w->wl);
	if (w->next)
		map_window(w);
}

static void socket_has_room(struct xd_wl_user *u)
{
	struct window *w = container_of(u, struct window, user);

	if (w->next) {
		map_window(w);
		show_next_or_refuse(w);
	}
	pair_inputs(w);
	w->output.room(&w->output);
}

/* ---- operations ---- */

static void inputs_changed(struct xd_output *o)
{
	struct window *w = from_output(o);

	pair_inputs(w);
	xd_wl_flush(w->wl);
}

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	struct window *w = from_output(o);
	struct xd_wl_image *i;
	int err = xd_wl_image_import(w->wl, &w->toplevel.surface, pic, &i);

	if (!err)
		*image = &i->image;
	return err;
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	struct window *w = from_output(o);
	struct xd_wl_image *i;
	int err = xd_wl_image_shadow(w->wl, &w->toplevel.surface, &i);

	if (!err)
		*image = &i->image;
	return err;
}

static void release(struct xd_output *o, struct xd_image *image)
{
	struct xd_wl_image *i = from_image(image);
	struct window *w = from_output(o);

	if (w->next == i)
		w->next = NULL;
	if (w->previous == i)
		w->previous = NULL;
	if (w->current == i)
		w->current = NULL;
	xd_wl_image_destroy(i);
	xd_wl_flush(w->wl);
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *width, uint32_t *height)
{
	const struct window *w = container_of(o, const struct window, output);
	const char *state = "";

	if (!w->wl->ready)
		state = " (connecting)";
	else if (is_full(o))
		state = " (the compositor does not read)";
	snprintf(buf, len, "a window at %s%s", w->wl->name, state);
	*width = w->toplevel.surface.shown_width;
	*height = w->toplevel.surface.shown_height;
}

static void unlist_window(struct window *w)
{
	if (w->listed)
		LIST_REMOVE(&w->user, entry);
	w->listed = false;
}

static void destroy(struct xd_output *o)
{
	struct window *w = from_output(o);

	off(o);
	unlist_window(w);
	xdc_timer_fini(&w->timeout);
	xd_wl_put(w->wl);
	free(w);
}

/* ---- the end of the connection ---- */

/* The image that the compositor has looked at last, if it is a dma-buf */
static struct xd_wl_image *find_suspect(const struct window *w)
{
	struct xd_wl_image *i = w->next;

	if (!i || (!i->params && !i->buffer))
		i = w->current;
	return i && xd_wl_image_is_import(i) ? i : NULL;
}

static bool owns_object(const struct xd_wl_user *u, uint32_t id)
{
	const struct window *w = container_of(u, const struct window, user);

	return xd_wl_toplevel_owns(&w->toplevel, id) ||
	       (w->next && xd_wl_image_owns(w->next, id)) ||
	       (w->current && xd_wl_image_owns(w->current, id));
}

static bool blame_image(struct xd_wl_user *u, bool any)
{
	struct window *w = container_of(u, struct window, user);
	struct xd_wl_image *i = find_suspect(w);

	if (!i && !any)
		return false;
	w->output.broke(&w->output, i ? &i->image : NULL, w->wl->why);
	return true;
}

static void connection_lost(struct xd_wl_user *u)
{
	struct window *w = container_of(u, struct window, user);

	unlist_window(w);
	w->output.lost(&w->output);
}

static const char *target(const struct xd_output *o)
{
	return container_of(o, const struct window, output)->wl->name;
}

static uint64_t new_import(const struct xd_output *o)
{
	return container_of(o, struct window, output)->wl->new_import;
}

static const struct xd_output_ops ops = {
	.name = "Wayland",
	.destroy = destroy,
	.import = import,
	.shadow = shadow,
	.release = release,
	.show = show,
	.off = off,
	.flip = flip,
	.describe = describe,
	.target = target,
	.is_full = is_full,
	.new_import = new_import,
	.inputs_changed = inputs_changed,
};

int xd_wayland_open(struct xdc_loop *loop, struct xd_owner *owner,
		    const struct xd_policy *policy, uint32_t width,
		    uint32_t height, struct xd_output **out,
		    struct xdc_reason *why)
{
	struct window *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	w->output.ops = &ops;
	w->output.maps_images = true;
	/* the compositor reads a buffer only after a commit */
	w->output.needs_flips = true;
	xd_wl_toplevel_init(&w->toplevel, policy, width, height, w->output.why);
	w->toplevel.configure = show_configured;
	w->toplevel.surface.image_ready = image_ready;
	w->toplevel.surface.image_released = image_released;
	w->user.ready = connection_ready;
	w->user.room = socket_has_room;
	w->user.owns = owns_object;
	w->user.broke = blame_image;
	w->user.lost = connection_lost;
	xdc_timer_init(loop, &w->timeout, time_out);
	err = xd_wl_get(loop, owner, policy->wayland_display, &w->wl, why);
	if (err) {
		free(w);
		return err;
	}
	LIST_INSERT_HEAD(&w->wl->users, &w->user, entry);
	w->listed = true;
	if (w->wl->ready)
		xd_wl_toplevel_warn(&w->toplevel, w->wl);
	*out = &w->output;
	return 0;
}
