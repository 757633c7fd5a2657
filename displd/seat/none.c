// SPDX-License-Identifier: GPL-2.0-only
/* In place of libinput.c, for builds without libinput. */
#include <errno.h>

#include "seat/libinput.h"

int xd_libinput_start(struct xdc_loop *loop,
		      const struct xd_seat_policy *policy, struct xd_seat *seat,
		      struct xd_libinput **out)
{
	return -EOPNOTSUPP;
}

bool xd_libinput_lacks_devices(const struct xd_libinput *l)
{
	return false;
}

void xd_libinput_stop(struct xd_libinput *l)
{
}
