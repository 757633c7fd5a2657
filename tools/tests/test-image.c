// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jpeglib.h>
#include <cmocka.h>

#include "../../tests/cmocka-1.h"
#include "common/png-file.h"
#include "picture/image.h"

#define W 37
#define H 23

static char path[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/image-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void write_bytes(const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static size_t read_bytes(uint8_t *data, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(data, 1, room, f);
	fclose(f);
	return len;
}

static void fill_pattern(uint32_t *p)
{
	int i;

	for (i = 0; i < W * H; i++)
		p[i] = 0xff000000U | (uint32_t)i * 0x010307U % 0xffffff;
}

/* With the scans of @script, if any */
static void write_jpeg(int w, int h, const jpeg_scan_info *script, int nr_scans)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr mgr;
	uint8_t *row = malloc((size_t)w * 3);
	FILE *f = fopen(path, "wb");
	int i;

	assert_non_null(row);
	assert_non_null(f);
	for (i = 0; i < w; i++) {
		row[3 * i] = 200;
		row[3 * i + 1] = 100;
		row[3 * i + 2] = 50;
	}
	jpeg.err = jpeg_std_error(&mgr);
	jpeg_create_compress(&jpeg);
	jpeg_stdio_dest(&jpeg, f);
	jpeg.image_width = (JDIMENSION)w;
	jpeg.image_height = (JDIMENSION)h;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg.scan_info = script;
	jpeg.num_scans = nr_scans;
	jpeg_start_compress(&jpeg, TRUE);
	while (jpeg.next_scanline < jpeg.image_height)
		jpeg_write_scanlines(&jpeg, &row, 1);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	fclose(f);
	free(row);
}

static void test_png_round_trip(void **state)
{
	uint32_t pixels[W * H];
	struct xt_image img;

	(void)state;
	fill_pattern(pixels);
	assert_int_equal(xdc_png_save(path, pixels, W, H, W * 4), 0);
	assert_int_equal(xt_image_load(path, 0, 0, &img), 0);
	assert_int_equal(img.width, W);
	assert_int_equal(img.height, H);
	assert_memory_equal(img.pixels, pixels, sizeof(pixels));
	xt_image_free(&img);
}

/* Every way of being cut short is an error, never half a picture. */
static void test_png_broken(void **state)
{
	uint32_t pixels[W * H];
	uint8_t data[16384];
	struct xt_image img;
	size_t len, i;

	(void)state;
	fill_pattern(pixels);
	assert_int_equal(xdc_png_save(path, pixels, W, H, W * 4), 0);
	len = read_bytes(data, sizeof(data));
	/* without the twelve bytes of the end mark the pixels are complete */
	for (i = 8; i < len - 16; i += 13) {
		write_bytes(data, i);
		assert_int_equal(xt_image_load(path, 0, 0, &img), -EBADMSG);
		assert_true(img.why[0]);
		assert_null(img.pixels);
	}
	data[len / 2] ^= 0xff;
	write_bytes(data, len);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EBADMSG);
}

static void test_png_size(void **state)
{
	/* a header of 16385 x 1 and of 65536 x 65536; CRCs are right */
	static const uint8_t wide[] =
		"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x40\x01\0\0\0\x01\x08\x02\0\0\0";
	uint8_t data[64] = { 0 };
	struct xt_image img;
	uint32_t crc = 0xffffffff;
	size_t len = sizeof(wide) - 1, i;
	int bit;

	(void)state;
	memcpy(data, wide, len);
	for (i = 12; i < len; i++) {
		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
	}
	crc = ~crc;
	for (i = 0; i < 4; i++)
		data[len++] = (uint8_t)(crc >> (24 - 8 * i));
	/* the length and name of an IDAT, so that the header is complete */
	memcpy(data + len, "\0\0\0\x08IDAT\0\0\0\0\0\0\0\0\0\0\0", 20);
	write_bytes(data, len + 20);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EFBIG);
	assert_non_null(strstr(img.why, "16385 x 1"));
}

