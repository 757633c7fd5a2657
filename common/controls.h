/* SPDX-License-Identifier: GPL-2.0-only */
/* Control characters in text of others, which a terminal would obey */
#ifndef XDC_CONTROLS_H
#define XDC_CONTROLS_H

#include <stddef.h>

/**
 * xdc_controls_hide - replace control characters of @text, UTF-8, by question marks
 * @len: in bytes; a character must not be cut at the end
 * @keep: characters that stay, such as "\n"
 *
 * Those of ASCII and U+0080 to U+009F, which some terminals obey as well.
 */
void xdc_controls_hide(char *text, size_t len, const char *keep);

#endif
