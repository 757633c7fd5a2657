// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "common/number.h"
#include "share/share.h"

#define SHARE_ATTEMPTS 100

bool xt_share_name_check(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++) {
		char c = name[i];

		if (i >= XT_SHARE_NAME_MAX)
			return false;
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '_')
			continue;
		/* a name that begins with '-' looks like an option */
		if (i && c == '-')
			continue;
		return false;
	}
	return i > 0;
}

static void share_path(char *buf, size_t len, uint16_t owner, const char *name,
		       const char *key)
{
	snprintf(buf, len, "/local/domain/%u/data/xen-dmabuf/%s%s%s", owner,
		 name, key ? "/" : "", key ? key : "");
}

static int xenstore_error(void)
{
	return errno ? -errno : -EIO;
}

static int write_node(struct xs_handle *xs, xs_transaction_t t,
		      const struct xt_share *share, const char *key,
		      const char *value)
{
	struct xs_permissions perms[2] = {
		{ .id = share->owner, .perms = XS_PERM_NONE },
		{ .id = share->peer, .perms = XS_PERM_READ },
	};
	unsigned int nr_perms;
	char path[128];

	share_path(path, sizeof(path), share->owner, share->name, key);
	/* only the granting end reads the pid */
	nr_perms = key && !strcmp(key, "pid") ? 1 : 2;
	if (!xs_write(xs, t, path, value, (unsigned int)strlen(value)) ||
	    !xs_set_permissions(xs, t, path, perms, nr_perms))
		return xenstore_error();
	return 0;
}

static int write_number(struct xs_handle *xs, xs_transaction_t t,
			const struct xt_share *share, const char *key,
			int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return write_node(xs, t, share, key, text);
}

/* The pid in the present entry; 0 if there is none */
static int64_t read_holder(struct xs_handle *xs, xs_transaction_t t,
			   const struct xt_share *share)
{
	char path[128];
	char *text;
	uint64_t pid;

	share_path(path, sizeof(path), share->owner, share->name, "pid");
	text = xs_read(xs, t, path, NULL);
	if (!text || xdc_parse_u64(text, INT32_MAX, &pid))
		pid = 0;
	free(text);
	return (int64_t)pid;
}

static int write_share(struct xs_handle *xs, xs_transaction_t t,
		       const struct xt_share *share)
{
	const struct xt_picture *pic = &share->pic;
	char fourcc[5] = "";
	int err;

	err = write_node(xs, t, share, NULL, "");
	err = err ? err
		  : write_number(xs, t, share, "version", XT_SHARE_VERSION);
	err = err ? err
		  : write_number(xs, t, share, "directory", share->directory);
	err = err ? err : write_number(xs, t, share, "pages", pic->pages);
	err = err ? err : write_number(xs, t, share, "domid-to", share->peer);
	err = err ? err : write_number(xs, t, share, "readonly", pic->rdonly);
	err = err ? err : write_number(xs, t, share, "pid", share->pid);
	if (err || !pic->width)
		return err;
	err = write_number(xs, t, share, "width", pic->width);
	err = err ? err : write_number(xs, t, share, "height", pic->height);
	err = err ? err : write_number(xs, t, share, "stride", pic->stride);
	err = err ? err
		  : write_node(xs, t, share, "format",
			       xt_fourcc_text(pic->format, fourcc));
	return err;
}

int xt_share_publish(struct xs_handle *xs, const struct xt_share *share)
{
	unsigned int attempt;
	char path[128];

	share_path(path, sizeof(path), share->owner, share->name, NULL);
	for (attempt = 0; attempt < SHARE_ATTEMPTS; attempt++) {
		xs_transaction_t t = xs_transaction_start(xs);
		int64_t pid;
		int err;

		if (t == XBT_NULL)
			return xenstore_error();
		pid = read_holder(xs, t, share);
		if (pid > 0 && pid != share->pid &&
		    (!kill((pid_t)pid, 0) || errno != ESRCH)) {
			xs_transaction_end(xs, t, true);
			return -EEXIST;
		}
		/* remove all of what a killed process may have left */
		xs_rm(xs, t, path);
		err = write_share(xs, t, share);
		if (err) {
			xs_transaction_end(xs, t, true);
			return err;
		}
		if (xs_transaction_end(xs, t, false))
			return 0;
		if (errno != EAGAIN)
			return xenstore_error();
	}
	return -EAGAIN;
}

