/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes that a device needs to connect: errors name the node and its value. */
#ifndef XD_XENBUS_NODE_H
#define XD_XENBUS_NODE_H

#include <stdint.h>
#include <xenstore.h>

#include "common/reason.h"

/** xd_node_number - as xdc_store_number(); @why is set on failure */
int xd_node_number(struct xs_handle *xs, const char *dir, const char *name,
		   uint32_t max, uint32_t *out, struct xdc_reason *why);

#endif
