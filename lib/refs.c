// SPDX-License-Identifier: LGPL-2.1-or-later
/* References as text */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <xendmabuf.h>

#include "api.h"
#include "refs.h"

struct list {
	uint32_t *refs;
	size_t nr;
	size_t room;
};

static int append_range(struct list *list, uint32_t from, uint32_t to)
{
	size_t nr = (size_t)(to - from) + 1;
	uint32_t *refs;
	size_t room, i;

	/* Checked before the allocation: "0-4294967295" is a short text */
	if (nr > XDL_MAX_REFS - list->nr)
		return -ERANGE;
	if (list->nr + nr > list->room) {
		room = list->room ? list->room : 64;
		while (room < list->nr + nr)
			room *= 2;
		refs = realloc(list->refs, room * sizeof(*refs));
		if (!refs)
			return -ENOMEM;
		list->refs = refs;
		list->room = room;
	}
	for (i = 0; i < nr; i++)
		list->refs[list->nr++] = from + i;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One number; @at is moved behind it */
static int parse_number(const char **at, const char *end, uint32_t *out)
{
	uint64_t value = 0;

	if (*at == end || !is_digit(**at))
		return -EINVAL;
	for (; *at < end && is_digit(**at); (*at)++) {
		value = value * 10 + (**at - '0');
		if (value > UINT32_MAX)
			return -EINVAL;
	}
	*out = value;
	return 0;
}

static int parse_item(const char **at, const char *end, struct list *list)
{
	uint32_t from, to;
	int err;

	err = parse_number(at, end, &from);
	if (err)
		return err;
	to = from;
	if (*at < end && **at == '-') {
		(*at)++;
		err = parse_number(at, end, &to);
		if (err)
			return err;
	}
	if (to < from || (*at < end && !is_blank(**at)))
		return -EINVAL;
	return append_range(list, from, to);
}

XDL_API int xendmabuf_refs_parse(const char *text, size_t len, uint32_t **refs,
				 size_t *nr_refs)
{
	struct list list = { 0 };
	const char *at = text, *end = text + len;
	int err = 0;

	*refs = NULL;
	*nr_refs = 0;
	while (at < end && !err) {
		if (is_blank(*at))
			at++;
		else
			err = parse_item(&at, end, &list);
	}
	if (!err && !list.nr)
		err = -ERANGE;
	if (err) {
		free(list.refs);
		return err;
	}
	*refs = list.refs;
	*nr_refs = list.nr;
	return 0;
}

/* How many of @refs, from the first on, are consecutive numbers */
static size_t count_run(const uint32_t *refs, size_t nr_refs)
{
	size_t n = 1;

	while (n < nr_refs && refs[n - 1] != UINT32_MAX &&
	       refs[n] == refs[n - 1] + 1)
		n++;
	return n;
}

XDL_API char *xendmabuf_refs_format(const uint32_t *refs, size_t nr_refs)
{
	/* ",4294967295-4294967295" is the longest that a run can be */
	const size_t longest = 22;
	size_t i, n, runs = 0, used = 0, room;
	char *text;

	for (i = 0; i < nr_refs; i += count_run(refs + i, nr_refs - i))
		runs++;
	if (runs > (SIZE_MAX - 1) / longest)
		return NULL;
	room = runs * longest + 1;
	text = malloc(room);
	if (!text)
		return NULL;
	text[0] = '\0';
	for (i = 0; i < nr_refs; i += n) {
		n = count_run(refs + i, nr_refs - i);
		used += snprintf(text + used, room - used, "%s%" PRIu32,
				 i ? "," : "", refs[i]);
		if (n > 1)
			used += snprintf(text + used, room - used, "-%" PRIu32,
					 refs[i + n - 1]);
	}
	return text;
}
