// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "wire/handler.h"

int xwl_handle(const struct xwl_handler *table, void *owner,
	       struct xwl_object *o, struct xwl_message *m)
{
	const struct xwl_handler *h;

	for (h = table; h->handle; h++)
		if (!strcmp(h->message, m->table->name) &&
		    !strcmp(h->interface, o->interface->name))
			return h->handle(owner, o, m);
	return XWL_PASS;
}
