// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <stdlib.h>

#include "link/frame.h"

static uint8_t raw[XCH_FRAME_MAX];
static struct xch_frame frame;

static int parse(size_t len)
{
	assert_true(xch_frame_length(raw, XCH_FRAME_MAX) == (int)len);
	return xch_frame_parse(raw, len, &frame);
}

/* Overwrites @bytes of a frame with a little-endian number */
static void set(size_t at, uint32_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		raw[at++] = (uint8_t)value;
}

static void frame_header_layout(void **state)
{
	static const uint8_t expected[] = {
		24, 0, 0, 0, 6, 0, 0, 0, 4, 3, 2, 1,
		0,  0, 0, 0, 1, 0, 2, 0, 5, 0, 0, 0,
	};
	uint32_t credit[] = { 0x20001, 5 };

	assert_int_equal(xch_put_numbers(raw, XCH_CREDIT, 0x1020304, 0, credit,
					 2),
			 sizeof(expected));
	assert_memory_equal(raw, expected, sizeof(expected));
}

static void frame_lengths_checked(void **state)
{
	memset(raw, 0, XCH_FRAME_HEADER);
	assert_int_equal(xch_frame_length(raw, XCH_FRAME_MAX), -EPROTO);
	set(0, 15, 4);
	assert_int_equal(xch_frame_length(raw, XCH_FRAME_MAX), -EPROTO);
	set(0, XCH_FRAME_MAX + 1, 4);
	assert_int_equal(xch_frame_length(raw, XCH_FRAME_MAX), -EPROTO);
	set(0, UINT32_MAX, 4);
	assert_int_equal(xch_frame_length(raw, XCH_FRAME_MAX), -EPROTO);
	set(0, XCH_FRAME_MAX, 4);
	assert_int_equal(xch_frame_length(raw, XCH_FRAME_MAX), XCH_FRAME_MAX);
}

static void frame_unknown_types(void **state)
{
	size_t len = xch_put_plain(raw, XCH_TYPES_END, 0, 0);

	assert_int_equal(parse(len), -EPROTO);
	set(6, XCH_OPTIONAL, 2);
	assert_int_equal(parse(len), 0);
	set(4, 0, 2);
	assert_int_equal(parse(len), 0);
	/* a known type is never optional */
	set(4, XCH_PING, 2);
	assert_int_equal(parse(len), -EPROTO);
	set(6, 0, 2);
	assert_int_equal(parse(len), 1);
}

static void frame_channel_where_it_belongs(void **state)
{
	assert_int_equal(parse(xch_put_plain(raw, XCH_PING, 1, 0)), -EPROTO);
	assert_int_equal(parse(xch_put_plain(raw, XCH_SHUT, 0, 0)), -EPROTO);
	assert_int_equal(parse(xch_put_plain(raw, XCH_SHUT, 1, 0)), 1);
	/* and no payload where there is none */
	set(0, 17, 4);
	assert_int_equal(parse(17), -EPROTO);
}

static struct xch_hello example_hello(void)
{
	return (struct xch_hello){
		.version_min = 1,
		.version_max = 3,
		.frame_max = XCH_FRAME_MAX,
		.features = XCH_FEATURE_BUFFERS | 1ULL << 40,
		.nonce = 0x0123456789abcdefULL,
		.buffer_pages = 65536,
		.total_pages = 1 << 20,
		.buffers = 512,
		.channels = 64,
		.fences = 256,
		.grants = 31744,
	};
}

static void frame_hello_round_trip(void **state)
{
	struct xch_hello hello = example_hello(), back;
	size_t len = xch_put_hello(raw, &hello);

	assert_int_equal(parse(len), 1);
	assert_int_equal(xch_parse_hello(&frame, &back), 0);
	assert_int_equal(back.version_min, 1);
	assert_int_equal(back.version_max, 3);
	assert_int_equal(back.frame_max, XCH_FRAME_MAX);
	assert_true(back.features == hello.features);
	assert_true(back.nonce == hello.nonce);
	assert_int_equal(back.buffer_pages, 65536);
	assert_int_equal(back.total_pages, 1 << 20);
	assert_int_equal(back.buffers, 512);
	assert_int_equal(back.channels, 64);
	assert_int_equal(back.fences, 256);
	assert_int_equal(back.grants, 31744);
	/* a later version may say more, and must not say less */
	set(0, (uint32_t)len + 12, 4);
	assert_int_equal(parse(len + 12), 1);
	/* as before grants were told */
	set(0, (uint32_t)len - 4, 4);
	assert_int_equal(parse(len - 4), 1);
	assert_int_equal(xch_parse_hello(&frame, &back), 0);
	assert_int_equal(back.fences, 256);
	assert_int_equal(back.grants, 0);
	set(0, (uint32_t)len - 5, 4);
	assert_int_equal(parse(len - 5), -EPROTO);
}

