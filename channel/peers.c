// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/reason.h"
#include "introduce.h"
#include "meeting.h"
#include "peer.h"
#include "peers.h"

/* dom0 is told of every domain; elsewhere dom0's introductions are watched */
#define WATCH_ENDED "@releaseDomain"
#define WATCH_BEGUN "@introduceDomain"
/* Relative: the kernel sets watches anew in a domain that was restored, which fires them */
#define WATCH_SELF "domid"
/*
 * The toolstack removes what xenstore has of a domain after it has ended, and renames one
 * that has migrated, which no event tells
 */
#define SCAN_AGAIN (2 * XDC_NS_PER_S)

/* A renamed domain is another one */
static void mark_peer(void *user, const char *name)
{
	struct xch_daemon *d = user;
	struct xch_domain domain;
	struct xch_peer *p;

	if (xch_domains_find(&d->domains, name, &domain))
		return;
	p = xch_peer_find(d, domain.domid);
	if (p && !strcmp(p->domain.name, domain.name))
		p->wanted = true;
}

/* Those that ended, first: they make room for others */
static void drop_unwanted(struct xch_daemon *d)
{
	struct xch_peer *p, *next;

	for (p = LIST_FIRST(&d->peers); p; p = next) {
		next = LIST_NEXT(p, link);
		if (!p->wanted)
			xch_peer_destroy(p);
	}
}

static void add_peer(void *user, const char *name)
{
	struct xch_daemon *d = user;
	struct xch_domain domain;
	int err;

	if (xch_domains_find(&d->domains, name, &domain) ||
	    domain.domid == d->self || xch_peer_find(d, domain.domid))
		return;
	if (d->nr_peers >= xch_config_max_links(d->config)) {
		xdc_log(XDC_WARNING,
			"%s is not linked: max-links in [daemon] is %u", name,
			xch_config_max_links(d->config));
		return;
	}
	err = xch_peer_create(d, &domain);
	if (err)
		xdc_log(XDC_ERROR, "%s: %s", name, strerror(-err));
}

/* It says nothing of the peers: they stay linked */
static void scan_failed(struct xch_daemon *d, const char *why)
{
	if (!d->told_no_scan)
		xdc_log(XDC_ERROR, "%s", why);
	d->told_no_scan = true;
	xdc_timer_in(&d->scan_timer, SCAN_AGAIN);
}

static void scan_domains(struct xdc_work *w)
{
	struct xch_daemon *d = container_of(w, struct xch_daemon, scan);
	struct xch_domains now;
	struct xch_peer *p;
	struct xdc_reason why;
	bool again;

	if (xch_domains_scan(d->xs, d->self, &now, &why)) {
		scan_failed(d, why.text);
		return;
	}
	d->told_no_scan = false;
	xch_domains_free(&d->domains);
	d->domains = now;
	LIST_FOREACH(p, &d->peers, link)
		p->wanted = false;
	xch_config_each_peer(d->config, mark_peer, d);
	drop_unwanted(d);
	xch_config_each_peer(d->config, add_peer, d);
	again = !d->self && xch_introduce_update(d);
	if (again || d->domains.incoming)
		xdc_timer_in(&d->scan_timer, SCAN_AGAIN);
}

void xch_peers_update(struct xch_daemon *d)
{
	xdc_loop_later(&d->loop, &d->scan);
}

/* The watch fires once after a restore: nothing else would make it look again */
static void self_failed(struct xch_daemon *d, int err)
{
	if (!d->self_unread)
		xdc_log(XDC_ERROR, "cannot read this domain's id: %s",
			strerror(-err));
	d->self_unread = true;
	xdc_timer_in(&d->scan_timer, SCAN_AGAIN);
}

/*
 * A domain that was restored or migrated may have another id.  Its peers know it by that
 * one, and everything here was made for the old one.
 */