void xt_share_withdraw(struct xs_handle *xs, const struct xt_share *share)
{
	unsigned int attempt;
	char path[128];

	share_path(path, sizeof(path), share->owner, share->name, NULL);
	for (attempt = 0; attempt < SHARE_ATTEMPTS; attempt++) {
		xs_transaction_t t = xs_transaction_start(xs);

		if (t == XBT_NULL)
			return;
		if (read_holder(xs, t, share) != share->pid ||
		    !xs_rm(xs, t, path)) {
			xs_transaction_end(xs, t, true);
			return;
		}
		if (xs_transaction_end(xs, t, false) || errno != EAGAIN)
			return;
	}
}

static int read_number(struct xs_handle *xs, xs_transaction_t t,
		       const struct xt_share *share, const char *key,
		       bool required, uint32_t *value)
{
	char path[128];
	char *text;
	int err;

	*value = 0;
	share_path(path, sizeof(path), share->owner, share->name, key);
	text = xs_read(xs, t, path, NULL);
	if (!text) {
		if (errno == ENOENT)
			return required ? -EPROTO : 0;
		return xenstore_error();
	}
	err = xdc_parse_number(text, UINT32_MAX, value) ? -EPROTO : 0;
	free(text);
	return err;
}

static int read_share(struct xs_handle *xs, xs_transaction_t t,
		      struct xt_share *share)
{
	uint32_t version, directory, pages, peer, rdonly, w, h, stride;
	char path[128];
	char *text;
	int err;

	share_path(path, sizeof(path), share->owner, share->name, NULL);
	text = xs_read(xs, t, path, NULL);
	if (!text)
		return xenstore_error();
	free(text);
	err = read_number(xs, t, share, "version", true, &version);
	err = err ? err
		  : read_number(xs, t, share, "directory", true, &directory);
	err = err ? err : read_number(xs, t, share, "pages", true, &pages);
	err = err ? err : read_number(xs, t, share, "domid-to", true, &peer);
	err = err ? err : read_number(xs, t, share, "readonly", true, &rdonly);
	err = err ? err : read_number(xs, t, share, "width", false, &w);
	err = err ? err : read_number(xs, t, share, "height", false, &h);
	err = err ? err : read_number(xs, t, share, "stride", false, &stride);
	if (err)
		return err;
	if (version != XT_SHARE_VERSION)
		return -EPROTONOSUPPORT;
	if (!directory || peer > UINT16_MAX || rdonly > 1)
		return -EPROTO;
	share->directory = directory;
	share->peer = (uint16_t)peer;
	share->pic.pages = pages;
	share->pic.width = w;
	share->pic.height = h;
	share->pic.stride = stride;
	share->pic.rdonly = rdonly;
	if (w) {
		share_path(path, sizeof(path), share->owner, share->name,
			   "format");
		text = xs_read(xs, t, path, NULL);
		if (!text)
			return -EPROTO;
		err = xt_fourcc_parse(text, &share->pic.format);
		free(text);
		if (err)
			return -EPROTO;
	}
	return xt_picture_check(&share->pic);
}

int xt_share_find(struct xs_handle *xs, uint16_t owner, const char *name,
		  struct xt_share *share)
{
	unsigned int attempt;
	int err;

	memset(share, 0, sizeof(*share));
	if (!xt_share_name_check(name))
		return -EINVAL;
	snprintf(share->name, sizeof(share->name), "%s", name);
	share->owner = owner;
	for (attempt = 0; attempt < SHARE_ATTEMPTS; attempt++) {
		/* a transaction sees a consistent entry */
		xs_transaction_t t = xs_transaction_start(xs);

		if (t == XBT_NULL)
			return xenstore_error();
		err = read_share(xs, t, share);
		if (xs_transaction_end(xs, t, false))
			return err;
		if (errno != EAGAIN)
			return err ? err : xenstore_error();
	}
	return -EAGAIN;
}

const char *xt_share_explain(int err)
{
	switch (err) {
	case -EINVAL:
		return "a share's name has 1 to 32 letters, digits, '_' or '-', and does not begin with '-'";
	case -ENOENT:
		return "no share of that name. Try: check that `xendmabuf grant --name` is running in the granting domain";
	case -EACCES:
	case -EPERM:
		return "xenstore denies access. Try: check that the share was granted to this domain";
	case -EEXIST:
		return "a running process already publishes that name. Try: another --name";
	case -EPROTO:
		return "the entry in xenstore is inconsistent: it is damaged, or the other domain is hostile";
	case -EPROTONOSUPPORT:
		return "published by another version of xendmabuf. Try: install the same version in both domains";
	case -EAGAIN:
		return "xenstore is too busy: every transaction had a conflict. Try: again";
	default:
		return strerror(-err);
	}
}
