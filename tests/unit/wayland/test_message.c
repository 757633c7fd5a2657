// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <wayland-client-protocol.h>

#include "wire/message.h"

static struct xdc_reason why;

static const struct wl_message *find_request(const struct wl_interface *i,
					     const char *name)
{
	int n;

	for (n = 0; n < i->method_count; n++)
		if (!strcmp(i->methods[n].name, name))
			return &i->methods[n];
	fail_msg("%s has no request %s", i->name, name);
	return NULL;
}

static int parse(const struct wl_message *table, const uint32_t *words,
		 struct xwl_message *out)
{
	struct xwl_header h;

	assert_int_equal(xwl_header_read(words, 4096, &h), 0);
	return xwl_message_parse(table, &h, words, out, &why);
}

static void header_of_every_size(void **state)
{
	uint32_t words[2] = { 5, 0 };
	struct xwl_header h;
	uint32_t size;

	assert_int_equal(xwl_header_read(words, 7, &h), -EAGAIN);
	for (size = 0; size <= 0xffff; size++) {
		words[1] = size << 16 | 3;
		if (size < 8 || size % 4 || size > XWL_MESSAGE_MAX)
			assert_int_equal(xwl_header_read(words, 8, &h),
					 -EPROTO);
		else
			assert_int_equal(xwl_header_read(words, 8, &h),
					 size == 8 ? 0 : -EAGAIN);
	}
	words[1] = 8U << 16 | 3;
	assert_int_equal(xwl_header_read(words, 8, &h), 0);
	assert_int_equal(h.object, 5);
	assert_int_equal(h.opcode, 3);
}

static void bind_has_name_and_version(void **state)
{
	const struct wl_message *bind =
		find_request(&wl_registry_interface, "bind");
	uint32_t words[1024] = { 2, 40U << 16, 7, 14 };
	struct xwl_message m;

	memcpy(&words[4], "wl_compositor", 14);
	words[8] = 4;
	words[9] = 3;
	assert_int_equal(parse(bind, words, &m), 0);
	assert_int_equal(m.nr_args, 4);
	assert_int_equal(m.args[0].u, 7);
	assert_string_equal(m.args[1].data, "wl_compositor");
	assert_int_equal(m.args[1].len, 13);
	assert_int_equal(m.args[2].u, 4);
	assert_int_equal(m.args[3].u, 3);
	assert_null(m.args[3].interface);
}

static void faults_of_a_text(void **state)
{
	const struct wl_message *bind =
		find_request(&wl_registry_interface, "bind");
	struct xwl_message m;
	static const struct {
		uint32_t size, len;
		const char *text;
	} faults[] = {
		{ 40, 0, "" }, /* none, and none is not allowed */
		{ 40, 15, "wl_compositor" }, /* a NUL inside */
		{ 40, 13, "wl_compositor" }, /* no NUL at the end */
		{ 40, 0xffffffff, "wl_compositor" },
		{ 40, 0xfffffffd, "wl_compositor" },
		{ 40, 200, "wl_compositor" }, /* longer than the message */
		{ 16, 14, "wl_compositor" },
		{ 44, 14, "wl_compositor" }, /* something behind */
		{ 36, 14, "wl_compositor" }, /* something missing */
	};
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint32_t words[1024] = { 2, faults[i].size << 16, 7,
					 faults[i].len };

		strcpy((char *)&words[4], faults[i].text);
		words[8] = words[9] = words[10] = 1;
		why.text[0] = '\0';
		assert_int_equal(parse(bind, words, &m), -EPROTO);
		assert_true(strlen(why.text) > 4);
	}
}

static void ids_that_must_not_be_null(void **state)
{
	uint32_t words[1024] = { 2, 20U << 16, 0, 0, 0 };
	struct xwl_message m;

	/* attach: the buffer may be null */
	assert_int_equal(parse(find_request(&wl_surface_interface, "attach"),
			       words, &m),
			 0);
	assert_int_equal(m.nr_args, 3);
	assert_true(m.args[0].nullable);
	/* frame: the new id may not */
	words[1] = 12U << 16;
	assert_int_equal(parse(find_request(&wl_surface_interface, "frame"),
			       words, &m),
			 -EPROTO);
	/* get_subsurface: nor the surfaces */
	words[1] = 20U << 16;
	words[2] = 9;
	assert_int_equal(parse(find_request(&wl_subcompositor_interface,
					    "get_subsurface"),
			       words, &m),
			 -EPROTO);
}

static void descriptors_take_no_bytes(void **state)
{
	uint32_t words[1024] = { 2, 16U << 16, 9, 4096 };
	struct xwl_message m;

	assert_int_equal(parse(find_request(&wl_shm_interface, "create_pool"),
			       words, &m),
			 0);
	assert_int_equal(m.nr_args, 3);
	assert_int_equal(m.nr_fds, 1);
	assert_int_equal(m.args[1].fd, -1);
	assert_int_equal(m.args[2].i, 4096);
	assert_ptr_equal(m.args[0].interface, &wl_shm_pool_interface);
}

