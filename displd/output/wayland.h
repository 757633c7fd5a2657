/* SPDX-License-Identifier: GPL-2.0-only */
/* A window at a Wayland compositor. */
#ifndef XD_OUTPUT_WAYLAND_H
#define XD_OUTPUT_WAYLAND_H

#include <stdint.h>

#include "common/loop.h"
#include "common/reason.h"
#include "config.h"
#include "output/output.h"

/** xd_wayland_open - see xd_output_open() */
int xd_wayland_open(struct xdc_loop *loop, struct xd_owner *owner,
		    const struct xd_policy *policy, uint32_t w, uint32_t h,
		    struct xd_output **out, struct xdc_reason *why);

#endif
