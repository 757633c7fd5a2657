// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

/* What is left to be parsed */
struct reader {
	const uint8_t *at;
	size_t left;
};

static size_t round_up(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

int xwl_header_read(const void *data, size_t len, struct xwl_header *out)
{
	uint32_t words[2];

	if (len < XWL_HEADER)
		return -EAGAIN;
	memcpy(words, data, sizeof(words));
	out->object = words[0];
	out->opcode = (uint16_t)words[1];
	out->size = (uint16_t)(words[1] >> 16);
	if (out->size < XWL_HEADER || out->size > XWL_MESSAGE_MAX ||
	    out->size % 4)
		return -EPROTO;
	return len < out->size ? -EAGAIN : 0;
}

uint32_t xwl_message_since(const struct wl_message *table)
{
	uint32_t since = (uint32_t)strtoul(table->signature, NULL, 10);

	return since ? since : 1;
}

bool xwl_message_destroys(const struct wl_message *table)
{
	const char *args =
		table->signature + strspn(table->signature, "0123456789");

	return !*args && (!strcmp(table->name, "destroy") ||
			  !strcmp(table->name, "release"));
}

int xwl_message_begin(const struct wl_message *table, uint32_t object,
		      uint16_t opcode, struct xwl_message *out)
{
	const char *p = table->signature;
	bool nullable = false;
	struct xwl_arg *arg;

	out->table = table;
	out->object = object;
	out->opcode = opcode;
	out->nr_args = out->nr_fds = 0;
	for (p += strspn(p, "0123456789"); *p; p++) {
		if (*p == '?') {
			nullable = true;
			continue;
		}
		if (!strchr("iufsonah", *p) || out->nr_args == XWL_ARGS_MAX)
			return -EPROTO;
		arg = &out->args[out->nr_args];
		memset(arg, 0, sizeof(*arg));
		arg->type = *p;
		arg->nullable = nullable;
		if (table->types)
			arg->interface = table->types[out->nr_args];
		if (*p == 'h') {
			arg->fd = -1;
			out->nr_fds++;
		}
		out->nr_args++;
		nullable = false;
	}
	return 0;
}

/* The caller names one that is there */
static void begin_named(const struct wl_message *tables, int nr,
			uint32_t object, const char *name,
			struct xwl_message *out)
{
	int i;

	for (i = 0; i < nr - 1; i++)
		if (!strcmp(tables[i].name, name))
			break;
	xwl_message_begin(&tables[i], object, (uint16_t)i, out);
}

void xwl_message_request(const struct wl_interface *interface, uint32_t object,
			 const char *name, struct xwl_message *out)
{
	begin_named(interface->methods, interface->method_count, object, name,
		    out);
}

void xwl_message_event(const struct wl_interface *interface, uint32_t object,
		       const char *name, struct xwl_message *out)
{
	begin_named(interface->events, interface->event_count, object, name,
		    out);
}

static bool read_word(struct reader *r, uint32_t *out)
{
	if (r->left < sizeof(*out))
		return false;
	memcpy(out, r->at, sizeof(*out));
	r->at += sizeof(*out);
	r->left -= sizeof(*out);
	return true;
}

static bool read_bytes(struct reader *r, struct xwl_arg *arg)
{
	size_t whole = round_up(arg->len);

	if (arg->len > r->left || whole > r->left)
		return false;
	arg->data = r->at;
	r->at += whole;
	r->left -= whole;
	return true;
}

static const char *read_text(struct reader *r, struct xwl_arg *arg)
{
	if (!read_word(r, &arg->len))
		return "ends too early";
	if (!arg->len)
		return arg->nullable ? NULL : "has no text";
	if (!read_bytes(r, arg))
		return "has a text that is longer than the message";
	arg->len--;
	if (strnlen(arg->data, arg->len + 1) != arg->len)
		return "has a text with a NUL inside, or without one at its end";
	return NULL;
}

static const char *read_id(struct reader *r, struct xwl_arg *arg)
{
	if (!read_word(r, &arg->u))
		return "ends too early";
	if (arg->u || (arg->type == 'o' && arg->nullable))
		return NULL;
	return "has the id 0";
}

/* What is wrong with the argument; NULL: nothing */
static const char *read_arg(struct reader *r, struct xwl_arg *arg)
{
	switch (arg->type) {
	case 's':
		return read_text(r, arg);
	case 'a':
		if (!read_word(r, &arg->len))
			return "ends too early";
		return read_bytes(r, arg)
			       ? NULL
			       : "has an array that is longer than the message";
	case 'o':
	case 'n':
		return read_id(r, arg);
	case 'h':
		return NULL;
	default:
		return read_word(r, &arg->u) ? NULL : "ends too early";
	}
}

int xwl_message_parse(const struct wl_message *table,
		      const struct xwl_header *h, const void *data,
		      struct xwl_message *out, struct xdc_reason *why)
{
	struct reader r = { .at = (const uint8_t *)data + XWL_HEADER,
			    .left = h->size - XWL_HEADER };
	const char *fault = NULL;
	unsigned int i;

	if (xwl_message_begin(table, h->object, h->opcode, out))
		return xdc_reason_set(why, -EPROTO,
				      "%s has an unknown signature",
				      table->name);
	for (i = 0; i < out->nr_args && !fault; i++)
		fault = read_arg(&r, &out->args[i]);
	if (!fault && r.left)
		fault = "is longer than its arguments";
	if (!fault)
		return 0;
	return xdc_reason_set(why, -EPROTO, "%s %s", table->name, fault);
}

static size_t arg_size(const struct xwl_arg *arg)
{
	switch (arg->type) {
	case 's':
		return 4 + (arg->data ? round_up((size_t)arg->len + 1) : 0);
	case 'a':
		return 4 + round_up(arg->len);
	case 'h':
		return 0;
	default:
		return 4;
	}
}

/* There is room for it, and it is zero */
static void write_arg(const struct xwl_arg *arg, uint8_t *out)
{
	uint32_t word = arg->u;

	if (arg->type == 'h')
		return;
	if (arg->type == 'a')
		word = arg->len;
	else if (arg->type == 's')
		word = arg->data ? arg->len + 1 : 0;
	memcpy(out, &word, sizeof(word));
	if ((arg->type == 's' || arg->type == 'a') && arg->len)
		memcpy(out + 4, arg->data, arg->len);
}

ssize_t xwl_message_write(const struct xwl_message *m, void *out, size_t size)
{
	uint32_t words[2] = { m->object };
	size_t at = XWL_HEADER;
	unsigned int i;

	for (i = 0; i < m->nr_args; i++)
		at += arg_size(&m->args[i]);
	if (at > size || at > XWL_MESSAGE_MAX)
		return -EMSGSIZE;
	memset(out, 0, at);
	words[1] = (uint32_t)at << 16 | m->opcode;
	memcpy(out, words, sizeof(words));
	at = XWL_HEADER;
	for (i = 0; i < m->nr_args; i++) {
		write_arg(&m->args[i], (uint8_t *)out + at);
		at += arg_size(&m->args[i]);
	}
	return (ssize_t)at;
}

void xwl_arg_text(struct xwl_arg *arg, const char *text)
{
	arg->data = text;
	arg->len = text ? (uint32_t)strlen(text) : 0;
}
