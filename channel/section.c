// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "section.h"

#define MIB_PAGES 256U

const struct xch_caps xch_default_caps = {
	.max_pages = 256 * MIB_PAGES,
	.max_buffers = 512,
	.max_channels = 64,
	.max_opens = 20,
	.max_rings = 100,
	.max_fences = 256,
	.linger_ms = 2000,
	.max_copy = 1 << 20,
	.sync_timeout_ms = 10000,
};

static const struct xch_channel_terms default_terms = {
	.type = XCH_STREAM,
};

static bool set_text(char *out, size_t size, const char *value)
{
	if (!*value || strlen(value) >= size)
		return false;
	strcpy(out, value);
	return true;
}

static bool set_yes(bool *out, const char *value)
{
	*out = !strcmp(value, "yes");
	return *out || !strcmp(value, "no");
}

/* The next word of @list, which ends with a blank or a comma; false: none left */
static bool next_word(const char **list, char *word, size_t size)
{
	size_t skip = strspn(*list, " ,\t"), len;

	*list += skip;
	len = strcspn(*list, " ,\t");
	if (!len)
		return false;
	snprintf(word, size, "%.*s", (int)len, *list);
	/* a word that is too long is no word of any list */
	if (len >= size)
		*word = '\0';
	*list += len;
	return true;
}

static bool add_names(struct xch_names *names, const char *value)
{
	char word[XCH_NAME_MAX];

	while (next_word(&value, word, sizeof(word))) {
		if (!*word || names->nr == XCH_NAMES_MAX)
			return false;
		strcpy(names->name[names->nr++], word);
	}
	return names->nr;
}

static bool add_users(struct xch_users *users, const char *value)
{
	char word[XCH_NAME_MAX];
	struct passwd *user;
	uint32_t id;

	while (next_word(&value, word, sizeof(word))) {
		if (!strcmp(word, "*")) {
			users->all = true;
			continue;
		}
		user = getpwnam(word);
		if (users->nr_uids == XCH_NAMES_MAX ||
		    (!user && xdc_parse_number(word, UINT32_MAX - 1, &id)))
			return false;
		users->uid[users->nr_uids++] = user ? user->pw_uid : id;
	}
	return users->all || users->nr_uids;
}

static bool add_groups(struct xch_users *users, const char *value)
{
	char word[XCH_NAME_MAX];
	struct group *group;
	uint32_t id;

	while (next_word(&value, word, sizeof(word))) {
		group = getgrnam(word);
		if (users->nr_gids == XCH_NAMES_MAX ||
		    (!group && xdc_parse_number(word, UINT32_MAX - 1, &id)))
			return false;
		users->gid[users->nr_gids++] = group ? group->gr_gid : id;
	}
	return users->nr_gids;
}

static bool set_fds(unsigned int *fds, const char *value)
{
	static const struct {
		const char *word;
		unsigned int fds;
	} words[] = {
		{ "dmabuf", XCH_FDS_DMABUF },
		{ "memory", XCH_FDS_MEMORY },
		{ "sync", XCH_FDS_SYNC },
		{ "pipe", XCH_FDS_PIPE },
		{ "none", 0 },
	};
	char word[16];
	size_t i;

	while (next_word(&value, word, sizeof(word))) {
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (!strcmp(word, words[i].word))
				break;
		if (i == sizeof(words) / sizeof(words[0]))
			return false;
		*fds |= words[i].fds;
	}
	return true;
}

static bool set_type(enum xch_channel_type *type, const char *value)
{
	if (!strcmp(value, "stream"))
		*type = XCH_STREAM;
	else if (!strcmp(value, "seqpacket"))
		*type = XCH_SEQPACKET;
	else
		return false;
	return true;
}

static bool set_number(uint32_t *out, const char *value, uint32_t max,
		       uint32_t unit)
{
	if (xdc_parse_number(value, max, out))
		return false;
	*out *= unit;
	return true;
}

static bool set_target(struct xch_service *s, enum xch_target target)
{
	bool first = s->target == XCH_TARGET_NONE || s->target == target;

	s->target = target;
	return first;
}

#define KEY(name) static bool name(struct xch_section *s, const char *v)

KEY(max_memory)
{
	return set_number(&s->caps.max_pages, v, 65536, MIB_PAGES);
}

KEY(max_buffers)
{
	return set_number(&s->caps.max_buffers, v, 65536, 1);
}

KEY(max_channels)
{
	return set_number(&s->caps.max_channels, v, 1024, 1);
}

KEY(max_opens)
{
	return set_number(&s->caps.max_opens, v, 10000, 1);
}

KEY(max_rings)
{
	return set_number(&s->caps.max_rings, v, 100000, 1);
}

