/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of the control socket. */
#ifndef XCH_CLIENT_H
#define XCH_CLIENT_H

#include <stdbool.h>
#include <stdio.h>

/** xch_client_status - print the daemon's status, or what is wrong; an exit status */
int xch_client_status(const char *path, bool json, FILE *out);

#endif
