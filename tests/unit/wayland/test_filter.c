// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdio.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "filter/protocols.h"
#include "filter/text.h"
#include "filter/types.h"
#include "filter/values.h"

static struct xdc_reason why;

static void globals_never_offered(void **state)
{
	static const char *const names[] = {
		"zwlr_layer_shell_v1",
		"zwlr_screencopy_manager_v1",
		"ext_image_copy_capture_manager_v1",
		"zwlr_export_dmabuf_manager_v1",
		"zwlr_data_control_manager_v1",
		"ext_data_control_manager_v1",
		"zwp_virtual_keyboard_manager_v1",
		"zwlr_virtual_pointer_manager_v1",
		"zwp_input_method_manager_v2",
		"zwlr_foreign_toplevel_manager_v1",
		"ext_foreign_toplevel_list_v1",
		"zwlr_output_manager_v1",
		"zwlr_output_power_manager_v1",
		"zwlr_gamma_control_manager_v1",
		"ext_session_lock_manager_v1",
		"wp_drm_lease_device_v1",
		"wp_security_context_manager_v1",
		"ext_workspace_manager_v1",
		"zwp_keyboard_shortcuts_inhibit_manager_v1",
		"zxdg_exporter_v2",
		"zxdg_importer_v2",
		"ext_transient_seat_manager_v1",
		"ext_idle_notifier_v1",
		"wp_linux_drm_syncobj_manager_v1",
		"zwp_linux_explicit_synchronization_v1",
		"wl_shell",
		"wl_drm",
		"wl_display",
		"weston_capture_v1",
		"",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (xwl_global_find(names[i]))
			fail_msg("%s is offered", names[i]);
}

static void globals_offered_always_or_by_policy(void **state)
{
	static const struct {
		const char *name;
		unsigned int needs;
	} globals[] = {
		{ "wl_compositor", 0 },
		{ "wl_shm", 0 },
		{ "wl_seat", 0 },
		{ "xdg_wm_base", 0 },
		{ "wp_viewporter", 0 },
		{ "zwp_linux_dmabuf_v1", 0 },
		{ "zwp_text_input_manager_v3", 0 },
		{ "wl_data_device_manager", 0 },
		{ "zwp_primary_selection_device_manager_v1", 0 },
		{ "zwp_pointer_constraints_v1", XWL_ALLOW_POINTER_LOCK },
		{ "zwp_relative_pointer_manager_v1", XWL_ALLOW_POINTER_LOCK },
		{ "zwp_idle_inhibit_manager_v1", XWL_ALLOW_IDLE_INHIBIT },
		{ "xdg_activation_v1", XWL_ALLOW_ACTIVATION },
		{ "zxdg_output_manager_v1", XWL_ALLOW_OUTPUT_LAYOUT },
		{ "zwp_tablet_manager_v2", XWL_ALLOW_TABLET },
	};
	size_t i;

	for (i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		const struct xwl_global *g = xwl_global_find(globals[i].name);

		if (!g)
			fail_msg("%s is not offered", globals[i].name);
		assert_int_equal(g->needs, globals[i].needs);
	}
}

static void versions_are_capped(void **state)
{
	const struct xwl_global *g = xwl_global_find("zwp_linux_dmabuf_v1");
	uint32_t built = (uint32_t)wl_seat_interface.version;

	/* by what was looked at, by the compositor, by libwayland's table */
	assert_int_equal(xwl_global_version(g, 5), 3);
	assert_int_equal(xwl_global_version(g, 2), 2);
	g = xwl_global_find("wl_seat");
	assert_int_equal(xwl_global_version(g, 1000),
			 built < g->reviewed ? built : g->reviewed);
}

static void titles(void **state)
{
	static const struct {
		const char *text;
		bool ascii;
		const char *title;
	} tests[] = {
		{ NULL, true, "[work]" },
		{ "", true, "[work]" },
		{ "mail", true, "[work] mail" },
		{ "[gui] password", true, "[work] [gui] password" },
		{ "a\nb\x1b[2J\x7f", true, "[work] a?b?[2J?" },
		{ "\xc3\xa9t\xc3\xa9", true, "[work] ?t?" },
		{ "\xc3\xa9t\xc3\xa9", false, "[work] \xc3\xa9t\xc3\xa9" },
		/* no UTF-8: a byte alone, overlong, a surrogate, too large, cut off */
		{ "\xff\x80", false, "[work] ??" },
		{ "\xc0\xaf", false, "[work] ??" },
		{ "\xed\xa0\x80", false, "[work] ???" },
		{ "\xf5\x80\x80\x80", false, "[work] ????" },
		{ "x\xe2\x82", false, "[work] x??" },
		/* overrides of the direction, and a line separator */
		{ "\xe2\x80\xaeiug\xe2\x80\xa8", false, "[work] ?iug?" },
		{ "\xe2\x81\xa6\xd8\x9c", false, "[work] ??" },
		{ "\xc2\x85", false, "[work] ?" },
	};
	char out[XWL_TEXT_MAX];
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		xwl_text_title(out, sizeof(out), "work", tests[i].text,
			       tests[i].ascii);
		assert_string_equal(out, tests[i].title);
	}
}

