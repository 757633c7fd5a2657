/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said on a link: frames, little-endian.
 *
 *	u32 length, u16 type, u16 flags, u32 channel, u32 arg, payload
 *
 * The length includes these 16 bytes.  Channel 0 is the link itself.  Parsers are
 * pure, and read a private copy of the frame.
 */
#ifndef XCH_LINK_FRAME_H
#define XCH_LINK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XCH_FRAME_HEADER 16U
#define XCH_FRAME_MAX 65536U
#define XCH_PAYLOAD_MAX (XCH_FRAME_MAX - XCH_FRAME_HEADER)
/* what one channel sends before it is another one's turn */
#define XCH_TURN_MAX 16384U
#define XCH_DATAGRAM_MAX 32768U
#define XCH_ATTACHMENTS_MAX 32U
#define XCH_SERVICE_MAX 64U /* a name, with its NUL */
#define XCH_ERRNO_MAX 4095U

#define XCH_VERSION_MIN 1U
#define XCH_VERSION_MAX 1U

enum xch_frame_type {
	XCH_HELLO = 1,
	XCH_OPEN, /* arg: enum xch_channel_type */
	XCH_OPENED, /* bytes and attachments that may be sent to this end */
	XCH_REFUSED, /* arg: an errno value */
	XCH_DATA, /* arg: number of attachments, which come before the bytes */
	XCH_CREDIT, /* more bytes and attachments that may be sent */
	XCH_SHUT, /* arg: XCH_SHUT_*; what was sent before is still delivered */
	XCH_RESET, /* arg: an errno value; what is under way is dropped */
	/* about a buffer, whose id is arg */
	XCH_BUF_OFFER, /* granting end: references */
	XCH_BUF_MAPPED, /* mapping end */
	XCH_BUF_FAILED, /* mapping end: an errno value, index of a reference */
	XCH_BUF_IDLE, /* mapping end: unused here after so many attachments */
	XCH_BUF_DROP, /* granting end: will not be attached again */
	XCH_BUF_RETURNED, /* mapping end: unmapped */
	XCH_BUF_RECALL, /* granting end: milliseconds until it is revoked */
	XCH_BUF_PINNED, /* mapping end: number of users that do not let go */
	XCH_BLOB, /* arg: an id; part of the content of a small file */
	XCH_SIGNAL, /* arg: an id; a late fence has signalled, or failed */
	XCH_PING, /* arg: comes back */
	XCH_PONG,
	XCH_TYPES_END
};

/* Flags of a frame */
#define XCH_OPTIONAL 1U /* who does not know the type ignores the frame */
#define XCH_END 2U /* DATA: ends a datagram.  BUF_OFFER, BLOB: the last part */

#define XCH_SHUT_WRITE 1U /* the sender will send no more */
#define XCH_SHUT_READ 2U /* the sender will read no more */

enum xch_channel_type {
	XCH_STREAM = 1,
	XCH_SEQPACKET,
};

struct xch_frame {
	uint32_t length;
	uint16_t type, flags;
	uint32_t channel, arg;
	const uint8_t *payload;
	size_t payload_len;
};

/* One end's features and limits.  Later versions append to the payload. */
struct xch_hello {
	uint16_t version_min, version_max;
	uint32_t frame_max; /* bytes */
	uint64_t features; /* XCH_FEATURE_* */
	uint64_t nonce; /* random; a link has one at each end */
	uint32_t buffer_pages; /* largest buffer that this end maps */
	uint32_t total_pages; /* of all buffers that it maps */
	uint32_t buffers; /* number of buffers that it maps */
	uint32_t channels; /* that the other end may have opened */
	uint32_t fences; /* late ones of the other end's that may be pending */
	/* appended: */
	uint32_t grants; /* pages that this end can grant at a time; 0: unknown */
};

#define XCH_FEATURE_BUFFERS 1ULL /* can map references */

/* What both ends agree on */
struct xch_terms {
	uint16_t version;
	uint32_t frame_max;
	uint64_t features;
};

struct xch_open {
	enum xch_channel_type type;
	uint32_t bytes, attachments; /* that may be sent to this end */
	uint32_t parent; /* 0, or the channel whose program sends this one */
	char service[XCH_SERVICE_MAX]; /* "" if there is a parent */
};

/* What the other end makes a descriptor of */
enum xch_attachment_kind {
	XCH_ATTACH_BUFFER = 1, /* id of a buffer: a dma-buf */
	XCH_ATTACH_BLOB, /* id of a blob: a sealed memfd */
	XCH_ATTACH_FENCE, /* id 0: a sync_file that has signalled */
	XCH_ATTACH_LATE_FENCE, /* id of a SIGNAL that will come: an eventfd */
	XCH_ATTACH_CHANNEL, /* id of a channel: a socket */
	XCH_ATTACH_PIPE_READ, /* id of a channel: the end of a pipe */
	XCH_ATTACH_PIPE_WRITE,
	XCH_ATTACH_KINDS_END
};

