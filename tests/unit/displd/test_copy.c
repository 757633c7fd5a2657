// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vdispl/copy.h"
#include "vdispl/guard.h"

#define GUARD 0x5a

static const struct xd_format *find_format(const char *s)
{
	return xd_format_find((uint32_t)s[0] | (uint32_t)s[1] << 8 |
			      (uint32_t)s[2] << 16 | (uint32_t)s[3] << 24);
}

/* Convert one pixel to XRGB8888 */
static uint32_t convert_pixel(const char *name, uint32_t value)
{
	uint32_t out = 0;
	struct xd_rows dst = { &out, 4, 1, 1 };
	struct xd_rows src = { &value, 4, 1, 1 };

	xd_copy(&dst, &src, find_format(name), 0, 0);
	return out & 0xffffff;
}

static void copy_converts_every_format(void **state)
{
	assert_int_equal(convert_pixel("XR24", 0x00123456), 0x123456);
	assert_int_equal(convert_pixel("AR24", 0x80123456), 0x123456);
	assert_int_equal(convert_pixel("RG24", 0x123456), 0x123456);
	assert_int_equal(convert_pixel("RG16", 0xf800), 0xff0000);
	assert_int_equal(convert_pixel("RG16", 0x07e0), 0x00ff00);
	assert_int_equal(convert_pixel("RG16", 0x001f), 0x0000ff);
	assert_int_equal(convert_pixel("XR15", 0x7c00), 0xff0000);
	assert_int_equal(convert_pixel("AR15", 0x83e0), 0x00ff00);
	assert_int_equal(convert_pixel("XR15", 0x001f), 0x0000ff);
	assert_int_equal(convert_pixel("XR12", 0x0f80), 0xff8800);
	assert_int_equal(convert_pixel("AR12", 0xf00f), 0x0000ff);
	assert_int_equal(convert_pixel("XB24", 0xff336699), 0x996633);
	assert_int_equal(convert_pixel("AB24", 0x00336699), 0x996633);
	assert_int_equal(convert_pixel("RX24", 0x996633ff), 0x996633);
	assert_int_equal(convert_pixel("RA24", 0x99663300), 0x996633);
	assert_int_equal(convert_pixel("BX24", 0x336699ff), 0x996633);
	assert_int_equal(convert_pixel("BA24", 0x33669900), 0x996633);
	assert_int_equal(convert_pixel("BG24", 0x336699), 0x996633);
	/* the upper eight of ten bits */
	assert_int_equal(convert_pixel("XR30", 0x99U << 22 | 0x66U << 12 |
						       0x33U << 2 | 3),
			 0x996633);
	/* white and black in BT.601 */
	assert_int_equal(convert_pixel("YUYV", 0x80ff80eb), 0xffffff);
	assert_int_equal(convert_pixel("YUYV", 0x80108010), 0x000000);
	/* extremes are clamped, not wrapped */
	assert_int_equal(convert_pixel("YUYV", 0xffffffff) >> 16, 0xff);
	assert_int_equal(convert_pixel("YUYV", 0x00000000) >> 16, 0x00);
}

static void copy_stays_within_rows_and_pads_black(void **state)
{
	static const char *const names[] = { "XR24", "AR24", "RG24", "RG16",
					     "XR15", "AR15", "XR12", "AR12",
					     "YUYV", "XB24", "AB24", "RX24",
					     "RA24", "BX24", "BA24", "XR30",
					     "BG24" };
	uint8_t in[7 * 4 * 5 + 1], out[9 * 6 * 4 + 8];
	size_t i, j;
	uint32_t x, y;

	memset(in, 0xff, sizeof(in));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct xd_format *f = find_format(names[i]);
		/* odd addresses and odd pitches without padding */
		struct xd_rows src = { in + 1, 6 * f->bytes, 6, 5 };
		struct xd_rows dst = { out + 1, 9 * 4 + 1, 9, 5 };

		assert_non_null(f);
		assert_int_equal(
			f->bytes,
			strstr(names[i], "G24")				   ? 3
			: strstr(names[i], "24") || strstr(names[i], "30") ? 4
									   : 2);
		for (x = 0; x < 8; x++) {
			for (y = 0; y < 7; y++) {
				memset(out, GUARD, sizeof(out));
				xd_copy(&dst, &src, f, x, y);
				/* nothing around the rows is written */
				assert_int_equal(out[0], GUARD);
				assert_int_equal(out[1 + 9 * 4], GUARD);
				for (j = 1 + 5 * 37; j < sizeof(out); j++)
					assert_int_equal(out[j], GUARD);
				/* black where the source has no pixel */
				assert_int_equal(out[1 + 8 * 4], 0);
				assert_int_equal(out[1] != 0, x < 6 && y < 5);
			}
		}
	}
}

/* Of a larger source, the part at the offset is copied */
static void copy_crops_larger_source(void **state)
{
	uint32_t in[4][4], out[2][2];
	struct xd_rows src = { in, 16, 4, 4 }, dst = { out, 8, 2, 2 };
	unsigned int i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			in[i][j] = i * 16 + j;
	xd_copy(&dst, &src, find_format("XR24"), 1, 2);
	assert_int_equal(out[0][0], 0x21);
	assert_int_equal(out[1][1], 0x32);
}

/* Rows without a gap are copied at once, and nothing beyond them */
static void copy_of_whole_rows(void **state)
{
	uint32_t in[4][3], out[5][3];
	struct xd_rows src = { in, 12, 3, 4 }, dst = { out, 12, 3, 4 };
	unsigned int i, j;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 3; j++)
			in[i][j] = 0x100 + i * 16 + j;
	memset(out, GUARD, sizeof(out));
	xd_copy(&dst, &src, find_format("AR24"), 0, 0);
	assert_memory_equal(out, in, sizeof(in));
	assert_int_equal(out[4][0], 0x5a5a5a5a);
	/* from a row in the middle; black below the last one */
	xd_copy(&dst, &src, find_format("XR24"), 0, 3);
	assert_memory_equal(out[0], in[3], sizeof(in[3]));
	for (i = 1; i < 4; i++)
		for (j = 0; j < 3; j++)
			assert_int_equal(out[i][j], 0);
	assert_int_equal(out[4][0], 0x5a5a5a5a);
	xd_copy(&dst, &src, find_format("XR24"), 0, 9);
	assert_int_equal(out[0][0], 0);
	assert_int_equal(out[4][0], 0x5a5a5a5a);
}

/* The source's pages are gone while it is read */
static void guarded_copy_of_truncated_source_fails_efault(void **state)
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
	assert_int_equal(xd_guard_copy(&dst, &src, find_format("XR24"), 0, 0),
			 0);
	assert_int_equal(ftruncate(fileno(file), 2 * 4096), 0);
	assert_int_equal(xd_guard_copy(&dst, &src, find_format("XR24"), 0, 0),
			 -EFAULT);
	/* again: the signal handler stays installed */
	assert_int_equal(xd_guard_copy(&dst, &src, find_format("XR24"), 0, 0),
			 -EFAULT);
	munmap(src.pixels, 8 * 4096);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_converts_every_format),
		cmocka_unit_test(copy_stays_within_rows_and_pads_black),
		cmocka_unit_test(copy_crops_larger_source),
		cmocka_unit_test(copy_of_whole_rows),
		cmocka_unit_test(guarded_copy_of_truncated_source_fails_efault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
