/* SPDX-License-Identifier: GPL-2.0-only */
/* A screen: one connector of a guest on one output, which is opened again when it
 * is lost; headless meanwhile.
 */
#ifndef XD_VDISPL_SCREEN_H
#define XD_VDISPL_SCREEN_H

#include "vdispl/steps.h"

/** xd_screen_init - the caller sets done(), changed(), room(), failed() next */
int xd_screen_init(struct xd_screen *s, struct xdc_loop *loop,
		   struct xd_guest *guest, int place, uint32_t w, uint32_t h,
		   const struct xd_policy *policy);
/** xd_screen_fini - switch off and release everything; no callbacks */
void xd_screen_fini(struct xd_screen *s);

/** xd_screen_output_is_full - the output cannot take more: room() will be called */
bool xd_screen_output_is_full(const struct xd_screen *s);
/** xd_screen_look - a hotplug event: retry the output if it is missing */
void xd_screen_look(struct xd_screen *s);

/**
 * xd_screen_advice - with output = auto, how to get a screen
 *
 * NULL if there is a screen, or another output is configured.
 */
const char *xd_screen_advice(const struct xd_screen *s);

#endif
