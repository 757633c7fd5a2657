/* SPDX-License-Identifier: GPL-2.0-only */
/* What "xen-channeld status" shows. */
#ifndef XCH_STATUS_H
#define XCH_STATUS_H

#include <stdio.h>

#include "daemon.h"

void xch_status_text(const struct xch_daemon *d, FILE *out);
void xch_status_json(const struct xch_daemon *d, FILE *out);

#endif