static void long_titles_end_with_a_character(void **state)
{
	char text[1001] = "", out[XWL_TEXT_MAX];
	size_t size;

	while (strlen(text) + 3 < sizeof(text))
		strcat(text, "\xe2\x82\xac");
	for (size = 8; size <= sizeof(out); size++) {
		xwl_text_title(out, size, "w", text, false);
		assert_true(strlen(out) < size);
		assert_true(xwl_text_valid(out, false));
	}
	assert_true(strlen(out) > sizeof(out) - 4);
}

static void app_ids(void **state)
{
	char out[XWL_TEXT_MAX], text[1000];

	xwl_text_app_id(out, sizeof(out), "work", "org.foot");
	assert_string_equal(out, "xen.work.org.foot");
	xwl_text_app_id(out, sizeof(out), "work", NULL);
	assert_string_equal(out, "xen.work");
	xwl_text_app_id(out, sizeof(out), "work", "../a b\n\xc3\xa9");
	assert_string_equal(out, "xen.work..._a_b___");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	xwl_text_app_id(out, sizeof(out), "work", text);
	assert_int_equal(strlen(out), sizeof(out) - 1);
}

/* A request of the allow-list, by name, to be filled in */
static void begin_request(const char *interface, const char *request,
			  struct xwl_message *m)
{
	static const struct wl_interface *const core[] = {
		&wl_registry_interface,	   &wl_surface_interface,
		&wl_region_interface,	   &wl_data_offer_interface,
		&wl_data_source_interface,
	};
	size_t i;
	int n;

	for (i = 0; i < sizeof(core) / sizeof(core[0]); i++)
		for (n = 0; n < core[i]->method_count; n++)
			if (!strcmp(core[i]->name, interface) &&
			    !strcmp(core[i]->methods[n].name, request)) {
				xwl_message_begin(&core[i]->methods[n], 9,
						  (uint16_t)n, m);
				return;
			}
	fail_msg("no request %s.%s", interface, request);
}

static int check_two(const char *interface, const char *request, int32_t a,
		     int32_t b)
{
	struct xwl_message m;

	begin_request(interface, request, &m);
	m.args[0].i = a;
	if (m.nr_args > 1)
		m.args[1].i = b;
	return xwl_values_check(interface, &m, &why);
}

static void numbers(void **state)
{
	assert_int_equal(check_two("wl_surface", "set_buffer_scale", 0, 0),
			 -ERANGE);
	assert_int_equal(check_two("wl_surface", "set_buffer_scale", 17, 0),
			 -ERANGE);
	assert_int_equal(check_two("wl_surface", "set_buffer_scale", 2, 0), 0);
	assert_int_equal(check_two("wl_surface", "set_buffer_transform", 7, 0),
			 0);
	assert_int_equal(check_two("wl_surface", "set_buffer_transform", 8, 0),
			 -ERANGE);
	assert_int_equal(check_two("wl_surface", "set_buffer_transform", -1, 0),
			 -ERANGE);
	assert_int_equal(check_two("wl_surface", "offset", -65535, 65535), 0);
	assert_int_equal(check_two("wl_surface", "offset", 65536, 0), -ERANGE);
	assert_string_equal(
		why.text,
		"wl_surface.offset: argument 1 is 65536, which is not allowed");
	assert_int_equal(check_two("wl_surface", "offset", 0, 65536), -ERANGE);
	assert_string_equal(
		why.text,
		"wl_surface.offset: argument 2 is 65536, which is not allowed");
	assert_int_equal(check_two("wl_data_offer", "set_actions", 7, 4), 0);
	assert_int_equal(check_two("wl_data_offer", "set_actions", 8, 4),
			 -ERANGE);
	assert_int_equal(check_two("wl_data_offer", "set_actions", 7, 3),
			 -ERANGE);
	assert_int_equal(check_two("wl_data_offer", "set_actions", 7, 32),
			 -ERANGE);
	assert_non_null(strstr(why.text, "wl_data_offer.set_actions"));
}

