// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "picture/picture.h"

int xt_picture_check(const struct xt_picture *pic)
{
	if (!pic->pages || pic->pages > XT_SHARE_PAGES_MAX)
		return -EPROTO;
	if (!pic->width && !pic->height)
		return pic->stride ? -EPROTO : 0;
	if (!pic->width || !pic->height || !pic->stride || !pic->format)
		return -EPROTO;
	/* other formats have other pixel sizes: only the stride can be checked */
	if (pic->format == XT_SHARE_XRGB8888 &&
	    (pic->stride % 4 || (uint64_t)pic->width * 4 > pic->stride))
		return -EPROTO;
	if ((uint64_t)pic->stride * pic->height > (uint64_t)pic->pages * 4096)
		return -EPROTO;
	return 0;
}

const char *xt_fourcc_text(uint32_t fourcc, char buf[5])
{
	int i;

	for (i = 0; i < 4; i++) {
		char c = (char)(fourcc >> 8 * i & 0xff);

		buf[i] = c > 0x20 && c < 0x7f ? c : '?';
	}
	buf[4] = '\0';
	return buf;
}

int xt_fourcc_parse(const char *text, uint32_t *fourcc)
{
	uint32_t value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)text[i];

		/* short fourccs are padded with blanks */
		if (c < 0x20 || c > 0x7e)
			return -EINVAL;
		value |= (uint32_t)c << 8 * i;
	}
	if (text[4])
		return -EINVAL;
	*fourcc = value;
	return 0;
}