KEY(max_fences)
{
	return set_number(&s->caps.max_fences, v, 4096, 1);
}

KEY(linger)
{
	return set_number(&s->caps.linger_ms, v, 60000, 1);
}

KEY(max_copy)
{
	return set_number(&s->caps.max_copy, v, 65536, 1024);
}

KEY(sync_timeout)
{
	return set_number(&s->caps.sync_timeout_ms, v, 60, 1000);
}

KEY(revocable)
{
	return set_yes(&s->caps.revocable, v);
}

KEY(service_from)
{
	return add_names(&s->service.from, v);
}

KEY(service_connect)
{
	return *v == '/' &&
	       set_text(s->service.path, sizeof(s->service.path), v) &&
	       set_target(&s->service, XCH_TARGET_CONNECT);
}

KEY(service_exec)
{
	return *v == '/' &&
	       set_text(s->service.command, sizeof(s->service.command), v) &&
	       set_target(&s->service, XCH_TARGET_EXEC);
}

KEY(service_user)
{
	return add_users(&s->service.users, v) &&
	       set_target(&s->service, XCH_TARGET_LISTEN);
}

KEY(service_group)
{
	return add_groups(&s->service.users, v) &&
	       set_target(&s->service, XCH_TARGET_LISTEN);
}

KEY(use_peer)
{
	return add_names(&s->use.peers, v);
}

KEY(use_listen)
{
	return *v == '/' && set_text(s->use.path, sizeof(s->use.path), v);
}

KEY(use_user)
{
	return add_users(&s->use.users, v);
}

KEY(use_group)
{
	return add_groups(&s->use.users, v);
}

static struct xch_channel_terms *terms_of(struct xch_section *s)
{
	return s->kind == XCH_SECTION_USE ? &s->use.terms : &s->service.terms;
}

KEY(terms_type)
{
	return set_type(&terms_of(s)->type, v);
}

KEY(terms_fds)
{
	return set_fds(&terms_of(s)->fds, v);
}

KEY(terms_read_only)
{
	return set_yes(&terms_of(s)->read_only, v);
}

#define ON(kind) (1U << (kind))

