// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "config.h"
#include "section.h"

#define SECTIONS_MAX 256U
/* A ring takes 33 of the 1,024 pages that gntalloc grants by default */
#define MAX_LINKS 30U
/* A link takes a watch, of which xenstored gives an unprivileged domain 128 */
#define LINKS_LIMIT 100U

struct xch_config {
	enum xdc_level level;
	uint32_t max_links;
	struct xch_section *sections;
	unsigned int nr;
};

struct parse {
	struct xch_config *config;
	FILE *file;
	unsigned int line;
	int section; /* index; -1: none yet */
	unsigned int bad_line;
	char why[256];
};

/* The first complaint counts */
__attribute__((format(printf, 3, 4))) static int
reject(struct parse *p, unsigned int line, const char *fmt, ...)
{
	va_list args;

	if (!p->bad_line) {
		va_start(args, fmt);
		vsnprintf(p->why, sizeof(p->why), fmt, args);
		va_end(args);
		p->bad_line = line;
	}
	return 0;
}

static int add_section(struct parse *p, const struct xch_section *s)
{
	struct xch_config *c = p->config;
	struct xch_section *grown;
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		if (xch_section_is(&c->sections[i], s))
			return (int)i;
	grown = c->nr < SECTIONS_MAX
			? realloc(c->sections, (c->nr + 1) * sizeof(*grown))
			: NULL;
	if (!grown)
		return -1;
	c->sections = grown;
	grown[c->nr] = *s;
	return (int)c->nr++;
}

static void begin_section(struct parse *p, const char *header)
{
	char why[XCH_SECTION_WHY];
	struct xch_section s;

	if (xch_section_begin(&s, header, why)) {
		reject(p, p->line, "%s", why);
		return;
	}
	s.line = p->line;
	p->section = add_section(p, &s);
	if (p->section < 0)
		reject(p, p->line, "more than %u sections", SECTIONS_MAX);
}

/*
 * inih tells neither of the line that it is in, nor of sections without keys: so
 * each line is looked at before it gets it
 */
static char *read_line(char *text, int size, void *stream)
{
	struct parse *p = stream;
	char *begin, *end;

	if (p->bad_line || !fgets(text, size, p->file))
		return NULL;
	p->line++;
	if (!strchr(text, '\n') && !feof(p->file)) {
		reject(p, p->line, "more than %d characters", size - 2);
		return NULL;
	}
	begin = text + strspn(text, " \t");
	/* inih would take it for more of the value before it */
	if (begin != text && !strchr("#;\r\n", *begin)) {
		reject(p, p->line, "a line must not begin with a blank");
		return NULL;
	}
	end = *begin == '[' ? strchr(begin, ']') : NULL;
	if (end) {
		*end = '\0';
		begin_section(p, begin + 1);
		*end = ']';
	}
	return text;
}

static int set_daemon_key(struct parse *p, const char *name, const char *value)
{
	if (!strcmp(name, "max-links")) {
		if (xdc_parse_number(value, LINKS_LIMIT, &p->config->max_links))
			return reject(p, p->line,
				      "max-links is '%s', and must be 0 to %u",
				      value, LINKS_LIMIT);
		return 1;
	}
	if (strcmp(name, "log-level"))
		return reject(p, p->line, "[daemon] has no key '%s'", name);
	if (xdc_log_parse(value, &p->config->level))
		return reject(
			p, p->line,
			"log-level is '%s', and must be error, warning, info or debug",
			value);
	return 1;
}

/* a handler for inih: 0 is an error */
static int set_key(void *user, const char *section, const char *name,
		   const char *value)
{
	struct parse *p = user;
	char why[XCH_SECTION_WHY];
	struct xch_section *s;

	if (p->section < 0)
		return reject(p, p->line, "'%s' is in no section", name);
	s = &p->config->sections[p->section];
	if (s->kind == XCH_SECTION_DAEMON)
		return set_daemon_key(p, name, value);
	if (xch_section_set(s, name, value, why))
		return reject(p, p->line, "%s", why);
	return 1;
}

struct xch_config *xch_config_default(void)
{
	struct xch_config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->level = XDC_INFO;
	c->max_links = MAX_LINKS;
	return c;
}

/* Two sections cannot listen at one path */
static void check_paths(struct parse *p)
{
	const struct xch_section *all = p->config->sections;
	unsigned int i, k;

	for (i = 0; i < p->config->nr; i++)
		for (k = 0; k < i && *all[i].use.path; k++)
			if (!strcmp(all[i].use.path, all[k].use.path))
				reject(p, all[i].line,
				       "[use %s]: [use %s] listens at %s, too",
				       all[i].name, all[k].name,
				       all[i].use.path);
}

static void parse_file(struct parse *p)
{
	int line = ini_parse_stream(read_line, p, set_key, p);
	char why[XCH_SECTION_WHY];
	unsigned int i;

	if (line)
		reject(p, p->line, "neither [section] nor key = value");
	for (i = 0; i < p->config->nr; i++)
		if (xch_section_check(&p->config->sections[i], why))
			reject(p, p->config->sections[i].line, "%s", why);
	check_paths(p);
}

