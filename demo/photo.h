/* SPDX-License-Identifier: GPL-2.0-only */
/* The demo's picture, the same for both domains without asking each other. */
#ifndef DEMO_PHOTO_H
#define DEMO_PHOTO_H

#include <stdint.h>

#include "image.h"
#include "picture.h"

/* A photograph from the package lomiri-wallpapers-16.04. */
#define DEMO_IMAGE \
	"/usr/share/backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg"

/* The largest common mode that cirrus shows with all its bits. */
#define DEMO_WIDTH 800U
#define DEMO_HEIGHT 600U
#define DEMO_STRIDE (DEMO_WIDTH * 4)

#define DEMO_SHARE "picture"

/* Below /local/domain/<guest>/data: what the two say to each other. */
#define DEMO_KEY_CMD "demo-cmd" /* dom0: "change" or "end" */
#define DEMO_KEY_ACK "demo-ack" /* guest: the command it has done */
#define DEMO_KEY_LEASE "demo-lease" /* guest: "STATE pages-in-use" */
#define DEMO_KEY_FACTS "demo-facts" /* guest: microseconds of its steps */

struct xt_picture demo_picture(void);

/** demo_paint - decode the photograph into @dst; -errno and @why */
int demo_paint(void *dst, const char **why);

/** demo_change - a band of negative and a frame of another colour, in place */
void demo_change(void *dst);

#endif
