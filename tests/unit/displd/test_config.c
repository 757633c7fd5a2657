// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "place.h"

static char path[] = "/tmp/test_config.XXXXXX";
static struct xdc_reason why;

static struct xd_config *load_text(const char *text)
{
	struct xd_config *c = NULL;
	FILE *f = fopen(path, "w");
	int err;

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	err = xd_config_load(path, &c, &why);
	if (err) {
		assert_int_equal(err, -EINVAL);
		return NULL;
	}
	return c;
}

static void config_defaults(void **state)
{
	struct xd_config *c = xd_config_default();
	struct xd_policy p;

	xd_config_policy(c, "work", 3, 0, NULL, false, &p);
	assert_int_equal(p.output, XD_OUTPUT_AUTO);
	assert_true(p.zero_copy);
	assert_false(p.be_alloc);
	assert_int_equal(p.max_buffers, 64);
	assert_int_equal(p.max_flips, 1000);
	assert_int_equal(p.max_modesets, 5);
	assert_int_equal(p.max_time, 50);
	assert_int_equal(p.row_alignment, 64);
	assert_false(p.inhibit_shortcuts);
	assert_false(p.lock_pointer);
	assert_int_equal(xd_config_log_level(c), XDC_INFO);
	xd_config_free(c);
	xd_config_free(NULL);
}

static void config_sections_by_precedence(void **state)
{
	struct xd_config *c;
	struct xd_policy p;

	c = load_text(
		"# a comment\n"
		"[guest work connector 1]\n"
		"connector = HDMI-A-1\n"
		"[daemon]\n"
		"log-level = debug\n"
		"[default]\n"
		"output = kms\n"
		"card = /dev/dri/card1\n"
		"max-memory = 10\n"
		"max-flips = 0\n"
		"max-modesets = 20\n"
		"max-time = 100\n"
		"[guest work]\n"
		"be-alloc = yes\n"
		"connector = DP-1\n"
		"[guest 7]\n"
		"zero-copy = no\n"
		"refresh = 0\n"
		"rate = 0\n"
		"[guest a-name-of-thirty-characters connector another-one]\n"
		"title = Long\n"
		"[guest work connector left]\n"
		"output = headless\n"
		"title = Work, left\n");
	assert_non_null(c);
	assert_int_equal(xd_config_log_level(c), XDC_DEBUG);
	xd_config_policy(c, "work", 3, 0, "right", false, &p);
	assert_int_equal(p.output, XD_OUTPUT_KMS);
	assert_string_equal(p.card, "/dev/dri/card1");
	assert_string_equal(p.connector, "DP-1");
	assert_int_equal(p.max_pages, 2560);
	assert_int_equal(p.max_flips, 0);
	assert_int_equal(p.max_modesets, 20);
	assert_int_equal(p.max_time, 100);
	assert_true(p.be_alloc);
	xd_config_policy(c, "a-name-of-thirty-characters", 4, 0, "another-one",
			 false, &p);
	assert_string_equal(p.title, "Long");
	xd_config_policy(c, "work", 3, 0, "right", false, &p);
	/* the more special section wins, wherever it is in the file */
	xd_config_policy(c, "work", 3, 1, NULL, false, &p);
	assert_string_equal(p.connector, "HDMI-A-1");
	xd_config_policy(c, "work", 3, 2, "left", false, &p);
	assert_int_equal(p.output, XD_OUTPUT_HEADLESS);
	assert_string_equal(p.title, "Work, left");
	/* by domain id, and no other guest */
	xd_config_policy(c, "other", 7, 0, NULL, false, &p);
	assert_false(p.zero_copy);
	assert_int_equal(p.refresh, 0);
	assert_int_equal(p.rate, 0);
	assert_false(p.be_alloc);
	assert_string_equal(p.connector, "");
	xd_config_policy(c, NULL, 8, -1, NULL, false, &p);
	assert_true(p.zero_copy);
	xd_config_free(c);
}

static void config_every_output_kind(void **state)
{
	static const struct {
		const char *name;
		enum xd_output_kind kind;
	} all[] = {
		{ "auto", XD_OUTPUT_AUTO },
		{ "headless", XD_OUTPUT_HEADLESS },
		{ "kms", XD_OUTPUT_KMS },
		{ "wayland", XD_OUTPUT_WAYLAND },
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct xd_config *c;
		struct xd_policy p;

		snprintf(text, sizeof(text), "[guest work]\noutput = %s\n",
			 all[i].name);
		c = load_text(text);
		assert_non_null(c);
		xd_config_policy(c, "work", 3, 0, NULL, false, &p);
		assert_int_equal(p.output, all[i].kind);
		assert_string_equal(xd_config_output_name(p.output),
				    all[i].name);
		xd_config_free(c);
	}
}

