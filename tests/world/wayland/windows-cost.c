// SPDX-License-Identifier: GPL-2.0-only
/*
 * windows-cost frames NUMBER WIDTHxHEIGHT: a window that shows so many pictures, each
 * another one, as fast as the compositor gives back the one before.  It does not ask when
 * to draw: nobody says so to a window that no screen shows.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "window.h"

#define BUFFERS 2

struct picture {
	struct wl_buffer *buffer;
	uint8_t *pixels;
	bool busy;
};

static struct wl_shm *shm;
static struct picture pictures[BUFFERS];

static int fail(const char *what)
{
	fprintf(stderr, "windows-cost: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- what the compositor says ---- */

static void add_global(struct wl_registry *r, uint32_t name,
		       const char *interface)
{
	if (!strcmp(interface, wl_shm_interface.name))
		shm = wl_registry_bind(r, name, &wl_shm_interface, 1);
}

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

static void show(struct window *w, struct picture *p, size_t size, int number)
{
	memset(p->pixels, number * 7, size);
	p->busy = true;
	window_show(w, p->buffer);
}

static int show_all(struct window *w, int number, size_t size)
{
	struct picture *p;
	int i = 0;

	while (i < number) {
		p = free_picture();
		if (p)
			show(w, p, size, i++);
		else if (wl_display_dispatch(w->display) < 0)
			return fail("the compositor");
	}
	return wl_display_roundtrip(w->display) < 0 ? fail("the compositor")
						    : 0;
}

static int show_frames(int number, int32_t width, int32_t height)
{
	struct window w = { .add_global = add_global };
	const char *missing = window_open(&w, "cost");

	if (missing)
		return fail(missing);
	if (!shm)
		return fail("the compositor has no wl_shm");
	if (make_pictures(width, height))
		return 1;
	if (show_all(&w, number, (size_t)width * (size_t)height * 4))
		return 1;
	wl_display_disconnect(w.display);
	return 0;
}

int main(int argc, char **argv)
{
	int32_t width, height;

	if (argc == 4 && !strcmp(argv[1], "frames") &&
	    sscanf(argv[3], "%dx%d", &width, &height) == 2 && width > 0 &&
	    height > 0)
		return show_frames(atoi(argv[2]), width, height);
	return 2;
}