static const struct {
	const char *name;
	unsigned int kinds;
	bool (*set)(struct xch_section *s, const char *value);
	const char *values;
} keys[] = {
	{ "max-memory", ON(XCH_SECTION_PEER), max_memory, "0 to 65536 MiB" },
	{ "max-buffers", ON(XCH_SECTION_PEER), max_buffers, "0 to 65536" },
	{ "max-channels", ON(XCH_SECTION_PEER), max_channels, "0 to 1024" },
	{ "max-opens", ON(XCH_SECTION_PEER), max_opens, "0 to 10000 a second" },
	{ "max-rings", ON(XCH_SECTION_PEER), max_rings, "0 to 100000" },
	{ "max-fences", ON(XCH_SECTION_PEER), max_fences, "0 to 4096" },
	{ "linger", ON(XCH_SECTION_PEER), linger, "0 to 60000 milliseconds" },
	{ "max-copy", ON(XCH_SECTION_PEER), max_copy, "0 to 65536 KiB" },
	{ "sync-timeout", ON(XCH_SECTION_PEER), sync_timeout,
	  "0 to 60 seconds" },
	{ "revocable", ON(XCH_SECTION_PEER), revocable, "yes or no" },
	{ "from", ON(XCH_SECTION_SERVICE), service_from,
	  "at most 16 names or numbers of domains" },
	{ "connect", ON(XCH_SECTION_SERVICE), service_connect,
	  "the path of a socket, alone" },
	{ "exec", ON(XCH_SECTION_SERVICE), service_exec,
	  "a command with its path, alone" },
	{ "user", ON(XCH_SECTION_SERVICE), service_user,
	  "users of this machine, without connect or exec" },
	{ "group", ON(XCH_SECTION_SERVICE), service_group,
	  "groups of this machine, without connect or exec" },
	{ "peer", ON(XCH_SECTION_USE), use_peer,
	  "at most 16 names or numbers of domains" },
	{ "listen", ON(XCH_SECTION_USE), use_listen, "the path of a socket" },
	{ "user", ON(XCH_SECTION_USE), use_user,
	  "users of this machine, or *" },
	{ "group", ON(XCH_SECTION_USE), use_group, "groups of this machine" },
	{ "type", ON(XCH_SECTION_SERVICE) | ON(XCH_SECTION_USE), terms_type,
	  "stream or seqpacket" },
	{ "fds", ON(XCH_SECTION_SERVICE) | ON(XCH_SECTION_USE), terms_fds,
	  "none, or some of dmabuf, memory, sync, pipe" },
	{ "read-only", ON(XCH_SECTION_SERVICE) | ON(XCH_SECTION_USE),
	  terms_read_only, "yes or no" },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const kind_names[] = {
	[XCH_SECTION_DAEMON] = "daemon",       [XCH_SECTION_PEER] = "peer",
	[XCH_SECTION_SERVICE] = "service",     [XCH_SECTION_USE] = "use",
	[XCH_SECTION_INTRODUCE] = "introduce",
};

/* "KIND NAME OTHER" in @header; false: no such section */
static bool parse_header(const char *header, struct xch_section *s)
{
	char word[16], extra[2];
	unsigned int i, want;

	if (!next_word(&header, word, sizeof(word)))
		return false;
	for (i = 0; i <= XCH_SECTION_INTRODUCE && strcmp(word, kind_names[i]);
	     i++)
		;
	if (i > XCH_SECTION_INTRODUCE)
		return false;
	s->kind = (enum xch_section_kind)i;
	want = i == XCH_SECTION_DAEMON ? 0 : i == XCH_SECTION_INTRODUCE ? 2 : 1;
	if (want > 0 &&
	    (!next_word(&header, s->name, sizeof(s->name)) || !*s->name))
		return false;
	if (want > 1 &&
	    (!next_word(&header, s->other, sizeof(s->other)) || !*s->other))
		return false;
	return !next_word(&header, extra, sizeof(extra));
}

int xch_section_begin(struct xch_section *s, const char *header, char *why)
{
	memset(s, 0, sizeof(*s));
	if (!parse_header(header, s)) {
		snprintf(
			why, XCH_SECTION_WHY,
			"section [%s] is none of [daemon], [peer NAME], [service NAME], [use SERVICE], [introduce NAME NAME]",
			header);
		return -EINVAL;
	}
	if ((s->kind == XCH_SECTION_SERVICE || s->kind == XCH_SECTION_USE) &&
	    !xch_service_valid(s->name, strlen(s->name))) {
		snprintf(why, XCH_SECTION_WHY,
			 "service '%s': only letters, digits, '.', '_' and '-'",
			 s->name);
		return -EINVAL;
	}
	s->caps = xch_default_caps;
	s->service.terms = s->use.terms = default_terms;
	strcpy(s->service.name, s->name);
	strcpy(s->use.service, s->name);
	return 0;
}

int xch_section_set(struct xch_section *s, const char *name, const char *value,
		    char *why)
{
	size_t i;

	for (i = 0; i < NR_KEYS; i++)
		if (keys[i].kinds & ON(s->kind) && !strcmp(name, keys[i].name))
			break;
	if (i == NR_KEYS) {
		snprintf(why, XCH_SECTION_WHY, "[%s] has no key '%s'",
			 kind_names[s->kind], name);
		return -EINVAL;
	}
	if (keys[i].set(s, value))
		return 0;
	snprintf(why, XCH_SECTION_WHY, "%s is '%s', and must be %s", name,
		 value, keys[i].values);
	return -EINVAL;
}

/* A name that dom0 writes as a node */
static bool is_node(const char *name)
{
	return !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789_-")];
}

static const char *find_fault(const struct xch_section *s)
{
	const struct xch_users *users = &s->use.users;

	switch (s->kind) {
	case XCH_SECTION_SERVICE:
		if (!s->service.from.nr)
			return "nobody may connect: set from";
		if (s->service.target == XCH_TARGET_NONE)
			return "leads nowhere: set connect, exec, user or group";
		return NULL;
	case XCH_SECTION_USE:
		if (!s->use.peers.nr)
			return "no domain has it: set peer";
		if (!users->all && !users->nr_uids && !users->nr_gids)
			return "nobody may use it: set user or group";
		if (*s->use.path && s->use.peers.nr > 1)
			return "listen needs one peer alone";
		return NULL;
	case XCH_SECTION_INTRODUCE:
		if (!is_node(s->name) || !is_node(s->other))
			return "xenstore takes letters, digits, '_' and '-' only";
		return strcmp(s->name, s->other) ? NULL
						 : "introduced to itself";
	default:
		return NULL;
	}
}

int xch_section_check(const struct xch_section *s, char *why)
{
	const char *fault = find_fault(s);

	if (!fault)
		return 0;
	snprintf(why, XCH_SECTION_WHY, "[%s %s]: %s", kind_names[s->kind],
		 s->name, fault);
	return -EINVAL;
}

bool xch_section_is(const struct xch_section *a, const struct xch_section *b)
{
	return a->kind == b->kind && !strcmp(a->name, b->name) &&
	       !strcmp(a->other, b->other);
}
