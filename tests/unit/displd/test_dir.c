// SPDX-License-Identifier: GPL-2.0-only
/* The page directory that a guest prepares for references of ours */
#include "unit.h"

#include "vdispl/dir.h"
#include "vdispl/proto.h"

#define PAGES 4

static uint32_t pages[PAGES][1024];
static int mapped, most, maps;

static uint32_t *map(void *context, uint32_t ref)
{
	if (ref < 1 || ref > PAGES)
		return NULL;
	maps++;
	if (++mapped > most)
		most = mapped;
	return pages[ref - 1];
}

static void unmap(void *context, uint32_t *page)
{
	mapped--;
}

static const struct xd_dir_pages_ops ops = { .map = map, .unmap = unmap };
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

static void good(void **state)
{
	pages[0][0] = 3;
	pages[2][0] = 2;
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 3000), 0);
	assert_int_equal(pages[0][1], 100);
	assert_int_equal(pages[0][1023], 100 + 1022);
	assert_int_equal(pages[2][1], 100 + 1023);
	assert_int_equal(pages[1][3000 - 2046], 100 + 2999);
	assert_int_equal(pages[1][3000 - 2046 + 1], 0);
	/* the guest's links stay */
	assert_int_equal(pages[0][0], 3);
	assert_int_equal(mapped, 0);
	assert_int_equal(most, 1);
}

static void bad(void **state)
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
	/* a loop ends when there is nothing left to write */
	pages[0][0] = 1;
	maps = 0;
	assert_int_equal(xd_dir_write(&ops, NULL, 1, refs, 3000), -EPROTO);
	assert_int_equal(maps, 3);
	assert_int_equal(mapped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good, begin),
		cmocka_unit_test_setup(bad, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
