/* SPDX-License-Identifier: GPL-2.0-only */
/* Which types of content may be copied and pasted. */
#ifndef XWL_FILTER_TYPES_H
#define XWL_FILTER_TYPES_H

#include <stdbool.h>

#define XWL_TYPE_MAX 4000U /* bytes, without the NUL */

/**
 * xwl_types_match - @type is in @list, and a text that others can be told
 * @list: types with blanks or commas between them; one that ends with '*' is the
 *	beginning of all that it allows
 *
 * Programs make types of names of files, and of more: one that is too long or not
 * printable is in no list.
 */
bool xwl_types_match(const char *list, const char *type);

#endif
