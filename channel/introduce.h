/* SPDX-License-Identifier: GPL-2.0-only */
/* dom0 tells two domains each other's ids: the sections [introduce NAME NAME]. */
#ifndef XCH_INTRODUCE_H
#define XCH_INTRODUCE_H

#include "daemon.h"

/**
 * xch_introduce_update - write what the configuration wants of the domains that run
 *
 * Takes back what it does not want any more.  Return: true if something could not
 * be read or written: call again later.
 */
bool xch_introduce_update(struct xch_daemon *d);
/** xch_introduce_stop - they stay written: the pairs do not need this daemon */
void xch_introduce_stop(struct xch_daemon *d);

#endif
