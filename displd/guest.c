// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/controls.h"
#include "daemon.h"
#include "guest.h"
#include "common/store.h"

/* Beyond the quota if need be: the guest gets no new framebuffer then */
static void hold_framebuffers(struct xd_owner *owner, int more)
{
	struct xd_guest *g = container_of(owner, struct xd_guest, owner);

	g->framebuffers += (uint32_t)more;
}

/*
 * The domain's name, which the guest cannot write: in UTF-8 as it is, so that
 * sections [guest NAME] and the window's title have it
 */
static void read_name(struct xd_guest *g)
{
	struct xs_handle *xs = g->daemon->xs;
	char dir[32], name[sizeof(g->name)];

	snprintf(dir, sizeof(dir), "/local/domain/%u", g->domid);
	if (xdc_store_raw(xs, dir, "name", name, sizeof(name)) &&
	    xdc_store_text(xs, dir, "name", name, sizeof(name)))
		name[0] = '\0';
	xdc_controls_hide(name, strlen(name), "");
	if (*g->name && *name && strcmp(g->name, name))
		xd_guest_log(g, XDC_INFO, "its name is %s now", name);
	/* a name that was read stays if it cannot be read now */
	if (*name)
		strcpy(g->name, name);
	/* a driver domain may not read guests' names: use the number */
	if (!*g->name)
		snprintf(g->name, sizeof(g->name), "%u", g->domid);
}

void xd_guest_configure(struct xd_guest *g)
{
	read_name(g);
	xd_config_policy(g->daemon->config, g->name, g->domid, -1, NULL, false,
			 &g->policy);
}

int xd_guest_get(struct xd_daemon *d, uint16_t domid, struct xd_guest **out)
{
	struct xd_guest *g;

	LIST_FOREACH(g, &d->guests, link) {
		if (g->domid != domid)
			continue;
		g->users++;
		*out = g;
		return 0;
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	xd_budget_init(&g->budget, &d->loop);
	g->daemon = d;
	g->serial = ++d->guests_seen;
	g->domid = domid;
	g->users = 1;
	g->owner.holds = hold_framebuffers;
	xd_guest_configure(g);
	LIST_INSERT_HEAD(&d->guests, g, link);
	*out = g;
	return 0;
}

void xd_guest_put(struct xd_guest *g)
{
	if (!g || --g->users)
		return;
	LIST_REMOVE(g, link);
	xd_budget_fini(&g->budget);
	xdc_mappings_fini(&g->mappings);
	free(g);
}

int xd_guest_charge_buffer(struct xd_guest *g, uint32_t pages)
{
	if (g->buffers >= g->policy.max_buffers)
		return -EDQUOT;
	if (g->pages > g->policy.max_pages ||
	    pages > g->policy.max_pages - g->pages)
		return -EDQUOT;
	g->buffers++;
	g->pages += pages;
	return 0;
}

void xd_guest_uncharge_buffer(struct xd_guest *g, uint32_t pages)
{
	g->buffers--;
	g->pages -= pages;
}

int xd_guest_charge_framebuffer(struct xd_guest *g)
{
	if (g->framebuffers >= g->policy.max_framebuffers)
		return -EDQUOT;
	g->framebuffers++;
	return 0;
}

void xd_guest_uncharge_framebuffer(struct xd_guest *g)
{
	g->framebuffers--;
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	char prefix[XD_TEXT_MAX + 16];
	va_list args;

	snprintf(prefix, sizeof(prefix), "guest %s (%u)", g->name, g->domid);
	va_start(args, fmt);
	xdc_vlog(level, &g->bucket, prefix, fmt, args);
	va_end(args);
}
