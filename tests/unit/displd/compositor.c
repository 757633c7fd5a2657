// SPDX-License-Identifier: GPL-2.0-only
#include "compositor-parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-server.h>

#include "viewporter-server-protocol.h"
#include "xdg-shell-server-protocol.h"

#define FRAMES 8

struct compositor comp;
struct wl_resource *compositor_surface;

static struct wl_display *display;
static struct xdc_source source = { .fd = -1 };
static struct xdc_loop *in_loop;
static struct wl_resource *xdg_surface, *toplevel;
static struct wl_resource *attached, *current, *held;
static struct wl_listener attached_gone, current_gone, held_gone;
static struct wl_resource *frames[FRAMES];

static void destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* ---- surfaces ---- */

/* Remember a buffer until it is destroyed */
static void keep_buffer(struct wl_resource **where, struct wl_listener *gone,
			struct wl_resource *buffer)
{
	if (*where)
		wl_list_remove(&gone->link);
	*where = buffer;
	if (buffer)
		wl_resource_add_destroy_listener(buffer, gone);
}

static void on_attached_gone(struct wl_listener *l, void *data)
{
	attached = NULL;
}

static void on_current_gone(struct wl_listener *l, void *data)
{
	current = NULL;
}

static void on_held_gone(struct wl_listener *l, void *data)
{
	held = NULL;
}

static void attach(struct wl_client *client, struct wl_resource *r,
		   struct wl_resource *buffer, int32_t x, int32_t y)
{
	attached_gone.notify = on_attached_gone;
	keep_buffer(&attached, &attached_gone, buffer);
}

static void damage(struct wl_client *client, struct wl_resource *r, int32_t x,
		   int32_t y, int32_t width, int32_t height)
{
}

static void frame_gone(struct wl_resource *r)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		if (frames[i] != r)
			continue;
		frames[i] = NULL;
		comp.frames_pending--;
	}
}

static void frame(struct wl_client *client, struct wl_resource *r, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < FRAMES && frames[i]; i++)
		;
	assert(i < FRAMES);
	frames[i] = wl_resource_create(client, &wl_callback_interface, 1, id);
	wl_resource_set_implementation(frames[i], NULL, NULL, frame_gone);
	comp.frames_pending++;
}

void compositor_draw(void)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++) {
		if (!frames[i])
			continue;
		wl_callback_send_done(frames[i], 0);
		wl_resource_destroy(frames[i]);
	}
}

void compositor_release(void)
{
	if (held)
		wl_buffer_send_release(held);
	keep_buffer(&held, &held_gone, NULL);
}

void compositor_configure(void)
{
	struct wl_array states;

	wl_array_init(&states);
	if (comp.fullscreen)
		*(uint32_t *)wl_array_add(&states, 4) =
			XDG_TOPLEVEL_STATE_FULLSCREEN;
	xdg_toplevel_send_configure(toplevel, comp.width, comp.height, &states);
	xdg_surface_send_configure(xdg_surface, 1);
	wl_array_release(&states);
}

static void note_buffer(struct wl_resource *buffer)
{
	struct wl_shm_buffer *shm = wl_shm_buffer_get(buffer);
	struct compositor_dmabuf *d;

	comp.shown = true;
	comp.is_dmabuf = !shm;
	if (shm) {
		comp.buffer_width = wl_shm_buffer_get_width(shm);
		comp.buffer_height = wl_shm_buffer_get_height(shm);
		wl_shm_buffer_begin_access(shm);
		comp.first_pixel = *(uint32_t *)wl_shm_buffer_get_data(shm);
		wl_shm_buffer_end_access(shm);
		return;
	}
	d = wl_resource_get_user_data(buffer);
	comp.buffer_width = d->width;
	comp.buffer_height = d->height;
	comp.fourcc = d->fourcc;
	comp.offset = d->offset;
	comp.pitch = d->pitch;
	comp.modifier = d->modifier;
}

static void commit(struct wl_client *client, struct wl_resource *r)
{
	struct wl_resource *before = current;

	comp.commits++;
	if (attached) {
		current_gone.notify = on_current_gone;
		keep_buffer(&current, &current_gone, attached);
		keep_buffer(&attached, &attached_gone, NULL);
		note_buffer(current);
		if (before && before != current) {
			held_gone.notify = on_held_gone;
			keep_buffer(&held, &held_gone, before);
			if (!comp.hold)
				compositor_release();
		}
	} else if (!comp.shown && toplevel) {
		compositor_configure();
	}
	if (!comp.hidden)
		compositor_draw();
}

static const struct wl_surface_interface surface_ops = {
	.destroy = destroy,
	.attach = attach,
	.frame = frame,
	.commit = commit,
	.damage_buffer = damage,
};

static void surface_gone(struct wl_resource *r)
{
	comp.surfaces--;
	comp.shown = false;
	compositor_surface = NULL;
	/* a surface that is gone reads no buffer */
	if (current)
		wl_buffer_send_release(current);
	keep_buffer(&current, &current_gone, NULL);
	keep_buffer(&attached, &attached_gone, NULL);
}

