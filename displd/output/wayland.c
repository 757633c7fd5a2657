// SPDX-License-Identifier: GPL-2.0-only
/* Shows pictures in a window at a Wayland compositor.
 *
 * A flip is done when the compositor has released the buffer before it
 * (wl_buffer.release) and has drawn a frame.  While the window is hidden neither
 * need happen, but the guest must go on: a flip waits at most FRAME_TIMEOUT for
 * the frame, and RELEASE_TIMEOUT for the buffer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/log.h"
#include "output/wayland.h"
#include "output/wayland-image.h"

#define FRAME_TIMEOUT (XDC_NS_PER_S / 4)
/* less than the 3.1 seconds that the stock frontend waits */
#define RELEASE_TIMEOUT (2 * XDC_NS_PER_S)

/* One connector of a guest.  Its wl_surface exists while something is shown. */
struct window {
	struct xd_output output;
	struct xd_wl *wl;
	struct xd_wl_user user; /* of wl */
	bool listed; /* among the users of wl */
	struct xd_wl_surface surface;
	char app_id[XD_TEXT_MAX], title[XD_TEXT_MAX];

	struct wl_surface *wl_surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wp_viewport *viewport;
	bool configured;
	/* asked for by the compositor; 0: any size */
	uint32_t want_width, want_height;
	bool fullscreen; /* that is the maximum; otherwise the exact size */

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
	if (w->previous && xdc_now() - w->began < RELEASE_TIMEOUT) {
		xdc_timer_at(&w->timeout, w->began + RELEASE_TIMEOUT);
		return;
	}
	if (w->previous && !w->told_kept) {
		w->told_kept = true;
		xdc_log(XDC_WARNING,
			"the compositor at %s does not release buffers of \"%s\": the guest may draw into buffers on screen",
			w->wl->name, w->title);
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
	struct window *w = container_of(s, struct window, surface);

	if (w->previous != i)
		return;
	w->previous = NULL;
	finish_flip_if_done(w);
}

/* ---- the window's content ---- */

/* Scale the picture to the size that the compositor asked for */
static void set_viewport(struct window *w, const struct xd_image *image)
{
	uint32_t x = image->pixels ? 0 : w->x, y = image->pixels ? 0 : w->y;
	uint64_t width = w->surface.width, height = w->surface.height;

	w->surface.shown_width = w->surface.width;
	w->surface.shown_height = w->surface.height;
	if (!w->viewport)
		return;
	if (w->want_width && w->want_height) {
		width = w->want_width;
		height = w->want_height;
	}
	/* keep the aspect ratio: the compositor adds black borders */
	if (w->fullscreen &&
	    width * w->surface.height > height * w->surface.width)
		width = height * w->surface.width / w->surface.height;
	else if (w->fullscreen)
		height = width * w->surface.height / w->surface.width;
	w->surface.shown_width = width ? (uint32_t)width : 1;
	w->surface.shown_height = height ? (uint32_t)height : 1;
	if (x > image->width - w->surface.width)
		x = image->width - w->surface.width;
	if (y > image->height - w->surface.height)
		y = image->height - w->surface.height;
	wp_viewport_set_source(w->viewport, wl_fixed_from_int((int)x),
			       wl_fixed_from_int((int)y),
			       wl_fixed_from_int((int)w->surface.width),
			       wl_fixed_from_int((int)w->surface.height));
	wp_viewport_set_destination(w->viewport,
				    (int32_t)w->surface.shown_width,
				    (int32_t)w->surface.shown_height);
}

static void commit_image(struct window *w)
{
	struct xd_wl_image *i = w->next, *before = w->current;

	w->next = NULL;
	w->current = i;
	i->held = true;
	set_viewport(w, &i->image);
	wl_surface_attach(w->wl_surface, i->buffer, 0, 0);
	wl_surface_damage_buffer(w->wl_surface, 0, 0, INT32_MAX, INT32_MAX);
	if (!w->frame) {
		w->frame = wl_surface_frame(w->wl_surface);
		wl_callback_add_listener(w->frame, &frame_listener, w);
	}
	wl_surface_commit(w->wl_surface);
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

/* Show the next image, or take the next step towards it */
static int show_next(struct window *w)
{
	struct xd_wl_image *i = w->next;

	if (!i || !w->configured)
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
	struct window *w = container_of(s, struct window, surface);

	if (err)
		refuse_image(w, i, err);
	else if (w->next == i)
		show_next(w);
}

/* ---- the toplevel ---- */

static void configure_toplevel(void *data, struct xdg_toplevel *toplevel,
			       int32_t width, int32_t height,
			       struct wl_array *states)
{
	struct window *w = data;
	uint32_t *state;

	w->want_width = width > 0 ? (uint32_t)width : 0;
	w->want_height = height > 0 ? (uint32_t)height : 0;
	w->fullscreen = false;
	wl_array_for_each(state, states)
		if (*state == XDG_TOPLEVEL_STATE_FULLSCREEN)
			w->fullscreen = true;
}

/* Windows end with their guests, which the toolstack shuts down */
static void close_toplevel(void *data, struct xdg_toplevel *toplevel)
{
	struct window *w = data;

	xdc_log(XDC_INFO, "\"%s\": close ignored: guest still running",
		w->title);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = configure_toplevel,
	.close = close_toplevel,
};

static void configure_surface(void *data, struct xdg_surface *surface,
			      uint32_t serial)
{
	struct window *w = data;

	xdg_surface_ack_configure(surface, serial);
	w->configured = true;
	if (w->next) {
		show_next_or_refuse(w);
	} else if (w->current && w->current->buffer) {
		/* the size may have changed */
		set_viewport(w, &w->current->image);
		wl_surface_commit(w->wl_surface);
	}
}

static const struct xdg_surface_listener surface_listener = {
	.configure = configure_surface,
};

static void map_window(struct window *w)
{
	struct xd_wl *wl = w->wl;

	if (w->wl_surface || !wl->ready)
		return;
	w->wl_surface = wl_compositor_create_surface(wl->compositor);
	wl_surface_set_user_data(w->wl_surface, &w->surface);
	w->surface.input = w->output.input;
	w->xdg_surface = xdg_wm_base_get_xdg_surface(wl->shell, w->wl_surface);
	xdg_surface_add_listener(w->xdg_surface, &surface_listener, w);
	w->toplevel = xdg_surface_get_toplevel(w->xdg_surface);
	xdg_toplevel_add_listener(w->toplevel, &toplevel_listener, w);
	xdg_toplevel_set_app_id(w->toplevel, w->app_id);
	xdg_toplevel_set_title(w->toplevel, w->title);
	/* a guest's connector has one mode */
	xdg_toplevel_set_min_size(w->toplevel, (int32_t)w->surface.width,
				  (int32_t)w->surface.height);
	xdg_toplevel_set_max_size(w->toplevel, (int32_t)w->surface.width,
				  (int32_t)w->surface.height);
	if (wl->viewporter)
		w->viewport = wp_viewporter_get_viewport(wl->viewporter,
							 w->wl_surface);
	/* without a buffer: the compositor answers by configure_surface() */
	wl_surface_commit(w->wl_surface);
}

static void unmap_window(struct window *w)
{
	if (!w->wl_surface)
		return;
	xd_wl_seats_forget(&w->wl->seats, &w->surface);
	if (w->frame)
		wl_callback_destroy(w->frame);
	if (w->viewport)
		wp_viewport_destroy(w->viewport);
	xdg_toplevel_destroy(w->toplevel);
	xdg_surface_destroy(w->xdg_surface);
	wl_surface_destroy(w->wl_surface);
	w->frame = NULL;
	w->viewport = NULL;
	w->toplevel = NULL;
	w->xdg_surface = NULL;
	w->wl_surface = NULL;
	w->configured = false;
	w->want_width = w->want_height = 0;
	w->surface.shown_width = w->surface.shown_height = 0;
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

	/* requests to a compositor that does not read would pile up */
	if (w->wl->full)
		return -EBUSY;
	/* replaces an image that was not attached in time */
	w->next = from_image(image);
	w->flipping = true;
	w->drawn = false;
	w->began = xdc_now();
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

	if (w->next)
		map_window(w);
}

/* ---- operations ---- */

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	struct window *w = from_output(o);
	struct xd_wl_image *i;
	int err = xd_wl_image_import(w->wl, &w->surface, pic, &i);

	if (!err)
		*image = &i->image;
	return err;
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	struct window *w = from_output(o);
	struct xd_wl_image *i;
	int err = xd_wl_image_shadow(w->wl, &w->surface, &i);

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

	snprintf(buf, len, "a window at %s%s", w->wl->name,
		 w->wl->ready ? "" : " (connecting)");
	*width = w->surface.shown_width;
	*height = w->surface.shown_height;
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

static void connection_lost(struct xd_wl_user *u)
{
	struct window *w = container_of(u, struct window, user);

	unlist_window(w);
	w->output.lost(&w->output);
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
};

int xd_wayland_open(struct xdc_loop *loop, const struct xd_policy *policy,
		    uint32_t width, uint32_t height, struct xd_output **out,
		    struct xdc_reason *why)
{
	struct window *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	w->output.ops = &ops;
	/* the compositor reads a buffer only after a commit */
	w->output.needs_flips = true;
	w->surface.width = width;
	w->surface.height = height;
	w->surface.image_ready = image_ready;
	w->surface.image_released = image_released;
	w->user.ready = connection_ready;
	w->user.lost = connection_lost;
	snprintf(w->app_id, sizeof(w->app_id), "%s", policy->app_id);
	snprintf(w->title, sizeof(w->title), "%s", policy->title);
	err = xdc_timer_init(loop, &w->timeout, time_out);
	if (err) {
		xdc_reason_set(why, err, "no timer: %s", strerror(-err));
		goto free_window;
	}
	err = xd_wl_get(loop, policy->wayland_display, &w->wl, why);
	if (err)
		goto fini_timer;
	LIST_INSERT_HEAD(&w->wl->users, &w->user, entry);
	w->listed = true;
	*out = &w->output;
	return 0;

fini_timer:
	xdc_timer_fini(&w->timeout);
free_window:
	free(w);
	return err;
}
