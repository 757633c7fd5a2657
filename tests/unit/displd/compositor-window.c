// SPDX-License-Identifier: GPL-2.0-only
#include "compositor-parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/container_of.h"

#include "viewporter-server-protocol.h"
#include "xdg-shell-server-protocol.h"

#define FRAMES 8

/* A buffer, until it is destroyed */
struct kept {
	struct wl_resource *buffer; /* or NULL */
	struct wl_listener gone;
};

static struct window {
	struct wl_resource *surface; /* NULL: this entry is free */
	struct wl_resource *xdg_surface, *toplevel;
	struct kept attached, current, held;
	struct wl_resource *frames[FRAMES];
	struct compositor_window *seen; /* what the test sees of it */
} windows[COMPOSITOR_WINDOWS];

static void buffer_gone(struct wl_listener *l, void *data)
{
	container_of(l, struct kept, gone)->buffer = NULL;
}

static void keep_buffer(struct kept *k, struct wl_resource *buffer)
{
	if (k->buffer)
		wl_list_remove(&k->gone.link);
	k->buffer = buffer;
	k->gone.notify = buffer_gone;
	if (buffer)
		wl_resource_add_destroy_listener(buffer, &k->gone);
}

struct wl_resource *compositor_surface(void)
{
	return windows[0].surface;
}

/* ---- surfaces ---- */

static void attach(struct wl_client *client, struct wl_resource *r,
		   struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct window *w = wl_resource_get_user_data(r);

	keep_buffer(&w->attached, buffer);
}

static void damage(struct wl_client *client, struct wl_resource *r, int32_t x,
		   int32_t y, int32_t width, int32_t height)
{
}

static void frame_gone(struct wl_resource *r)
{
	struct wl_resource **at = wl_resource_get_user_data(r);

	*at = NULL;
	comp.frames_pending--;
}

static void frame(struct wl_client *client, struct wl_resource *r, uint32_t id)
{
	struct window *w = wl_resource_get_user_data(r);
	unsigned int i;

	for (i = 0; i < FRAMES && w->frames[i]; i++)
		;
	assert(i < FRAMES);
	w->frames[i] =
		wl_resource_create(client, &wl_callback_interface, 1, id);
	wl_resource_set_implementation(w->frames[i], NULL, &w->frames[i],
				       frame_gone);
	comp.frames_pending++;
}

static void draw_window(struct window *w)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		if (!w->frames[i])
			continue;
		wl_callback_send_done(w->frames[i], 0);
		wl_resource_destroy(w->frames[i]);
	}
}

void compositor_draw(void)
{
	unsigned int i;

	for (i = 0; i < COMPOSITOR_WINDOWS; i++)
		draw_window(&windows[i]);
}

static void release_held(struct window *w)
{
	if (w->held.buffer)
		wl_buffer_send_release(w->held.buffer);
	keep_buffer(&w->held, NULL);
}

void compositor_release(void)
{
	unsigned int i;

	for (i = 0; i < COMPOSITOR_WINDOWS; i++)
		release_held(&windows[i]);
}

static void configure_window(struct window *w)
{
	struct wl_array states;

	wl_array_init(&states);
	if (comp.fullscreen)
		*(uint32_t *)wl_array_add(&states, 4) =
			XDG_TOPLEVEL_STATE_FULLSCREEN;
	xdg_toplevel_send_configure(w->toplevel, comp.width, comp.height,
				    &states);
	xdg_surface_send_configure(w->xdg_surface, 1);
	wl_array_release(&states);
}

void compositor_configure(void)
{
	unsigned int i;

	for (i = 0; i < COMPOSITOR_WINDOWS; i++)
		if (windows[i].toplevel)
			configure_window(&windows[i]);
}

static void note_buffer(struct compositor_window *seen,
			struct wl_resource *buffer)
{
	struct wl_shm_buffer *shm = wl_shm_buffer_get(buffer);
	struct compositor_dmabuf *d;

