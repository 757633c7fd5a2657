// SPDX-License-Identifier: GPL-2.0-only
/* A window of a Wayland compositor's.
 *
 * A flip is done when the compositor has let go of the buffer before it
 * (wl_buffer.release) and drawn a frame.  Neither need happen while nobody
 * sees the window, and a guest must not stand still for that: HIDDEN is how
 * long a flip waits to be drawn, KEPT how long for a buffer to be let go of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/log.h"
#include "output/wayland.h"
#include "output/wayland-image.h"

#define HIDDEN (XDC_NS_PER_S / 4)
/* below what the stock frontend waits, which is 3.1 seconds */
#define KEPT (2 * XDC_NS_PER_S)

/* One connector of a guest.  Its wl_surface exists while something is shown. */
struct xd_wl_window {
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
	uint32_t want_width, want_height; /* by the compositor; 0: as we like */
	bool fullscreen; /* no larger than that; otherwise exactly that */

	uint32_t x, y; /* of images, at the upper left corner */
	struct xd_wl_image *coming; /* to be put up */
	struct xd_wl_image *shown; /* put up last */
	struct xd_wl_image *leaving; /* the compositor has still to release it */
	struct wl_callback *frame; /* asked for, never more than one */
	bool drawn; /* since the flip began */
	bool flying; /* a flip is under way */
	uint64_t began; /* the flip */
	struct xdc_timer patience;
	bool told_kept; /* that the compositor keeps buffers */
};

static struct xd_wl_window *from_output(struct xd_output *o)
{
	return container_of(o, struct xd_wl_window, output);
}

static struct xd_wl_image *from_image(struct xd_image *image)
{
	return container_of(image, struct xd_wl_image, image);
}

/* ---- flips ---- */

static void land(struct xd_wl_window *w)
{
	w->flying = false;
	w->leaving = NULL;
	xdc_timer_at(&w->patience, 0);
	w->output.flip_done(&w->output);
}

static void land_if_done(struct xd_wl_window *w)
{
	if (w->flying && !w->coming && w->drawn && !w->leaving)
		land(w);
}

static void impatient(struct xdc_timer *t)
{
	struct xd_wl_window *w = container_of(t, struct xd_wl_window, patience);

	if (!w->flying)
		return;
	/* it is not seen, or its time to be drawn is over */
	w->drawn = true;
	if (w->leaving && xdc_now() - w->began < KEPT) {
		xdc_timer_at(&w->patience, w->began + KEPT);
		return;
	}
	if (w->leaving && !w->told_kept) {
		w->told_kept = true;
		xdc_log(XDC_WARNING,
			"the compositor at %s keeps buffers of \"%s\": the guest draws into them nevertheless",
			w->wl->name, w->title);
	}
	land(w);
}

static void drawn(void *data, struct wl_callback *callback, uint32_t time)
{
	struct xd_wl_window *w = data;

	wl_callback_destroy(callback);
	w->frame = NULL;
	w->drawn = true;
	land_if_done(w);
}

static const struct wl_callback_listener frame_listener = { .done = drawn };

static void image_released(struct xd_wl_surface *s, struct xd_wl_image *i)
{
	struct xd_wl_window *w = container_of(s, struct xd_wl_window, surface);

	if (w->leaving != i)
		return;
	w->leaving = NULL;
	land_if_done(w);
}

/* ---- what is in the window ---- */

/* The window is as large as the compositor wants it, and so is the picture */
static void place(struct xd_wl_window *w, const struct xd_image *image)
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
	/* a full screen has black borders rather than a wrong shape */
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

static void commit(struct xd_wl_window *w)
{
	struct xd_wl_image *i = w->coming, *before = w->shown;

	w->coming = NULL;
	w->shown = i;
	i->held = true;
	place(w, &i->image);
	wl_surface_attach(w->wl_surface, i->buffer, 0, 0);
	wl_surface_damage_buffer(w->wl_surface, 0, 0, INT32_MAX, INT32_MAX);
	if (!w->frame) {
		w->frame = wl_surface_frame(w->wl_surface);
		wl_callback_add_listener(w->frame, &frame_listener, w);
	}
	wl_surface_commit(w->wl_surface);
	w->leaving = before && before != i && before->held ? before : NULL;
}

/* It cannot be shown; whoever asked for it shows a copy */
static void refuse(struct xd_wl_window *w, struct xd_wl_image *i, int err)
{
	if (w->coming == i) {
		w->coming = NULL;
		w->flying = false;
		xdc_timer_at(&w->patience, 0);
	}
	w->output.refused(&w->output, &i->image, err);
}

/* As far as it goes now; the compositor's answers bring it on */
static int advance(struct xd_wl_window *w)
{
	struct xd_wl_image *i = w->coming;

	if (!i || !w->configured)
		return 0;
	/* comes back here when it is there */
	if (!i->buffer)
		return xd_wl_image_ask(i);
	commit(w);
	return 0;
}

static void advance_or_refuse(struct xd_wl_window *w)
{
	struct xd_wl_image *i = w->coming;
	int err = advance(w);

	if (err)
		refuse(w, i, err);
}

static void image_ready(struct xd_wl_surface *s, struct xd_wl_image *i, int err)
{
	struct xd_wl_window *w = container_of(s, struct xd_wl_window, surface);

	if (err)
		refuse(w, i, err);
	else if (w->coming == i)
		advance(w);
}

/* ---- the window ---- */

static void configure_toplevel(void *data, struct xdg_toplevel *toplevel,
			       int32_t width, int32_t height,
			       struct wl_array *states)
{
	struct xd_wl_window *w = data;
	uint32_t *state;

