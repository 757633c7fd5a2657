// SPDX-License-Identifier: GPL-2.0-only
/* What a guest may use */
#include "unit.h"

#include "common/store.h"
#include "daemon.h"
#include "guest.h"

static struct xd_daemon d;

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *text, uint32_t len)
{
	return -ENOENT;
}

void xd_config_policy(const struct xd_config *c, const char *name,
		      uint16_t domid, int index, const char *unique_id,
		      bool given, struct xd_policy *out)
{
	memset(out, 0, sizeof(*out));
	out->max_framebuffers = 3;
	out->max_buffers = 2;
	out->max_pages = 10;
}

static void guest_quotas(void **state)
{
	struct xd_guest *g, *again;

	assert_int_equal(xd_guest_get(&d, 7, &g), 0);
	assert_int_equal(xd_guest_get(&d, 7, &again), 0);
	assert_ptr_equal(g, again);
	xd_guest_put(again);
	assert_string_equal(g->name, "7");
	assert_int_equal(xd_guest_charge_buffer(g, 11), -EDQUOT);
	assert_int_equal(xd_guest_charge_buffer(g, 9), 0);
	assert_int_equal(xd_guest_charge_buffer(g, 2), -EDQUOT);
	assert_int_equal(xd_guest_charge_buffer(g, 1), 0);
	assert_int_equal(xd_guest_charge_buffer(g, 0), -EDQUOT);
	xd_guest_uncharge_buffer(g, 9);
	xd_guest_uncharge_buffer(g, 1);
	assert_int_equal(g->pages, 0);
	xd_guest_put(g);
	assert_true(LIST_EMPTY(&d.guests));
}

/* Images that an output cannot let go of yet count as framebuffers */
static void guest_pays_for_held_images(void **state)
{
	struct xd_guest *g;

	assert_int_equal(xd_guest_get(&d, 7, &g), 0);
	assert_int_equal(xd_guest_charge_framebuffer(g), 0);
	g->owner.holds(&g->owner, 1);
	g->owner.holds(&g->owner, 1);
	assert_int_equal(xd_guest_charge_framebuffer(g), -EDQUOT);
	/* beyond the quota, if need be */
	g->owner.holds(&g->owner, 1);
	xd_guest_uncharge_framebuffer(g);
	assert_int_equal(xd_guest_charge_framebuffer(g), -EDQUOT);
	g->owner.holds(&g->owner, -3);
	assert_int_equal(g->framebuffers, 0);
	assert_int_equal(xd_guest_charge_framebuffer(g), 0);
	xd_guest_uncharge_framebuffer(g);
	xd_guest_put(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_quotas),
		cmocka_unit_test(guest_pays_for_held_images),
	};

	LIST_INIT(&d.guests);
	if (xdc_loop_init(&d.loop))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
