// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "common/json.h"

/* Length of the UTF-8 character at @p in bytes, 0 if it is invalid (RFC 3629) */
static size_t utf8_length(const unsigned char *p)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? *p : *p & (0x7fU >> n);

	/* a continuation byte, or the first of a sequence of more than 4 bytes */
	if ((*p >= 0x80 && *p < 0xc0) || *p >= 0xf8)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

static void write_quoted(struct xdc_json *j, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	fputc('"', j->out);
	for (; *p; p += n) {
		n = utf8_length(p);
		if (*p == '"' || *p == '\\') {
			fprintf(j->out, "\\%c", *p);
		} else if (!n || *p < 0x20 || *p == 0x7f) {
			/* names need not be UTF-8, JSON has to be */
			fprintf(j->out, "\\u%04x", *p);
			n = 1;
		} else {
			fwrite(p, 1, n, j->out);
		}
	}
	fputc('"', j->out);
}

static void begin_member(struct xdc_json *j, const char *key)
{
	if (!j->first)
		fputc(',', j->out);
	j->first = false;
	if (j->depth)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	if (key) {
		write_quoted(j, key);
		fputs(": ", j->out);
	}
}

void xdc_json_begin(struct xdc_json *j, FILE *out)
{
	j->out = out;
	j->depth = 0;
	j->first = true;
}

void xdc_json_open(struct xdc_json *j, const char *key, char bracket)
{
	begin_member(j, key);
	fputc(bracket, j->out);
	j->depth++;
	j->first = true;
}

void xdc_json_close(struct xdc_json *j, char bracket)
{
	j->depth--;
	if (!j->first)
		fprintf(j->out, "\n%*s", (int)j->depth * 2, "");
	fputc(bracket, j->out);
	j->first = false;
	if (!j->depth)
		fputc('\n', j->out);
}

void xdc_json_text(struct xdc_json *j, const char *key, const char *value)
{
	begin_member(j, key);
	write_quoted(j, value);
}

void xdc_json_number(struct xdc_json *j, const char *key, uint64_t value)
{
	begin_member(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void xdc_json_bool(struct xdc_json *j, const char *key, bool value)
{
	begin_member(j, key);
	fputs(value ? "true" : "false", j->out);
}
