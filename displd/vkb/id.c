// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "vkb/id.h"

static const char letters[XD_KINDS] = {
	[XD_KEYS] = 'K',
	[XD_POINTER] = 'P',
	[XD_TOUCH] = 'T',
};

/* An entry of a list: a letter and an id, which is not terminated */
struct entry {
	char letter;
	const char *id;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* The entry at *@at, which moves behind it; false: not an entry */
static bool next_entry(const char **at, struct entry *e)
{
	const char *p = skip_blanks(*at);

	e->letter = *p;
	if (!*p || !memchr(letters, *p, sizeof(letters)) || p[1] != ':')
		return false;
	e->id = skip_blanks(p + 2);
	e->len = strcspn(e->id, ";");
	*at = e->id + e->len;
	if (**at)
		++*at;
	while (e->len && is_blank(e->id[e->len - 1]))
		e->len--;
	return e->len;
}

/* A list may end with a semicolon */
static bool is_list(const char *id)
{
	struct entry e;

	if (!*id)
		return false;
	do {
		if (!next_entry(&id, &e))
			return false;
	} while (*skip_blanks(id));
	return true;
}

bool xd_id_names(const char *id, enum xd_kind kind, const char *connector)
{
	struct entry e;

	if (!*connector)
		return false;
	if (!strcmp(id, connector))
		return true;
	if (!is_list(id))
		return false;
	while (next_entry(&id, &e))
		if (e.letter == letters[kind] && strlen(connector) == e.len &&
		    !memcmp(connector, e.id, e.len))
			return true;
	return false;
}

bool xd_id_has(const char *id, enum xd_kind kind)
{
	struct entry e;

	if (!is_list(id))
		return true;
	while (next_entry(&id, &e))
		if (e.letter == letters[kind])
			return true;
	return false;
}