	w->want_width = width > 0 ? (uint32_t)width : 0;
	w->want_height = height > 0 ? (uint32_t)height : 0;
	w->fullscreen = false;
	wl_array_for_each(state,
			  states) if (*state == XDG_TOPLEVEL_STATE_FULLSCREEN)
		w->fullscreen = true;
}

/* The guest goes on; it is for whoever runs the guest to end it */
static void close_toplevel(void *data, struct xdg_toplevel *toplevel)
{
	struct xd_wl_window *w = data;

	xdc_log(XDC_INFO, "\"%s\" is not closed: its guest shows it", w->title);
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = configure_toplevel,
	.close = close_toplevel,
};

static void configure(void *data, struct xdg_surface *surface, uint32_t serial)
{
	struct xd_wl_window *w = data;

	xdg_surface_ack_configure(surface, serial);
	w->configured = true;
	if (w->coming) {
		advance_or_refuse(w);
	} else if (w->shown && w->shown->buffer) {
		/* its size alone may have changed */
		place(w, &w->shown->image);
		wl_surface_commit(w->wl_surface);
	}
}

static const struct xdg_surface_listener surface_listener = {
	.configure = configure,
};

static void map(struct xd_wl_window *w)
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
	/* a guest has the one mode */
	xdg_toplevel_set_min_size(w->toplevel, (int32_t)w->surface.width,
				  (int32_t)w->surface.height);
	xdg_toplevel_set_max_size(w->toplevel, (int32_t)w->surface.width,
				  (int32_t)w->surface.height);
	if (wl->viewporter)
		w->viewport = wp_viewporter_get_viewport(wl->viewporter,
							 w->wl_surface);
	/* without a picture: asks for configure() */
	wl_surface_commit(w->wl_surface);
}

static void unmap(struct xd_wl_window *w)
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

/* Nobody waits for what was under way */
static void forget_flip(struct xd_wl_window *w)
{
	w->flying = false;
	w->coming = w->leaving = NULL;
	xdc_timer_at(&w->patience, 0);
}

static int show(struct xd_output *o, struct xd_image *image, uint32_t x,
		uint32_t y)
{
	struct xd_wl_window *w = from_output(o);
	int err;

	forget_flip(w);
	w->x = x;
	w->y = y;
	w->coming = from_image(image);
	map(w);
	err = advance(w);
	if (err)
		forget_flip(w);
	xd_wl_flush(w->wl);
	return err;
}

static void off(struct xd_output *o)
{
	struct xd_wl_window *w = from_output(o);

	forget_flip(w);
	w->shown = NULL;
	unmap(w);
	xd_wl_flush(w->wl);
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	struct xd_wl_window *w = from_output(o);
	int err;

	/* what the compositor does not read would only pile up */
	if (w->wl->full)
		return -EBUSY;
	/* of one that was not put up in time, the newer one is */
	w->coming = from_image(image);
	w->flying = true;
	w->drawn = false;
	w->began = xdc_now();
	xdc_timer_at(&w->patience, w->began + HIDDEN);
	map(w);
	err = advance(w);
	if (err)
		forget_flip(w);
	xd_wl_flush(w->wl);
	return err;
}

static void ready(struct xd_wl_user *u)
{
	struct xd_wl_window *w = container_of(u, struct xd_wl_window, user);

	if (w->coming)
		map(w);
}

/* ---- the rest ---- */

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	struct xd_wl_window *w = from_output(o);
	struct xd_wl_image *i;
	int err = xd_wl_image_import(w->wl, &w->surface, pic, &i);

	if (!err)
		*image = &i->image;
	return err;
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	struct xd_wl_window *w = from_output(o);
	struct xd_wl_image *i;
	int err = xd_wl_image_shadow(w->wl, &w->surface, &i);

	if (!err)
		*image = &i->image;
	return err;
}

static void release(struct xd_output *o, struct xd_image *image)
{
	struct xd_wl_image *i = from_image(image);
	struct xd_wl_window *w = from_output(o);

	if (w->coming == i)
		w->coming = NULL;
	if (w->leaving == i)
		w->leaving = NULL;
	if (w->shown == i)
		w->shown = NULL;
	xd_wl_image_destroy(i);
	xd_wl_flush(w->wl);
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *width, uint32_t *height)
{
	const struct xd_wl_window *w =
		container_of(o, const struct xd_wl_window, output);

	snprintf(buf, len, "a window at %s%s", w->wl->name,
		 w->wl->ready ? "" : " (connecting)");
	*width = w->surface.shown_width;
	*height = w->surface.shown_height;
}

static void unlist_window(struct xd_wl_window *w)
{
	if (w->listed)
		LIST_REMOVE(&w->user, entry);
	w->listed = false;
}

static void destroy(struct xd_output *o)
{
	struct xd_wl_window *w = from_output(o);

	off(o);
	unlist_window(w);
	xdc_timer_fini(&w->patience);
	xd_wl_put(w->wl);
	free(w);
}

static void lost(struct xd_wl_user *u)
{
	struct xd_wl_window *w = container_of(u, struct xd_wl_window, user);

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
	struct xd_wl_window *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	w->output.ops = &ops;
	/* the compositor looks at the memory when it is told to */
	w->output.needs_flips = true;
	w->surface.width = width;
	w->surface.height = height;
	w->surface.image_ready = image_ready;
	w->surface.image_released = image_released;
	w->user.ready = ready;
	w->user.lost = lost;
	snprintf(w->app_id, sizeof(w->app_id), "%s", policy->app_id);
	snprintf(w->title, sizeof(w->title), "%s", policy->title);
	err = xdc_timer_init(loop, &w->patience, impatient);
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
	xdc_timer_fini(&w->patience);
free_window:
	free(w);
	return err;
}