static void config_input_section(void **state)
{
	const struct xd_seat_policy *s;
	struct xd_config *c;
	struct xd_policy p;

	c = load_text("[input]\n"
		      "seat = seat0\n"
		      "switch-key = scroll-lock\n"
		      "[guest work connector 1]\n"
		      "input = no\n");
	assert_non_null(c);
	s = xd_config_seat(c);
	assert_string_equal(s->seat, "seat0");
	assert_string_equal(s->devices, "");
	assert_int_equal(s->switch_key, 70);
	assert_int_equal(s->tap, XD_AS_USUAL);
	assert_false(s->speed_set);
	xd_config_policy(c, "work", 3, 0, NULL, false, &p);
	assert_true(p.input);
	xd_config_policy(c, "work", 3, 1, NULL, false, &p);
	assert_false(p.input);
	xd_config_free(c);
	c = load_text("[input]\n"
		      "seat = none\n"
		      "devices = /dev/input/event0 /dev/input/event1\n"
		      "switch-key = 767\n"
		      "tap = yes\n"
		      "natural-scroll = no\n"
		      "disable-while-typing = default\n"
		      "speed = -0.5\n");
	assert_non_null(c);
	s = xd_config_seat(c);
	assert_string_equal(s->seat, "");
	assert_string_equal(s->devices, "/dev/input/event0 /dev/input/event1");
	assert_int_equal(s->switch_key, 767);
	assert_int_equal(s->tap, XD_ON);
	assert_int_equal(s->natural_scroll, XD_OFF);
	assert_int_equal(s->disable_while_typing, XD_AS_USUAL);
	assert_true(s->speed_set && s->speed < -0.4 && s->speed > -0.6);
	xd_config_free(c);
}

/* Names of windows come from the configuration */
static void config_window_names(void **state)
{
	struct xd_config *c;
	struct xd_policy p;

	c = load_text("[default]\n"
		      "output = wayland\n"
		      "wayland-display = wayland-1\n"
		      "[guest work connector 1]\n"
		      "wayland-display = /run/user/1000/wayland-0\n"
		      "app-id = org.example.work\n"
		      "title = B\xc3\xbcro \xe2\x82\xac \xf0\x9f\x96\xa5\n");
	assert_non_null(c);
	xd_config_policy(c, "work", 3, 0, NULL, false, &p);
	assert_int_equal(p.output, XD_OUTPUT_WAYLAND);
	assert_string_equal(p.wayland_display, "wayland-1");
	assert_string_equal(p.app_id, "xen.work");
	assert_string_equal(p.title, "work");
	xd_config_policy(c, "work", 3, 1, NULL, false, &p);
	assert_string_equal(p.wayland_display, "/run/user/1000/wayland-0");
	assert_string_equal(p.app_id, "org.example.work");
	assert_string_equal(p.title,
			    "B\xc3\xbcro \xe2\x82\xac \xf0\x9f\x96\xa5");
	/* a guest without a name, and one whose name is not UTF-8 */
	xd_config_policy(c, NULL, 7, 2, NULL, false, &p);
	assert_string_equal(p.app_id, "xen.domain-7");
	assert_string_equal(p.title, "domain-7 (3)");
	xd_config_policy(c, "\xff", 7, 0, NULL, false, &p);
	assert_string_equal(p.title, "domain-7");
	xd_config_free(c);
}

static void long_name_is_cut_between_characters(void **state)
{
	struct xd_config *c = xd_config_default();
	char name[100] = "a";
	struct xd_policy p;
	unsigned int i;

	for (i = 0; i < 45; i++)
		strcat(name, "\xc3\xbc");
	xd_config_policy(c, name, 7, 0, NULL, false, &p);
	assert_int_equal(strlen(p.title), 79);
	assert_memory_equal(p.title, name, 79);
	assert_int_equal(strlen(p.app_id), strlen("xen.") + 89);
	assert_memory_equal(p.app_id + strlen("xen."), name, 89);
	xd_config_free(c);
}

static void config_windows(void **state)
{
	struct xd_config *c;
	struct xd_policy p;

	c = load_text("[default]\n"
		      "row-alignment = 256\n"
		      "[guest work connector 1]\n"
		      "row-alignment = 1\n"
		      "inhibit-shortcuts = yes\n"
		      "lock-pointer = yes\n");
	assert_non_null(c);
	xd_config_policy(c, "work", 3, 0, NULL, false, &p);
	assert_int_equal(p.row_alignment, 256);
	assert_false(p.inhibit_shortcuts);
	assert_false(p.lock_pointer);
	xd_config_policy(c, "work", 3, 1, NULL, false, &p);
	assert_int_equal(p.row_alignment, 1);
	assert_true(p.inhibit_shortcuts);
	assert_true(p.lock_pointer);
	xd_config_free(c);
}

