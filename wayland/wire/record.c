// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "wire/format.h"
#include "wire/record.h"

#define SIDE_MAX 65535

#define BUFFER_WORDS 7U
#define PIXELS_WORDS 2U

static void read_words(const uint8_t *p, uint32_t *out, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		memcpy(&out[i], p + 4 * (size_t)i, 4);
		out[i] = le32toh(out[i]);
	}
}

static void write_words(uint8_t *p, const uint32_t *words, unsigned int nr)
{
	uint32_t word;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		word = htole32(words[i]);
		memcpy(p + 4 * (size_t)i, &word, 4);
	}
}

const char *xwl_why_text(enum xwl_why why)
{
	static const char *const texts[XWL_WHY_END] = {
		[XWL_WHY_SHARED] = "shared",
		[XWL_WHY_OFF] = "sharing is off",
		[XWL_WHY_NO_MAKER] =
			"nothing in the guest can share memory (/dev/udmabuf, the driver, xen-channeld.conf)",
		[XWL_WHY_NO_PAGEMAP] =
			"the guest cannot watch the program's pages (/proc/self/pagemap)",
		[XWL_WHY_NO_MEMFD] = "the program's file is not a memfd",
		[XWL_WHY_READ_ONLY] =
			"the program's file is sealed against writing",
		[XWL_WHY_SEALED] =
			"the program's file cannot be sealed against shrinking",
		[XWL_WHY_LAST_PAGE] =
			"the program's file ends within a page, and cannot be made longer",
		[XWL_WHY_TOO_LARGE] =
			"the buffer is larger than a dma-buf may be (size_limit_mb of udmabuf, max-memory of xen-channeld.conf)",
		[XWL_WHY_NO_ROOM] =
			"the guest may share no more memory (max-memory and max-buffers of xen-channeld.conf, max_grant_frames of xl.cfg; before Xen 4.18 also gnttab_max_frames of Xen)",
		[XWL_WHY_HOLES] =
			"the program keeps taking pages out of its file",
		[XWL_WHY_REFUSED] =
			"the kernel refused a dma-buf of the program's memory",
	};

	return texts[why];
}

uint64_t xwl_buffer_bytes(const struct xwl_buffer_record *b)
{
	int32_t pixel = (int32_t)xwl_format_bytes(b->format);
	uint64_t bytes;

	if (b->width < 1 || b->height < 1 || b->width > SIDE_MAX ||
	    b->height > SIDE_MAX || !pixel || b->stride < b->width * pixel)
		return 0;
	bytes = (uint64_t)b->stride * (uint64_t)b->height;
	return b->offset + bytes > INT32_MAX ? 0 : bytes;
}

static const char *parse_buffer(struct xwl_record *r, unsigned int nr_fds)
{
	struct xwl_buffer_record *b = &r->buffer;
	uint32_t words[BUFFER_WORDS];
	bool is_inline;

	if (r->len != sizeof(words))
		return "a buffer record has the wrong length";
	if (r->arg >= XWL_WHY_END)
		return "a buffer is copied for an unknown reason";
	read_words(r->bytes, words, BUFFER_WORDS);
	*b = (struct xwl_buffer_record){
		.id = words[0],
		.flags = words[1],
		.offset = words[2],
		.width = (int32_t)words[3],
		.height = (int32_t)words[4],
		.stride = (int32_t)words[5],
		.format = words[6],
	};
	is_inline = b->flags & XWL_BUFFER_INLINE;
	if (b->flags & ~(XWL_BUFFER_INLINE | XWL_BUFFER_AGAIN))
		return "a buffer has unknown flags";
	if (nr_fds != (is_inline ? 0 : 1) || (is_inline && b->offset))
		return "a buffer record does not match its memory";
	if (!xwl_format_bytes(b->format))
		return "a buffer has a format that a guest may not use";
	return xwl_buffer_bytes(b) ? NULL : "a buffer has an invalid size";
}

static const char *parse_pixels(struct xwl_record *r)
{
	uint32_t words[PIXELS_WORDS];

	if (r->len <= sizeof(words))
		return "pixels are missing";
	read_words(r->bytes, words, PIXELS_WORDS);
	r->pixels.id = words[0];
	r->pixels.offset = words[1];
	r->bytes += sizeof(words);
	r->len -= sizeof(words);
	return NULL;
}

static const char *parse_body(struct xwl_record *r, unsigned int nr_fds)
{
	if (nr_fds && r->type != XWL_MESSAGES && r->type != XWL_BUFFER)
		return "a record has unexpected descriptors";
	switch (r->type) {
	case XWL_HELLO:
		return r->len ? "a hello has a body" : NULL;
	case XWL_MESSAGES:
		return r->len ? NULL : "messages are missing";
	case XWL_BUFFER:
		return parse_buffer(r, nr_fds);
	case XWL_PIXELS:
		return parse_pixels(r);
	case XWL_ENDED:
		return r->len > XWL_ENDED_MAX ? "a reason is too long" : NULL;
	default:
		return "a record has an unknown type";
	}
}

int xwl_record_parse(const void *data, size_t len, unsigned int nr_fds,
		     struct xwl_record *out, struct xdc_reason *why)
{
	const char *fault = NULL;
	uint32_t words[2];

	memset(out, 0, sizeof(*out));
	if (len < XWL_RECORD_HEADER || len > XWL_RECORD_MAX)
		fault = "a record has an invalid length";
	if (!fault) {
		read_words(data, words, 2);
		out->type = (enum xwl_record_type)words[0];
		out->arg = words[1];
		out->bytes = (const uint8_t *)data + XWL_RECORD_HEADER;
		out->len = len - XWL_RECORD_HEADER;
		fault = parse_body(out, nr_fds);
	}
	return fault ? xdc_reason_set(why, -EPROTO, "%s", fault) : 0;
}

size_t xwl_record_size(const struct xwl_record *r)
{
	switch (r->type) {
	case XWL_BUFFER:
		return XWL_RECORD_HEADER + 4 * BUFFER_WORDS;
	case XWL_PIXELS:
		return XWL_RECORD_HEADER + 4 * PIXELS_WORDS + r->len;
	default:
		return XWL_RECORD_HEADER + r->len;
	}
}

size_t xwl_record_write(const struct xwl_record *r, void *out)
{
	const struct xwl_buffer_record *b = &r->buffer;
	uint32_t head[2] = { r->type, r->arg };
	uint8_t *body = (uint8_t *)out + XWL_RECORD_HEADER;

	write_words(out, head, 2);
	if (r->type == XWL_BUFFER) {
		uint32_t words[BUFFER_WORDS] = {
			b->id,
			b->flags,
			b->offset,
			(uint32_t)b->width,
			(uint32_t)b->height,
			(uint32_t)b->stride,
			b->format,
		};

		write_words(body, words, BUFFER_WORDS);
		return XWL_RECORD_HEADER + sizeof(words);
	}
	if (r->type == XWL_PIXELS) {
		uint32_t words[PIXELS_WORDS] = { r->pixels.id,
						 r->pixels.offset };

		write_words(body, words, PIXELS_WORDS);
		body += sizeof(words);
	}
	if (r->len)
		memcpy(body, r->bytes, r->len);
	return (size_t)(body - (uint8_t *)out) + r->len;
}

struct xwl_record xwl_record_ended(const char *why)
{
	return (struct xwl_record){
		.type = XWL_ENDED,
		.bytes = (const uint8_t *)why,
		.len = strnlen(why, XWL_ENDED_MAX),
	};
}
