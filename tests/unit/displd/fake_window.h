/* SPDX-License-Identifier: GPL-2.0-only */
/* A window at the compositor of the tests, and its user */
#ifndef FAKE_WINDOW_H
#define FAKE_WINDOW_H

#include "unit.h"

#include "common/loop.h"
#include "compositor.h"
#include "config.h"
#include "fake_input.h"
#include "output/output.h"

#define XR24 0x34325258U
#define RG16 0x36314752U
#define XR15 0x35315258U
#define W 64
#define H 32
#define OFFSET 16

/* What the user of an output was told */
struct fake_window {
	struct xd_output *output; /* NULL once it is closed */
	unsigned int done, lost, refused, broke, rooms;
	struct xd_image *refused_image, *broken_image;
	struct xd_image *images[4]; /* to be released when the output is lost */
	char why[XD_WHY_MAX];
};

extern struct xdc_loop loop;
extern struct xd_policy policy;
/* The first window, its output, and its owner with the images that it holds */
extern struct fake_window win;
extern struct xd_owner owner;
extern int held;
#define o (win.output)
#define seen (comp.windows[0])
/* of the socket, and of its folder, an absolute path */
extern char path[64], dir[];

int open_window(struct fake_window *w, struct xd_owner *of);
void close_window(struct fake_window *w);
static inline int open_output(void)
{
	return open_window(&win, &owner);
}
static inline void close_output(void)
{
	close_window(&win);
}

struct xd_picture make_picture(uint32_t fourcc, uint32_t w, uint32_t h);
struct xd_image *import_at(struct xd_output *output, uint32_t fourcc,
			   uint32_t w, uint32_t h);
static inline struct xd_image *import(uint32_t fourcc, uint32_t w, uint32_t h)
{
	return import_at(o, fourcc, w, h);
}

void run_for(uint64_t ms);
/* Waits up to two seconds: the machine may be slow */
#define soon(condition)                                               \
	do {                                                          \
		int tries;                                            \
		for (tries = 0; tries < 200 && !(condition); tries++) \
			run_for(10);                                  \
		assert_true(condition);                               \
	} while (0)

int set_up(void **state);
int tear_down(void **state);
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Before and after all tests */
int begin_windows(void);
void end_windows(void);

#endif
