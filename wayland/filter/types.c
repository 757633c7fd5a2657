// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "filter/text.h"
#include "filter/types.h"

#define BLANKS " ,\t"

static bool is_in_list(const char *list, const char *type)
{
	size_t len;

	for (list += strspn(list, BLANKS); *list;
	     list += len, list += strspn(list, BLANKS)) {
		len = strcspn(list, BLANKS);
		if (list[len - 1] == '*' && !strncmp(list, type, len - 1))
			return true;
		if (!strncmp(list, type, len) && !type[len])
			return true;
	}
	return false;
}

bool xwl_types_match(const char *list, const char *type)
{
	return is_in_list(list, type) && strlen(type) <= XWL_TYPE_MAX &&
	       xwl_text_valid(type, false);
}
