// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <jerror.h>
#include <png.h>

#include "picture/image.h"

#define OPAQUE 0xff000000U
/* Of a JPEG; cameras and programs write a dozen */
#define MAX_SCANS 200

/* Leaves nothing but the reason in @img */
static int set_reason(struct xt_image *img, int err, const char *text)
{
	xt_image_free(img);
	snprintf(img->why, sizeof(img->why), "%s", text);
	return err;
}

static int image_alloc(struct xt_image *img, uint32_t w, uint32_t h)
{
	char text[128];

	if (!w || !h || w > XT_IMAGE_MAX_SIDE || h > XT_IMAGE_MAX_SIDE ||
	    (uint64_t)w * h > XT_IMAGE_MAX_PIXELS) {
		snprintf(
			text, sizeof(text),
			"the picture is %u x %u; the limits are %u for a side and %u pixels",
			w, h, XT_IMAGE_MAX_SIDE, XT_IMAGE_MAX_PIXELS);
		return set_reason(img, -EFBIG, text);
	}
	img->width = w;
	img->height = h;
	img->pixels = malloc((size_t)w * h * sizeof(*img->pixels));
	if (!img->pixels)
		return set_reason(img, -ENOMEM, "out of memory");
	return 0;
}

/* Three bytes a pixel to four, backwards within one buffer. */
static void widen_pixels(struct xt_image *img)
{
	const uint8_t *bgr = (const uint8_t *)img->pixels;
	size_t i = (size_t)img->width * img->height;

	while (i--) {
		uint32_t b = bgr[3 * i];
		uint32_t g = bgr[3 * i + 1];
		uint32_t r = bgr[3 * i + 2];

		img->pixels[i] = OPAQUE | r << 16 | g << 8 | b;
	}
}

static int load_png(FILE *f, struct xt_image *img)
{
	png_color black = { 0 };
	png_image png = { .version = PNG_IMAGE_VERSION };
	int err;

	if (!png_image_begin_read_from_stdio(&png, f))
		return set_reason(img, -EBADMSG, png.message);
	err = image_alloc(img, png.width, png.height);
	if (err) {
		png_image_free(&png);
		return err;
	}
	png.format = PNG_FORMAT_BGR;
	if (!png_image_finish_read(&png, &black, img->pixels, 0, NULL))
		return set_reason(img, -EBADMSG, png.message);
	widen_pixels(img);
	return 0;
}

struct jpeg_failure {
	struct jpeg_error_mgr mgr;
	struct xt_image *img; /* gets the reason */
	jmp_buf jump;
};

static void jpeg_give_up(j_common_ptr info)
{
	struct jpeg_failure *failure = (struct jpeg_failure *)info->err;
	char text[JMSG_LENGTH_MAX];

	info->err->format_message(info, text);
	set_reason(failure->img, -EBADMSG, text);
	longjmp(failure->jump, 1);
}

static void jpeg_warning(j_common_ptr info, int level)
{
	if (level >= 0)
		return;
	switch (info->err->msg_code) {
	case JWRN_ADOBE_XFORM:
	case JWRN_EXTRANEOUS_DATA:
	case JWRN_JFIF_MAJOR:
		/* not quite valid, but every pixel is there */
		return;
	default:
		/* damaged: the library would fill the rest with grey */
		jpeg_give_up(info);
	}
}

/* A small file can have thousands, and each takes time for all pixels */
static void jpeg_limit_scans(j_common_ptr info)
{
	struct jpeg_failure *failure = (struct jpeg_failure *)info->err;
	char text[64];

	if (((j_decompress_ptr)info)->input_scan_number <= MAX_SCANS)
		return;
	snprintf(text, sizeof(text), "it has more than %d scans", MAX_SCANS);
	set_reason(failure->img, -EBADMSG, text);
	longjmp(failure->jump, 1);
}

/* The largest divisor, a power of two, that leaves at least @min_w x @min_h */
static unsigned int jpeg_denom(uint32_t w, uint32_t h, uint32_t min_w,
			       uint32_t min_h)
{
	unsigned int denom = 1;

	if (!min_w || !min_h)
		return 1;
	while (denom < 8 && w / (denom * 2) >= min_w &&
	       h / (denom * 2) >= min_h)
		denom *= 2;
	return denom;
}

