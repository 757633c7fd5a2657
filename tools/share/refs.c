// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xendmabuf.h>

#include "common/number.h"
#include "share/refs.h"
#include "share/share.h"

#define REFS_MAGIC "xen-dmabuf"
#define REFS_LINE_MAX 512U

char *xt_refs_header(const struct xt_picture *pic)
{
	char fourcc[5] = "";
	char *text;
	int len;

	if (pic->width)
		len = asprintf(
			&text,
			REFS_MAGIC
			" %u pages=%u width=%u height=%u stride=%u format=%s readonly=%u\n",
			XT_SHARE_VERSION, pic->pages, pic->width, pic->height,
			pic->stride, xt_fourcc_text(pic->format, fourcc),
			pic->rdonly);
	else
		len = asprintf(&text, REFS_MAGIC " %u pages=%u readonly=%u\n",
			       XT_SHARE_VERSION, pic->pages, pic->rdonly);
	return len < 0 ? NULL : text;
}

static int parse_number(const char *text, uint32_t *value)
{
	return xdc_parse_number(text, UINT32_MAX, value) ? -EPROTO : 0;
}

static int parse_word(const char *word, struct xt_picture *pic)
{
	const char *equals = strchr(word, '=');
	uint32_t rdonly;
	size_t len;
	int err;

	if (!equals)
		return -EPROTO;
	len = (size_t)(equals - word);
	equals++;
#define KEY(key) (len == sizeof(key) - 1 && !memcmp(word, key, len))
	if (KEY("pages"))
		return parse_number(equals, &pic->pages);
	if (KEY("width"))
		return parse_number(equals, &pic->width);
	if (KEY("height"))
		return parse_number(equals, &pic->height);
	if (KEY("stride"))
		return parse_number(equals, &pic->stride);
	if (KEY("format"))
		return xt_fourcc_parse(equals, &pic->format) ? -EPROTO : 0;
	if (KEY("readonly")) {
		err = parse_number(equals, &rdonly);
		if (err || rdonly > 1)
			return -EPROTO;
		pic->rdonly = rdonly;
		return 0;
	}
#undef KEY
	return 0; /* a later version may add words */
}

static int parse_header(char *line, struct xt_picture *pic)
{
	uint32_t version;
	char *save;
	char *word;
	int err;

	word = strtok_r(line, " ", &save);
	if (!word || strcmp(word, REFS_MAGIC))
		return -EPROTO;
	word = strtok_r(NULL, " ", &save);
	if (!word || parse_number(word, &version))
		return -EPROTO;
	if (version != XT_SHARE_VERSION)
		return -EPROTONOSUPPORT;
	while ((word = strtok_r(NULL, " ", &save))) {
		err = parse_word(word, pic);
		if (err)
			return err;
	}
	return xt_picture_check(pic);
}

int xt_refs_read(const char *text, size_t len, struct xt_picture *pic,
		 uint32_t **refs)
{
	const size_t magic = sizeof(REFS_MAGIC) - 1;
	char line[REFS_LINE_MAX];
	const char *end;
	size_t n, count;
	int err;

	memset(pic, 0, sizeof(*pic));
	if (len >= magic && !memcmp(text, REFS_MAGIC, magic)) {
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) : len;
		if (n >= sizeof(line) || memchr(text, '\0', n))
			return -EPROTO;
		memcpy(line, text, n);
		line[n] = '\0';
		if (n && line[n - 1] == '\r')
			line[n - 1] = '\0';
		err = parse_header(line, pic);
		if (err)
			return err;
		if (!end)
			return -EPROTO;
		text = end + 1;
		len -= n + 1;
	}
	err = xendmabuf_refs_parse(text, len, refs, &count);
	if (err)
		return err;
	if (pic->pages && count != pic->pages) {
		free(*refs);
		*refs = NULL;
		return -EPROTO;
	}
	pic->pages = (uint32_t)count;
	return 0;
}
