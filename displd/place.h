/* SPDX-License-Identifier: GPL-2.0-only */
/* The place of a connector among those of its guest: display and index.
 *
 * As text, in the configuration, in messages and for commands: the index alone
 * for the guest's display 0, and "DISPLAY.INDEX" for another display.
 */
#ifndef XD_PLACE_H
#define XD_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define XD_CONNECTORS_MAX 4
#define XD_PLACE_TEXT 24

/* The number of connector @index of the guest's display @devid */
#define XD_PLACE(devid, index) \
	((int)(XD_CONNECTORS_MAX * (uint32_t)(devid) + (uint32_t)(index)))
#define XD_PLACE_DEVID(place) ((uint32_t)(place) / XD_CONNECTORS_MAX)
#define XD_PLACE_INDEX(place) ((uint32_t)(place) % XD_CONNECTORS_MAX)

/** xd_place_format - @text has XD_PLACE_TEXT bytes; returns @text */
const char *xd_place_format(char *text, int place);
/** xd_place_parse - EINVAL: not a place */
int xd_place_parse(const char *text, int *place);

#endif
