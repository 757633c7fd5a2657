// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "common/ini-file.h"
#include "common/number.h"
#include "filter/protocols.h"
#include "filter/text.h"
#include "host/policy/account.h"
#include "host/policy/config.h"

#define KIB_PER_MIB 1024U

enum scope { NO_SECTION, DEFAULT, GUEST, OTHER_GUEST };

struct parse {
	struct xdc_ini ini;
	const char *guest;
	enum scope pass; /* keys of this scope are applied, others are checked */
	enum scope scope; /* of the section that is being read */
	bool found; /* a section of the guest */
	unsigned int lines[XWL_LIMITS]; /* where a limit was set */
	struct xwl_policy *policy;
	struct xwl_policy ignored;
	char (*names)[XWL_NAME_MAX]; /* of the guests, or NULL */
	unsigned int nr_names;
};

static const struct {
	const char *word;
	unsigned int allow;
} features[] = {
	{ "none", 0 },
	{ "pointer-lock", XWL_ALLOW_POINTER_LOCK },
	{ "idle-inhibit", XWL_ALLOW_IDLE_INHIBIT },
	{ "activation", XWL_ALLOW_ACTIVATION },
	{ "fullscreen", XWL_ALLOW_FULLSCREEN },
	{ "output-layout", XWL_ALLOW_OUTPUT_LAYOUT },
	{ "tablet", XWL_ALLOW_TABLET },
	{ "gestures", XWL_ALLOW_GESTURES },
	{ "tearing", XWL_ALLOW_TEARING },
	{ "icon", XWL_ALLOW_ICON },
};

#define NR_FEATURES (sizeof(features) / sizeof(features[0]))

/* The largest value of each limit, and what it is if nothing is said */
static const struct {
	uint32_t max, preset;
	const char *unit;
} limits[XWL_LIMITS] = {
	[XWL_PROGRAMS] = { 1024, 32, "" },
	[XWL_OBJECTS] = { 65536, 8192, "" },
	[XWL_SURFACES] = { 16384, 256, "" },
	[XWL_WINDOWS] = { 16384, 64, "" },
	[XWL_BUFFERS] = { 16384, 512, "" },
	[XWL_MEMORY] = { 65536, 256, " MiB" },
	[XWL_CALLBACKS] = { 16384, 2048, "" },
	[XWL_RECTANGLES] = { 65536, 256, "" },
	[XWL_DEPTH] = { 64, 8, "" },
	[XWL_RATE] = { 1000000, 20000, "" },
	[XWL_TRANSFERS] = { 64, 8, "" },
	[XWL_CLIPBOARD_SIZE] = { 65536, 256, " KiB" },
	[XWL_CLIPBOARD_TIME] = { 3600, 5, " seconds" },
	[XWL_FRAME_WIDTH] = { 64, 4, " pixels" },
	[XWL_CURSOR] = { 1024, 128, " pixels" },
};

static const struct {
	const char *word;
	unsigned int clipboard;
} clipboards[] = {
	{ "none", 0 },
	{ "out", XWL_CLIPBOARD_OUT },
	{ "in", XWL_CLIPBOARD_IN },
	{ "both", XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_IN },
	{ "ask", XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_IN | XWL_CLIPBOARD_ASK },
};

#define NR_CLIPBOARDS (sizeof(clipboards) / sizeof(clipboards[0]))

void xwl_config_defaults(struct xwl_policy *out)
{
	int i;

	memset(out, 0, sizeof(*out));
	out->ascii = true;
	strcpy(out->types, "text/plain*");
	for (i = 0; i < XWL_LIMITS; i++)
		out->max[i] = limits[i].preset;
	out->max[XWL_MEMORY] *= KIB_PER_MIB;
}

static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return len && !name[len] && len < XWL_NAME_MAX;
}

/* Sections of one guest may be several */
static void add_name(struct parse *p, const char *name)
{
	unsigned int i;

	for (i = 0; i < p->nr_names; i++)
		if (!strcmp(p->names[i], name))
			return;
	if (p->nr_names == XWL_GUESTS_MAX)
		xdc_ini_reject(&p->ini, "more than %u guests", XWL_GUESTS_MAX);
	else
		strcpy(p->names[p->nr_names++], name);
}

