/* SPDX-License-Identifier: GPL-2.0-only */
/* Both halves as they are run, a compositor of the tests' own, and a program. */
#ifndef XWL_UNIT_HALVES_H
#define XWL_UNIT_HALVES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-client.h>

#include "compositor.h"

extern char folder[]; /* with the sockets; $XDG_RUNTIME_DIR */
extern pid_t compositor, host, agent;
extern char complaint[1024]; /* what libwayland's client logged last */

/* The program: what it has bound, and the globals that it was told of */
extern struct wl_display *display;
extern struct wl_compositor *wl;
extern struct wl_shm *shm;
extern struct wl_seat *seat;
extern struct wl_proxy *wm;
extern struct wl_data_device_manager *clipboard; /* NULL: not offered */
extern char globals[1024]; /* "NAME:VERSION " of each */

struct image {
	struct wl_buffer *buffer;
	uint32_t *pixels;
	int32_t width, height;
	int fd;
};

/** halves_begin, halves_end - of the whole program: its folder */
int halves_begin(void);
int halves_end(void);
/** halves_setup, halves_teardown - of a test: compositor, host and agent */
int halves_setup(void **state);
int halves_teardown(void **state);
/** halves_run - a process whose errors go to the log; NULL ends its arguments */
pid_t halves_run(const char *const *argv);
/** halves_stop - by this signal; returns the status of waitpid() */
int halves_stop(pid_t *pid, int signal);

/** host_config - keys of all guests; the next host reads them */
void host_config(const char *more);
void host_start(void);
/** log_has - one of the halves has logged it */
bool log_has(const char *text);

/** program_join - connects, and asks for globals without waiting for them */
void program_join(void);
void program_enter(void);
void program_leave(void);

/** image_make - a buffer of XRGB8888 in a file of its own, one page from its start */
struct image image_make(int32_t width, int32_t height);
/** image_fill - with random pixels */
void image_fill(struct image *i, int32_t x, int32_t y, int32_t w, int32_t h);
/** surface_show - commits, and waits until the compositor has it */
void surface_show(struct wl_surface *surface);
/** expect_image - the compositor has shown it */
void expect_image(const struct image *i);

/** expect_end - the connection ends with this reason, here and in the log */
void expect_end(const char *why);
/** expect_others_live - a new program is served */
void expect_others_live(void);

#endif
