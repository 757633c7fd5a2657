// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/ini-file.h"
#include "common/number.h"
#include "config.h"
#include "place.h"

#define RULES_MAX 1024

enum scope {
	SCOPE_DAEMON,
	SCOPE_INPUT,
	SCOPE_ALL,
	SCOPE_GUEST,
	SCOPE_UNIQUE_ID, /* a connector, of any guest */
	SCOPE_CONNECTOR
};

/* One line of the file: a key, and the guests or connectors it is for. */
struct rule {
	enum scope scope;
	char guest[XD_TEXT_MAX];
	char connector[XD_TEXT_MAX];
	unsigned int key;
	struct xd_policy value; /* only the key's field is set */
};

struct xd_config {
	enum xdc_level level;
	struct xd_seat_policy seat;
	struct rule *rules;
	size_t nr_rules;
};

struct parse {
	struct xdc_ini ini;
	struct xd_config *config;
	struct rule section; /* which guests or connectors its keys are for */
};

static const char *const output_names[] = {
	[XD_OUTPUT_HEADLESS] = "headless",
	[XD_OUTPUT_KMS] = "kms",
	[XD_OUTPUT_WAYLAND] = "wayland",
	[XD_OUTPUT_AUTO] = "auto",
};

#define NR_OUTPUTS (sizeof(output_names) / sizeof(output_names[0]))

static int set_output(struct xd_policy *p, const char *value)
{
	size_t i;

	for (i = 0; i < NR_OUTPUTS; i++) {
		if (strcmp(value, output_names[i]))
			continue;
		p->output = (enum xd_output_kind)i;
		return 0;
	}
	return -EINVAL;
}

static int set_bool(bool *out, const char *value)
{
	if (!strcmp(value, "yes"))
		*out = true;
	else if (!strcmp(value, "no"))
		*out = false;
	else
		return -EINVAL;
	return 0;
}

static int set_text(char *out, const char *value)
{
	if (strlen(value) >= XD_TEXT_MAX)
		return -EINVAL;
	strcpy(out, value);
	return 0;
}

static int set_card(struct xd_policy *p, const char *value)
{
	return value[0] == '/' ? set_text(p->card, value) : -EINVAL;
}

static int set_connector(struct xd_policy *p, const char *value)
{
	return set_text(p->connector, value);
}

static int set_display(struct xd_policy *p, const char *value)
{
	/* a name is that of a socket in $XDG_RUNTIME_DIR */
	if (value[0] != '/' && strchr(value, '/'))
		return -EINVAL;
	return set_text(p->wayland_display, value);
}

/*
 * UTF-8 without control characters: other text may make a compositor disconnect
 */