static void look_at_self(struct xch_daemon *d)
{
	struct xch_peer *p;
	uint16_t self;
	int err = xch_domains_self(d->xs, &self);

	if (err) {
		self_failed(d, err);
		return;
	}
	d->self_unread = false;
	if (self != d->self) {
		xdc_log(XDC_ERROR,
			"this domain's id is %u and was %u: it was restored or migrated; all links end, and the daemon must be started again",
			self, d->self);
		xdc_loop_fail(&d->loop, -ESTALE);
		return;
	}
	/* under the same id, what was written stays behind all the same */
	LIST_FOREACH(p, &d->peers, link) {
		p->published = false;
		xch_peer_tell(p);
	}
}

static void scan_timer_fired(struct xdc_timer *t)
{
	struct xch_daemon *d = container_of(t, struct xch_daemon, scan_timer);

	if (d->self_unread)
		look_at_self(d);
	xch_peers_update(d);
}

static void store_event(struct xdc_store_events *e, const char *path,
			const char *token)
{
	struct xch_daemon *d = container_of(e, struct xch_daemon, store);
	char dir[XCH_MEETING_PATH];
	struct xch_peer *p;

	if (!strcmp(token, WATCH_SELF)) {
		look_at_self(d);
		return;
	}
	LIST_FOREACH(p, &d->peers, link) {
		xch_meeting_path(dir, p->domain.domid, d->self);
		if (!strcmp(token, dir)) {
			xch_peer_tell(p);
			return;
		}
	}
	xch_peers_update(d);
	if (!strcmp(token, WATCH_ENDED))
		xdc_timer_in(&d->scan_timer, SCAN_AGAIN);
}

static void store_turn_over(struct xdc_store_events *e)
{
}

static int watch_path(struct xch_daemon *d, const char *path,
		      struct xdc_reason *why)
{
	if (xs_watch(d->xs, path, path))
		return 0;
	return xdc_reason_set(why, errno ? -errno : -EIO,
			      "cannot watch %s in xenstore: %s", path,
			      strerror(errno));
}

static int watch_domains(struct xch_daemon *d, struct xdc_reason *why)
{
	char path[64];
	int err;

	if (d->self) {
		snprintf(path, sizeof(path), "/local/domain/%u/xen-channel",
			 d->self);
		err = watch_path(d, path, why);
		return err ? err : watch_path(d, WATCH_SELF, why);
	}
	err = watch_path(d, WATCH_BEGUN, why);
	if (!err)
		err = watch_path(d, WATCH_ENDED, why);
	return err;
}

int xch_peers_start(struct xch_daemon *d, struct xdc_reason *why)
{
	int err;

	d->scan.run = scan_domains;
	d->xs = xs_open(XS_UNWATCH_FILTER);
	if (!d->xs)
		return xdc_reason_set(
			why, errno ? -errno : -ENODEV,
			"xenstore: %s. Try: start xenstored; run as a user who may open /dev/xen/xenbus",
			strerror(errno ? errno : ENODEV));
	if (xch_domains_self(d->xs, &d->self))
		return xdc_reason_set(why, -ENOENT,
				      "cannot determine own domain id");
	xch_meeting_remove_all(d->xs, d->self);
	xdc_timer_init(&d->loop, &d->scan_timer, scan_timer_fired);
	err = watch_domains(d, why);
	if (err)
		return err;
	d->store.event = store_event;
	d->store.turn_over = store_turn_over;
	err = xdc_store_events_start(&d->store, &d->loop, d->xs);
	if (err)
		return xdc_reason_set(why, err, "xenstore: %s", strerror(-err));
	xdc_loop_later(&d->loop, &d->scan);
	return 0;
}

void xch_peers_stop(struct xch_daemon *d)
{
	struct xch_peer *p;

	if (!d->xs)
		return;
	while ((p = LIST_FIRST(&d->peers)))
		xch_peer_destroy(p);
	xdc_loop_cancel(&d->loop, &d->scan);
	xdc_timer_fini(&d->scan_timer);
	xch_introduce_stop(d);
	xch_domains_free(&d->domains);
	xch_meeting_remove_all(d->xs, d->self);
	xdc_store_events_stop(&d->store);
	xs_close(d->xs);
	d->xs = NULL;
}
