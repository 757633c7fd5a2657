/* SPDX-License-Identifier: GPL-2.0-only */
/* What a local user may use and offer, and whether it works. */
#ifndef XCH_ACCESS_H
#define XCH_ACCESS_H

#include <stdio.h>

#include "common/unix-socket.h"
#include "daemon.h"

/** xch_access_all - root and the daemon's user: they may see every peer */
bool xch_access_all(const struct xdc_user *user);
/** xch_access_list - the answer to "services", see lib/channel/wire.h */
void xch_access_list(const struct xch_daemon *d, const struct xdc_user *user,
		     FILE *out);

#endif
