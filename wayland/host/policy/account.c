// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/policy/account.h"

static const char *const names[] = {
	[XWL_PROGRAMS] = "max-programs",
	[XWL_OBJECTS] = "max-objects",
	[XWL_SURFACES] = "max-surfaces",
	[XWL_WINDOWS] = "max-windows",
	[XWL_BUFFERS] = "max-buffers",
	[XWL_MEMORY] = "max-memory",
	[XWL_CALLBACKS] = "max-callbacks",
	[XWL_RECTANGLES] = "max-rectangles",
	[XWL_DEPTH] = "max-subsurface-depth",
	[XWL_RATE] = "max-rate",
	[XWL_TRANSFERS] = "max-transfers",
	[XWL_CLIPBOARD_SIZE] = "clipboard-size",
	[XWL_CLIPBOARD_TIME] = "clipboard-time",
	[XWL_FRAME_WIDTH] = "frame-width",
	[XWL_CURSOR] = "max-cursor",
};

/* What is counted beside XWL_OBJECTS */
static const struct {
	const char *interface;
	enum xwl_limit limit;
} kinds[] = {
	{ "wl_surface", XWL_SURFACES },
	{ "xdg_toplevel", XWL_WINDOWS },
	{ "xdg_popup", XWL_WINDOWS },
	{ "wl_buffer", XWL_BUFFERS },
	/* they have as many files as the buffer that is made of them */
	{ "zwp_linux_buffer_params_v1", XWL_BUFFERS },
	{ "wl_callback", XWL_CALLBACKS },
	{ "wp_presentation_feedback", XWL_CALLBACKS },
};

const char *xwl_limit_name(enum xwl_limit limit)
{
	return names[limit];
}

int xwl_account_check(const struct xwl_account *a, enum xwl_limit limit,
		      uint64_t value, struct xdc_reason *why)
{
	uint32_t max = a->policy->max[limit];

	if (value <= max)
		return 0;
	if (limit == XWL_MEMORY)
		return xdc_reason_set(
			why, -EDQUOT,
			"%s = %u exceeded: its buffers would need %" PRIu64
			" MiB",
			names[limit], max / 1024, value / 1024 + 1);
	return xdc_reason_set(why, -EDQUOT, "%s = %u exceeded", names[limit],
			      max);
}

int xwl_account_charge(struct xwl_account *a, enum xwl_limit limit, uint64_t n,
		       struct xdc_reason *why)
{
	int err = xwl_account_check(a, limit, a->used[limit] + n, why);

	if (!err)
		a->used[limit] += (uint32_t)n;
	return err;
}

void xwl_account_refund(struct xwl_account *a, enum xwl_limit limit, uint32_t n)
{
	a->used[limit] -= n;
}

static enum xwl_limit limit_of(const char *interface)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(interface, kinds[i].interface))
			return kinds[i].limit;
	return XWL_LIMITS;
}

int xwl_account_object(struct xwl_account *a, const char *interface,
		       struct xdc_reason *why)
{
	enum xwl_limit limit = limit_of(interface);
	int err = xwl_account_charge(a, XWL_OBJECTS, 1, why);

	if (err || limit == XWL_LIMITS)
		return err;
	err = xwl_account_charge(a, limit, 1, why);
	if (err)
		xwl_account_refund(a, XWL_OBJECTS, 1);
	return err;
}

void xwl_account_refund_object(struct xwl_account *a, const char *interface)
{
	enum xwl_limit limit = limit_of(interface);

	xwl_account_refund(a, XWL_OBJECTS, 1);
	if (limit != XWL_LIMITS)
		xwl_account_refund(a, limit, 1);
}

void xwl_account_ended(struct xwl_account *a, const char *why)
{
	a->ended++;
	snprintf(a->why.text, sizeof(a->why.text), "%s", why);
}
