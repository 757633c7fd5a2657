// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/controls.h"
#include "common/number.h"
#include "common/reason.h"
#include "common/store.h"
#include "domains.h"

/* Xen has no more; ids above are special */
#define DOMID_MAX 32751U
/* Introductions that are read: dom0 alone writes them, and needs no more */
#define INTRODUCTIONS_MAX 256U
/* What xl appends to the name of a domain that migrates, and takes off later */
#define INCOMING "--incoming"

int xch_domains_self(struct xs_handle *xs, uint16_t *self)
{
	char *text = xs_read(xs, XBT_NULL, "domid", NULL);
	uint32_t id;
	int err;

	if (!text)
		return errno ? -errno : -EIO;
	err = xdc_parse_number(text, DOMID_MAX, &id);
	if (!err)
		*self = (uint16_t)id;
	free(text);
	return err;
}

static void add_domain(struct xch_domains *d, uint16_t domid, const char *name)
{
	struct xch_domain *new = &d->all[d->nr++];

	new->domid = domid;
	snprintf(new->name, sizeof(new->name), "%s", name);
}

static bool is_incoming(const char *name)
{
	size_t len = strlen(name), end = strlen(INCOMING);

	return len > end && !strcmp(name + len - end, INCOMING);
}

/*
 * A domain that is being made has no name yet.  One that is longer than any in the
 * configuration is none: cut off, it could be another domain's.
 */
static int read_name(struct xs_handle *xs, uint16_t domid, char *name,
		     bool *incoming)
{
	char dir[32], text[XCH_NAME_MAX + sizeof(INCOMING)];
	int err;

	*name = '\0';
	snprintf(dir, sizeof(dir), "/local/domain/%u", domid);
	err = xdc_store_raw(xs, dir, "name", text, sizeof(text));
	if (err)
		return err == -ENOENT || err == -ENAMETOOLONG ? 0 : err;
	*incoming |= is_incoming(text);
	if (strlen(text) >= XCH_NAME_MAX)
		return 0;
	xdc_controls_hide(text, strlen(text), "");
	strcpy(name, text);
	return 0;
}

/* dom0 reads what the toolstack has written */
static int scan_all(struct xs_handle *xs, struct xch_domains *out,
		    struct xdc_reason *why)
{
	unsigned int i, nr;
	char **ids = xs_directory(xs, XBT_NULL, "/local/domain", &nr);
	char name[XCH_NAME_MAX];
	uint32_t id;
	int err = 0;

	if (!ids)
		return errno ? -errno : -EIO;
	out->all = calloc(nr ? nr : 1, sizeof(*out->all));
	if (!out->all)
		err = -ENOMEM;
	out->complete = true;
	for (i = 0; i < nr && !err; i++) {
		if (xdc_parse_number(ids[i], DOMID_MAX, &id))
			continue;
		err = read_name(xs, (uint16_t)id, name, &out->incoming);
		if (!err)
			add_domain(out, (uint16_t)id, name);
		else
			xdc_reason_set(why, err,
				       "cannot read the name of domain %u: %s",
				       id, strerror(-err));
	}
	free(ids);
	return err;
}

/* 1: it counts.  0: it does not.  Or why it could not be read. */
static int read_introduction(struct xs_handle *xs, const char *dir,
			     const char *name, uint16_t to, uint32_t *id)
{
	char text[16];
	int err;

	if (strlen(name) >= XCH_NAME_MAX)
		return 0;
	/* a domain must not say by itself who another one is */
	err = xdc_store_may_write(xs, dir, name, to);
	if (err > 0)
		return 0;
	if (!err)
		err = xdc_store_raw(xs, dir, name, text, sizeof(text));
	if (err)
		return err == -ENOENT || err == -ENAMETOOLONG ? 0 : err;
	return !xdc_parse_number(text, DOMID_MAX, id) && *id != to;
}