static void check_box(int32_t x, int32_t w, int32_t want_x, int32_t want_w)
{
	struct xwl_message m;

	begin_request("wl_surface", "damage", &m);
	m.args[0].i = m.args[1].i = x;
	m.args[2].i = m.args[3].i = w;
	assert_int_equal(xwl_values_check("wl_surface", &m, &why), 0);
	assert_int_equal(m.args[0].i, want_x);
	assert_int_equal(m.args[1].i, want_x);
	assert_int_equal(m.args[2].i, want_w);
	assert_int_equal(m.args[3].i, want_w);
}

static void boxes_do_not_overflow(void **state)
{
	struct xwl_message m;

	check_box(0, INT32_MAX, 0, XWL_FAR);
	check_box(100, INT32_MAX, 100, XWL_FAR - 100);
	check_box(INT32_MIN, INT32_MAX, -XWL_FAR, XWL_FAR - 1);
	check_box(INT32_MAX, INT32_MAX, XWL_FAR, 0);
	check_box(-5, 10, -5, 10);
	begin_request("wl_region", "add", &m);
	m.args[2].i = -1;
	assert_int_equal(xwl_values_check("wl_region", &m, &why), -ERANGE);
}

static void texts(void **state)
{
	char text[300];
	struct xwl_message m;

	memset(text, 'x', sizeof(text));
	text[255] = '\0';
	begin_request("wl_registry", "bind", &m);
	xwl_arg_text(&m.args[1], text);
	assert_int_equal(xwl_values_check("wl_registry", &m, &why), 0);
	text[255] = 'x';
	text[256] = '\0';
	xwl_arg_text(&m.args[1], text);
	assert_int_equal(xwl_values_check("wl_registry", &m, &why), -EILSEQ);
	xwl_arg_text(&m.args[1], "name\n");
	assert_int_equal(xwl_values_check("wl_registry", &m, &why), -EILSEQ);
	xwl_arg_text(&m.args[1], "name\xff");
	assert_int_equal(xwl_values_check("wl_registry", &m, &why), -EILSEQ);
}

/* A program is not ended for what it edits, and its cursor stays where it is */
static void edited_texts(void **state)
{
	static const struct {
		const char *text, *sent;
	} tests[] = {
		{ "one\r\n\ttwo \xe2\x82\xac", "one\r\n\ttwo \xe2\x82\xac" },
		{ "form\ffeed \x1b[2J", "form?feed ?[2J" },
		{ "next\xc2\x85line", "next??line" },
		{ "latin \xe9\xe8", "latin ??" },
		{ "cut off \xe2\x82", "cut off ??" },
		{ "", "" },
	};
	char out[64];
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		xwl_text_lines(out, sizeof(out), tests[i].text);
		assert_string_equal(out, tests[i].sent);
	}
	xwl_text_lines(out, 6, "1234\xe2\x82\xac");
	assert_string_equal(out, "1234");
	xwl_text_lines(out, 6, "12345");
	assert_string_equal(out, "12345");
}

/* Programs are not ended for them: they do not exist for others */
static void types_that_others_cannot_be_told(void **state)
{
	char type[XWL_TYPE_MAX + 2];

	memset(type, 'x', sizeof(type));
	type[XWL_TYPE_MAX + 1] = '\0';
	assert_false(xwl_types_match("*", type));
	type[XWL_TYPE_MAX] = '\0';
	assert_true(xwl_types_match("*", type));
	assert_false(xwl_types_match("*", "text/\n"));
	assert_false(xwl_types_match("*", "text/\xff"));
}

/* In each of them, the code of a wrong character is that of a line's end or a tab */
static void wrong_characters_are_refused(void **state)
{
	static const char *const wrong[] = {
		"\x8a",	      "\x89",	  "\x8d",	  "\xc0\x8a",
		"\xc0\x89",   "\xc0\x8d", "\xe0\x80\x8a", "\xf0\x80\x80\x8d",
		"line\n\x8a",
	};
	size_t i;

	/* a test that never ends fails */
	alarm(10);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(xwl_text_valid(wrong[i], true));
		assert_false(xwl_text_valid(wrong[i], false));
	}
	alarm(0);
	assert_true(xwl_text_valid("a\tb\r\n", true));
	assert_false(xwl_text_valid("a\tb\r\n", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globals_never_offered),
		cmocka_unit_test(globals_offered_always_or_by_policy),
		cmocka_unit_test(versions_are_capped),
		cmocka_unit_test(titles),
		cmocka_unit_test(long_titles_end_with_a_character),
		cmocka_unit_test(app_ids),
		cmocka_unit_test(numbers),
		cmocka_unit_test(boxes_do_not_overflow),
		cmocka_unit_test(texts),
		cmocka_unit_test(edited_texts),
		cmocka_unit_test(types_that_others_cannot_be_told),
		cmocka_unit_test(wrong_characters_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
