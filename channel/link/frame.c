// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "link/frame.h"

#define HELLO_BYTES 44U
#define HELLO_GRANTS \
	HELLO_BYTES /* where the first number is that was appended */
#define OPEN_HEADER 12U
#define PAGE 4096U

/* What a frame of each type may have */
static const struct {
	uint32_t min, max; /* bytes of payload */
	uint16_t flags;
	bool channel;
} types[XCH_TYPES_END] = {
	[XCH_HELLO] = { HELLO_BYTES, 1024, 0, false },
	[XCH_OPEN] = { OPEN_HEADER, OPEN_HEADER + XCH_SERVICE_MAX - 1, 0,
		       true },
	[XCH_OPENED] = { 8, 8, 0, true },
	[XCH_REFUSED] = { 0, 0, 0, true },
	[XCH_DATA] = { 0, XCH_PAYLOAD_MAX, XCH_END, true },
	[XCH_CREDIT] = { 8, 8, 0, true },
	[XCH_SHUT] = { 0, 0, 0, true },
	[XCH_RESET] = { 0, 0, 0, true },
	[XCH_BUF_OFFER] = { XCH_OFFER_HEADER + 4, XCH_PAYLOAD_MAX, XCH_END,
			    false },
	[XCH_BUF_MAPPED] = { 0, 0, 0, false },
	[XCH_BUF_FAILED] = { 8, 8, 0, false },
	[XCH_BUF_IDLE] = { 4, 4, 0, false },
	[XCH_BUF_DROP] = { 0, 0, 0, false },
	[XCH_BUF_RETURNED] = { 0, 0, 0, false },
	[XCH_BUF_RECALL] = { 4, 4, 0, false },
	[XCH_BUF_PINNED] = { 4, 4, 0, false },
	[XCH_BLOB] = { XCH_BLOB_HEADER, XCH_PAYLOAD_MAX, XCH_END, true },
	[XCH_SIGNAL] = { 4, 4, 0, false },
	[XCH_PING] = { 0, 0, 0, false },
	[XCH_PONG] = { 0, 0, 0, false },
};

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t xch_get_u32(const uint8_t *p)
{
	return get_u16(p) | (uint32_t)get_u16(p + 2) << 16;
}

static uint64_t get_u64(const uint8_t *p)
{
	return xch_get_u32(p) | (uint64_t)xch_get_u32(p + 4) << 32;
}

static void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, (uint16_t)v);
	put_u16(p + 2, (uint16_t)(v >> 16));
}

static void put_u64(uint8_t *p, uint64_t v)
{
	put_u32(p, (uint32_t)v);
	put_u32(p + 4, (uint32_t)(v >> 32));
}

int xch_frame_length(const uint8_t *data, uint32_t max)
{
	uint32_t len = xch_get_u32(data);

	return len < XCH_FRAME_HEADER || len > max ? -EPROTO : (int)len;
}

int xch_frame_parse(const uint8_t *data, size_t len, struct xch_frame *f)
{
	f->length = xch_get_u32(data);
	f->type = get_u16(data + 4);
	f->flags = get_u16(data + 6);
	f->channel = xch_get_u32(data + 8);
	f->arg = xch_get_u32(data + 12);
	f->payload = data + XCH_FRAME_HEADER;
	f->payload_len = len - XCH_FRAME_HEADER;
	if (f->length != len)
		return -EPROTO;
	if (!f->type || f->type >= XCH_TYPES_END)
		return f->flags & XCH_OPTIONAL ? 0 : -EPROTO;
	if (f->payload_len < types[f->type].min ||
	    f->payload_len > types[f->type].max ||
	    f->flags & ~types[f->type].flags ||
	    !f->channel == types[f->type].channel)
		return -EPROTO;
	return 1;
}

int xch_parse_hello(const struct xch_frame *f, struct xch_hello *out)
{
	const uint8_t *p = f->payload;

	out->version_min = get_u16(p);
	out->version_max = get_u16(p + 2);
	out->frame_max = xch_get_u32(p + 4);
	out->features = get_u64(p + 8);
	out->nonce = get_u64(p + 16);
	out->buffer_pages = xch_get_u32(p + 24);
	out->total_pages = xch_get_u32(p + 28);
	out->buffers = xch_get_u32(p + 32);
	out->channels = xch_get_u32(p + 36);
	out->fences = xch_get_u32(p + 40);
	out->grants = f->payload_len < HELLO_GRANTS + 4
			      ? 0
			      : xch_get_u32(p + HELLO_GRANTS);
	return out->version_min && out->version_min <= out->version_max
		       ? 0
		       : -EPROTO;
}

