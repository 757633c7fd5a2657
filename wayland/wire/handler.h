/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages that are not simply passed on, by the names of interface and message. */
#ifndef XWL_WIRE_HANDLER_H
#define XWL_WIRE_HANDLER_H

#include "wire/message.h"
#include "wire/objects.h"

/* What becomes of a message that was handled; negative: an error */
#define XWL_PASS 0
#define XWL_DONE 1 /* it is not passed on */

struct xwl_handler {
	const char *interface, *message;
	int (*handle)(void *owner, struct xwl_object *o, struct xwl_message *m);
};

/** xwl_handle - call the handler of a table that ends with an empty line, if any */
int xwl_handle(const struct xwl_handler *table, void *owner,
	       struct xwl_object *o, struct xwl_message *m);

#endif
