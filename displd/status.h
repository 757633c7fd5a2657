/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of all devices, as text or as JSON. */
#ifndef XD_STATUS_H
#define XD_STATUS_H

#include <stdio.h>

struct xd_daemon;

void xd_status_text(const struct xd_daemon *d, FILE *out);
void xd_status_json(const struct xd_daemon *d, FILE *out);

#endif
