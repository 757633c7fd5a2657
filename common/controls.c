// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include "common/controls.h"

/* The first byte of U+0080 to U+00BF */
#define LATIN 0xc2

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

void xdc_controls_hide(char *text, size_t len, const char *keep)
{
	unsigned char c, former = 0;
	size_t i;

	for (i = 0; i < len; i++, former = c) {
		c = (unsigned char)text[i];
		if (former == LATIN && c >= 0x80 && c < 0xa0)
			text[i - 1] = text[i] = '?';
		else if (is_control(c) && (!c || !strchr(keep, c)))
			text[i] = '?';
	}
}
