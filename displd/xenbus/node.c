// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "common/store.h"
#include "xenbus/node.h"

int xd_node_number(struct xs_handle *xs, const char *dir, const char *name,
		   uint32_t max, uint32_t *out, struct xdc_reason *why)
{
	int err = xdc_store_number(xs, dir, name, max, out);
	char text[64];

	if (!err)
		return 0;
	if (err == -ENOENT)
		return xdc_reason_set(why, err, "no node %s/%s", dir, name);
	if (xdc_store_text(xs, dir, name, text, sizeof(text)))
		text[0] = '\0';
	return xdc_reason_set(why, err,
			      "%s/%s is '%s', and must be a number up to %u",
			      dir, name, text, max);
}
