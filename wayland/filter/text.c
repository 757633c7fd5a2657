// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "filter/text.h"

/* Bytes of the UTF-8 character at @p, and its code; 0: it is none, @code is undefined */
static size_t read_character(const unsigned char *p, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	*code = n == 1 ? *p : *p & (0x7fU >> n);
	/* a continuation byte, or the first of more than 4 bytes */
	if ((*p >= 0x80 && *p < 0xc0) || *p >= 0xf8)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return n;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Changes where the characters around it are drawn, or is itself a line's end */
static bool turns_line(uint32_t code)
{
	return code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* In a text of several lines */
static bool is_blank(uint32_t code)
{
	return code == '\n' || code == '\t' || code == '\r';
}

bool xwl_text_valid(const char *text, bool lines)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t code;
	size_t n;

	for (; *p; p += n) {
		n = read_character(p, &code);
		/* its code is that of no character, and means nothing */
		if (!n)
			return false;
		if (lines && is_blank(code))
			continue;
		if (is_control(code))
			return false;
	}
	return true;
}

void xwl_text_title(char *out, size_t size, const char *guest, const char *text,
		    bool ascii)
{
	const unsigned char *p = (const unsigned char *)(text ? text : "");
	uint32_t code;
	size_t at, n;

	snprintf(out, size, "[%s]%s", guest, *p ? " " : "");
	at = strlen(out);
	while (*p) {
		n = read_character(p, &code);
		if (!n || is_control(code) || turns_line(code) ||
		    (ascii && code > 0x7f)) {
			p += n ? n : 1;
			code = '?';
			n = 0;
		}
		if (at + (n ? n : 1) >= size)
			break;
		if (n)
			memcpy(out + at, p, n);
		else
			out[at] = (char)code;
		at += n ? n : 1;
		p += n;
	}
	out[at] = '\0';
}

void xwl_text_lines(char *out, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t at, n;
	uint32_t code;
	bool valid;

	for (at = 0; p[at]; at += n) {
		n = read_character(p + at, &code);
		valid = n && (!is_control(code) || is_blank(code));
		n = n ? n : 1;
		if (at + n >= size)
			break;
		if (valid)
			memcpy(out + at, p + at, n);
		else
			memset(out + at, '?', n);
	}
	out[at] = '\0';
}

static bool is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

void xwl_text_app_id(char *out, size_t size, const char *guest,
		     const char *text)
{
	char *p;

	if (text && *text)
		snprintf(out, size, "xen.%s.%s", guest, text);
	else
		snprintf(out, size, "xen.%s", guest);
	for (p = out; *p; p++)
		if (!is_id_character(*p))
			*p = '_';
}