static void frame_hello_versions(void **state)
{
	struct xch_hello ours = example_hello(), theirs = ours;
	struct xch_terms terms;

	ours.version_min = 2;
	theirs.version_max = 2;
	theirs.features = XCH_FEATURE_BUFFERS;
	theirs.frame_max = 32768;
	assert_int_equal(xch_hello_agree(&ours, &theirs, &terms), 0);
	assert_int_equal(terms.version, 2);
	assert_true(terms.features == XCH_FEATURE_BUFFERS);
	assert_int_equal(terms.frame_max, 32768);
	theirs.version_max = 1;
	assert_int_equal(xch_hello_agree(&ours, &theirs, &terms),
			 -EPROTONOSUPPORT);
	theirs.version_min = 4;
	theirs.version_max = 5;
	assert_int_equal(xch_hello_agree(&ours, &theirs, &terms),
			 -EPROTONOSUPPORT);
	theirs.version_min = 1;
	theirs.frame_max = 1024;
	assert_int_equal(xch_hello_agree(&ours, &theirs, &terms), -EPROTO);
	/* backwards, and version 0 */
	theirs = example_hello();
	theirs.version_min = 4;
	assert_int_equal(parse(xch_put_hello(raw, &theirs)), 1);
	assert_int_equal(xch_parse_hello(&frame, &ours), -EPROTO);
	theirs.version_min = 0;
	assert_int_equal(parse(xch_put_hello(raw, &theirs)), 1);
	assert_int_equal(xch_parse_hello(&frame, &ours), -EPROTO);
}

static int reparse_open(const struct xch_open *open, struct xch_open *back)
{
	int ret = parse(xch_put_open(raw, 7, open));

	return ret < 0 ? ret : xch_parse_open(&frame, back);
}

static void frame_open_round_trip(void **state)
{
	struct xch_open open = {
		.type = XCH_SEQPACKET,
		.bytes = 131072,
		.attachments = 32,
		.service = "org.example.camera_1-a",
	};
	struct xch_open back;

	assert_int_equal(reparse_open(&open, &back), 0);
	assert_int_equal(frame.channel, 7);
	assert_int_equal(back.type, XCH_SEQPACKET);
	assert_int_equal(back.bytes, 131072);
	assert_int_equal(back.attachments, 32);
	assert_int_equal(back.parent, 0);
	assert_string_equal(back.service, open.service);
	/* a channel that a program sends has no name */
	open.parent = 5;
	assert_int_equal(reparse_open(&open, &back), -EPROTO);
	open.service[0] = '\0';
	assert_int_equal(reparse_open(&open, &back), 0);
	assert_int_equal(back.parent, 5);
	open.parent = 0;
	assert_int_equal(reparse_open(&open, &back), -EPROTO);
	open.type = 3;
	strcpy(open.service, "x");
	assert_int_equal(reparse_open(&open, &back), -EPROTO);
}

