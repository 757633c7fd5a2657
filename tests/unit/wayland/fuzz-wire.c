// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: messages and records as a guest may send them.  Two bytes choose one of
 * the messages of the allow-list's interfaces, or a record; the rest is its bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/protocols.h"
#include "filter/text.h"
#include "filter/values.h"
#include "wire/message.h"
#include "wire/record.h"

#define INTERFACES_MAX 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct wl_interface *interfaces[INTERFACES_MAX];
static unsigned int nr_interfaces;

static void must(bool good)
{
	if (!good)
		abort();
}

static void add_interface(const struct wl_interface *interface)
{
	unsigned int i;

	if (!interface)
		return;
	for (i = 0; i < nr_interfaces; i++)
		if (interfaces[i] == interface)
			return;
	must(nr_interfaces < INTERFACES_MAX);
	interfaces[nr_interfaces++] = interface;
}

static void add_types(const struct wl_message *m, int nr)
{
	struct xwl_message begun;
	unsigned int i;

	for (; nr; m++, nr--) {
		must(!xwl_message_begin(m, 1, 0, &begun));
		for (i = 0; i < begun.nr_args; i++)
			add_interface(begun.args[i].interface);
	}
}

/* All that can be reached from a global of the allow-list */
static void find_interfaces(void)
{
	const struct xwl_global *g;
	unsigned int i;

	if (nr_interfaces)
		return;
	for (i = 0; (g = xwl_global_at(i)); i++)
		add_interface(g->interface);
	for (i = 0; i < nr_interfaces; i++) {
		add_types(interfaces[i]->methods, interfaces[i]->method_count);
		add_types(interfaces[i]->events, interfaces[i]->event_count);
	}
}

static void check_same(const struct xwl_message *a, const struct xwl_message *b)
{
	unsigned int i;

	must(a->nr_args == b->nr_args && a->nr_fds == b->nr_fds);
	for (i = 0; i < a->nr_args; i++) {
		const struct xwl_arg *x = &a->args[i], *y = &b->args[i];

		must(x->type == y->type && x->len == y->len);
		must(!x->data == !y->data);
		if (x->len)
			must(!memcmp(x->data, y->data, x->len));
		else if (x->type != 's' && x->type != 'a')
			must(x->u == y->u);
	}
}

/* Of these, the bridge takes what it can pass on */
static bool is_any_text(const char *request)
{
	return !strncmp(request, "set_", 4) || !strcmp(request, "offer") ||
	       !strcmp(request, "receive") || !strcmp(request, "accept");
}

static void check_values(const char *interface, struct xwl_message *m)
{
	char title[XWL_TEXT_MAX];
	struct xdc_reason why;
	unsigned int i;
	bool valid = !xwl_values_check(interface, m, &why);

	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type != 's' || !m->args[i].data)
			continue;
		must(!valid || m->args[i].len <= 4000 ||
		     is_any_text(m->table->name));
		xwl_text_title(title, sizeof(title), "work", m->args[i].data,
			       m->args[i].len & 1);
		must(xwl_text_valid(title, false));
		xwl_text_app_id(title, sizeof(title), "work", m->args[i].data);
		must(xwl_text_valid(title, false));
	}
}

static void fuzz_message(const struct wl_interface *interface,
			 const struct wl_message *table, const uint8_t *data,
			 size_t len)
{
	uint32_t words[XWL_MESSAGE_MAX / 4];
	struct xwl_message m, back;
	struct xdc_reason why;
	struct xwl_header h;
	ssize_t size;

	if (xwl_header_read(data, len, &h) ||
	    xwl_message_parse(table, &h, data, &m, &why))
		return;
	size = xwl_message_write(&m, words, sizeof(words));
	must(size == h.size);
	must(!xwl_header_read(words, (size_t)size, &h));
	must(!xwl_message_parse(table, &h, words, &back, &why));
	check_same(&m, &back);
	check_values(interface->name, &m);
}

static void fuzz_record(const uint8_t *data, size_t len, unsigned int nr_fds)
{
	static uint8_t out[XWL_RECORD_MAX];
	struct xwl_record r, back;
	struct xdc_reason why;
	size_t size;

	if (xwl_record_parse(data, len, nr_fds, &r, &why))
		return;
	if (r.type == XWL_BUFFER) {
		must(xwl_buffer_bytes(&r.buffer));
		r.len = 0; /* the words are made of the fields */
	}
	size = xwl_record_write(&r, out);
	must(size == xwl_record_size(&r));
	must(size == len && !memcmp(out, data, len));
	must(!xwl_record_parse(out, size, nr_fds, &back, &why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct wl_interface *i;
	int opcode;

	find_interfaces();
	if (len < 2)
		return 0;
	if (data[0] >= nr_interfaces) {
		fuzz_record(data + 2, len - 2, data[1] % 3);
		return 0;
	}
	i = interfaces[data[0]];
	if (!(i->method_count + i->event_count))
		return 0;
	opcode = data[1] % (i->method_count + i->event_count);
	fuzz_message(i,
		     opcode < i->method_count
			     ? &i->methods[opcode]
			     : &i->events[opcode - i->method_count],
		     data + 2, len - 2);
	return 0;
}