	seen->shown = true;
	seen->is_dmabuf = !shm;
	if (shm) {
		seen->buffer_width = wl_shm_buffer_get_width(shm);
		seen->buffer_height = wl_shm_buffer_get_height(shm);
		wl_shm_buffer_begin_access(shm);
		seen->first_pixel = *(uint32_t *)wl_shm_buffer_get_data(shm);
		wl_shm_buffer_end_access(shm);
		return;
	}
	d = wl_resource_get_user_data(buffer);
	seen->buffer_width = d->width;
	seen->buffer_height = d->height;
	seen->fourcc = d->fourcc;
	seen->offset = d->offset;
	seen->pitch = d->pitch;
	seen->modifier = d->modifier;
}

void compositor_error(void)
{
	wl_resource_post_error(windows[0].surface, 1, "no reason");
}

/* True: the client is in error, or gone */
static bool fail_client(struct wl_client *client, struct window *w)
{
	if (wl_shm_buffer_get(w->attached.buffer))
		return false;
	switch (comp.fault) {
	case FAULT_SURFACE:
		wl_resource_post_error(w->surface, 2, "cannot draw the buffer");
		return true;
	case FAULT_DISPLAY:
		wl_client_post_no_memory(client);
		return true;
	case FAULT_HANG_UP:
		/* its end comes after this request */
		shutdown(wl_client_get_fd(client), SHUT_RDWR);
		return true;
	default:
		return false;
	}
}

static void commit(struct wl_client *client, struct wl_resource *r)
{
	struct window *w = wl_resource_get_user_data(r);
	struct wl_resource *before = w->current.buffer;

	comp.commits++;
	if (w->attached.buffer) {
		if (fail_client(client, w))
			return;
		keep_buffer(&w->current, w->attached.buffer);
		keep_buffer(&w->attached, NULL);
		note_buffer(w->seen, w->current.buffer);
		if (before && before != w->current.buffer) {
			keep_buffer(&w->held, before);
			if (!comp.hold)
				release_held(w);
		}
	} else if (!w->seen->shown && w->toplevel) {
		configure_window(w);
	}
	if (!comp.hidden)
		draw_window(w);
}

static const struct wl_surface_interface surface_ops = {
	.destroy = compositor_destroy,
	.attach = attach,
	.frame = frame,
	.commit = commit,
	.damage_buffer = damage,
};

static void surface_gone(struct wl_resource *r)
{
	struct window *w = wl_resource_get_user_data(r);

	comp.surfaces--;
	w->seen->shown = false;
	w->surface = NULL;
	/* a surface that is gone reads no buffer */
	if (w->current.buffer)
		wl_buffer_send_release(w->current.buffer);
	keep_buffer(&w->current, NULL);
	keep_buffer(&w->attached, NULL);
}

static void create_surface(struct wl_client *client, struct wl_resource *r,
			   uint32_t id)
{
	struct window *w = windows;
	unsigned int i;

	while (w->surface)
		w++;
	i = (unsigned int)(w - windows);
	assert(i < COMPOSITOR_WINDOWS);
	w->seen = &comp.windows[i];
	memset(w->seen, 0, sizeof(*w->seen));
	w->surface = wl_resource_create(client, &wl_surface_interface,
					wl_resource_get_version(r), id);
	wl_resource_set_implementation(w->surface, &surface_ops, w,
				       surface_gone);
	comp.surfaces++;
}

static const struct wl_compositor_interface compositor_ops = {
	.create_surface = create_surface,
};

static void bind_compositor(struct wl_client *client, void *data,
			    uint32_t version, uint32_t id)
{
	wl_resource_set_implementation(
		wl_resource_create(client, &wl_compositor_interface,
				   (int)version, id),
		&compositor_ops, NULL, NULL);
}

/* ---- toplevels ---- */

static void set_title(struct wl_client *client, struct wl_resource *r,
		      const char *text)
{
	struct window *w = wl_resource_get_user_data(r);

	snprintf(w->seen->title, sizeof(w->seen->title), "%s", text);
}

static void set_app_id(struct wl_client *client, struct wl_resource *r,
		       const char *text)
{
	struct window *w = wl_resource_get_user_data(r);

	snprintf(w->seen->app_id, sizeof(w->seen->app_id), "%s", text);
}

static void set_size(struct wl_client *client, struct wl_resource *r,
		     int32_t width, int32_t height)
{
}

