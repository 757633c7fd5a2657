// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/windows/content.h"

/*
 * Buffers that may be in one dma-buf.  Xen maps a page up to 127 times in a PV domain,
 * and xen-channeld has each up to four times
 */
#define BUFFERS_MAX 16

/* A dma-buf */
struct xwl_source {
	LIST_ENTRY(xwl_source) entry;
	dev_t dev;
	ino_t ino;
	unsigned int buffers; /* that are in it */
};

struct xwl_content {
	LIST_ENTRY(xwl_content) entry;
	struct xwl_charge *charge;
	bool committed; /* once, at least */
};

/* ---- the memory ---- */

struct xwl_charge *xwl_charge_create(struct xwl_account *a)
{
	struct xwl_charge *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->account = a;
	c->buffer = true;
	return c;
}

int xwl_charge_add(struct xwl_charge *c, uint64_t kib, struct xdc_reason *why)
{
	int err = xwl_account_charge(c->account, XWL_MEMORY, kib, why);

	if (!err)
		c->kib += (uint32_t)kib;
	return err;
}

/* ---- the dma-bufs that it is in ---- */

static struct xwl_source *find_source(struct xwl_account *a,
				      const struct stat *st)
{
	struct xwl_source *s;

	LIST_FOREACH(s, &a->sources, entry)
		if (s->dev == st->st_dev && s->ino == st->st_ino)
			return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	LIST_INSERT_HEAD(&a->sources, s, entry);
	return s;
}

int xwl_charge_source(struct xwl_charge *c, int dmabuf, struct xdc_reason *why)
{
	struct xwl_source *s;
	struct stat st;

	if (fstat(dmabuf, &st))
		return xdc_reason_set(why, -errno, "a buffer's memory: %s",
				      strerror(errno));
	s = find_source(c->account, &st);
	if (!s)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	if (s->buffers == BUFFERS_MAX)
		return xdc_reason_set(
			why, -EDQUOT,
			"more than %d buffers are in one dma-buf at a time",
			BUFFERS_MAX);
	s->buffers++;
	c->sources[c->nr_sources++] = s;
	return 0;
}

static void drop_source(struct xwl_source *s)
{
	if (--s->buffers)
		return;
	LIST_REMOVE(s, entry);
	free(s);
}

void xwl_charge_drop_sources(struct xwl_charge *c)
{
	while (c->nr_sources)
		drop_source(c->sources[--c->nr_sources]);
}

/* ---- its end ---- */

static void end_unused(struct xwl_charge *c)
{
	if (c->buffer || c->surfaces)
		return;
	xwl_charge_drop_sources(c);
	xwl_account_refund(c->account, XWL_MEMORY, c->kib);
	free(c);
}

void xwl_charge_release(struct xwl_charge *c)
{
	c->buffer = false;
	end_unused(c);
}

/* The first surface costs what the buffer costs anyway */
static int add_surface(struct xwl_charge *c, struct xdc_reason *why)
{
	int err = c->surfaces ? xwl_account_charge(c->account, XWL_MEMORY,
						   c->kib, why)
			      : 0;

	if (!err)
		c->surfaces++;
	return err;
}

static void remove_surface(struct xwl_charge *c)
{
	if (--c->surfaces)
		xwl_account_refund(c->account, XWL_MEMORY, c->kib);
	end_unused(c);
}

/* ---- what surfaces show of it ---- */

static struct xwl_content *find_content(struct xwl_contents *s,
					const struct xwl_charge *c)
{
	struct xwl_content *i;

	LIST_FOREACH(i, &s->all, entry)
		if (i->charge == c)
			return i;
	return NULL;
}

static int add_content(struct xwl_contents *s, struct xwl_charge *c,
		       struct xdc_reason *why, struct xwl_content **out)
{
	struct xwl_content *i = calloc(1, sizeof(*i));
	int err;

	if (!i)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	err = add_surface(c, why);
	if (err) {
		free(i);
		return err;
	}
	i->charge = c;
	LIST_INSERT_HEAD(&s->all, i, entry);
	*out = i;
	return 0;
}

static void remove_content(struct xwl_content *i)
{
	LIST_REMOVE(i, entry);
	remove_surface(i->charge);
	free(i);
}

int xwl_contents_attach(struct xwl_contents *s, struct xwl_charge *c,
			struct xdc_reason *why)
{
	struct xwl_content *before = s->attached, *now;
	int err = 0;

	now = c ? find_content(s, c) : NULL;
	if (c && !now)
		err = add_content(s, c, why, &now);
	if (err)
		return err;
	s->changed = true;
	s->attached = now;
	if (before && before != now && !before->committed)
		remove_content(before);
	return 0;
}

void xwl_contents_commit(struct xwl_contents *s)
{
	if (!s->changed)
		return;
	s->changed = false;
	s->committed = s->attached;
	s->attached = NULL;
	if (s->committed)
		s->committed->committed = true;
}

void xwl_contents_settle(struct xwl_contents *s)
{
	struct xwl_content *i, *next;

	for (i = LIST_FIRST(&s->all); i; i = next) {
		next = LIST_NEXT(i, entry);
		if (i != s->committed && i != s->attached)
			remove_content(i);
	}
}

void xwl_contents_fini(struct xwl_contents *s)
{
	while (!LIST_EMPTY(&s->all))
		remove_content(LIST_FIRST(&s->all));
}
