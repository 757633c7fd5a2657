/* SPDX-License-Identifier: GPL-2.0-only */
/* An output on the fake card, with an image of a guest's on screen */
#ifndef FAKE_KMS_H
#define FAKE_KMS_H

#include "unit.h"

#include "common/loop.h"
#include "config.h"
#include "fake_drm.h"
#include "output/kms-card.h"
#include "output/kms.h"

extern struct xdc_loop loop;
extern struct xd_output *output;
extern struct xd_image *image;
extern struct xd_policy policy; /* its card is a FIFO, and the fake card */
extern const struct xd_picture picture;
extern int done, lost, refused, broken; /* calls, and the last error */
extern int warnings; /* that were logged */

int set_up(void **state);
int tear_down(void **state);
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
/** run_group - the tests, with a folder for cards */
int run_group(const struct CMUnitTest *tests, size_t n);

int open_policy(struct xd_output **o);
int open_output(void);
void close_output(void);
void output_lost(struct xd_output *o);
struct xd_image *import_image(struct xd_output *o);
void show_image(void);
/* or until xdc_loop_stop() */
void run_for(uint64_t ms);
/* The card does what is under way, and what is asked for afterwards */
void land(void);
void send_event(void *data);
/* Cards that hang are closed by a thread */
void wait_for_files(int n);
/* This process can open so many more files */
void limit_files(unsigned int more);

#endif