int xch_config_load(const char *path, struct xch_config **out,
		    struct xdc_reason *why)
{
	struct parse p = { .config = xch_config_default(), .section = -1 };
	int err;

	if (!p.config)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	p.file = fopen(path, "re");
	if (!p.file) {
		err = -errno;
		xch_config_free(p.config);
		return xdc_reason_set(why, err, "%s: %s", path, strerror(-err));
	}
	parse_file(&p);
	fclose(p.file);
	if (p.bad_line) {
		xch_config_free(p.config);
		return xdc_reason_set(why, -EINVAL, "%s:%u: %s", path,
				      p.bad_line, p.why);
	}
	*out = p.config;
	return 0;
}

void xch_config_free(struct xch_config *c)
{
	if (!c)
		return;
	free(c->sections);
	free(c);
}

enum xdc_level xch_config_log_level(const struct xch_config *c)
{
	return c->level;
}

unsigned int xch_config_max_links(const struct xch_config *c)
{
	return c->max_links;
}

static bool is_peer(const char *text, const char *name, uint16_t domid)
{
	uint32_t v;

	if (name && !strcmp(text, name))
		return true;
	return !xdc_parse_number(text, UINT32_MAX, &v) && v == domid;
}

static bool has_peer(const struct xch_names *names, const char *name,
		     uint16_t domid)
{
	unsigned int i;

	for (i = 0; i < names->nr; i++)
		if (is_peer(names->name[i], name, domid))
			return true;
	return false;
}

bool xch_users_have(const struct xch_users *users, uid_t uid, const gid_t *gids,
		    unsigned int nr_gids)
{
	unsigned int i, k;

	for (i = 0; i < users->nr_uids; i++)
		if (users->uid[i] == uid)
			return true;
	for (i = 0; i < users->nr_gids; i++)
		for (k = 0; k < nr_gids; k++)
			if (users->gid[i] == gids[k])
				return true;
	return users->all;
}

/* The next section of a kind behind @s, or the first */
static const struct xch_section *next_section(const struct xch_config *c,
					      enum xch_section_kind kind,
					      const struct xch_section *s)
{
	for (s = s ? s + 1 : c->sections; s && s < c->sections + c->nr; s++)
		if (s->kind == kind)
			return s;
	return NULL;
}

void xch_config_caps(const struct xch_config *c, const char *name,
		     uint16_t domid, struct xch_caps *out)
{
	const struct xch_section *s = NULL;

	*out = xch_default_caps;
	while ((s = next_section(c, XCH_SECTION_PEER, s)))
		if (is_peer(s->name, name, domid)) {
			*out = s->caps;
			return;
		}
}

const struct xch_service *xch_config_service(const struct xch_config *c,
					     const char *service,
					     const char *name, uint16_t domid)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_SERVICE, s)))
		if (!strcmp(s->name, service))
			return has_peer(&s->service.from, name, domid)
				       ? &s->service
				       : NULL;
	return NULL;
}

const struct xch_use *xch_config_use(const struct xch_config *c,
				     const char *service, const char *name,
				     uint16_t domid, uid_t uid,
				     const gid_t *gids, unsigned int nr_gids)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_USE, s)))
		if (!strcmp(s->name, service))
			return has_peer(&s->use.peers, name, domid) &&
					       xch_users_have(&s->use.users,
							      uid, gids,
							      nr_gids)
				       ? &s->use
				       : NULL;
	return NULL;
}

const struct xch_service *xch_config_listen(const struct xch_config *c,
					    const char *service, uid_t uid,
					    const gid_t *gids,
					    unsigned int nr_gids)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_SERVICE, s)))
		if (!strcmp(s->name, service))
			return s->service.target == XCH_TARGET_LISTEN &&
					       xch_users_have(&s->service.users,
							      uid, gids,
							      nr_gids)
				       ? &s->service
				       : NULL;
	return NULL;
}

static void each_name(const struct xch_names *names,
		      void (*visit)(void *user, const char *name), void *user)
{
	unsigned int i;

	for (i = 0; i < names->nr; i++)
		visit(user, names->name[i]);
}

void xch_config_each_peer(const struct xch_config *c,
			  void (*visit)(void *user, const char *name),
			  void *user)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_SERVICE, s)))
		each_name(&s->service.from, visit, user);
	while ((s = next_section(c, XCH_SECTION_USE, s)))
		each_name(&s->use.peers, visit, user);
}

void xch_config_each_use(const struct xch_config *c,
			 void (*visit)(void *user, const struct xch_use *use),
			 void *user)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_USE, s)))
		visit(user, &s->use);
}

void xch_config_each_service(const struct xch_config *c,
			     void (*visit)(void *user,
					   const struct xch_service *service),
			     void *user)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_SERVICE, s)))
		visit(user, &s->service);
}

void xch_config_each_introduction(const struct xch_config *c,
				  void (*visit)(void *user, const char *one,
						const char *other),
				  void *user)
{
	const struct xch_section *s = NULL;

	while ((s = next_section(c, XCH_SECTION_INTRODUCE, s)))
		visit(user, s->name, s->other);
}
