// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "link/blob.h"

static struct xch_blobs blobs;
static uint8_t raw[XCH_FRAME_MAX];

static int begin(void **state)
{
	xch_blobs_init(&blobs, 1000);
	return 0;
}

static int end(void **state)
{
	xch_blobs_clear(&blobs);
	return 0;
}

static int receive(uint32_t channel, uint32_t id, uint32_t total, uint32_t at,
		   const char *text)
{
	struct xch_blob b = { .total = total, .at = at };
	struct xch_frame f;
	size_t len;

	b.bytes = (const uint8_t *)text;
	b.len = strlen(text);
	b.end = at + b.len == total;
	len = xch_put_blob(raw, channel, id, &b);
	assert_int_equal(xch_frame_parse(raw, len, &f), 1);
	return xch_blobs_receive(&blobs, &f, 100000);
}

static void blob_of_parts_is_a_sealed_memfd(void **state)
{
	char text[16];
	int fd, empty;

	assert_int_equal(receive(3, 1, 10, 0, "hello"), 0);
	assert_int_equal(xch_blobs_take(&blobs, 3, 1), -EPROTO);
	assert_int_equal(receive(3, 1, 10, 5, "world"), 0);
	assert_int_equal(receive(3, 2, 0, 0, ""), 0);
	fd = xch_blobs_take(&blobs, 3, 1);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 10);
	assert_memory_equal(text, "helloworld", 10);
	assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK |
							 F_SEAL_GROW |
							 F_SEAL_WRITE);
	empty = xch_blobs_take(&blobs, 3, 2);
	assert_true(empty >= 0);
	assert_int_equal(pread(empty, text, sizeof(text), 0), 0);
	/* once */
	assert_int_equal(xch_blobs_take(&blobs, 3, 1), -EPROTO);
	close(fd);
	close(empty);
}

/* Too large for this end: the message fails, the link lives on */
static void blob_too_large_fails_its_message(void **state)
{
	assert_int_equal(receive(3, 1, 1001, 0, "hello"), 0);
	assert_int_equal(blobs.part, -1);
	blobs.part_at = 996;
	assert_int_equal(receive(3, 1, 1001, 996, "world"), 0);
	assert_int_equal(receive(3, 2, 5, 0, "small"), 0);
	assert_int_equal(xch_blobs_take(&blobs, 3, 1), -EFBIG);
	assert_int_equal(xch_blobs_take(&blobs, 3, 2), -EFBIG);
	xch_blobs_clear(&blobs);
	assert_int_equal(receive(5, 3, 5, 0, "small"), 0);
}

static void blob_parts_out_of_order(void **state)
{
	/* begins in the middle */
	assert_int_equal(receive(3, 1, 10, 5, "world"), -EPROTO);
	xch_blobs_clear(&blobs);
	assert_int_equal(receive(3, 1, 10, 0, "hello"), 0);
	/* another one, another channel's, a gap, another size */
	assert_int_equal(receive(3, 2, 10, 0, "hello"), -EPROTO);
	assert_int_equal(receive(4, 1, 10, 5, "world"), -EPROTO);
	assert_int_equal(receive(3, 1, 10, 6, "orld"), -EPROTO);
	assert_int_equal(receive(3, 1, 11, 5, "world!"), -EPROTO);
	assert_int_equal(receive(3, 1, 10, 5, "world"), 0);
	/* an id again */
	assert_int_equal(receive(3, 1, 5, 0, "again"), -EPROTO);
	/* of another channel than the message */
	assert_int_equal(xch_blobs_take(&blobs, 4, 1), -EPROTO);
}

static void blob_no_more_than_a_message_has(void **state)
{
	uint32_t id;

	for (id = 1; id <= XCH_ATTACHMENTS_MAX; id++)
		assert_int_equal(receive(3, id, 1, 0, "x"), 0);
	assert_int_equal(receive(3, id, 1, 0, "x"), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blob_of_parts_is_a_sealed_memfd,
						begin, end),
		cmocka_unit_test_setup_teardown(
			blob_too_large_fails_its_message, begin, end),
		cmocka_unit_test_setup_teardown(blob_parts_out_of_order, begin,
						end),
		cmocka_unit_test_setup_teardown(blob_no_more_than_a_message_has,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
