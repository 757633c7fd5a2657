// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "filter/protocols.h"
#include "host/policy/config.h"

static char path[] = "/tmp/test_wayland_config.XXXXXX";
static struct xwl_policy policy;
static struct xdc_reason why;

static int load(const char *text, const char *guest)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return xwl_config_load(path, guest, &policy, &why);
}

static void guests_without_a_section_are_denied(void **state)
{
	assert_int_equal(load("", "work"), -EACCES);
	assert_non_null(strstr(why.text, "[guest work]"));
	assert_int_equal(load("[default]\nmax-windows = 5\n", "work"), -EACCES);
	assert_int_equal(load("[guest workshop]\n", "work"), -EACCES);
	assert_int_equal(load("[guest work]\n", "work"), 0);
	assert_string_equal(policy.guest, "work");
	assert_int_equal(load("#[guest work]\n", "work"), -EACCES);
	/* the last line may have no end */
	assert_int_equal(load("[guest work]", "work"), 0);
}

static void nothing_is_allowed_by_default(void **state)
{
	assert_int_equal(load("[guest work]\n", "work"), 0);
	assert_int_equal(policy.allow, 0);
	assert_true(policy.ascii);
	assert_int_equal(policy.max[XWL_WINDOWS], 64);
	assert_int_equal(policy.max[XWL_MEMORY], 256 * 1024);
	assert_string_equal(policy.display, "");
}

static void guests_override_the_default(void **state)
{
	static const char text[] = "[guest work]\n"
				   "max-windows = 7\n"
				   "titles = utf-8\n"
				   "[default]\n"
				   "max-windows = 5\n"
				   "max-buffers = 6\n"
				   "display = wayland-3\n"
				   "[guest mail]\n"
				   "allow = fullscreen, tablet\n";

	assert_int_equal(load(text, "work"), 0);
	assert_int_equal(policy.max[XWL_WINDOWS], 7);
	assert_int_equal(policy.max[XWL_BUFFERS], 6);
	assert_false(policy.ascii);
	assert_string_equal(policy.display, "wayland-3");
	assert_int_equal(policy.allow, 0);
	assert_int_equal(load(text, "mail"), 0);
	assert_int_equal(policy.max[XWL_WINDOWS], 5);
	assert_true(policy.ascii);
	assert_int_equal(policy.allow, XWL_ALLOW_FULLSCREEN | XWL_ALLOW_TABLET);
}

static void frames_and_clipboard(void **state)
{
	assert_int_equal(load("[guest work]\nframe = #cC0001\n", "work"), 0);
	assert_true(policy.framed);
	assert_int_equal(policy.colour, 0xcc0001);
	assert_int_equal(load("[default]\nframe = #cc0000\n"
			      "[guest work]\nframe = none\n",
			      "work"),
			 0);
	assert_false(policy.framed);
	assert_int_equal(load("[guest work]\nclipboard = in\nallow = icon\n",
			      "work"),
			 0);
	assert_int_equal(policy.clipboard, XWL_CLIPBOARD_IN);
	assert_int_equal(policy.allow, XWL_ALLOW_ICON);
	assert_int_equal(load("[default]\nclipboard = both\n"
			      "[guest work]\nclipboard = none\n",
			      "work"),
			 0);
	assert_int_equal(policy.clipboard, 0);
}

static void pointer_lock_in_frames_is_warned_of(void **state)
{
	assert_int_equal(load("[default]\nframe = #cc0000\n"
			      "[guest work]\nallow = pointer-lock\n"
			      "[guest mail]\n",
			      "work"),
			 0);
	assert_non_null(strstr(xwl_config_warning(&policy), "pointer-lock"));
	assert_int_equal(load("[guest work]\nallow = pointer-lock\n", "work"),
			 0);
	assert_null(xwl_config_warning(&policy));
	assert_int_equal(load("[guest work]\nframe = #cc0000\n", "work"), 0);
	assert_null(xwl_config_warning(&policy));
}

static void every_feature_has_a_word(void **state)
{
	const struct xwl_global *g;
	unsigned int needed = 0;
	size_t i;

	assert_int_equal(load("[guest work]\nallow = pointer-lock "
			      "idle-inhibit activation fullscreen "
			      "output-layout tablet gestures tearing icon\n",
			      "work"),
			 0);
	for (i = 0; (g = xwl_global_at(i)); i++)
		needed |= g->needs;
	assert_int_equal(needed & ~policy.allow, 0);
	assert_int_equal(load("[guest work]\nallow = none\n", "work"), 0);
	assert_int_equal(policy.allow, 0);
}