static void frame_service_names(void **state)
{
	static const char *const wrong[] = { "", "a b", "a/b", "a\n",
					     "\xc3\xa4" };
	char name[XCH_SERVICE_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(xch_service_valid(wrong[i], strlen(wrong[i])));
	/* a NUL inside */
	assert_false(xch_service_valid("ab\0c", 4));
	memset(name, 'a', sizeof(name));
	assert_true(xch_service_valid(name, XCH_SERVICE_MAX - 1));
	assert_false(xch_service_valid(name, XCH_SERVICE_MAX));
}

static void frame_data_round_trip(void **state)
{
	static const uint8_t bytes[XCH_DATAGRAM_MAX] = { 1, 2, 3 };
	struct xch_data data = { .bytes = bytes, .len = 3, .end = true }, back;
	unsigned int i;

	for (i = 0; i < XCH_ATTACHMENTS_MAX; i++) {
		data.attachments[i].kind = 1 + i % (XCH_ATTACH_KINDS_END - 1);
		data.attachments[i].id = i * 3;
	}
	data.nr_attachments = XCH_ATTACHMENTS_MAX;
	assert_int_equal(parse(xch_put_data(raw, 2, &data)), 1);
	assert_int_equal(xch_parse_data(&frame, &back), 0);
	assert_int_equal(back.nr_attachments, XCH_ATTACHMENTS_MAX);
	for (i = 0; i < XCH_ATTACHMENTS_MAX; i++) {
		assert_int_equal(back.attachments[i].kind,
				 data.attachments[i].kind);
		assert_int_equal(back.attachments[i].id, i * 3);
	}
	assert_int_equal(back.len, 3);
	assert_memory_equal(back.bytes, bytes, 3);
	assert_true(back.end);
	/* the largest, without its end */
	data.end = false;
	data.len = XCH_DATAGRAM_MAX;
	assert_int_equal(parse(xch_put_data(raw, 2, &data)), 1);
	assert_int_equal(xch_parse_data(&frame, &back), 0);
	assert_int_equal(back.len, XCH_DATAGRAM_MAX);
	assert_false(back.end);
}

static void frame_data_refused(void **state)
{
	struct xch_data data = { .nr_attachments = 2 }, back;
	size_t len;

	data.attachments[0].kind = data.attachments[1].kind = XCH_ATTACH_BLOB;
	len = xch_put_data(raw, 2, &data);
	/* more than there are */
	set(12, 3, 4);
	assert_int_equal(parse(len), 1);
	assert_int_equal(xch_parse_data(&frame, &back), -EPROTO);
	set(12, UINT32_MAX, 4);
	assert_int_equal(parse(len), 1);
	assert_int_equal(xch_parse_data(&frame, &back), -EPROTO);
	/* of no kind */
	set(12, 2, 4);
	set(XCH_FRAME_HEADER + 8, XCH_ATTACH_KINDS_END, 4);
	assert_int_equal(parse(len), 1);
	assert_int_equal(xch_parse_data(&frame, &back), -EPROTO);
	/* more bytes than a datagram may have */
	memset(raw, 0, sizeof(raw));
	data.nr_attachments = 0;
	xch_put_data(raw, 2, &data);
	set(0, XCH_FRAME_HEADER + XCH_DATAGRAM_MAX + 1, 4);
	assert_int_equal(parse(XCH_FRAME_HEADER + XCH_DATAGRAM_MAX + 1), 1);
	assert_int_equal(xch_parse_data(&frame, &back), -EPROTO);
}

static int reparse_offer(const struct xch_offer *offer, const uint32_t *refs,
			 struct xch_offer *back)
{
	int ret = parse(xch_put_offer(raw, 9, offer, refs));

	return ret < 0 ? ret : xch_parse_offer(&frame, back);
}

static void frame_offer_round_trip(void **state)
{
	uint32_t refs[XCH_OFFER_REFS_MAX], got[XCH_OFFER_REFS_MAX];
	struct xch_offer offer = {
		.pages = XCH_OFFER_REFS_MAX + 1,
		.flags = XCH_OFFER_READ_ONLY,
		.bytes = (uint64_t)XCH_OFFER_REFS_MAX * 4096 + 1,
		.nr = XCH_OFFER_REFS_MAX,
	};
	struct xch_offer back;
	uint32_t i;

	for (i = 0; i < XCH_OFFER_REFS_MAX; i++)
		refs[i] = i * 5 + 0x10000000;
	assert_int_equal(reparse_offer(&offer, refs, &back), 0);
	assert_true(frame.length <= XCH_FRAME_HEADER + XCH_TURN_MAX);
	assert_int_equal(frame.arg, 9);
	assert_int_equal(back.pages, offer.pages);
	assert_int_equal(back.flags, XCH_OFFER_READ_ONLY);
	assert_true(back.bytes == offer.bytes);
	assert_false(back.end);
	xch_offer_refs(&back, got);
	assert_memory_equal(got, refs, sizeof(refs));
	offer.first = XCH_OFFER_REFS_MAX;
	offer.nr = 1;
	offer.end = true;
	assert_int_equal(reparse_offer(&offer, refs, &back), 0);
	assert_true(back.end);
}

static void frame_offer_refused(void **state)
{
	const struct xch_offer good = {
		.pages = 4,
		.bytes = 4 * 4096 - 100,
		.first = 2,
		.nr = 2,
		.end = true,
	};
	struct xch_offer o = good, back;
	uint32_t refs[8] = { 0 };

	assert_int_equal(reparse_offer(&o, refs, &back), 0);
	o.flags = 2;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	o = good;
	o.bytes = 4 * 4096 + 1;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	o.bytes = 3 * 4096;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	o = good;
	o.first = 3;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	o.first = UINT32_MAX;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	o = good;
	o.end = false;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	o.first = 0;
	o.end = true;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	/* nothing at all */
	memset(&o, 0, sizeof(o));
	o.end = true;
	assert_int_equal(reparse_offer(&o, refs, &back), -EPROTO);
	/* a number of references that is not that of the frame */
	o = good;
	xch_put_offer(raw, 9, &o, refs);
	set(0, XCH_FRAME_HEADER + XCH_OFFER_HEADER + 4, 4);
	assert_int_equal(parse(XCH_FRAME_HEADER + XCH_OFFER_HEADER + 4), 1);
	assert_int_equal(xch_parse_offer(&frame, &back), -EPROTO);
}

static int reparse_blob(const struct xch_blob *blob, struct xch_blob *back)
{
	int ret = parse(xch_put_blob(raw, 3, 1, blob));

	return ret < 0 ? ret : xch_parse_blob(&frame, back);
}

static void frame_blob_parts(void **state)
{
	static const uint8_t bytes[10] = "keymap";
	struct xch_blob blob = { .total = 30, .at = 10, .bytes = bytes };
	struct xch_blob back;

	blob.len = 10;
	assert_int_equal(reparse_blob(&blob, &back), 0);
	assert_memory_equal(back.bytes, bytes, 10);
	blob.at = 20;
	assert_int_equal(reparse_blob(&blob, &back), -EPROTO);
	blob.end = true;
	assert_int_equal(reparse_blob(&blob, &back), 0);
	blob.at = 21;
	assert_int_equal(reparse_blob(&blob, &back), -EPROTO);
	blob.at = UINT32_MAX;
	assert_int_equal(reparse_blob(&blob, &back), -EPROTO);
	/* no progress */
	blob.at = 10;
	blob.len = 0;
	blob.end = false;
	assert_int_equal(reparse_blob(&blob, &back), -EPROTO);
	/* but an empty file is a file */
	blob.at = blob.total = 0;
	blob.end = true;
	assert_int_equal(reparse_blob(&blob, &back), 0);
}

static void frame_errno_values(void **state)
{
	int err;

	parse(xch_put_plain(raw, XCH_RESET, 1, EPIPE));
	assert_int_equal(xch_parse_errno(&frame, &err), 0);
	assert_int_equal(err, -EPIPE);
	parse(xch_put_plain(raw, XCH_RESET, 1, 0));
	assert_int_equal(xch_parse_errno(&frame, &err), -EPROTO);
	parse(xch_put_plain(raw, XCH_RESET, 1, XCH_ERRNO_MAX + 1));
	assert_int_equal(xch_parse_errno(&frame, &err), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_header_layout),
		cmocka_unit_test(frame_lengths_checked),
		cmocka_unit_test(frame_unknown_types),
		cmocka_unit_test(frame_channel_where_it_belongs),
		cmocka_unit_test(frame_hello_round_trip),
		cmocka_unit_test(frame_hello_versions),
		cmocka_unit_test(frame_open_round_trip),
		cmocka_unit_test(frame_service_names),
		cmocka_unit_test(frame_data_round_trip),
		cmocka_unit_test(frame_data_refused),
		cmocka_unit_test(frame_offer_round_trip),
		cmocka_unit_test(frame_offer_refused),
		cmocka_unit_test(frame_blob_parts),
		cmocka_unit_test(frame_errno_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