static void begin_section(struct xdc_ini *ini, const char *header)
{
	struct parse *p = container_of(ini, struct parse, ini);
	const char *name = header + strlen("guest ");

	p->scope = NO_SECTION;
	if (!strcmp(header, "default")) {
		p->scope = DEFAULT;
	} else if (strncmp(header, "guest ", strlen("guest "))) {
		xdc_ini_reject(
			&p->ini,
			"section [%s] is none of [default], [guest NAME]",
			header);
	} else if (!is_name(name)) {
		xdc_ini_reject(
			&p->ini,
			"guest '%s': only letters, digits, '.', '_' and '-'",
			name);
	} else {
		p->scope = p->guest && !strcmp(name, p->guest) ? GUEST
							       : OTHER_GUEST;
		p->found = p->found || p->scope == GUEST;
		if (p->names)
			add_name(p, name);
	}
}

static bool add_feature(unsigned int *allow, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < NR_FEATURES; i++) {
		if (strlen(features[i].word) != len ||
		    strncmp(features[i].word, word, len))
			continue;
		*allow |= features[i].allow;
		return true;
	}
	return false;
}

static int set_allow(struct parse *p, struct xwl_policy *policy,
		     const char *value)
{
	unsigned int allow = 0;
	const char *word = value;
	size_t len;

	for (;; word += len) {
		word += strspn(word, " ,\t");
		len = strcspn(word, " ,\t");
		if (!len)
			break;
		if (!add_feature(&allow, word, len))
			return xdc_ini_reject(
				&p->ini,
				"allow has '%.*s', and may have none, pointer-lock, idle-inhibit, activation, fullscreen, output-layout, tablet, gestures, tearing, icon",
				(int)len, word);
	}
	policy->allow = allow;
	return 0;
}

static int set_titles(struct parse *p, struct xwl_policy *policy,
		      const char *value)
{
	policy->ascii = !strcmp(value, "ascii");
	if (policy->ascii || !strcmp(value, "utf-8"))
		return 0;
	return xdc_ini_reject(
		&p->ini, "titles is '%s', and must be ascii or utf-8", value);
}

static int set_display(struct parse *p, struct xwl_policy *policy,
		       const char *value)
{
	/* a name is that of a socket in $XDG_RUNTIME_DIR */
	if (!*value || strlen(value) >= sizeof(policy->display) ||
	    (*value != '/' && strchr(value, '/')))
		return xdc_ini_reject(
			&p->ini,
			"display is '%s', and must be a path, or a name such as wayland-1",
			value);
	strcpy(policy->display, value);
	return 0;
}

static int set_clipboard(struct parse *p, struct xwl_policy *policy,
			 const char *value)
{
	size_t i;

	for (i = 0; i < NR_CLIPBOARDS; i++) {
		if (strcmp(value, clipboards[i].word))
			continue;
		policy->clipboard = clipboards[i].clipboard;
		return 0;
	}
	return xdc_ini_reject(
		&p->ini,
		"clipboard is '%s', and must be none, out, in, both or ask",
		value);
}

static int set_types(struct parse *p, struct xwl_policy *policy,
		     const char *value)
{
	if (!value[strspn(value, " ,\t")] ||
	    strlen(value) >= sizeof(policy->types))
		return xdc_ini_reject(
			&p->ini,
			"clipboard-types is '%s', and must be types such as text/plain*, at most %zu characters",
			value, sizeof(policy->types) - 1);
	strcpy(policy->types, value);
	return 0;
}

static int set_frame(struct parse *p, struct xwl_policy *policy,
		     const char *value)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	policy->framed = strcmp(value, "none");
	policy->colour = 0;
	if (!policy->framed)
		return 0;
	if (*value != '#' || strlen(value) != 7 ||
	    strspn(value + 1, digits) != 6)
		return xdc_ini_reject(
			&p->ini, "frame is '%s', and must be none or #rrggbb",
			value);
	policy->colour = (uint32_t)strtoul(value + 1, NULL, 16);
	return 0;
}

static int set_limit(struct parse *p, struct xwl_policy *policy,
		     enum xwl_limit limit, const char *value)
{
	uint32_t v;

