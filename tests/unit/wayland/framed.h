/* SPDX-License-Identifier: GPL-2.0-only */
/* A scene whose windows have frames, and what was sent for them. */
#ifndef XWL_UNIT_FRAMED_H
#define XWL_UNIT_FRAMED_H

#include "scene.h"

/** begin - with frames of this width; scene_end() ends it */
void begin(uint32_t width);
/** sends - a request of the guest, which must be good */
void sends(uint32_t id, const char *request, const int64_t *numbers);
/** expect, expect_not - among what was sent last */
void expect(const char *line);
void expect_not(const char *line);
/** count - how often it was sent */
unsigned int count(const char *line);
/** show - the window SURFACE, with BUFFER, which is 8 x 8 */
void show(void);

#endif
