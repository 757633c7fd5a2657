// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>

#include "output/headless.h"
#include "output/kms-card.h"
#include "output/kms.h"
#include "output/open.h"
#include "output/wayland.h"

int xd_output_open(struct xdc_loop *loop, struct xd_owner *owner,
		   const struct xd_policy *policy, uint32_t w, uint32_t h,
		   struct xd_output **out, struct xdc_reason *why)
{
	switch (policy->output) {
	case XD_OUTPUT_HEADLESS:
		return xd_headless_open(loop, policy, w, h, out, why);
	case XD_OUTPUT_KMS:
	case XD_OUTPUT_AUTO: /* the caller falls back to headless */
		return xd_kms_open(loop, policy, w, h, out, why);
	case XD_OUTPUT_WAYLAND:
		return xd_wayland_open(loop, owner, policy, w, h, out, why);
	}
	return xdc_reason_set(why, -EINVAL, "no such output");
}

void xd_output_close(struct xd_output *o)
{
	if (o)
		o->ops->destroy(o);
}

void xd_output_stop(void)
{
	xd_kms_stop();
}
