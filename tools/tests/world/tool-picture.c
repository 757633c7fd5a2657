// SPDX-License-Identifier: GPL-2.0-only
/* tool-picture FILE WIDTHxHEIGHT OUT.png: the picture that a share of that size
 * must hold, made without any share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ahead of it, as its figures are used */
#include "args.h"
#include "common/png-file.h"
#include "picture/image.h"
#include "say.h"

int main(int argc, char **argv)
{
	struct xt_image img;
	uint32_t w, h;
	void *pixels;
	int err;

	if (argc != 4 || xt_arg_size(argv[2], &w, &h))
		return XT_EXIT_USAGE;
	err = xt_image_load(argv[1], w, h, &img);
	if (err) {
		fprintf(stderr, "tool-picture: %s: %s\n", argv[1], img.why);
		return XT_EXIT_FAILED;
	}
	pixels = malloc((size_t)w * h * 4);
	if (!pixels)
		return XT_EXIT_FAILED;
	xt_image_fill(&img, pixels, w, h, w * 4);
	xt_image_free(&img);
	err = xdc_png_save(argv[3], pixels, w, h, w * 4);
	free(pixels);
	if (err)
		fprintf(stderr, "tool-picture: %s: %s\n", argv[3],
			strerror(-err));
	return err ? XT_EXIT_FAILED : XT_EXIT_OK;
}
