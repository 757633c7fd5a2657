// SPDX-License-Identifier: GPL-2.0-only
/* Names and quotas of guests */
#include "unit.h"

#include <stdio.h>

#include "common/store.h"
#include "daemon.h"
#include "guest.h"

static struct xd_daemon daemon;
static const char *name; /* of domain 7; NULL: may not be read */
static char asked_for[XD_TEXT_MAX]; /* the name for which settings were asked */
static char logged[100];

int xdc_store_raw(struct xs_handle *xs, const char *dir, const char *node,
		  char *buf, uint32_t len)
{
	assert_string_equal(dir, "/local/domain/7");
	assert_string_equal(node, "name");
	if (!name)
		return -ENOENT;
	if (strlen(name) >= len)
		return -ENAMETOOLONG;
	strcpy(buf, name);
	return 0;
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *node,
		   char *buf, uint32_t len)
{
	if (!name)
		return -ENOENT;
	snprintf(buf, len, "%s", name);
	return 0;
}

void xd_config_policy(const struct xd_config *c, const char *guest,
		      uint16_t domid, int place, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	assert_int_equal(place, -1);
	snprintf(asked_for, sizeof(asked_for), "%s", guest);
	memset(out, 0, sizeof(*out));
	out->max_buffers = out->max_framebuffers = 1;
	out->max_pages = 4;
}

void xdc_vlog(enum xdc_level level, struct xdc_bucket *bucket,
	      const char *prefix, const char *fmt, va_list args)
{
	vsnprintf(logged, sizeof(logged), fmt, args);
}

static void expect_name(const char *in_store, const char *expected)
{
	struct xd_guest *g;

	name = in_store;
	assert_int_equal(xd_guest_get(&daemon, 7, &g), 0);
	assert_string_equal(g->name, expected);
	assert_string_equal(asked_for, expected);
	xd_guest_put(g);
	assert_true(LIST_EMPTY(&daemon.guests));
}

static void guest_named_as_by_toolstack(void **state)
{
	char longer[200], start[sizeof(((struct xd_guest *)0)->name)];

	expect_name("work", "work");
	expect_name("B\xc3\xbcro", "B\xc3\xbcro");
	/* no name may start a new line or move the cursor */
	expect_name("a\nb\x1b[2J\x7f", "a?b?[2J?");
	expect_name("", "7");
	expect_name(NULL, "7");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	memset(start, 'x', sizeof(start) - 1);
	start[sizeof(start) - 1] = '\0';
	expect_name(longer, start);
}

/* xl migrates a guest under another name, and renames it before it runs */
static void renamed_guest_gets_settings_of_its_new_name(void **state)
{
	struct xd_guest *g;
	uint64_t serial;

	name = "work--incoming";
	assert_int_equal(xd_guest_get(&daemon, 7, &g), 0);
	assert_string_equal(asked_for, "work--incoming");
	serial = g->serial;
	name = "work";
	xd_guest_configure(g);
	assert_string_equal(g->name, "work");
	assert_string_equal(asked_for, "work");
	assert_string_equal(logged, "its name is work now");
	assert_int_equal(g->serial, serial);
	/* xenstored does not answer: the name is known */
	name = NULL;
	xd_guest_configure(g);
	assert_string_equal(asked_for, "work");
	xd_guest_put(g);
	/* another guest, with its name and its former number */
	name = "work";
	assert_int_equal(xd_guest_get(&daemon, 7, &g), 0);
	assert_int_not_equal(g->serial, serial);
	xd_guest_put(g);
}

static void guest_charged_up_to_its_quota(void **state)
{
	struct xd_guest *g, *same;

	name = "work";
	assert_int_equal(xd_guest_get(&daemon, 7, &g), 0);
	assert_int_equal(xd_guest_get(&daemon, 7, &same), 0);
	assert_ptr_equal(g, same);
	assert_int_equal(xd_guest_charge_buffer(g, 5), -EDQUOT);
	assert_int_equal(xd_guest_charge_buffer(g, 4), 0);
	assert_int_equal(xd_guest_charge_buffer(g, 0), -EDQUOT);
	xd_guest_uncharge_buffer(g, 4);
	assert_int_equal(xd_guest_charge_framebuffer(g), 0);
	assert_int_equal(xd_guest_charge_framebuffer(g), -EDQUOT);
	xd_guest_uncharge_framebuffer(g);
	xd_guest_put(g);
	assert_false(LIST_EMPTY(&daemon.guests));
	xd_guest_put(g);
	assert_true(LIST_EMPTY(&daemon.guests));
	xd_guest_put(NULL);
}

/* Images that an output cannot let go of yet count as framebuffers */
static void guest_pays_for_held_images(void **state)
{
	struct xd_guest *g;

	name = "work";
	assert_int_equal(xd_guest_get(&daemon, 7, &g), 0);
	g->owner.holds(&g->owner, 1);
	assert_int_equal(xd_guest_charge_framebuffer(g), -EDQUOT);
	g->owner.holds(&g->owner, -1);
	assert_int_equal(xd_guest_charge_framebuffer(g), 0);
	/* beyond the quota, if need be */
	g->owner.holds(&g->owner, 2);
	xd_guest_uncharge_framebuffer(g);
	assert_int_equal(xd_guest_charge_framebuffer(g), -EDQUOT);
	g->owner.holds(&g->owner, -2);
	assert_int_equal(g->framebuffers, 0);
	xd_guest_put(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_named_as_by_toolstack),
		cmocka_unit_test(renamed_guest_gets_settings_of_its_new_name),
		cmocka_unit_test(guest_charged_up_to_its_quota),
		cmocka_unit_test(guest_pays_for_held_images),
	};

	if (xdc_loop_init(&daemon.loop))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
