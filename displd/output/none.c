// SPDX-License-Identifier: GPL-2.0-only
/* In place of output-wayland.c where there is no libwayland-client */
#include <errno.h>

#include "output/output.h"

int xd_wayland_open(struct xdc_loop *loop, const struct xd_policy *policy,
		    uint32_t width, uint32_t height, struct xd_output **out,
		    const char **why)
{
	*why = "xen-displd was built without Wayland";
	return -EOPNOTSUPP;
}
