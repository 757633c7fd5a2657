/* SPDX-License-Identifier: GPL-2.0-only */
/* What a scene has sent, for tests of cmocka's: fuzzers have scenes, too. */
#ifndef XWL_TEST_SENT_H
#define XWL_TEST_SENT_H

#include "unit.h"

#include <stdio.h>

#include "scene.h"

/* @text is all that was sent since the last time */
static inline void expect_sent(const char *text)
{
	if (strcmp(scene.sent, text))
		fail_msg("sent:\n%swanted:\n%s", scene.sent, text);
	scene_forget();
}

/* Text with a number of this run */
#define EXPECT(...)                                          \
	do {                                                 \
		char text_[1024];                            \
		snprintf(text_, sizeof(text_), __VA_ARGS__); \
		expect_sent(text_);                          \
	} while (0)

#endif
