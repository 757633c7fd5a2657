/* SPDX-License-Identifier: GPL-2.0-only */
/* What a guest shows, and what it costs, for people and for programs. */
#ifndef XWL_HOST_WORKER_STATUS_H
#define XWL_HOST_WORKER_STATUS_H

#include <stdio.h>

#include "host/worker/guest.h"

void xwl_status_text(struct xwl_guest *g, FILE *out);
void xwl_status_json(struct xwl_guest *g, FILE *out);

#endif
