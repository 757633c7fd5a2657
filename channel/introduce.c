// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "introduce.h"

/* The domain @to is told that @name has the id @domid */
struct xch_introduction {
	uint16_t to, domid;
	char name[XCH_NAME_MAX];
};

struct wish {
	struct xch_daemon *d;
	struct xch_introduction *all;
	unsigned int nr;
	bool failed;
};

static bool is_same(const struct xch_introduction *a,
		    const struct xch_introduction *b)
{
	return a->to == b->to && a->domid == b->domid &&
	       !strcmp(a->name, b->name);
}

static bool has_introduction(const struct xch_introduction *all,
			     unsigned int nr, const struct xch_introduction *i)
{
	unsigned int k;

	for (k = 0; k < nr; k++)
		if (is_same(&all[k], i))
			return true;
	return false;
}

static bool is_running(const struct xch_daemon *d, uint16_t domid)
{
	unsigned int i;

	for (i = 0; i < d->domains.nr; i++)
		if (d->domains.all[i].domid == domid)
			return true;
	return false;
}

static void add_wish(struct wish *w, uint16_t to, const char *name,
		     uint16_t domid)
{
	struct xch_introduction *grown =
		realloc(w->all, (w->nr + 1) * sizeof(*grown));

	if (!grown) {
		w->failed = true;
		return;
	}
	w->all = grown;
	grown[w->nr].to = to;
	grown[w->nr].domid = domid;
	strcpy(grown[w->nr].name, name);
	w->nr++;
}

/* Both must run: a domain that is told of the one before would trust its successor */
static void wish_pair(void *user, const char *one, const char *other)
{
	struct xch_domain a, b;
	struct wish *w = user;

	if (xch_domains_find(&w->d->domains, one, &a) ||
	    xch_domains_find(&w->d->domains, other, &b))
		return;
	add_wish(w, a.domid, other, b.domid);
	add_wish(w, b.domid, one, a.domid);
}

/* Once, until all has succeeded */
static void tell_failure(struct xch_daemon *d, int err, const char *what,
			 const char *name, uint16_t to)
{
	if (!d->told_no_introductions)
		xdc_log(XDC_WARNING, "cannot %s %s to domain %u: %s", what,
			name, to, strerror(-err));
}

/* The one that is written to the same node, or NULL */
static const struct xch_introduction *
find_same_node(const struct xch_introduction *all, unsigned int nr,
	       const struct xch_introduction *i)
{
	unsigned int k;

	for (k = 0; k < nr; k++)
		if (all[k].to == i->to && !strcmp(all[k].name, i->name))
			return &all[k];
	return NULL;
}

/* What could not be taken back is kept, so that it is the next time */
static void withdraw_old(struct xch_daemon *d, struct wish *w)
{
	unsigned int i;
	int err;

	for (i = 0; i < d->nr_introductions; i++) {
		const struct xch_introduction *old = &d->introductions[i];

		if (has_introduction(w->all, w->nr, old) ||
		    !is_running(d, old->to))
			continue;
		err = xch_domains_withdraw(d->xs, old->to, old->name);
		if (!err || find_same_node(w->all, w->nr, old))
			continue;
		tell_failure(d, err, "take back the introduction of", old->name,
			     old->to);
		add_wish(w, old->to, old->name, old->domid);
		w->failed = true;
	}
}

/*
 * What could not be written is not kept, so that it is written the next time; but what may
 * be there in its place, which is taken back if it is not wanted by then
 */
static void write_new(struct xch_daemon *d, struct wish *w)
{
	const struct xch_introduction *old;
	unsigned int i, kept = 0;
	int err;

	for (i = 0; i < w->nr; i++) {
		struct xch_introduction *new = &w->all[i];

		err = has_introduction(d->introductions, d->nr_introductions,
				       new)
			      ? 0
			      : xch_domains_introduce(d->xs, new->to, new->name,
						      new->domid);
		if (!err) {
			w->all[kept++] = *new;
			continue;
		}
		w->failed = true;
		tell_failure(d, err, "introduce", new->name, new->to);
		old = find_same_node(d->introductions, d->nr_introductions,
				     new);
		if (old)
			w->all[kept++] = *old;
	}
	w->nr = kept;
}

static void add_written(void *user, uint16_t to, const char *name,
			uint16_t domid)
{
	add_wish(user, to, name, domid);
}

/*
 * What an earlier daemon has written is kept where it is wanted, and taken back
 * where it is not: an id may be another domain's by now
 */
static int read_written(struct xch_daemon *d)
{
	struct wish w = { .d = d };
	unsigned int i;
	int err = 0;

	for (i = 0; i < d->domains.nr && !err; i++) {
		uint16_t to = d->domains.all[i].domid;

		err = xch_domains_introductions(d->xs, to, add_written, &w);
		if (!err && w.failed)
			err = -ENOMEM;
		if (err)
			tell_failure(d, err, "read", "the introductions", to);
	}
	if (err) {
		free(w.all);
		return err;
	}
	d->introductions = w.all;
	d->nr_introductions = w.nr;
	d->introductions_read = true;
	d->told_no_introductions = false;
	return 0;
}

bool xch_introduce_update(struct xch_daemon *d)
{
	struct wish w = { .d = d };

	if (!d->introductions_read && read_written(d)) {
		d->told_no_introductions = true;
		return true;
	}
	xch_config_each_introduction(d->config, wish_pair, &w);
	withdraw_old(d, &w);
	write_new(d, &w);
	free(d->introductions);
	d->introductions = w.all;
	d->nr_introductions = w.nr;
	d->told_no_introductions = w.failed;
	return w.failed;
}

void xch_introduce_stop(struct xch_daemon *d)
{
	free(d->introductions);
	d->introductions = NULL;
	d->nr_introductions = 0;
}
