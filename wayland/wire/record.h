/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest's half and the host's half tell each other: datagrams.
 *
 * Each is 8 bytes, little-endian, and a body.  A channel is one program's
 * connection to the compositor.  Parsers are pure.
 */
#ifndef XWL_WIRE_RECORD_H
#define XWL_WIRE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"

#define XWL_VERSION 1U
#define XWL_RECORD_MAX 16384U
#define XWL_RECORD_HEADER 8U
#define XWL_ENDED_MAX 384U /* bytes of a reason */

enum xwl_record_type {
	XWL_HELLO = 1, /* arg: version; the first of each half */
	XWL_MESSAGES, /* Wayland messages, with the guest's ids */
	XWL_BUFFER, /* guest: a wl_buffer, and its memory unless it is inline */
	XWL_PIXELS, /* guest: part of an inline buffer's content */
	XWL_ENDED, /* host: why the connection has ended, in words */
	XWL_RECORDS_END
};

#define XWL_BUFFER_INLINE 1U /* no descriptor: its content comes as PIXELS */
#define XWL_BUFFER_AGAIN \
	2U /* other memory for a buffer that is there already */

/* The argument of a BUFFER: why it is not the program's own memory */
enum xwl_why {
	XWL_WHY_SHARED, /* it is */
	XWL_WHY_OFF,
	XWL_WHY_NO_MAKER,
	XWL_WHY_NO_PAGEMAP,
	XWL_WHY_NO_MEMFD,
	XWL_WHY_READ_ONLY,
	XWL_WHY_SEALED,
	XWL_WHY_LAST_PAGE,
	XWL_WHY_TOO_LARGE,
	XWL_WHY_NO_ROOM,
	XWL_WHY_HOLES,
	XWL_WHY_REFUSED,
	XWL_WHY_END
};

struct xwl_buffer_record {
	uint32_t id; /* of the wl_buffer, chosen by the program */
	uint32_t flags; /* XWL_BUFFER_* */
	uint32_t offset; /* in the memory; 0 if it is inline */
	int32_t width, height, stride;
	uint32_t format; /* enum wl_shm.format */
};

struct xwl_pixels_record {
	uint32_t id;
	uint32_t offset; /* in the buffer */
};

#define XWL_PIXELS_MAX \
	(XWL_RECORD_MAX - XWL_RECORD_HEADER - sizeof(struct xwl_pixels_record))

struct xwl_record {
	enum xwl_record_type type;
	uint32_t arg;
	struct xwl_buffer_record buffer; /* XWL_BUFFER */
	struct xwl_pixels_record pixels; /* XWL_PIXELS */
	const uint8_t *bytes; /* MESSAGES, PIXELS, ENDED */
	size_t len;
};

/**
 * xwl_record_parse - a whole datagram
 * @nr_fds: that came with it
 * @out: its bytes point into @data
 * @why: set on failure
 *
 * EPROTO: of an unknown type, or not as long as its type is, or with descriptors
 * that it does not have.
 */
int xwl_record_parse(const void *data, size_t len, unsigned int nr_fds,
		     struct xwl_record *out, struct xdc_reason *why);
/** xwl_record_size - of what xwl_record_write() writes */
size_t xwl_record_size(const struct xwl_record *r);
/** xwl_record_write - header and body at @out, which has room; returns the length */
size_t xwl_record_write(const struct xwl_record *r, void *out);

/** xwl_record_ended - of a reason, which is cut off at XWL_ENDED_MAX bytes */
struct xwl_record xwl_record_ended(const char *why);

/** xwl_why_text - why a buffer is copied, in words */
const char *xwl_why_text(enum xwl_why why);

/**
 * xwl_buffer_bytes - how much memory a buffer spans, from its offset on
 *
 * 0: its size is impossible or its format unknown, its rows are shorter than their
 * pixels, or it ends beyond 2 GiB.
 */
uint64_t xwl_buffer_bytes(const struct xwl_buffer_record *b);

#endif