int xch_domains_introductions(struct xs_handle *xs, uint16_t to,
			      void (*visit)(void *user, uint16_t to,
					    const char *name, uint16_t domid),
			      void *user)
{
	unsigned int i, nr = 0;
	char dir[64], **names;
	uint32_t id;
	int ret = 0;

	snprintf(dir, sizeof(dir), "/local/domain/%u/xen-channel", to);
	names = xs_directory(xs, XBT_NULL, dir, &nr);
	if (!names)
		return errno == ENOENT || errno == EACCES ? 0
		       : errno				  ? -errno
							  : -EIO;
	for (i = 0; i < nr && i < INTRODUCTIONS_MAX && ret >= 0; i++) {
		ret = read_introduction(xs, dir, names[i], to, &id);
		if (ret > 0)
			visit(user, to, names[i], (uint16_t)id);
	}
	free(names);
	return ret < 0 ? ret : 0;
}

static void add_introduced(void *user, uint16_t to, const char *name,
			   uint16_t domid)
{
	struct xch_domains *d = user;

	add_domain(d, domid, name);
}

/* Elsewhere there are introductions, or none */
static int scan_introductions(struct xs_handle *xs, uint16_t self,
			      struct xch_domains *out)
{
	out->all = calloc(INTRODUCTIONS_MAX, sizeof(*out->all));
	if (!out->all)
		return -ENOMEM;
	return xch_domains_introductions(xs, self, add_introduced, out);
}

int xch_domains_scan(struct xs_handle *xs, uint16_t self,
		     struct xch_domains *out, struct xdc_reason *why)
{
	int err;

	memset(out, 0, sizeof(*out));
	why->text[0] = '\0';
	err = self ? scan_introductions(xs, self, out) : scan_all(xs, out, why);
	if (err && !why->text[0])
		xdc_reason_set(why, err, "cannot list the domains: %s",
			       strerror(-err));
	if (err)
		xch_domains_free(out);
	return err;
}

void xch_domains_free(struct xch_domains *d)
{
	free(d->all);
	memset(d, 0, sizeof(*d));
}

int xch_domains_find(const struct xch_domains *d, const char *text,
		     struct xch_domain *out)
{
	bool number;
	unsigned int i;
	uint32_t id;

	number = !xdc_parse_number(text, DOMID_MAX, &id);
	for (i = 0; i < d->nr; i++) {
		if (strcmp(d->all[i].name, text) &&
		    !(number && d->all[i].domid == id))
			continue;
		*out = d->all[i];
		return 0;
	}
	if (!number || d->complete)
		return -ENOENT;
	out->domid = (uint16_t)id;
	out->name[0] = '\0';
	return 0;
}

static int introduce_once(struct xs_handle *xs, const char *home,
			  const char *path, uint16_t to, const char *value)
{
	struct xs_permissions perms[] = {
		{ .id = 0, .perms = XS_PERM_NONE },
		{ .id = to, .perms = XS_PERM_READ },
	};
	xs_transaction_t t = xs_transaction_start(xs);
	char dir[64], *exists;
	int err = 0;

	if (t == XBT_NULL)
		return errno ? -errno : -EIO;
	snprintf(dir, sizeof(dir), "%s/xen-channel", home);
	/* the toolstack may have removed the domain: do not make it again */
	exists = xs_read(xs, t, home, NULL);
	if (!exists)
		err = -ENOENT;
	else if (!xs_mkdir(xs, t, dir) ||
		 !xs_set_permissions(xs, t, dir, perms, 2) ||
		 !xs_write(xs, t, path, value, (unsigned int)strlen(value)) ||
		 !xs_set_permissions(xs, t, path, perms, 2))
		err = errno ? -errno : -EIO;
	free(exists);
	if (!xs_transaction_end(xs, t, err) && !err)
		err = errno ? -errno : -EIO;
	return err;
}

int xch_domains_introduce(struct xs_handle *xs, uint16_t to, const char *name,
			  uint16_t domid)
{
	char home[32], path[128], value[8];
	unsigned int tries;
	int err = -EAGAIN;

	snprintf(home, sizeof(home), "/local/domain/%u", to);
	snprintf(path, sizeof(path), "%s/xen-channel/%s", home, name);
	snprintf(value, sizeof(value), "%u", domid);
	for (tries = 0; tries < 10 && err == -EAGAIN; tries++)
		err = introduce_once(xs, home, path, to, value);
	return err;
}

int xch_domains_withdraw(struct xs_handle *xs, uint16_t to, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/local/domain/%u/xen-channel/%s", to,
		 name);
	if (xs_rm(xs, XBT_NULL, path) || errno == ENOENT)
		return 0;
	return errno ? -errno : -EIO;
}