static void test_jpeg(void **state)
{
	uint8_t data[16384];
	struct xt_image img;
	size_t len;

	(void)state;
	write_jpeg(64, 48, NULL, 0);
	assert_int_equal(xt_image_load(path, 0, 0, &img), 0);
	assert_int_equal(img.width, 64);
	assert_int_equal(img.height, 48);
	/* red, green and blue are where they belong */
	assert_uint_in_range(img.pixels[0] >> 16 & 0xff, 195, 205);
	assert_uint_in_range(img.pixels[0] >> 8 & 0xff, 95, 105);
	assert_uint_in_range(img.pixels[0] & 0xff, 45, 55);
	xt_image_free(&img);

	/* decoded at a fraction, but never smaller than is needed */
	assert_int_equal(xt_image_load(path, 30, 20, &img), 0);
	assert_int_equal(img.width, 32);
	xt_image_free(&img);
	assert_int_equal(xt_image_load(path, 33, 20, &img), 0);
	assert_int_equal(img.width, 64);
	xt_image_free(&img);

	len = read_bytes(data, sizeof(data));
	write_bytes(data, len / 2);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EBADMSG);
	assert_null(img.pixels);
	write_bytes(data, 20);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EBADMSG);
	write_jpeg(16385, 1, NULL, 0);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EFBIG);
}

/* Progressive, and its last scan, of the grey detail, @n times */
static void write_scans(unsigned int n)
{
	static const jpeg_scan_info script[] = {
		{ 3, { 0, 1, 2 }, 0, 0, 0, 0 },
		{ 1, { 0 }, 1, 63, 0, 0 },
	};
	uint8_t data[16384];
	size_t len, scan;
	FILE *f;

	write_jpeg(64, 48, script, 2);
	len = read_bytes(data, sizeof(data)) - 2;
	/* from its header to the end mark */
	for (scan = len; memcmp(data + scan, "\xff\xda", 2); scan--)
		;
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, scan, 1, f), 1);
	while (n--)
		assert_int_equal(fwrite(data + scan, len - scan, 1, f), 1);
	assert_int_equal(fwrite(data + len, 2, 1, f), 1);
	fclose(f);
}

static void test_jpeg_scans(void **state)
{
	struct xt_image img;

	(void)state;
	write_scans(199);
	assert_int_equal(xt_image_load(path, 0, 0, &img), 0);
	assert_uint_in_range(img.pixels[0] >> 16 & 0xff, 195, 205);
	xt_image_free(&img);
	/* each costs as much time as the picture is large */
	write_scans(200);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EBADMSG);
	assert_string_equal(img.why, "it has more than 200 scans");
}

static void test_other_files(void **state)
{
	const uint32_t pixel = 0xff000000;
	struct xt_image img;

	(void)state;
	write_bytes("GIF89a..........", 16);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EPROTONOSUPPORT);
	write_bytes("", 0);
	assert_int_equal(xt_image_load(path, 0, 0, &img), -EPROTONOSUPPORT);
	assert_int_equal(xt_image_load("/nonexistent/x", 0, 0, &img), -ENOENT);
	assert_int_not_equal(xt_image_load("/tmp", 0, 0, &img), 0);
	assert_int_equal(xdc_png_save("/nonexistent/x", &pixel, 1, 1, 4),
			 -ENOENT);
	assert_int_equal(xdc_png_save(path, &pixel, 0, 1, 4), -EINVAL);
}

static void test_fill(void **state)
{
	/* two columns, black and white, and a third that is cropped away */
	uint32_t in[] = { 0xff000000, 0xffffffff, 0xff000000, 0xffffffff };
	struct xt_image img = { .width = 4, .height = 1, .pixels = in };
	uint32_t out[8] = { 0 };

	(void)state;
	/* the same size: the same bytes */
	xt_image_fill(&img, out, 4, 1, 16);
	assert_memory_equal(out, in, sizeof(in));
	/* half of it: averages */
	img.height = 1;
	xt_image_fill(&img, out, 1, 1, 4);
	assert_true(out[0] == in[1] || out[0] == in[2]);
	img.width = 2;
	img.height = 2;
	xt_image_fill(&img, out, 1, 1, 4);
	assert_int_equal(out[0], 0xff808080);
	/* larger, with padded rows: the padding stays as it was */
	memset(out, 0x5a, sizeof(out));
	img.height = 1;
	xt_image_fill(&img, out, 2, 2, 16);
	assert_int_equal(out[2], 0x5a5a5a5a);
	assert_int_equal(out[3], 0x5a5a5a5a);
	assert_int_equal(out[0] >> 24, 0xff);
	assert_int_equal(out[4] >> 24, 0xff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_png_round_trip, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_png_broken, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_png_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jpeg, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jpeg_scans, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_other_files, setup,
						teardown),
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
