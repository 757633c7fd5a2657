/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of a guest that a person or a compositor reads. */
#ifndef XWL_FILTER_TEXT_H
#define XWL_FILTER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define XWL_TEXT_MAX 256U /* bytes, with the NUL, of a title and an app_id */

#define XWL_LINES_MAX \
	4000U /* bytes, without the NUL, of a text that is being edited */

/**
 * xwl_text_valid - UTF-8 (RFC 3629) without control characters
 * @lines: ends of lines and tabs are valid, too
 */
bool xwl_text_valid(const char *text, bool lines);
/**
 * xwl_text_title - "[GUEST] TEXT", cut off behind a whole character
 * @text: of the guest; NULL: none
 * @ascii: everything else than printable ASCII becomes '?'
 *
 * Also without ASCII alone, what is no UTF-8, controls, and characters that turn the
 * direction of writing become '?': they could show the guest's name elsewhere.
 */
void xwl_text_title(char *out, size_t size, const char *guest, const char *text,
		    bool ascii);
/**
 * xwl_text_app_id - "xen.GUEST.TEXT", of letters, digits and "._-" alone
 * @text: of the guest; NULL: none
 */
void xwl_text_app_id(char *out, size_t size, const char *guest,
		     const char *text);
/**
 * xwl_text_lines - @text with '?' for each byte that xwl_text_valid() would not let pass
 *
 * All other bytes stay where they are.  Cut off behind a whole character.
 */
void xwl_text_lines(char *out, size_t size, const char *text);

#endif