static void config_errors_name_line_and_reason(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "[default]\noutput = vga\n", ":2: output is 'vga'" },
		{ "[default]\noutput\n", ":2: neither" },
		/* the first one counts, also if the file goes on */
		{ "[default]\noutput\nrate = 60\n", ":2: neither" },
		{ "[default]\noutput\nrate = x\n", ":2: neither" },
		{ "[guest a\n[default]\nrate = 60\n", ":1: neither" },
		{ "[default]\nrate = x\noutput\n", ":2: rate" },
		{ "[default]\ncolour = red\n", ":2: there is no key 'colour'" },
		{ "output = kms\n", ":1: 'output' is in no section" },
		{ "[guest]\noutput = kms\n", ":1: section [guest]" },
		{ "[connector ]\noutput = kms\n", ":1: section [connector" },
		{ "[connector a b]\noutput = kms\n", ":1: section" },
		{ "[connector a]\nbe-alloc = yes\n", "for a guest" },
		{ "[guest  a]\noutput = kms\n", ":1: section" },
		{ "[guest a b]\noutput = kms\n", ":1: section" },
		{ "[guest a connector ]\noutput = kms\n", ":1: section" },
		{ "[guest a connector 1]\nbe-alloc = yes\n", "is for a guest" },
		{ "[default]\ncard = card0\n", "a path" },
		{ "[default]\nwayland-display = a/b\n", "a path, or a name" },
		{ "[default]\ntitle = \xc3(\n", "UTF-8" },
		{ "[default]\ntitle = a\x01\n", "UTF-8" },
		{ "[default]\ntitle = \xed\xa0\x80\n", "UTF-8" },
		{ "[default]\ntitle = \xf4\x90\x80\x80\n", "UTF-8" },
		{ "[default]\ntitle = \xe2\x82\n", "UTF-8" },
		{ "[default]\napp-id = \xc0\xaf\n", "UTF-8" },
		{ "[default]\nrefresh = 121\n", "0 to 120" },
		{ "[default]\nrate = -1\n", "0 to 1000" },
		{ "[default]\nzero-copy = maybe\n", "yes or no" },
		{ "[default]\nmax-memory = -1\n", "MiB" },
		{ "[default]\nmax-flips = 100001\n", "100000 a second" },
		{ "[default]\nmax-modesets = x\n", "1000 a second" },
		{ "[default]\nmax-time = 101\n", "100 percent" },
		{ "[guest a connector 0]\nmax-time = 10\n", "for a guest" },
		{ "[daemon]\nlog-level = loud\n", "error, warning" },
		{ "[daemon]\noutput = kms\n", "[daemon] has no key" },
		{ "[input]\noutput = kms\n", "[input] has no key" },
		{ "[input]\ndevices = event0\n", "paths such as" },
		{ "[input]\nswitch-key = a\n", "a key's code" },
		{ "[input]\nswitch-key = 768\n", "a key's code" },
		{ "[input]\nseat = seat0\ndevices = /dev/input/event0\n",
		  ":3: [input] has a seat and devices" },
		{ "[default]\ninput = maybe\n", "yes or no" },
		{ "[default]\nrow-alignment = 0\n",
		  ":2: row-alignment is '0'" },
		{ "[default]\nrow-alignment = 96\n", "a power of two" },
		{ "[default]\nrow-alignment = 8192\n", "1 to 4096" },
		{ "[default]\ninhibit-shortcuts = 1\n", "yes or no" },
		{ "[default]\nlock-pointer = auto\n", "yes or no" },
		{ "[default]\nlock-keys = maybe\n", "yes or no" },
		{ "[connector a]\nvkbd = yes\n", "is for a guest" },
		{ "[input]\ntap = maybe\n", ":2: tap is 'maybe', and must be" },
		{ "[input]\nnatural-scroll = 1\n", "yes, no or default" },
		{ "[input]\ndisable-while-typing = on\n",
		  "yes, no or default" },
		{ "[input]\nspeed = 1.5\n", "from -1 to 1" },
		{ "[input]\nspeed = nan\n", "from -1 to 1" },
		{ "[input]\nspeed = 1x\n", "from -1 to 1" },
		/* also without a key */
		{ "[default]\n[gest a]\n", ":2: section [gest a]" },
		{ "[default]\ntitle = a\n b\n", ":3: a line must not begin" },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(load_text(bad[i].text));
		if (!strstr(why.text, bad[i].says))
			fail_msg("'%s' does not say '%s'", why.text,
				 bad[i].says);
	}
}

