// SPDX-License-Identifier: GPL-2.0-only
/*
 * windows-cost frames NUMBER WIDTHxHEIGHT: a window that shows so many pictures, each
 * another one, as fast as the compositor gives back the one before.  It does not ask when
 * to draw: nobody says so to a window that no screen shows.
 * windows-cost measure COMMAND...: run it, and mark its beginning and end for
 * bench/count.c.  Prints its nanoseconds.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

#include "bench/mark.h"
#include "xdg-shell-client-protocol.h"

#define BUFFERS 2

struct picture {
	struct wl_buffer *buffer;
	uint8_t *pixels;
	bool busy;
};

static struct wl_compositor *compositor;
static struct wl_shm *shm;
static struct xdg_wm_base *wm;
static struct picture pictures[BUFFERS];
static bool configured;

static int fail(const char *what)
{
	fprintf(stderr, "windows-cost: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- what the compositor says ---- */

static void add_global(void *data, struct wl_registry *r, uint32_t name,
		       const char *interface, uint32_t version)
{
	if (!strcmp(interface, "wl_compositor"))
		compositor =
			wl_registry_bind(r, name, &wl_compositor_interface, 4);
	else if (!strcmp(interface, "wl_shm"))
		shm = wl_registry_bind(r, name, &wl_shm_interface, 1);
	else if (!strcmp(interface, "xdg_wm_base"))
		wm = wl_registry_bind(r, name, &xdg_wm_base_interface, 1);
}

static void remove_global(void *data, struct wl_registry *r, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = { add_global,
							       remove_global };

static void pong(void *data, struct xdg_wm_base *base, uint32_t serial)
{
	xdg_wm_base_pong(base, serial);
}

static const struct xdg_wm_base_listener wm_listener = { pong };

static void configure(void *data, struct xdg_surface *s, uint32_t serial)
{
	xdg_surface_ack_configure(s, serial);
	configured = true;
}

static const struct xdg_surface_listener surface_listener = { configure };

static void released(void *data, struct wl_buffer *buffer)
{
	struct picture *p = data;

	p->busy = false;
}

static const struct wl_buffer_listener buffer_listener = { released };

/* ---- the window ---- */

static int make_pictures(int32_t width, int32_t height)
{
	size_t size = (size_t)width * (size_t)height * 4;
	int i, fd = memfd_create("pictures", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct wl_shm_pool *pool;
	uint8_t *pixels;

	if (fd < 0 || ftruncate(fd, (off_t)size * BUFFERS))
		return fail("memory");
	pixels = mmap(NULL, size * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (pixels == MAP_FAILED)
		return fail("memory");
	pool = wl_shm_create_pool(shm, fd, (int32_t)size * BUFFERS);
	for (i = 0; i < BUFFERS; i++) {
		pictures[i].pixels = pixels + size * (size_t)i;
		pictures[i].buffer = wl_shm_pool_create_buffer(
			pool, (int32_t)size * i, width, height, width * 4,
			WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(pictures[i].buffer, &buffer_listener,
				       &pictures[i]);
	}
	wl_shm_pool_destroy(pool);
	close(fd);
	return 0;
}

static struct picture *free_picture(void)
{
	int i;

	for (i = 0; i < BUFFERS; i++)
		if (!pictures[i].busy)
			return &pictures[i];
	return NULL;
}

static void show(struct wl_surface *surface, struct picture *p, size_t size,
		 int number)
{
	memset(p->pixels, number * 7, size);
	p->busy = true;
	wl_surface_attach(surface, p->buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
}

static int show_all(struct wl_display *display, struct wl_surface *surface,
		    int number, size_t size)
{
	struct picture *p;
	int i = 0;

	while (i < number) {
		p = free_picture();
		if (p)
			show(surface, p, size, i++);
		else if (wl_display_dispatch(display) < 0)
			return fail("the compositor");
	}
	return wl_display_roundtrip(display) < 0 ? fail("the compositor") : 0;
}

static int show_frames(int number, int32_t width, int32_t height)
{
	struct wl_display *display = wl_display_connect(NULL);
	struct xdg_surface *window;
	struct wl_surface *surface;

	if (!display)
		return fail("no compositor");
	wl_registry_add_listener(wl_display_get_registry(display),
				 &registry_listener, NULL);
	wl_display_roundtrip(display);
	if (!compositor || !shm || !wm)
		return fail("the compositor lacks a global");
	xdg_wm_base_add_listener(wm, &wm_listener, NULL);
	surface = wl_compositor_create_surface(compositor);
	window = xdg_wm_base_get_xdg_surface(wm, surface);
	xdg_surface_add_listener(window, &surface_listener, NULL);
	xdg_toplevel_set_title(xdg_surface_get_toplevel(window), "cost");
	wl_surface_commit(surface);
	while (!configured)
		if (wl_display_dispatch(display) < 0)
			return fail("the compositor");
	if (make_pictures(width, height))
		return 1;
	if (show_all(display, surface, number,
		     (size_t)width * (size_t)height * 4))
		return 1;
	wl_display_disconnect(display);
	return 0;
}

/* ---- what it costs ---- */

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int measure(char **command)
{
	uint64_t begin = clock_ns();
	int status = 0;
	pid_t pid;

	mark(MARK_OTHER);
	pid = fork();
	if (!pid) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fail("cannot run a command");
	mark(MARK_END);
	printf("%llu\n", (unsigned long long)(clock_ns() - begin));
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int32_t width, height;

	if (argc == 4 && !strcmp(argv[1], "frames") &&
	    sscanf(argv[3], "%dx%d", &width, &height) == 2 && width > 0 &&
	    height > 0)
		return show_frames(atoi(argv[2]), width, height);
	if (argc > 2 && !strcmp(argv[1], "measure"))
		return measure(argv + 2);
	return 2;
}