bool xch_service_valid(const char *name, size_t len)
{
	size_t i;

	if (!len || len >= XCH_SERVICE_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    (!name[i] || !strchr("._-", name[i])))
			return false;
	return true;
}

int xch_parse_open(const struct xch_frame *f, struct xch_open *out)
{
	size_t len = f->payload_len - OPEN_HEADER;

	if (f->arg != XCH_STREAM && f->arg != XCH_SEQPACKET)
		return -EPROTO;
	out->type = (enum xch_channel_type)f->arg;
	out->bytes = xch_get_u32(f->payload);
	out->attachments = xch_get_u32(f->payload + 4);
	out->parent = xch_get_u32(f->payload + 8);
	memcpy(out->service, f->payload + OPEN_HEADER, len);
	out->service[len] = '\0';
	if (out->parent)
		return len ? -EPROTO : 0;
	return xch_service_valid(out->service, len) ? 0 : -EPROTO;
}

static int parse_attachment(const uint8_t *p, struct xch_attachment *out)
{
	uint32_t kind = xch_get_u32(p);

	if (!kind || kind >= XCH_ATTACH_KINDS_END)
		return -EPROTO;
	out->kind = (enum xch_attachment_kind)kind;
	out->id = xch_get_u32(p + 4);
	return 0;
}

int xch_parse_data(const struct xch_frame *f, struct xch_data *out)
{
	size_t skip;
	unsigned int i;

	if (f->arg > XCH_ATTACHMENTS_MAX)
		return -EPROTO;
	skip = f->arg * (size_t)XCH_ATTACHMENT_BYTES;
	if (f->payload_len < skip || f->payload_len - skip > XCH_DATAGRAM_MAX)
		return -EPROTO;
	out->nr_attachments = f->arg;
	for (i = 0; i < f->arg; i++)
		if (parse_attachment(f->payload + i * XCH_ATTACHMENT_BYTES,
				     &out->attachments[i]))
			return -EPROTO;
	out->bytes = f->payload + skip;
	out->len = f->payload_len - skip;
	out->end = f->flags & XCH_END;
	out->weight = 0;
	return 0;
}

int xch_parse_offer(const struct xch_frame *f, struct xch_offer *out)
{
	const uint8_t *p = f->payload;
	size_t refs = f->payload_len - XCH_OFFER_HEADER;

	out->pages = xch_get_u32(p);
	out->flags = xch_get_u32(p + 4);
	out->bytes = get_u64(p + 8);
	out->first = xch_get_u32(p + 16);
	out->nr = xch_get_u32(p + 20);
	out->refs = p + XCH_OFFER_HEADER;
	out->end = f->flags & XCH_END;
	if (!out->nr || refs % 4 || out->nr != refs / 4 ||
	    out->flags & ~XCH_OFFER_READ_ONLY)
		return -EPROTO;
	/* the last page is used, if not all of it */
	if (out->bytes > (uint64_t)out->pages * PAGE ||
	    out->bytes + PAGE <= (uint64_t)out->pages * PAGE)
		return -EPROTO;
	if (out->first > out->pages || out->nr > out->pages - out->first ||
	    out->end != (out->first + out->nr == out->pages))
		return -EPROTO;
	return 0;
}

int xch_parse_blob(const struct xch_frame *f, struct xch_blob *out)
{
	out->total = xch_get_u32(f->payload);
	out->at = xch_get_u32(f->payload + 4);
	out->bytes = f->payload + XCH_BLOB_HEADER;
	out->len = f->payload_len - XCH_BLOB_HEADER;
	out->end = f->flags & XCH_END;
	if (out->at > out->total || out->len > out->total - out->at ||
	    out->end != (out->at + out->len == out->total) ||
	    (!out->len && out->total))
		return -EPROTO;
	return 0;
}

int xch_parse_errno(const struct xch_frame *f, int *err)
{
	if (!f->arg || f->arg > XCH_ERRNO_MAX)
		return -EPROTO;
	*err = -(int)f->arg;
	return 0;
}

void xch_parse_numbers(const struct xch_frame *f, uint32_t *out,
		       unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		out[i] = xch_get_u32(f->payload + i * 4);
}

void xch_offer_refs(const struct xch_offer *offer, uint32_t *out)
{
	uint32_t i;

	for (i = 0; i < offer->nr; i++)
		out[i] = xch_get_u32(offer->refs + i * 4);
}