static void config_missing_file_fails_enoent(void **state)
{
	struct xd_config *c;

	assert_int_equal(xd_config_load("/nonexistent/file", &c, &why),
			 -ENOENT);
	assert_non_null(strstr(why.text, "No such file"));
}

static void config_that_cannot_be_read_is_an_error(void **state)
{
	struct xd_config *c;

	assert_int_equal(xd_config_load("/tmp", &c, &why), -EINVAL);
	assert_string_equal(why.text, "/tmp:1: cannot be read: Is a directory");
}

/* The installed example */
static void config_installed_example_valid(void **state)
{
	const char *file = getenv("XD_EXAMPLE");
	struct xd_config *c;

	if (!file)
		skip();
	if (xd_config_load(file, &c, &why))
		fail_msg("%s", why.text);
	xd_config_free(c);
}

/* [connector UNIQUE-ID] applies to any guest whose connector was given this id */
static void config_connector_section_for_given_unique_id(void **state)
{
	struct xd_config *c;
	struct xd_policy p;

	c = load_text("[connector dash]\n"
		      "output = kms\n"
		      "connector = LVDS-1\n"
		      "[guest work connector dash]\n"
		      "connector = DP-1\n"
		      "[default]\n"
		      "connector = DP-2\n"
		      "[guest 7]\n"
		      "connector = DP-3\n");
	assert_non_null(c);
	assert_true(xd_config_has_connector(c, "dash"));
	assert_false(xd_config_has_connector(c, "DP-1"));
	xd_config_policy(c, "7", 7, 2, "dash", true, &p);
	assert_int_equal(p.output, XD_OUTPUT_KMS);
	assert_string_equal(p.connector, "LVDS-1");
	assert_true(p.by_id);
	/* not if the guest may have written the id itself */
	xd_config_policy(c, "7", 7, 2, "dash", false, &p);
	assert_int_equal(p.output, XD_OUTPUT_AUTO);
	assert_string_equal(p.connector, "DP-3");
	assert_false(p.by_id);
	xd_config_policy(c, "7", 7, 2, "other", true, &p);
	assert_int_equal(p.output, XD_OUTPUT_AUTO);
	assert_false(p.by_id);
	xd_config_policy(c, "7", 7, 2, NULL, true, &p);
	assert_int_equal(p.output, XD_OUTPUT_AUTO);
	/* the guest's own section wins */
	xd_config_policy(c, "work", 8, 0, "dash", true, &p);
	assert_int_equal(p.output, XD_OUTPUT_KMS);
	assert_string_equal(p.connector, "DP-1");
	xd_config_free(c);
}

/* Two displays of one guest, each with a connector 0 */
static void config_displays_of_a_guest_told_apart(void **state)
{
	struct xd_config *c;
	struct xd_policy p;

	c = load_text("[guest work connector 0]\n"
		      "connector = DP-1\n"
		      "[guest work connector 1.0]\n"
		      "connector = DP-2\n"
		      "[guest work connector 1.3]\n"
		      "lock-keys = no\n");
	assert_non_null(c);
	xd_config_policy(c, "work", 3, XD_PLACE(0, 0), NULL, false, &p);
	assert_string_equal(p.connector, "DP-1");
	assert_string_equal(p.title, "work");
	assert_true(p.lock_keys);
	xd_config_policy(c, "work", 3, XD_PLACE(1, 0), NULL, false, &p);
	assert_string_equal(p.connector, "DP-2");
	assert_string_equal(p.title, "work (1.0)");
	xd_config_policy(c, "work", 3, XD_PLACE(1, 3), NULL, false, &p);
	assert_string_equal(p.connector, "");
	assert_string_equal(p.title, "work (1.3)");
	assert_false(p.lock_keys);
	xd_config_policy(c, "work", 3, XD_PLACE(0, 1), NULL, false, &p);
	assert_string_equal(p.title, "work (2)");
	xd_config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_defaults),
		cmocka_unit_test(config_sections_by_precedence),
		cmocka_unit_test(config_input_section),
		cmocka_unit_test(config_window_names),
		cmocka_unit_test(long_name_is_cut_between_characters),
		cmocka_unit_test(config_windows),
		cmocka_unit_test(config_errors_name_line_and_reason),
		cmocka_unit_test(config_missing_file_fails_enoent),
		cmocka_unit_test(config_that_cannot_be_read_is_an_error),
		cmocka_unit_test(config_installed_example_valid),
		cmocka_unit_test(config_connector_section_for_given_unique_id),
		cmocka_unit_test(config_every_output_kind),
		cmocka_unit_test(config_displays_of_a_guest_told_apart),
	};
	int fd = mkstemp(path), ret;

	if (fd < 0)
		return 1;
	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
