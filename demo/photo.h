/* SPDX-License-Identifier: GPL-2.0-only */
/* The demo's picture, which both domains make independently */
#ifndef DEMO_PHOTO_H
#define DEMO_PHOTO_H

#include <stdint.h>

#include "picture/image.h"
#include "picture/picture.h"

/* A photograph from the package lomiri-wallpapers-16.04. */
#define DEMO_IMAGE \
	"/usr/share/backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg"

/* The largest common mode that cirrus shows in full colour depth */
#define DEMO_WIDTH 800U
#define DEMO_HEIGHT 600U
#define DEMO_STRIDE (DEMO_WIDTH * 4)

#define DEMO_SHARE "picture"

/* Keys below /local/domain/<guest>/data, for messages between the two domains */
#define DEMO_KEY_CMD "demo-cmd" /* dom0: "change" or "end" */
#define DEMO_KEY_ACK "demo-ack" /* guest: the command that it has obeyed */
#define DEMO_KEY_LEASE "demo-lease" /* guest: "STATE pages-in-use" */
#define DEMO_KEY_FACTS \
	"demo-facts" /* guest: durations of its steps in microseconds */

struct xt_picture demo_picture(void);

/**
 * demo_paint - decode the photograph into @dst
 * @img: for the meantime; after a failure @img->why is the reason
 */
int demo_paint(void *dst, struct xt_image *img);

/** demo_change - invert a band and colour the border, in place */
void demo_change(void *dst);

#endif
