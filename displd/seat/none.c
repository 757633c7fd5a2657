// SPDX-License-Identifier: GPL-2.0-only
/* In place of libinput.c where there is no libinput to build with. */
#include <errno.h>

#include "daemon.h"
#include "seat/libinput.h"

int xd_libinput_start(struct xd_daemon *d)
{
	const struct xd_seat_policy *policy = xd_config_seat(d->config);

	return *policy->seat || *policy->devices ? -EOPNOTSUPP : 0;
}

void xd_libinput_stop(struct xd_daemon *d)
{
}
