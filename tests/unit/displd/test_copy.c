// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vdispl/copy.h"
#include "vdispl/guard.h"

#define GUARD 0x5a

static const struct xd_format *format(const char *s)
{
	return xd_format_find((uint32_t)s[0] | (uint32_t)s[1] << 8 |
			      (uint32_t)s[2] << 16 | (uint32_t)s[3] << 24);
}

/* One pixel through */
static uint32_t one(const char *name, uint32_t value)
{
	uint32_t out = 0;
	struct xd_rows dst = { &out, 4, 1, 1 };
	struct xd_rows src = { &value, 4, 1, 1 };

	xd_copy(&dst, &src, format(name), 0, 0);
	return out & 0xffffff;
}

static void colours(void **state)
{
	assert_int_equal(one("XR24", 0x00123456), 0x123456);
	assert_int_equal(one("AR24", 0x80123456), 0x123456);
	assert_int_equal(one("RG24", 0x123456), 0x123456);
	assert_int_equal(one("RG16", 0xf800), 0xff0000);
	assert_int_equal(one("RG16", 0x07e0), 0x00ff00);
	assert_int_equal(one("RG16", 0x001f), 0x0000ff);
	assert_int_equal(one("XR15", 0x7c00), 0xff0000);
	assert_int_equal(one("AR15", 0x83e0), 0x00ff00);
	assert_int_equal(one("XR15", 0x001f), 0x0000ff);
	assert_int_equal(one("XR12", 0x0f80), 0xff8800);
	assert_int_equal(one("AR12", 0xf00f), 0x0000ff);
	/* white and black, of BT.601 */
	assert_int_equal(one("YUYV", 0x80ff80eb), 0xffffff);
	assert_int_equal(one("YUYV", 0x80108010), 0x000000);
	/* extremes are clamped, not wrapped */
	assert_int_equal(one("YUYV", 0xffffffff) >> 16, 0xff);
	assert_int_equal(one("YUYV", 0x00000000) >> 16, 0x00);
}

static void rows(void **state)
{
	static const char *const names[] = { "XR24", "AR24", "RG24",
					     "RG16", "XR15", "AR15",
					     "XR12", "AR12", "YUYV" };
	uint8_t in[7 * 4 * 5 + 1], out[9 * 6 * 4 + 8];
	size_t i, j;
	uint32_t x, y;

	memset(in, 0xff, sizeof(in));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct xd_format *f = format(names[i]);
		/* odd addresses, and a pitch that is packed and odd */
		struct xd_rows src = { in + 1, 6 * f->bytes, 6, 5 };
		struct xd_rows dst = { out + 1, 9 * 4 + 1, 9, 5 };

		assert_non_null(f);
		assert_int_equal(f->bytes,
				 strstr(names[i], "24")
					 ? (names[i][0] == 'R' ? 3 : 4)
					 : 2);
		for (x = 0; x < 8; x++) {
			for (y = 0; y < 7; y++) {
				memset(out, GUARD, sizeof(out));
				xd_copy(&dst, &src, f, x, y);
				/* around it nothing is touched */
				assert_int_equal(out[0], GUARD);
				assert_int_equal(out[1 + 9 * 4], GUARD);
				for (j = 1 + 5 * 37; j < sizeof(out); j++)
					assert_int_equal(out[j], GUARD);
				/* what the source lacks is black */
				assert_int_equal(out[1 + 8 * 4], 0);
				assert_int_equal(out[1] != 0, x < 6 && y < 5);
			}
		}
	}
}

/* A source that is larger is cut */
static void crop(void **state)
{
	uint32_t in[4][4], out[2][2];
	struct xd_rows src = { in, 16, 4, 4 }, dst = { out, 8, 2, 2 };
	unsigned int i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			in[i][j] = i * 16 + j;
	xd_copy(&dst, &src, format("XR24"), 1, 2);
	assert_int_equal(out[0][0], 0x21);
	assert_int_equal(out[1][1], 0x32);
}

/* The source goes while it is read */
static void taken_away(void **state)
{
	FILE *file = tmpfile();
	uint32_t out[64];
	struct xd_rows dst = { out, 32, 8, 8 }, src = { NULL, 4096, 8, 8 };

	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), 8 * 4096), 0);
	src.pixels =
		mmap(NULL, 8 * 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
	assert_ptr_not_equal(src.pixels, MAP_FAILED);
	assert_int_equal(xd_guard_init(), 0);
	assert_int_equal(xd_guard_copy(&dst, &src, format("XR24"), 0, 0), 0);
	assert_int_equal(ftruncate(fileno(file), 2 * 4096), 0);
	assert_int_equal(xd_guard_copy(&dst, &src, format("XR24"), 0, 0),
			 -EFAULT);
	/* and once more, for the handler stays */
	assert_int_equal(xd_guard_copy(&dst, &src, format("XR24"), 0, 0),
			 -EFAULT);
	munmap(src.pixels, 8 * 4096);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours),
		cmocka_unit_test(rows),
		cmocka_unit_test(crop),
		cmocka_unit_test(taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
