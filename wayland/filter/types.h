/* SPDX-License-Identifier: GPL-2.0-only */
/* Which types of content may be copied and pasted. */
#ifndef XWL_FILTER_TYPES_H
#define XWL_FILTER_TYPES_H

#include <stdbool.h>

/**
 * xwl_types_match - @type is in @list
 * @list: types with blanks or commas between them; one that ends with '*' is the
 *	beginning of all that it allows
 */
bool xwl_types_match(const char *list, const char *type);

#endif