int xch_hello_agree(const struct xch_hello *ours,
		    const struct xch_hello *theirs, struct xch_terms *out)
{
	if (theirs->version_max < ours->version_min ||
	    theirs->version_min > ours->version_max)
		return -EPROTONOSUPPORT;
	/* a turn must fit into a frame, with all attachments */
	if (theirs->frame_max <
	    XCH_FRAME_HEADER + XCH_TURN_MAX +
		    XCH_ATTACHMENTS_MAX * XCH_ATTACHMENT_BYTES)
		return -EPROTO;
	out->version = ours->version_max < theirs->version_max
			       ? ours->version_max
			       : theirs->version_max;
	out->features = ours->features & theirs->features;
	out->frame_max = ours->frame_max < theirs->frame_max
				 ? ours->frame_max
				 : theirs->frame_max;
	return 0;
}

static size_t put_header(uint8_t *out, enum xch_frame_type type, uint16_t flags,
			 uint32_t channel, uint32_t arg, size_t payload)
{
	put_u32(out, (uint32_t)(XCH_FRAME_HEADER + payload));
	put_u16(out + 4, (uint16_t)type);
	put_u16(out + 6, flags);
	put_u32(out + 8, channel);
	put_u32(out + 12, arg);
	return XCH_FRAME_HEADER + payload;
}

size_t xch_put_plain(uint8_t *out, enum xch_frame_type type, uint32_t channel,
		     uint32_t arg)
{
	return put_header(out, type, 0, channel, arg, 0);
}

size_t xch_put_numbers(uint8_t *out, enum xch_frame_type type, uint32_t channel,
		       uint32_t arg, const uint32_t *numbers, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		put_u32(out + XCH_FRAME_HEADER + i * 4, numbers[i]);
	return put_header(out, type, 0, channel, arg, nr * 4);
}

size_t xch_put_hello(uint8_t *out, const struct xch_hello *hello)
{
	uint8_t *p = out + XCH_FRAME_HEADER;

	put_u16(p, hello->version_min);
	put_u16(p + 2, hello->version_max);
	put_u32(p + 4, hello->frame_max);
	put_u64(p + 8, hello->features);
	put_u64(p + 16, hello->nonce);
	put_u32(p + 24, hello->buffer_pages);
	put_u32(p + 28, hello->total_pages);
	put_u32(p + 32, hello->buffers);
	put_u32(p + 36, hello->channels);
	put_u32(p + 40, hello->fences);
	put_u32(p + HELLO_GRANTS, hello->grants);
	return put_header(out, XCH_HELLO, 0, 0, 0, HELLO_GRANTS + 4);
}

size_t xch_put_open(uint8_t *out, uint32_t channel, const struct xch_open *open)
{
	uint8_t *p = out + XCH_FRAME_HEADER;
	size_t len = strlen(open->service);

	put_u32(p, open->bytes);
	put_u32(p + 4, open->attachments);
	put_u32(p + 8, open->parent);
	memcpy(p + OPEN_HEADER, open->service, len);
	return put_header(out, XCH_OPEN, 0, channel, open->type,
			  OPEN_HEADER + len);
}

size_t xch_put_data(uint8_t *out, uint32_t channel, const struct xch_data *data)
{
	uint8_t *p = out + XCH_FRAME_HEADER;
	unsigned int i;

	for (i = 0; i < data->nr_attachments; i++) {
		put_u32(p, data->attachments[i].kind);
		put_u32(p + 4, data->attachments[i].id);
		p += XCH_ATTACHMENT_BYTES;
	}
	if (data->len)
		memcpy(p, data->bytes, data->len);
	return put_header(out, XCH_DATA, data->end ? XCH_END : 0, channel,
			  data->nr_attachments,
			  data->nr_attachments * XCH_ATTACHMENT_BYTES +
				  data->len);
}

size_t xch_put_offer(uint8_t *out, uint32_t id, const struct xch_offer *offer,
		     const uint32_t *refs)
{
	uint8_t *p = out + XCH_FRAME_HEADER;
	uint32_t i;

	put_u32(p, offer->pages);
	put_u32(p + 4, offer->flags);
	put_u64(p + 8, offer->bytes);
	put_u32(p + 16, offer->first);
	put_u32(p + 20, offer->nr);
	for (i = 0; i < offer->nr; i++)
		put_u32(p + XCH_OFFER_HEADER + i * 4, refs[i]);
	return put_header(out, XCH_BUF_OFFER, offer->end ? XCH_END : 0, 0, id,
			  XCH_OFFER_HEADER + offer->nr * 4);
}

size_t xch_put_blob(uint8_t *out, uint32_t channel, uint32_t id,
		    const struct xch_blob *blob)
{
	uint8_t *p = out + XCH_FRAME_HEADER;

	put_u32(p, blob->total);
	put_u32(p + 4, blob->at);
	if (blob->len)
		memcpy(p + XCH_BLOB_HEADER, blob->bytes, blob->len);
	return put_header(out, XCH_BLOB, blob->end ? XCH_END : 0, channel, id,
			  XCH_BLOB_HEADER + blob->len);
}