static void wrong_lines_are_named(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *what;
	} tests[] = {
		{ "max-windows = 1\n", 1, "is in no section" },
		{ "[daemon]\n", 1, "[daemon] is none of" },
		{ "[guest]\n", 1, "is none of" },
		{ "[guest a b]\n", 1, "only letters" },
		{ "[guest ../x]\n", 1, "only letters" },
		{ "[guest ]\n", 1, "only letters" },
		{ "[guest work]\nwindows = 1\n", 2, "no key 'windows'" },
		{ "[guest work]\n\nmax-windows = 0\n", 3, "must be 1 to" },
		{ "[guest work]\nmax-windows = -1\n", 2, "must be 1 to" },
		{ "[guest work]\nmax-windows = 1x\n", 2, "must be 1 to" },
		{ "[guest work]\nmax-windows =\n", 2, "must be 1 to" },
		{ "[guest work]\nmax-memory = 65537\n", 2, "65536 MiB" },
		{ "[guest work]\nmax-subsurface-depth = 65\n", 2, "1 to 64" },
		{ "[guest work]\ntitles = latin1\n", 2, "ascii or utf-8" },
		{ "[guest work]\nallow = screencopy\n", 2, "'screencopy'" },
		{ "[guest work]\nallow = tablet full\n", 2, "'full'" },
		{ "[guest work]\nclipboard = some\n", 2,
		  "must be none, out, in, both or ask" },
		{ "[guest work]\nframe = red\n", 2, "must be none or #rrggbb" },
		{ "[guest work]\nframe = #12345\n", 2, "none or #rrggbb" },
		{ "[guest work]\nframe = #12345g\n", 2, "none or #rrggbb" },
		{ "[guest work]\nframe-width = 65\n", 2, "1 to 64 pixels" },
		{ "[guest work]\nclipboard-types =\n", 2, "must be types" },
		{ "[guest work]\nclipboard-size = 0\n", 2,
		  "must be 1 to 65536 KiB" },
		{ "[guest work]\nclipboard-time = 4000\n", 2,
		  "must be 1 to 3600 seconds" },
		{ "[guest work]\ndisplay = a/b\n", 2, "a path, or a name" },
		{ "[guest work]\ndisplay =\n", 2, "a path, or a name" },
		{ "[guest work]\n  max-windows = 1\n", 2, "blank" },
		{ "[guest work]\nnonsense\n", 2, "neither" },
		/* of another guest, too */
		{ "[guest work]\n[guest mail]\nmax-rate = many\n", 3,
		  "max-rate is 'many'" },
		/* values that cannot work together */
		{ "[guest work]\nmax-windows = 300\n", 2,
		  "max-windows = 300 is over max-surfaces = 256" },
		{ "[default]\nmax-surfaces = 10\n[guest work]\n", 2,
		  "max-windows = 64 is over max-surfaces = 10" },
		{ "[guest work]\nmax-objects = 100\n", 2, "is over" },
	};
	char start[128];
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (load(tests[i].text, "work") != -EINVAL)
			fail_msg("accepted: %s", tests[i].text);
		snprintf(start, sizeof(start), "%s:%u: ", path, tests[i].line);
		if (strncmp(why.text, start, strlen(start)) ||
		    !strstr(why.text, tests[i].what))
			fail_msg("%s instead of %s... %s", why.text, start,
				 tests[i].what);
	}
}

static void long_lines_are_refused(void **state)
{
	char text[2000];

	memset(text, 'x', sizeof(text));
	memcpy(text, "[guest work]\ndisplay = ", 23);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(load(text, "work"), -EINVAL);
	assert_non_null(strstr(why.text, ":2: "));
}

static void files_that_are_not_there(void **state)
{
	assert_int_equal(xwl_config_load("/nowhere/conf", "work", &policy,
					 &why),
			 -ENOENT);
	assert_non_null(strstr(why.text, "/nowhere/conf"));
}

static void example_has_the_defaults(void **state)
{
	struct xwl_policy defaults;

	xwl_config_defaults(&defaults);
	assert_int_equal(
		xwl_config_load(getenv("XWL_EXAMPLE"), NULL, &policy, &why), 0);
	assert_memory_equal(&policy, &defaults, sizeof(policy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_without_a_section_are_denied),
		cmocka_unit_test(nothing_is_allowed_by_default),
		cmocka_unit_test(guests_override_the_default),
		cmocka_unit_test(frames_and_clipboard),
		cmocka_unit_test(pointer_lock_in_frames_is_warned_of),
		cmocka_unit_test(every_feature_has_a_word),
		cmocka_unit_test(wrong_lines_are_named),
		cmocka_unit_test(long_lines_are_refused),
		cmocka_unit_test(files_that_are_not_there),
		cmocka_unit_test(example_has_the_defaults),
	};
	int failed, fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
