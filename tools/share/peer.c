// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "share/peer.h"

int xt_peer_parse_domid(const char *text, uint16_t *domid)
{
	uint64_t value;
	int err = xdc_parse_u64(text, XT_PEER_DOMID_END - 1, &value);

	if (!err)
		*domid = (uint16_t)value;
	return err;
}

int xt_peer_find(struct xs_handle *xs, const char *text, uint16_t *domid)
{
	unsigned int n, i, found = 0;
	char path[64];
	char **ids;
	int err;

	err = xt_peer_parse_domid(text, domid);
	if (err != -EINVAL)
		return err;
	if (!*text)
		return -ENOENT;
	if (!xs)
		return -ENOTCONN;
	ids = xs_directory(xs, XBT_NULL, "/local/domain", &n);
	if (!ids)
		return errno == EACCES ? -EACCES : -ENOENT;
	for (i = 0; i < n; i++) {
		uint16_t id;
		char *name;

		if (xt_peer_parse_domid(ids[i], &id))
			continue;
		snprintf(path, sizeof(path), "/local/domain/%u/name", id);
		name = xs_read(xs, XBT_NULL, path, NULL);
		if (name && !strcmp(name, text)) {
			*domid = id;
			found++;
		}
		free(name);
	}
	free(ids);
	if (found > 1)
		return -ENOTUNIQ;
	return found ? 0 : -ENOENT;
}

const char *xt_peer_find_explain(int err)
{
	switch (err) {
	case -ENOENT:
		return "there is no such domain. Try: xl list";
	case -EACCES:
		return "this domain may not look up names. Try: use the domain's number";
	case -ENOTUNIQ:
		return "more than one domain has that name. Try: use its number";
	case -ERANGE:
		return "not a domain's number: they are below 32752";
	case -ENOTCONN:
		return "xenstore cannot be reached to look up the name. Try: use the domain's number, or run xendmabuf doctor";
	default:
		return strerror(-err);
	}
}

int xt_peer_self(struct xs_handle *xs, uint16_t *domid)
{
	char *text;
	int err;

	if (!xs)
		return -ENOTCONN;
	/* a relative path begins at this domain's home */
	text = xs_read(xs, XBT_NULL, "domid", NULL);
	if (!text)
		return errno ? -errno : -ENOENT;
	err = xt_peer_parse_domid(text, domid);
	free(text);
	return err;
}

const char *xt_peer_name(struct xs_handle *xs, uint16_t domid, char *buf,
			 size_t len)
{
	char path[64];
	char *name = NULL;
	char *p;

	if (xs) {
		snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
		name = xs_read(xs, XBT_NULL, path, NULL);
	}
	if (name && *name)
		snprintf(buf, len, "%s", name);
	else
		snprintf(buf, len, "%u", domid);
	/* the name is a guest's: no control characters for the terminal */
	for (p = buf; *p; p++)
		if ((unsigned char)*p < 0x21 || (unsigned char)*p > 0x7e)
			*p = '?';
	free(name);
	return buf;
}

int xt_peer_split(const char *text, char *peer, size_t peer_len,
		  const char **share)
{
	/* a domain's name may contain a colon, a share's may not */
	const char *colon = strrchr(text, ':');
	size_t len;

	if (!colon || colon == text || !colon[1])
		return -EINVAL;
	len = (size_t)(colon - text);
	if (len >= peer_len)
		return -EINVAL;
	memcpy(peer, text, len);
	peer[len] = '\0';
	*share = colon + 1;
	return 0;
}

bool xt_peer_watch_release(struct xs_handle *xs, uint16_t domid)
{
	/* a domain that cannot see @domid now would not see it go */
	return xs && xs_is_domain_introduced(xs, domid) &&
	       xs_watch(xs, "@releaseDomain", "release");
}

bool xt_peer_released(struct xs_handle *xs, uint16_t domid)
{
	unsigned int i;

	/* bounded: what is left makes the descriptor readable again */
	for (i = 0; i < 64; i++) {
		char **event = xs_check_watch(xs);

		if (!event)
			break;
		free(event);
	}
	return domid && !xs_is_domain_introduced(xs, domid);
}
