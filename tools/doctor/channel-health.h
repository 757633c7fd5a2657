/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether channels of xen-channeld work, for doctor */
#ifndef XT_CHANNEL_HEALTH_H
#define XT_CHANNEL_HEALTH_H

#include <stdbool.h>
#include <xendmabuf.h>

#include "doctor/finding.h"

/**
 * xt_channel_health - ask xen-channeld what this user may do, and add what it says
 * @info: the driver's, or NULL if it cannot be used
 *
 * Return: whether this user may use or offer a service of a domain that is linked.
 */
bool xt_channel_health(struct xt_findings *f,
		       const struct xen_dmabuf_info *info);

#endif