static int load_jpeg(FILE *f, uint32_t min_w, uint32_t min_h,
		     struct xt_image *img)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_failure failure = { .img = img };
	struct jpeg_progress_mgr progress = { .progress_monitor =
						      jpeg_limit_scans };
	int err;

	memset(&jpeg, 0, sizeof(jpeg));
	jpeg.err = jpeg_std_error(&failure.mgr);
	failure.mgr.error_exit = jpeg_give_up;
	failure.mgr.emit_message = jpeg_warning;
	if (setjmp(failure.jump)) {
		jpeg_destroy_decompress(&jpeg);
		return -EBADMSG;
	}
	jpeg_create_decompress(&jpeg);
	jpeg.progress = &progress;
	/* Without a limit a progressive file can request any amount. */
	jpeg.mem->max_memory_to_use = 1L << 30;
	jpeg_stdio_src(&jpeg, f);
	jpeg_read_header(&jpeg, TRUE);
	jpeg.out_color_space = JCS_EXT_BGR;
	jpeg.dct_method = JDCT_ISLOW;
	jpeg.scale_num = 1;
	jpeg.scale_denom =
		jpeg_denom(jpeg.image_width, jpeg.image_height, min_w, min_h);
	jpeg_calc_output_dimensions(&jpeg);
	err = image_alloc(img, jpeg.output_width, jpeg.output_height);
	if (err) {
		jpeg_destroy_decompress(&jpeg);
		return err;
	}
	jpeg_start_decompress(&jpeg);
	while (jpeg.output_scanline < jpeg.output_height) {
		uint8_t *row = (uint8_t *)img->pixels +
			       (size_t)jpeg.output_scanline * 3 * img->width;

		jpeg_read_scanlines(&jpeg, &row, 1);
	}
	jpeg_finish_decompress(&jpeg);
	jpeg_destroy_decompress(&jpeg);
	widen_pixels(img);
	return 0;
}

int xt_image_load(const char *path, uint32_t min_w, uint32_t min_h,
		  struct xt_image *img)
{
	static const uint8_t png_magic[] = { 0x89, 0x50, 0x4e, 0x47,
					     0x0d, 0x0a, 0x1a, 0x0a };
	static const uint8_t jpeg_magic[] = { 0xff, 0xd8, 0xff };
	uint8_t magic[8] = { 0 };
	size_t len;
	FILE *f;
	int err;

	memset(img, 0, sizeof(*img));
	f = fopen(path, "rbe");
	if (!f) {
		err = -errno;
		return set_reason(img, err, strerror(-err));
	}
	len = fread(magic, 1, sizeof(magic), f);
	if (ferror(f)) {
		err = errno ? -errno : -EIO;
		fclose(f);
		return set_reason(img, err, strerror(-err));
	}
	rewind(f);
	if (len == sizeof(magic) && !memcmp(magic, png_magic, sizeof(magic)))
		err = load_png(f, img);
	else if (len >= sizeof(jpeg_magic) &&
		 !memcmp(magic, jpeg_magic, sizeof(jpeg_magic)))
		err = load_jpeg(f, min_w, min_h, img);
	else
		err = set_reason(img, -EPROTONOSUPPORT,
				 "it is neither a PNG nor a JPEG file");
	fclose(f);
	return err;
}

void xt_image_free(struct xt_image *img)
{
	free(img->pixels);
	memset(img, 0, sizeof(*img));
}

static uint32_t average_area(const struct xt_image *img, uint32_t x0,
			     uint32_t x1, uint32_t y0, uint32_t y1)
{
	uint64_t r = 0, g = 0, b = 0;
	uint64_t n = (uint64_t)(x1 - x0) * (y1 - y0);
	uint32_t x, y;

	for (y = y0; y < y1; y++) {
		const uint32_t *row = img->pixels + (size_t)y * img->width;

		for (x = x0; x < x1; x++) {
			r += row[x] >> 16 & 0xff;
			g += row[x] >> 8 & 0xff;
			b += row[x] & 0xff;
		}
	}
	r = (r + n / 2) / n;
	g = (g + n / 2) / n;
	b = (b + n / 2) / n;
	return OPAQUE | (uint32_t)(r << 16 | g << 8 | b);
}

void xt_image_fill(const struct xt_image *img, void *dst, uint32_t w,
		   uint32_t h, uint32_t stride)
{
	uint32_t crop_w = img->width, crop_h = img->height;
	uint32_t left, top, x, y;

	/* the largest part of the picture that has the shape of w x h */
	if ((uint64_t)img->width * h > (uint64_t)img->height * w)
		crop_w = (uint64_t)img->height * w / h;
	else
		crop_h = (uint64_t)img->width * h / w;
	crop_w = crop_w ? crop_w : 1;
	crop_h = crop_h ? crop_h : 1;
	left = (img->width - crop_w) / 2;
	top = (img->height - crop_h) / 2;

	for (y = 0; y < h; y++) {
		uint32_t *row = (uint32_t *)((char *)dst + (size_t)y * stride);
		uint32_t y0 = top + (uint64_t)y * crop_h / h;
		uint32_t y1 = top + (uint64_t)(y + 1) * crop_h / h;

		if (y1 <= y0)
			y1 = y0 + 1;
		for (x = 0; x < w; x++) {
			uint32_t x0 = left + (uint64_t)x * crop_w / w;
			uint32_t x1 = left + (uint64_t)(x + 1) * crop_w / w;

			row[x] = average_area(img, x0, x1 > x0 ? x1 : x0 + 1,
					      y0, y1);
		}
	}
}