	if (xdc_parse_number(value, limits[limit].max, &v) || !v)
		return xdc_ini_reject(&p->ini,
				      "%s is '%s', and must be 1 to %u%s",
				      xwl_limit_name(limit), value,
				      limits[limit].max, limits[limit].unit);
	policy->max[limit] = limit == XWL_MEMORY ? v * KIB_PER_MIB : v;
	if (policy == p->policy)
		p->lines[limit] = p->ini.line;
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct parse *p, struct xwl_policy *policy,
		   const char *value);
} keys[] = {
	{ "allow", set_allow },		  { "clipboard", set_clipboard },
	{ "clipboard-types", set_types }, { "display", set_display },
	{ "frame", set_frame },		  { "titles", set_titles },
};

static int set_key(struct xdc_ini *ini, const char *name, const char *value)
{
	struct parse *p = container_of(ini, struct parse, ini);
	struct xwl_policy *policy = p->scope == p->pass ? p->policy
							: &p->ignored;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(name, keys[i].name))
			return keys[i].set(p, policy, value);
	for (i = 0; i < XWL_LIMITS; i++)
		if (!strcmp(name, xwl_limit_name((enum xwl_limit)i)))
			return set_limit(p, policy, (enum xwl_limit)i, value);
	return xdc_ini_reject(&p->ini, "there is no key '%s'", name);
}

/* @more is never useful if it is over @less */
static void check_order(struct parse *p, enum xwl_limit less,
			enum xwl_limit more, const char *why)
{
	unsigned int line = p->lines[less] > p->lines[more] ? p->lines[less]
							    : p->lines[more];

	if (p->policy->max[less] <= p->policy->max[more])
		return;
	xdc_ini_reject_line(&p->ini, line, "%s = %u is over %s = %u: %s",
			    xwl_limit_name(less), p->policy->max[less],
			    xwl_limit_name(more), p->policy->max[more], why);
}

static void read_pass(struct parse *p, enum scope pass)
{
	p->pass = pass;
	xdc_ini_read(&p->ini);
}

static void read_file(struct parse *p)
{
	read_pass(p, DEFAULT);
	if (!p->ini.bad_line)
		read_pass(p, GUEST);
	if (p->ini.bad_line)
		return;
	check_order(p, XWL_WINDOWS, XWL_SURFACES, "each window has a surface");
	check_order(p, XWL_SURFACES, XWL_OBJECTS, "each surface is an object");
	check_order(p, XWL_BUFFERS, XWL_OBJECTS, "each buffer is an object");
	check_order(p, XWL_CALLBACKS, XWL_OBJECTS,
		    "each callback is an object");
}

static int open_and_read(struct parse *p, const char *path,
			 struct xdc_reason *why)
{
	int err;

	p->ini.section = begin_section;
	p->ini.key = set_key;
	xwl_config_defaults(p->policy);
	err = xdc_ini_open(&p->ini, path, why);
	if (err)
		return err;
	read_file(p);
	return xdc_ini_close(&p->ini, path, why);
}

int xwl_config_load(const char *path, const char *guest, struct xwl_policy *out,
		    struct xdc_reason *why)
{
	struct parse p = { .guest = guest, .policy = out };
	int err = open_and_read(&p, path, why);

	if (err)
		return err;
	if (guest && !p.found)
		return xdc_reason_set(
			why, -EACCES,
			"%s has no section [guest %s]: it may not show windows",
			path, guest);
	if (guest)
		snprintf(out->guest, sizeof(out->guest), "%s", guest);
	return 0;
}

int xwl_config_guests(const char *path, char names[][XWL_NAME_MAX],
		      struct xdc_reason *why)
{
	struct xwl_policy ignored;
	struct parse p = { .policy = &ignored, .names = names };
	int err = open_and_read(&p, path, why);

	return err ? err : (int)p.nr_names;
}

const char *xwl_config_warning(const struct xwl_policy *policy)
{
	/* to the compositor the guest's surface is a part of the frame's window */
	if (policy->framed && (policy->allow & XWL_ALLOW_POINTER_LOCK))
		return "allow = pointer-lock: compositors such as sway and KWin do not lock the pointer in a window with a frame";
	return NULL;
}
