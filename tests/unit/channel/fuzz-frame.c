// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer: the frames of a peer.  What parses is encoded again, to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "link/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t again[XCH_FRAME_MAX];

static void must(bool good)
{
	if (!good)
		abort();
}

static size_t encode_open(const struct xch_frame *f)
{
	struct xch_open open;

	return xch_parse_open(f, &open)
		       ? 0
		       : xch_put_open(again, f->channel, &open);
}

static size_t encode_data(const struct xch_frame *f)
{
	struct xch_data data;

	return xch_parse_data(f, &data)
		       ? 0
		       : xch_put_data(again, f->channel, &data);
}

static size_t encode_offer(const struct xch_frame *f)
{
	static uint32_t refs[XCH_PAYLOAD_MAX / 4];
	struct xch_offer offer;

	if (xch_parse_offer(f, &offer))
		return 0;
	must(offer.first + offer.nr <= offer.pages);
	xch_offer_refs(&offer, refs);
	return xch_put_offer(again, f->arg, &offer, refs);
}

static size_t encode_blob(const struct xch_frame *f)
{
	struct xch_blob blob;

	if (xch_parse_blob(f, &blob))
		return 0;
	must(blob.at + blob.len <= blob.total);
	return xch_put_blob(again, f->channel, f->arg, &blob);
}

static void check_hello(const struct xch_frame *f)
{
	struct xch_hello ours = { 1, 3, XCH_FRAME_MAX, 1, 0, 1, 1, 1, 1, 1, 1 };
	struct xch_hello theirs;
	struct xch_terms terms;

	if (xch_parse_hello(f, &theirs) ||
	    xch_hello_agree(&ours, &theirs, &terms))
		return;
	must(terms.version >= 1 && terms.version <= 3);
	must(terms.frame_max > XCH_TURN_MAX &&
	     terms.frame_max <= XCH_FRAME_MAX);
}

static size_t encode(const struct xch_frame *f)
{
	uint32_t numbers[2];

	switch (f->type) {
	case XCH_HELLO:
		check_hello(f);
		return 0;
	case XCH_OPEN:
		return encode_open(f);
	case XCH_DATA:
		return encode_data(f);
	case XCH_BUF_OFFER:
		return encode_offer(f);
	case XCH_BLOB:
		return encode_blob(f);
	default:
		xch_parse_numbers(f, numbers, (unsigned int)f->payload_len / 4);
		return xch_put_numbers(again, f->type, f->channel, f->arg,
				       numbers,
				       (unsigned int)f->payload_len / 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct xch_frame f;
	size_t n;

	while (len >= XCH_FRAME_HEADER) {
		int whole = xch_frame_length(data, XCH_FRAME_MAX);
		uint8_t *copy;

		if (whole < 0 || (size_t)whole > len)
			return 0;
		/* so that the sanitizer sees a read behind the frame */
		copy = malloc((size_t)whole);
		must(copy != NULL);
		memcpy(copy, data, (size_t)whole);
		if (xch_frame_parse(copy, (size_t)whole, &f) == 1) {
			n = encode(&f);
			must(!n ||
			     (n == (size_t)whole && !memcmp(again, copy, n)));
		}
		free(copy);
		data += whole;
		len -= (size_t)whole;
	}
	return 0;
}
