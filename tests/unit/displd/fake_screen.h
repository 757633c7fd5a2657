/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's screen on a fake output */
#ifndef FAKE_SCREEN_H
#define FAKE_SCREEN_H

#include "unit.h"

#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "vdispl/frontend.h"
#include "guest.h"
#include "common/loop.h"
#include "output/open.h"
#include "vdispl/screen.h"

#define SIDE 4

struct fake_output {
	struct xd_output output;
	int import_err, flip_err, show_err;
	int copy_err, show_copy_err; /* of copies */
	uint64_t import_takes; /* in ns */
	int images, shows, offs, flips, opened;
	uint32_t side; /* of shadows */
	uint32_t x, y; /* of the last show */
	bool under_way;
	struct xd_image *shown, *coming;
	enum xd_output_kind refuse, kind;
	bool refuse_all;
	int refuse_err, tries;
	bool full;
	uint64_t new_import;
	const char *target, *why;
};

extern struct fake_output out;
extern struct xdc_loop loop;
extern struct xd_frontend frontend;
extern struct xd_guest guest;
extern struct xd_dbuf dbuf;
extern bool repeats; /* pages of it */
extern struct xd_policy policy;
extern struct xd_screen *s;
extern struct xd_fb *fbs[5];
extern uint32_t pixels[SIDE * SIDE];
extern int reads,
	ended_reads; /* of the buffer by the CPU, as announced to its exporter */
extern int failed; /* calls that failed the frontend: no output was left */
extern int inputs; /* calls that pair input devices anew */
extern int rooms; /* calls that serve the guest's rings again */
extern int infos; /* messages of level info */
extern char logged[400]; /* the last message */

/* of the screen, after xd_screen_init() */
void set_callbacks(void);
int begin(void **state);
int end(void **state);
#define test(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* The output has finished its flip */
void land(void);
/* Flips that the guest was told of, and the last one's cookie */
void told_is(unsigned int n, uint64_t last);
void run_for(uint64_t ms);
/* Until the output has a flip under way, five seconds at most */
void run_until_flip(void);

#endif
