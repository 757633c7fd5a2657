/* SPDX-License-Identifier: GPL-2.0-only */
/* The section [input] of the configuration file. */
#ifndef XD_CONFIG_INPUT_H
#define XD_CONFIG_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"

/* A setting of libinput's, whose default depends on the device */
enum xd_switch { XD_AS_USUAL, XD_OFF, XD_ON };

/* This machine's own keyboards, pointers and touch screens. */
struct xd_seat_policy {
	char seat[108]; /* a name of udev; "": none */
	char devices[1024]; /* or paths, separated by blanks */
	uint32_t switch_key; /* key code; 0: none */
	/* of touchpads; natural scrolling and speed of all pointers */
	enum xd_switch tap, natural_scroll, disable_while_typing;
	double speed; /* of the pointer, from -1 to 1 */
	bool speed_set;
};

/** xd_config_input_key - set a key; EINVAL: @why has the reason */
int xd_config_input_key(struct xd_seat_policy *s, const char *name,
			const char *value, struct xdc_reason *why);

#endif