/* Every message of the core protocol, with all its values set */
static void fill(struct xwl_message *m)
{
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		struct xwl_arg *a = &m->args[i];

		if (a->type == 's') {
			xwl_arg_text(a, i & 1 ? "odd" : "even");
		} else if (a->type == 'a') {
			a->data = "12345";
			a->len = 5;
		} else if (a->type != 'h') {
			a->u = 0x01020304 + i;
		}
	}
}

static void round_trip(const struct wl_message *table)
{
	uint32_t words[XWL_MESSAGE_MAX / 4];
	struct xwl_message m, back;
	struct xwl_header h;
	unsigned int i;
	ssize_t len;

	assert_int_equal(xwl_message_begin(table, 77, 5, &m), 0);
	fill(&m);
	len = xwl_message_write(&m, words, sizeof(words));
	assert_true(len >= (ssize_t)XWL_HEADER);
	assert_int_equal(xwl_header_read(words, (size_t)len, &h), 0);
	assert_int_equal(h.size, len);
	assert_int_equal(xwl_message_parse(table, &h, words, &back, &why), 0);
	assert_int_equal(back.nr_args, m.nr_args);
	assert_int_equal(back.nr_fds, m.nr_fds);
	for (i = 0; i < m.nr_args; i++) {
		assert_int_equal(back.args[i].len, m.args[i].len);
		if (m.args[i].len)
			assert_memory_equal(back.args[i].data, m.args[i].data,
					    m.args[i].len);
		else
			assert_int_equal(back.args[i].u, m.args[i].u);
	}
	/* one byte less, and it does not fit */
	assert_int_equal(xwl_message_write(&m, words, (size_t)len - 1),
			 -EMSGSIZE);
}

static void every_message_of_the_core(void **state)
{
	static const struct wl_interface *const interfaces[] = {
		&wl_display_interface,	  &wl_registry_interface,
		&wl_surface_interface,	  &wl_shm_interface,
		&wl_output_interface,	  &wl_keyboard_interface,
		&wl_pointer_interface,	  &wl_data_device_interface,
		&wl_data_offer_interface,
	};
	size_t i;
	int n;

	for (i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
		for (n = 0; n < interfaces[i]->method_count; n++)
			round_trip(&interfaces[i]->methods[n]);
		for (n = 0; n < interfaces[i]->event_count; n++)
			round_trip(&interfaces[i]->events[n]);
	}
}

static void text_that_is_null_or_empty(void **state)
{
	const struct wl_message *accept =
		find_request(&wl_data_offer_interface, "accept");
	struct xwl_message m, back;
	struct xwl_header h;
	uint32_t words[16];

	assert_int_equal(xwl_message_begin(accept, 3, 0, &m), 0);
	assert_int_equal(xwl_message_write(&m, words, sizeof(words)), 16);
	assert_int_equal(xwl_header_read(words, 16, &h), 0);
	assert_int_equal(xwl_message_parse(accept, &h, words, &back, &why), 0);
	assert_null(back.args[1].data);
	xwl_arg_text(&m.args[1], "");
	assert_int_equal(xwl_message_write(&m, words, sizeof(words)), 20);
	assert_int_equal(xwl_header_read(words, 20, &h), 0);
	assert_int_equal(xwl_message_parse(accept, &h, words, &back, &why), 0);
	assert_string_equal(back.args[1].data, "");
}

static void messages_over_the_limit(void **state)
{
	static char text[XWL_MESSAGE_MAX + 1];
	static uint32_t words[XWL_MESSAGE_MAX];
	struct xwl_message m;

	memset(text, 'x', XWL_MESSAGE_MAX);
	assert_int_equal(
		xwl_message_begin(find_request(&wl_data_offer_interface,
					       "accept"),
				  3, 0, &m),
		0);
	xwl_arg_text(&m.args[1], text);
	assert_int_equal(xwl_message_write(&m, words, sizeof(words)),
			 -EMSGSIZE);
}

static void since_and_destructors(void **state)
{
	assert_int_equal(xwl_message_since(find_request(&wl_surface_interface,
							"damage_buffer")),
			 4);
	assert_int_equal(xwl_message_since(
				 find_request(&wl_surface_interface, "attach")),
			 1);
	assert_true(xwl_message_destroys(
		find_request(&wl_surface_interface, "destroy")));
	assert_true(xwl_message_destroys(
		find_request(&wl_seat_interface, "release")));
	assert_false(xwl_message_destroys(
		find_request(&wl_surface_interface, "commit")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_of_every_size),
		cmocka_unit_test(bind_has_name_and_version),
		cmocka_unit_test(faults_of_a_text),
		cmocka_unit_test(ids_that_must_not_be_null),
		cmocka_unit_test(descriptors_take_no_bytes),
		cmocka_unit_test(every_message_of_the_core),
		cmocka_unit_test(text_that_is_null_or_empty),
		cmocka_unit_test(messages_over_the_limit),
		cmocka_unit_test(since_and_destructors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
