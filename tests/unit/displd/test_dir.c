// SPDX-License-Identifier: GPL-2.0-only
/* The page directory that a guest prepares, to be filled with references */
#include "unit.h"

#include "vdispl/dir.h"
#include "vdispl/proto.h"

#define PAGES 4

static uint32_t pages[PAGES][1024];
static int mapped, most, maps;

static uint32_t *map_page(void *context, uint32_t ref)
{
	if (ref < 1 || ref > PAGES)
		return NULL;
	maps++;
	if (++mapped > most)
		most = mapped;
	return pages[ref - 1];
}

static void unmap_page(void *context, uint32_t *page)
{
	mapped--;
}

static const struct xd_dir_pages_ops ops = { .map = map_page,
					     .unmap = unmap_page };
static uint32_t refs[3000];

static int begin(void **state)
{
	unsigned int i;

	memset(pages, 0, sizeof(pages));
	for (i = 0; i < 3000; i++)
		refs[i] = 100 + i;
	mapped = most = maps = 0;
	return 0;
}

static void directory_filled_along_guests_links(void **state)
{
	pages[0][0] = 3;
	pages[2][0] = 2;
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 3000), 0);
	assert_int_equal(pages[0][1], 100);
	assert_int_equal(pages[0][1023], 100 + 1022);
	assert_int_equal(pages[2][1], 100 + 1023);
	assert_int_equal(pages[1][3000 - 2046], 100 + 2999);
	assert_int_equal(pages[1][3000 - 2046 + 1], 0);
	/* the guest's links are not overwritten */
	assert_int_equal(pages[0][0], 3);
	assert_int_equal(mapped, 0);
	assert_int_equal(most, 1);
}

static void directory_bad_chains_refused(void **state)
{
	/* too short */
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 1024), -EPROTO);
	assert_int_equal(xd_dir_write(&ops, NULL, 0, refs, 1), -EPROTO);
	/* too long */
	pages[0][0] = 2;
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 1023), -EPROTO);
	/* not granted */
	pages[0][0] = 77;
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 2000), -EACCES);
	assert_int_equal(xd_dir_write(&ops, NULL, UINT32_MAX, refs, 1),
			 -EACCES);
	/* a loop ends after the last reference was written */
	pages[0][0] = 1;
	maps = 0;
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 3000), -EPROTO);
	assert_int_equal(maps, 3);
	assert_int_equal(mapped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(directory_filled_along_guests_links,
				       begin),
		cmocka_unit_test_setup(directory_bad_chains_refused, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
