// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/ini-file.h"
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
	struct xdc_ini ini;
	struct xch_config *config;
	int section; /* index */
};

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

static void begin_section(struct xdc_ini *ini, const char *header)
{
	struct parse *p = container_of(ini, struct parse, ini);
	char why[XCH_SECTION_WHY];
	struct xch_section s;

	if (xch_section_begin(&s, header, why)) {
		xdc_ini_reject(&p->ini, "%s", why);
		return;
	}
	s.line = p->ini.line;
	p->section = add_section(p, &s);
	if (p->section < 0)
		xdc_ini_reject(&p->ini, "more than %u sections", SECTIONS_MAX);
}

static int set_daemon_key(struct parse *p, const char *name, const char *value)
{
	if (!strcmp(name, "max-links")) {
		if (xdc_parse_number(value, LINKS_LIMIT, &p->config->max_links))
			return xdc_ini_reject(
				&p->ini,
				"max-links is '%s', and must be 0 to %u", value,
				LINKS_LIMIT);
		return 0;
	}
	if (strcmp(name, "log-level"))
		return xdc_ini_reject(&p->ini, "[daemon] has no key '%s'",
				      name);
	return xdc_ini_log_level(&p->ini, value, &p->config->level);
}

static int set_key(struct xdc_ini *ini, const char *name, const char *value)
{
	struct parse *p = container_of(ini, struct parse, ini);
	char why[XCH_SECTION_WHY];
	struct xch_section *s;

	s = &p->config->sections[p->section];
	if (s->kind == XCH_SECTION_DAEMON)
		return set_daemon_key(p, name, value);
	if (xch_section_set(s, name, value, why))
		return xdc_ini_reject(&p->ini, "%s", why);
	return 0;
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
				xdc_ini_reject_line(
					&p->ini, all[i].line,
					"[use %s]: [use %s] listens at %s, too",
					all[i].name, all[k].name,
					all[i].use.path);
}

static void check_sections(struct xdc_ini *ini)
{
	struct parse *p = container_of(ini, struct parse, ini);
	char why[XCH_SECTION_WHY];
	unsigned int i;

	for (i = 0; i < p->config->nr; i++)
		if (xch_section_check(&p->config->sections[i], why))
			xdc_ini_reject_line(&p->ini,
					    p->config->sections[i].line, "%s",
					    why);
	check_paths(p);
}

int xch_config_load(const char *path, struct xch_config **out,
		    struct xdc_reason *why)
{
	struct parse p = {
		.ini = { .section = begin_section,
			 .key = set_key,
			 .end = check_sections },
		.config = xch_config_default(),
	};
	int err;

	if (!p.config)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	err = xdc_ini_load(&p.ini, path, why);
	if (err) {
		xch_config_free(p.config);
		return err;
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
