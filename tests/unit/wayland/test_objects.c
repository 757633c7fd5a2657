// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <wayland-client-protocol.h>

#include "wire/objects.h"

static struct xwl_objects table;

static int setup(void **state)
{
	xwl_objects_init(&table);
	return 0;
}

static int teardown(void **state)
{
	xwl_objects_fini(&table);
	return 0;
}

static int add(uint32_t id)
{
	struct xwl_object *o;

	return xwl_objects_add(&table, id, &wl_surface_interface, 4, &o);
}

static void ids_out_of_range(void **state)
{
	assert_int_equal(add(0), -ENOSPC);
	assert_int_equal(add(XWL_IDS_MAX), -ENOSPC);
	assert_int_equal(add(XWL_SERVER_IDS - 1), -ENOSPC);
	assert_int_equal(add(XWL_SERVER_IDS + XWL_IDS_MAX), -ENOSPC);
	assert_int_equal(add(0xffffffff), -ENOSPC);
	assert_null(xwl_objects_find(&table, 0));
	assert_null(xwl_objects_find(&table, 0xffffffff));
	assert_int_equal(add(XWL_IDS_MAX - 1), 0);
	assert_int_equal(add(XWL_SERVER_IDS), 0);
	assert_int_equal(add(XWL_SERVER_IDS + XWL_IDS_MAX - 1), 0);
}

static void servers_choose_from_their_range(void **state)
{
	const struct wl_interface *interface = &wl_surface_interface;
	struct xwl_object *o;

	assert_int_equal(xwl_objects_made(&table, 5, interface, 4, &o),
			 -ENOSPC);
	assert_int_equal(
		xwl_objects_made(&table, XWL_SERVER_IDS, interface, 4, &o), 0);
	assert_int_equal(o->id, XWL_SERVER_IDS);
	assert_int_equal(xwl_objects_made(&table, XWL_SERVER_IDS, interface, 4,
					  &o),
			 -EEXIST);
}

static void delete_id_frees_the_clients_ids(void **state)
{
	assert_int_equal(add(XWL_DISPLAY), 0);
	assert_int_equal(add(5), 0);
	assert_int_equal(add(XWL_SERVER_IDS), 0);
	assert_null(xwl_objects_deleted(&table, XWL_DISPLAY));
	assert_null(xwl_objects_deleted(&table, 6));
	assert_null(xwl_objects_deleted(&table, XWL_SERVER_IDS));
	assert_int_equal(xwl_objects_deleted(&table, 5)->id, 5);
	xwl_objects_find(&table, 5)->state = XWL_DEAD;
	assert_int_equal(xwl_objects_deleted(&table, 5)->id, 5);
}

static void dead_ids_of_both_ends(void **state)
{
	assert_int_equal(add(5), 0);
	assert_int_equal(add(5), -EEXIST);
	xwl_objects_find(&table, 5)->state = XWL_DEAD;
	assert_null(xwl_objects_find(&table, 5));
	assert_non_null(xwl_objects_known(&table, 5));
	/* a client's id is free only when the server has said so */
	assert_int_equal(add(5), -EEXIST);
	xwl_objects_free(&table, xwl_objects_known(&table, 5));
	assert_null(xwl_objects_known(&table, 5));
	assert_int_equal(add(5), 0);

	assert_int_equal(add(XWL_SERVER_IDS + 5), 0);
	assert_int_equal(add(XWL_SERVER_IDS + 5), -EEXIST);
	xwl_objects_find(&table, XWL_SERVER_IDS + 5)->state = XWL_DEAD;
	assert_int_equal(add(XWL_SERVER_IDS + 5), 0);
}

static void lowest_free_id_first(void **state)
{
	struct xwl_object *o;
	uint32_t i;

	for (i = 1; i < XWL_IDS_MAX; i++) {
		assert_int_equal(xwl_objects_new(&table, &wl_region_interface,
						 1, &o),
				 0);
		assert_int_equal(o->id, i);
	}
	assert_int_equal(xwl_objects_new(&table, &wl_region_interface, 1, &o),
			 -ENOSPC);
	xwl_objects_free(&table, xwl_objects_known(&table, 700));
	xwl_objects_free(&table, xwl_objects_known(&table, 20));
	assert_int_equal(xwl_objects_new(&table, &wl_region_interface, 1, &o),
			 0);
	assert_int_equal(o->id, 20);
	assert_int_equal(xwl_objects_new(&table, &wl_region_interface, 1, &o),
			 0);
	assert_int_equal(o->id, 700);
}

static void objects_keep_their_place(void **state)
{
	struct xwl_object *first, *o;
	uint32_t i;

	assert_int_equal(
		xwl_objects_add(&table, 1, &wl_region_interface, 1, &first), 0);
	for (i = 2; i < XWL_IDS_MAX; i += 100)
		assert_int_equal(add(i), 0);
	assert_ptr_equal(xwl_objects_find(&table, 1), first);
	assert_int_equal(add(XWL_SERVER_IDS + 300), 0);
	for (i = 0, o = NULL; (o = xwl_objects_each(&table, o ? o->id + 1 : 1));
	     i++)
		;
	assert_int_equal(i, 2 + (XWL_IDS_MAX - 3) / 100 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ids_out_of_range, setup,
						teardown),
		cmocka_unit_test_setup_teardown(servers_choose_from_their_range,
						setup, teardown),
		cmocka_unit_test_setup_teardown(delete_id_frees_the_clients_ids,
						setup, teardown),
		cmocka_unit_test_setup_teardown(dead_ids_of_both_ends, setup,
						teardown),
		cmocka_unit_test_setup_teardown(lowest_free_id_first, setup,
						teardown),
		cmocka_unit_test_setup_teardown(objects_keep_their_place, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
