// SPDX-License-Identifier: GPL-2.0-only
#include "compositor-parts.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct compositor comp;

static struct wl_display *display;
static struct xdc_source source = { .fd = -1 };
static struct xdc_loop *in_loop;
static bool is_deaf;

void compositor_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

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
	wl_display_init_shm(display);
	compositor_windows_add(display);
	compositor_seat_add(display);
	if (!comp.no_grabs)
		compositor_grabs_add(display);
	if (comp.dmabuf_version)
		compositor_dmabuf_add(display);
	in_loop = loop;
	is_deaf = false;
	source.fd = wl_event_loop_get_fd(wl_display_get_event_loop(display));
	source.ready = ready;
	xdc_loop_add(loop, &source, EPOLLIN);
}

void compositor_stop(void)
{
	if (!display)
		return;
	compositor_deaf(true);
	source.fd = -1;
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
	display = NULL;
}

void compositor_deaf(bool deaf)
{
	if (deaf == is_deaf)
		return;
	is_deaf = deaf;
	if (deaf)
		xdc_loop_remove(in_loop, &source);
	else
		xdc_loop_add(in_loop, &source, EPOLLIN);
}

void compositor_flush(void)
{
	if (display && !is_deaf)
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