static void create_surface(struct wl_client *client, struct wl_resource *r,
			   uint32_t id)
{
	compositor_surface = wl_resource_create(client, &wl_surface_interface,
						wl_resource_get_version(r), id);
	wl_resource_set_implementation(compositor_surface, &surface_ops, NULL,
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

/* ---- windows ---- */

static void set_title(struct wl_client *client, struct wl_resource *r,
		      const char *text)
{
	snprintf(comp.title, sizeof(comp.title), "%s", text);
}

static void set_app_id(struct wl_client *client, struct wl_resource *r,
		       const char *text)
{
	snprintf(comp.app_id, sizeof(comp.app_id), "%s", text);
}

static void set_size(struct wl_client *client, struct wl_resource *r,
		     int32_t width, int32_t height)
{
}

static const struct xdg_toplevel_interface toplevel_ops = {
	.destroy = destroy,
	.set_title = set_title,
	.set_app_id = set_app_id,
	.set_max_size = set_size,
	.set_min_size = set_size,
};

static void toplevel_gone(struct wl_resource *r)
{
	toplevel = NULL;
}

static void get_toplevel(struct wl_client *client, struct wl_resource *r,
			 uint32_t id)
{
	toplevel = wl_resource_create(client, &xdg_toplevel_interface,
				      wl_resource_get_version(r), id);
	wl_resource_set_implementation(toplevel, &toplevel_ops, NULL,
				       toplevel_gone);
}

static void ack(struct wl_client *client, struct wl_resource *r,
		uint32_t serial)
{
}

static const struct xdg_surface_interface xdg_surface_ops = {
	.destroy = destroy,
	.get_toplevel = get_toplevel,
	.ack_configure = ack,
};

static void get_xdg_surface(struct wl_client *client, struct wl_resource *r,
			    uint32_t id, struct wl_resource *of)
{
	xdg_surface = wl_resource_create(client, &xdg_surface_interface,
					 wl_resource_get_version(r), id);
	wl_resource_set_implementation(xdg_surface, &xdg_surface_ops, NULL,
				       NULL);
}

static void pong(struct wl_client *client, struct wl_resource *r,
		 uint32_t serial)
{
}

static const struct xdg_wm_base_interface shell_ops = {
	.destroy = destroy,
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

static void set_source(struct wl_client *client, struct wl_resource *r,
		       wl_fixed_t x, wl_fixed_t y, wl_fixed_t width,
		       wl_fixed_t height)
{
	comp.source_x = wl_fixed_to_int(x);
	comp.source_y = wl_fixed_to_int(y);
	comp.source_width = wl_fixed_to_int(width);
	comp.source_height = wl_fixed_to_int(height);
}

static void set_destination(struct wl_client *client, struct wl_resource *r,
			    int32_t width, int32_t height)
{
	comp.dest_width = width;
	comp.dest_height = height;
}

static const struct wp_viewport_interface viewport_ops = {
	.destroy = destroy,
	.set_source = set_source,
	.set_destination = set_destination,
};

static void get_viewport(struct wl_client *client, struct wl_resource *r,
			 uint32_t id, struct wl_resource *of)
{
	wl_resource_set_implementation(
		wl_resource_create(client, &wp_viewport_interface,
				   wl_resource_get_version(r), id),
		&viewport_ops, NULL, NULL);
}

static const struct wp_viewporter_interface viewporter_ops = {
	.destroy = destroy,
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

/* ---- the compositor ---- */

static void ready(struct xdc_source *s, uint32_t events)
{
	wl_event_loop_dispatch(wl_display_get_event_loop(display), 0);
	wl_display_flush_clients(display);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	assert(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	assert(!listen(fd, 4));
	return fd;
}

void compositor_start(struct xdc_loop *loop, const char *path)
{
	display = wl_display_create();
	wl_display_add_socket_fd(display, listen_at(path));
	wl_global_create(display, &wl_compositor_interface, 4, NULL,
			 bind_compositor);
	wl_display_init_shm(display);
	wl_global_create(display, &xdg_wm_base_interface, 2, NULL, bind_shell);
	wl_global_create(display, &wp_viewporter_interface, 1, NULL,
			 bind_viewporter);
	compositor_seat_add(display);
	if (comp.dmabuf_version)
		compositor_dmabuf_add(display);
	in_loop = loop;
	source.fd = wl_event_loop_get_fd(wl_display_get_event_loop(display));
	source.ready = ready;
	xdc_loop_add(loop, &source, EPOLLIN);
}

void compositor_stop(void)
{
	if (!display)
		return;
	xdc_loop_remove(in_loop, &source);
	source.fd = -1;
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
	display = NULL;
}

void compositor_flush(void)
{
	if (display)
		wl_display_flush_clients(display);
}

unsigned int compositor_clients(void)
{
	return (unsigned int)wl_list_length(
		wl_display_get_client_list(display));
}

void compositor_mute(const char *path)
{
	static int fd = -1;

	if (fd >= 0)
		close(fd);
	fd = path ? listen_at(path) : -1;
}