struct xch_attachment {
	enum xch_attachment_kind kind;
	uint32_t id;
};

#define XCH_ATTACHMENT_BYTES 8U

struct xch_data {
	struct xch_attachment attachments[XCH_ATTACHMENTS_MAX];
	unsigned int nr_attachments;
	const uint8_t *bytes;
	size_t len;
	bool end;
	/* bytes of memory here that its descriptors hold; set by who makes them */
	uint64_t weight;
};

/* Some of a buffer's references, in order */
struct xch_offer {
	uint32_t pages; /* of the buffer */
	uint32_t flags; /* XCH_OFFER_* */
	uint64_t bytes; /* of the buffer, at most its pages hold */
	uint32_t first; /* index of the first reference here */
	uint32_t nr; /* number of references here */
	const uint8_t *refs; /* see xch_offer_refs() */
	bool end;
};

#define XCH_OFFER_READ_ONLY 1U
#define XCH_OFFER_HEADER 24U
#define XCH_OFFER_REFS_MAX ((XCH_TURN_MAX - XCH_OFFER_HEADER) / 4)

/* Part of a blob, in order */
struct xch_blob {
	uint32_t total; /* bytes of the blob */
	uint32_t at; /* where these are in it */
	const uint8_t *bytes;
	size_t len;
	bool end;
};

#define XCH_BLOB_HEADER 8U

/** xch_get_u32 - a number at any address */
uint32_t xch_get_u32(const uint8_t *p);

/**
 * xch_frame_length - the length of the frame that begins with these 16 bytes
 *
 * EPROTO: no valid length.
 */
int xch_frame_length(const uint8_t *data, uint32_t max);
/**
 * xch_frame_parse - a whole frame
 *
 * Return: 1, or 0 for a frame to ignore.  EPROTO: of an unknown type, or with
 * flags, a channel or a length that its type does not have.
 */
int xch_frame_parse(const uint8_t *data, size_t len, struct xch_frame *f);

/* Each fails with EPROTO if the payload is invalid */
int xch_parse_hello(const struct xch_frame *f, struct xch_hello *out);
int xch_parse_open(const struct xch_frame *f, struct xch_open *out);
int xch_parse_data(const struct xch_frame *f, struct xch_data *out);
int xch_parse_offer(const struct xch_frame *f, struct xch_offer *out);
int xch_parse_blob(const struct xch_frame *f, struct xch_blob *out);
/** xch_parse_errno - arg as a negative errno value */
int xch_parse_errno(const struct xch_frame *f, int *err);
/** xch_parse_numbers - OPENED, CREDIT and BUF_FAILED have two, others one */
void xch_parse_numbers(const struct xch_frame *f, uint32_t *out,
		       unsigned int nr);
/** xch_offer_refs - copy the references of a part */
void xch_offer_refs(const struct xch_offer *offer, uint32_t *out);

/**
 * xch_hello_agree - version and features of a link
 *
 * EPROTONOSUPPORT: no version that both know.  EPROTO: impossible limits.
 */
int xch_hello_agree(const struct xch_hello *ours,
		    const struct xch_hello *theirs, struct xch_terms *out);
/** xch_service_valid - letters, digits and "._-"; not empty, not too long */
bool xch_service_valid(const char *name, size_t len);

/*
 * Each writes a frame, for which there is room, and returns its length
 */
size_t xch_put_plain(uint8_t *out, enum xch_frame_type type, uint32_t channel,
		     uint32_t arg);
size_t xch_put_numbers(uint8_t *out, enum xch_frame_type type, uint32_t channel,
		       uint32_t arg, const uint32_t *numbers, unsigned int nr);
size_t xch_put_hello(uint8_t *out, const struct xch_hello *hello);
size_t xch_put_open(uint8_t *out, uint32_t channel,
		    const struct xch_open *open);
/** xch_put_data - @data->bytes are copied */
size_t xch_put_data(uint8_t *out, uint32_t channel,
		    const struct xch_data *data);
/** xch_put_offer - @refs instead of @offer->refs */
size_t xch_put_offer(uint8_t *out, uint32_t id, const struct xch_offer *offer,
		     const uint32_t *refs);
size_t xch_put_blob(uint8_t *out, uint32_t channel, uint32_t id,
		    const struct xch_blob *blob);

#endif