static const struct xdg_toplevel_interface toplevel_ops = {
	.destroy = compositor_destroy,
	.set_title = set_title,
	.set_app_id = set_app_id,
	.set_max_size = set_size,
	.set_min_size = set_size,
};

static void toplevel_gone(struct wl_resource *r)
{
	struct window *w = wl_resource_get_user_data(r);

	w->toplevel = NULL;
}

static void get_toplevel(struct wl_client *client, struct wl_resource *r,
			 uint32_t id)
{
	struct window *w = wl_resource_get_user_data(r);

	w->toplevel = wl_resource_create(client, &xdg_toplevel_interface,
					 wl_resource_get_version(r), id);
	wl_resource_set_implementation(w->toplevel, &toplevel_ops, w,
				       toplevel_gone);
}

static void ack(struct wl_client *client, struct wl_resource *r,
		uint32_t serial)
{
}

static const struct xdg_surface_interface xdg_surface_ops = {
	.destroy = compositor_destroy,
	.get_toplevel = get_toplevel,
	.ack_configure = ack,
};

static void get_xdg_surface(struct wl_client *client, struct wl_resource *r,
			    uint32_t id, struct wl_resource *of)
{
	struct window *w = wl_resource_get_user_data(of);

	w->xdg_surface = wl_resource_create(client, &xdg_surface_interface,
					    wl_resource_get_version(r), id);
	wl_resource_set_implementation(w->xdg_surface, &xdg_surface_ops, w,
				       NULL);
}

static void pong(struct wl_client *client, struct wl_resource *r,
		 uint32_t serial)
{
}

static const struct xdg_wm_base_interface shell_ops = {
	.destroy = compositor_destroy,
	.get_xdg_surface = get_xdg_surface,
	.pong = pong,
};

static void bind_shell(struct wl_client *client, void *data, uint32_t version,
		       uint32_t id)
{
	struct wl_resource *r = wl_resource_create(
		client, &xdg_wm_base_interface, (int)version, id);

	wl_resource_set_implementation(r, &shell_ops, NULL, NULL);
	xdg_wm_base_send_ping(r, 1);
}

/* ---- viewports ---- */

static void set_source(struct wl_client *client, struct wl_resource *r,
		       wl_fixed_t x, wl_fixed_t y, wl_fixed_t width,
		       wl_fixed_t height)
{
	struct compositor_window *seen = wl_resource_get_user_data(r);

	seen->source_x = wl_fixed_to_int(x);
	seen->source_y = wl_fixed_to_int(y);
	seen->source_width = wl_fixed_to_int(width);
	seen->source_height = wl_fixed_to_int(height);
}

static void set_destination(struct wl_client *client, struct wl_resource *r,
			    int32_t width, int32_t height)
{
	struct compositor_window *seen = wl_resource_get_user_data(r);

	seen->dest_width = width;
	seen->dest_height = height;
}

static const struct wp_viewport_interface viewport_ops = {
	.destroy = compositor_destroy,
	.set_source = set_source,
	.set_destination = set_destination,
};

static void get_viewport(struct wl_client *client, struct wl_resource *r,
			 uint32_t id, struct wl_resource *of)
{
	struct window *w = wl_resource_get_user_data(of);

	wl_resource_set_implementation(
		wl_resource_create(client, &wp_viewport_interface,
				   wl_resource_get_version(r), id),
		&viewport_ops, w->seen, NULL);
}

static const struct wp_viewporter_interface viewporter_ops = {
	.destroy = compositor_destroy,
	.get_viewport = get_viewport,
};

static void bind_viewporter(struct wl_client *client, void *data,
			    uint32_t version, uint32_t id)
{
	wl_resource_set_implementation(
		wl_resource_create(client, &wp_viewporter_interface,
				   (int)version, id),
		&viewporter_ops, NULL, NULL);
}

void compositor_windows_add(struct wl_display *display)
{
	wl_global_create(display, &wl_compositor_interface, 4, NULL,
			 bind_compositor);
	wl_global_create(display, &xdg_wm_base_interface, 2, NULL, bind_shell);
	wl_global_create(display, &wp_viewporter_interface, 1, NULL,
			 bind_viewporter);
}
