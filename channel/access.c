// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "peer.h"

struct list {
	const struct xch_daemon *d;
	const struct xdc_user *user;
	bool all;
	FILE *out;
};

bool xch_access_all(const struct xdc_user *user)
{
	return !user->uid || user->uid == geteuid();
}

static const char *explain_state(const struct xch_peer *p)
{
	if (p->why[0])
		return p->why;
	return p->state == XCH_PEER_LINKED ? ""
					   : "its xen-channeld is not there";
}

/* In a word; a link may be for bytes only */
static const char *state_of(const struct xch_peer *p)
{
	return p->state == XCH_PEER_LINKED && !p->buffers ? "bytes"
							  : xch_peer_state(p);
}

static uint32_t pages_left(const struct xch_peer *p, uint32_t used)
{
	struct xch_caps caps;

	xch_config_caps(p->daemon->config, xch_peer_config_name(p),
			p->domain.domid, &caps);
	/* what the worker of the link before has said is over */
	if (p->state != XCH_PEER_LINKED)
		return caps.max_pages;
	return used < caps.max_pages ? caps.max_pages - used : 0;
}

static void list_peer(const struct list *l, const char *word,
		      const char *service, const char *name)
{
	const struct xch_peer *p = NULL;
	struct xch_domain domain;

	fprintf(l->out, "%s %s %s ", word, service, name);
	if (!xch_domains_find(&l->d->domains, name, &domain))
		p = xch_peer_find(l->d, domain.domid);
	if (p)
		fprintf(l->out, "%s %" PRIu32 " %" PRIu32 " %s\n", state_of(p),
			pages_left(p, p->status.granted_pages),
			pages_left(p, p->status.mapped_pages),
			explain_state(p));
	else
		fprintf(l->out,
			"absent 0 0 the domain does not run, or is not known by this name\n");
}

static void list_use(void *user, const struct xch_use *use)
{
	const struct list *l = user;
	const struct xch_names *peers = &use->peers;
	unsigned int i;

	if (!l->all && !xch_users_have(&use->users, l->user->uid, l->user->gids,
				       l->user->nr_gids))
		return;
	for (i = 0; i < peers->nr; i++)
		list_peer(l, "use", use->service, peers->name[i]);
}

static void list_service(void *user, const struct xch_service *service)
{
	const struct list *l = user;
	unsigned int i;

	if (!l->all && (service->target != XCH_TARGET_LISTEN ||
			!xch_users_have(&service->users, l->user->uid,
					l->user->gids, l->user->nr_gids)))
		return;
	for (i = 0; i < service->from.nr; i++)
		list_peer(l, "offer", service->name, service->from.name[i]);
}

void xch_access_list(const struct xch_daemon *d, const struct xdc_user *user,
		     FILE *out)
{
	struct list l = {
		.d = d,
		.user = user,
		.all = xch_access_all(user),
		.out = out,
	};

	fprintf(out, "memory %s\n", d->udmabuf < 0 ? "copied" : "shared");
	fprintf(out, "fences %s\n", d->idle_dmabuf < 0 ? "refused" : "carried");
	xch_config_each_use(d->config, list_use, &l);
	xch_config_each_service(d->config, list_service, &l);
}