static bool is_printable(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned int more;

	while (*c) {
		if (*c < ' ' || *c == 0x7f || (*c >= 0x80 && *c < 0xc2) ||
		    *c > 0xf4)
			return false;
		more = *c < 0x80 ? 0 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : 3;
		/* overlong forms, surrogates, code points above U+10FFFF */
		if ((*c == 0xe0 && c[1] < 0xa0) ||
		    (*c == 0xed && c[1] >= 0xa0) ||
		    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] >= 0x90))
			return false;
		for (c++; more; more--, c++)
			if ((*c & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static int set_app_id(struct xd_policy *p, const char *value)
{
	return is_printable(value) ? set_text(p->app_id, value) : -EINVAL;
}

static int set_title(struct xd_policy *p, const char *value)
{
	return is_printable(value) ? set_text(p->title, value) : -EINVAL;
}

static int set_row_alignment(struct xd_policy *p, const char *value)
{
	int err = xdc_parse_number(value, 4096, &p->row_alignment);

	if (err)
		return err;
	/* a power of two */
	return !p->row_alignment || p->row_alignment & (p->row_alignment - 1)
		       ? -EINVAL
		       : 0;
}

static int set_memory(struct xd_policy *p, const char *value)
{
	uint32_t mib;
	int err = xdc_parse_number(value, 65536, &mib);

	if (!err)
		p->max_pages = mib * 256;
	return err;
}

#define FIELD(name) \
	offsetof(struct xd_policy, name), sizeof(((struct xd_policy *)0)->name)
/* does not compile if the field is of another type */
#define TYPED(type, name)                 \
	offsetof(struct xd_policy, name), \
		sizeof(*(1 ? &((struct xd_policy *)0)->name : (type *)0))
#define YES_NO(name) NULL, TYPED(bool, name), 0
#define NUMBER(name, max) NULL, TYPED(uint32_t, name), max
/* a field of another type, or one with a rule of its own */
#define OTHER(name, set) set, FIELD(name), 0

static const struct key {
	const char *name;
	int (*set)(struct xd_policy *p, const char *value);
	size_t offset, size;
	uint32_t max;
	enum scope narrowest;
	const char *values;
} keys[] = {
	{ "output", OTHER(output, set_output), SCOPE_CONNECTOR,
	  "auto, kms, wayland or headless" },
	{ "card", OTHER(card, set_card), SCOPE_CONNECTOR,
	  "a path such as /dev/dri/card0" },
	{ "connector", OTHER(connector, set_connector), SCOPE_CONNECTOR,
	  "a name such as HDMI-A-1" },
	{ "wayland-display", OTHER(wayland_display, set_display),
	  SCOPE_CONNECTOR, "a path, or a name such as wayland-1" },
	{ "app-id", OTHER(app_id, set_app_id), SCOPE_CONNECTOR,
	  "a short text in UTF-8" },
	{ "title", OTHER(title, set_title), SCOPE_CONNECTOR,
	  "a short text in UTF-8" },
	{ "zero-copy", YES_NO(zero_copy), SCOPE_CONNECTOR, "yes or no" },
	{ "refresh", NUMBER(refresh, 120), SCOPE_CONNECTOR,
	  "0 to 120 times a second" },
	{ "input", YES_NO(input), SCOPE_CONNECTOR, "yes or no" },
	{ "row-alignment", OTHER(row_alignment, set_row_alignment),
	  SCOPE_CONNECTOR, "a power of two from 1 to 4096 bytes" },
	{ "inhibit-shortcuts", YES_NO(inhibit_shortcuts), SCOPE_CONNECTOR,
	  "yes or no" },
	{ "lock-pointer", YES_NO(lock_pointer), SCOPE_CONNECTOR, "yes or no" },
	{ "lock-keys", YES_NO(lock_keys), SCOPE_CONNECTOR, "yes or no" },
	{ "rate", NUMBER(rate, 1000), SCOPE_CONNECTOR,
	  "0 to 1000 flips a second" },
	{ "be-alloc", YES_NO(be_alloc), SCOPE_GUEST, "yes or no" },
	{ "vkbd", YES_NO(vkbd), SCOPE_GUEST, "yes or no" },
	{ "max-buffers", NUMBER(max_buffers, 4096), SCOPE_GUEST, "0 to 4096" },
	{ "max-framebuffers", NUMBER(max_framebuffers, 4096), SCOPE_GUEST,
	  "0 to 4096" },
	{ "max-memory", OTHER(max_pages, set_memory), SCOPE_GUEST,
	  "0 to 65536 MiB" },
	{ "max-flips", NUMBER(max_flips, 100000), SCOPE_GUEST,
	  "0 to 100000 a second" },
	{ "max-modesets", NUMBER(max_modesets, 1000), SCOPE_GUEST,
	  "0 to 1000 a second" },
	{ "max-time", NUMBER(max_time, 100), SCOPE_GUEST, "0 to 100 percent" },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static int set_field(const struct key *key, struct xd_policy *p,
		     const char *value)
{
	void *field = (char *)p + key->offset;

	if (key->set)
		return key->set(p, value);
	return key->max ? xdc_parse_number(value, key->max, field)
			: set_bool(field, value);
}

/* "guest NAME", "guest NAME connector KEY" or "connector UNIQUE-ID" */
static int parse_section(const char *section, struct rule *r)
{
	const char *name, *rest;

	if (!strcmp(section, "daemon")) {
		r->scope = SCOPE_DAEMON;
		return 0;
	}
	if (!strcmp(section, "input")) {
		r->scope = SCOPE_INPUT;
		return 0;
	}
	if (!strcmp(section, "default")) {
		r->scope = SCOPE_ALL;
		return 0;
	}
	if (!strncmp(section, "connector ", 10)) {
		r->scope = SCOPE_UNIQUE_ID;
		return section[10] && !strchr(section + 10, ' ')
			       ? set_text(r->connector, section + 10)
			       : -EINVAL;
	}
	if (strncmp(section, "guest ", 6))
		return -EINVAL;
	name = section + 6;
	rest = strchr(name, ' ');
	r->scope = SCOPE_GUEST;
	if (!rest)
		return *name ? set_text(r->guest, name) : -EINVAL;
	if (rest == name || (size_t)(rest - name) >= sizeof(r->guest))
		return -EINVAL;
	memcpy(r->guest, name, (size_t)(rest - name));
	if (strncmp(rest, " connector ", 11) || !rest[11] ||
	    strchr(rest + 11, ' '))
		return -EINVAL;
	r->scope = SCOPE_CONNECTOR;
	return set_text(r->connector, rest + 11);
}

static int set_daemon_key(struct parse *p, const char *name, const char *value)
{
	if (strcmp(name, "log-level"))
		return xdc_ini_reject(&p->ini, "[daemon] has no key '%s'",
				      name);
	return xdc_ini_log_level(&p->ini, value, &p->config->level);
}

static int set_input_key(struct parse *p, const char *name, const char *value)
{
	struct xdc_reason why;

	return xd_config_input_key(&p->config->seat, name, value, &why)
		       ? xdc_ini_reject(&p->ini, "%s", why.text)
		       : 0;
}

static int add_rule(struct parse *p, const struct rule *r)
{
	struct xd_config *c = p->config;
	struct rule *rules;

	if (c->nr_rules == RULES_MAX)
		return xdc_ini_reject(&p->ini, "more than %d keys", RULES_MAX);
	rules = realloc(c->rules, (c->nr_rules + 1) * sizeof(*rules));
	if (!rules)
		return xdc_ini_reject(&p->ini, "out of memory");
	c->rules = rules;
	rules[c->nr_rules++] = *r;
	return 0;
}

static void begin_section(struct xdc_ini *ini, const char *header)
{
	struct parse *p = container_of(ini, struct parse, ini);

	memset(&p->section, 0, sizeof(p->section));
	if (parse_section(header, &p->section))
		xdc_ini_reject(
			ini,
			"section [%s] is none of [daemon], [input], [default], [guest NAME], [guest NAME connector KEY], [connector UNIQUE-ID]",
			header);
}

static int set_key(struct xdc_ini *ini, const char *name, const char *value)
{
	struct parse *p = container_of(ini, struct parse, ini);
	struct rule r = p->section;
	size_t i;

	if (r.scope == SCOPE_DAEMON)
		return set_daemon_key(p, name, value);
	if (r.scope == SCOPE_INPUT)
		return set_input_key(p, name, value);
	for (i = 0; i < NR_KEYS && strcmp(name, keys[i].name); i++)
		;
	if (i == NR_KEYS)
		return xdc_ini_reject(ini, "there is no key '%s'", name);
	if (r.scope > keys[i].narrowest)
		return xdc_ini_reject(
			ini, "'%s' is for a guest, not for one connector",
			name);
	if (set_field(&keys[i], &r.value, value))
		return xdc_ini_reject(ini, "%s is '%s', and must be %s", name,
				      value, keys[i].values);
	r.key = (unsigned int)i;
	return add_rule(p, &r);
}

struct xd_config *xd_config_default(void)
{
	struct xd_config *c = calloc(1, sizeof(*c));

	if (c)
		c->level = XDC_INFO;
	return c;
}

int xd_config_load(const char *path, struct xd_config **out,
		   struct xdc_reason *why)
{
	struct parse p = {
		.ini = { .section = begin_section, .key = set_key },
		.config = xd_config_default(),
	};
	int err;

	if (!p.config)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	err = xdc_ini_load(&p.ini, path, why);
	if (err) {
		xd_config_free(p.config);
		return err;
	}
	*out = p.config;
	return 0;
}

void xd_config_free(struct xd_config *c)
{
	if (!c)
		return;
	free(c->rules);
	free(c);
}

const char *xd_config_output_name(enum xd_output_kind kind)
{
	return output_names[kind];
}

enum xdc_level xd_config_log_level(const struct xd_config *c)
{
	return c->level;
}

const struct xd_seat_policy *xd_config_seat(const struct xd_config *c)
{
	return &c->seat;
}

static bool matches_name(const char *text, const char *name, uint16_t domid)
{
	uint32_t v;

	if (name && !strcmp(text, name))
		return true;
	return !xdc_parse_number(text, UINT16_MAX, &v) && v == domid;
}

static bool matches_connector(const char *text, const char *unique_id, int at)
{
	int place;

	if (unique_id && !strcmp(text, unique_id))
		return true;
	return !xd_place_parse(text, &place) && place == at;
}

static bool rule_applies(const struct rule *r, enum scope scope,
			 const char *name, uint16_t domid, int place,
			 const char *unique_id, bool given)
{
	if (r->scope != scope)
		return false;
	if (scope == SCOPE_UNIQUE_ID)
		return given && unique_id && !strcmp(r->connector, unique_id);
	if (scope >= SCOPE_GUEST && !matches_name(r->guest, name, domid))
		return false;
	if (scope == SCOPE_CONNECTOR)
		return place >= 0 &&
		       matches_connector(r->connector, unique_id, place);
	return true;
}

/* At most @max bytes of UTF-8, no character cut */
static int cut_length(const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return (int)len;
}

/*
 * The default app-id and title: the guest's name, which the guest cannot choose
 */
static void set_window_defaults(struct xd_policy *p, const char *name,
				uint16_t domid, int place)
{
	char number[32], text[XD_PLACE_TEXT];

	snprintf(number, sizeof(number), "domain-%u", domid);
	if (!name || !*name || !is_printable(name))
		name = number;
	if (!p->app_id[0])
		snprintf(p->app_id, sizeof(p->app_id), "xen.%.*s",
			 cut_length(name, 90), name);
	if (p->title[0])
		return;
	if (place >= XD_CONNECTORS_MAX)
		snprintf(p->title, sizeof(p->title), "%.*s (%s)",
			 cut_length(name, 80), name,
			 xd_place_format(text, place));
	else if (place > 0)
		snprintf(p->title, sizeof(p->title), "%.*s (%d)",
			 cut_length(name, 80), name, place + 1);
	else
		snprintf(p->title, sizeof(p->title), "%.*s",
			 cut_length(name, 80), name);
}

void xd_config_policy(const struct xd_config *c, const char *name,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	enum scope scope;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->output = XD_OUTPUT_AUTO;
	out->zero_copy = true;
	out->input = true;
	out->lock_keys = true;
	out->refresh = 20;
	out->row_alignment = 64;
	out->rate = 60;
	out->max_buffers = 64;
	out->max_framebuffers = 64;
	out->max_pages = 256 * 256;
	out->max_flips = 1000;
	out->max_modesets = 5;
	out->max_time = 50;
	for (scope = SCOPE_ALL; scope <= SCOPE_CONNECTOR; scope++) {
		for (i = 0; i < c->nr_rules; i++) {
			const struct rule *r = &c->rules[i];
			size_t at = keys[r->key].offset;

			if (!rule_applies(r, scope, name, domid, place,
					  unique_id, given))
				continue;
			memcpy((char *)out + at, (const char *)&r->value + at,
			       keys[r->key].size);
			out->by_id |= scope == SCOPE_UNIQUE_ID;
		}
	}
	set_window_defaults(out, name, domid, place);
}

bool xd_config_has_connector(const struct xd_config *c, const char *unique_id)
{
	size_t i;

	for (i = 0; i < c->nr_rules; i++)
		if (c->rules[i].scope == SCOPE_UNIQUE_ID &&
		    !strcmp(c->rules[i].connector, unique_id))
			return true;
	return false;
}
