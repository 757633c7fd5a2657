// SPDX-License-Identifier: GPL-2.0-only
/* In place of wayland.c, for builds without libwayland-client. */
#include <errno.h>

#include "output/wayland.h"

int xd_wayland_open(struct xdc_loop *loop, struct xd_owner *owner,
		    const struct xd_policy *policy, uint32_t width,
		    uint32_t height, struct xd_output **out,
		    struct xdc_reason *why)
{
	return xdc_reason_set(why, -EOPNOTSUPP,
			      "xen-displd was built without Wayland");
}
