// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "share/refs.h"

static int read_text(const char *text, struct xt_picture *pic, uint32_t **refs)
{
	*refs = NULL;
	return xt_refs_read(text, strlen(text), pic, refs);
}

static void test_round_trip(void **state)
{
	struct xt_picture pic = {
		.pages = 3,
		.width = 50,
		.height = 40,
		.stride = 200,
		.format = XT_SHARE_XRGB8888,
		.rdonly = true,
	};
	struct xt_picture got;
	uint32_t *refs;
	char *header;
	char text[512];

	(void)state;
	header = xt_refs_header(&pic);
	assert_string_equal(
		header,
		"xen-dmabuf 1 pages=3 width=50 height=40 stride=200 format=XR24 readonly=1\n");
	snprintf(text, sizeof(text), "%s8-10\n", header);
	free(header);
	assert_int_equal(read_text(text, &got, &refs), 0);
	assert_int_equal(got.pages, 3);
	assert_int_equal(got.width, 50);
	assert_int_equal(got.height, 40);
	assert_int_equal(got.stride, 200);
	assert_int_equal(got.format, XT_SHARE_XRGB8888);
	assert_true(got.rdonly);
	assert_int_equal(refs[0], 8);
	assert_int_equal(refs[2], 10);
	free(refs);

	pic = (struct xt_picture){ .pages = 1 };
	header = xt_refs_header(&pic);
	assert_string_equal(header, "xen-dmabuf 1 pages=1 readonly=0\n");
	free(header);
}

static void test_plain(void **state)
{
	struct xt_picture pic;
	uint32_t *refs;

	(void)state;
	assert_int_equal(read_text("5, 6\n9", &pic, &refs), 0);
	assert_int_equal(pic.pages, 3);
	assert_int_equal(pic.width, 0);
	assert_false(pic.rdonly);
	assert_int_equal(refs[1], 6);
	free(refs);
	/* something that a later version says is passed over */
	assert_int_equal(read_text("xen-dmabuf 1 pages=1 colour=deep\n5\n",
				   &pic, &refs),
			 0);
	free(refs);
}

static void test_broken(void **state)
{
	static const char *const broken[] = {
		"xen-dmabuf",
		"xen-dmabuf\n5\n",
		"xen-dmabuf 1 pages=2\n5\n",
		"xen-dmabuf 1 pages=1\n5 6\n",
		"xen-dmabuf 1 pages=1",
		"xen-dmabuf 1 pages=0\n5\n",
		"xen-dmabuf 1 pages\n5\n",
		"xen-dmabuf 1 pages=x\n5\n",
		"xen-dmabuf 1 pages=4294967297\n5\n",
		"xen-dmabuf 1 pages=65536\n5\n",
		"xen-dmabuf one pages=1\n5\n",
		"xen-dmabufs 1 pages=1\n5\n",
		"xen-dmabuf 1 pages=1 readonly=2\n5\n",
		/* a picture larger than its pages */
		"xen-dmabuf 1 pages=1 width=33 height=32 stride=132 format=XR24\n5\n",
		/* rows that overlap */
		"xen-dmabuf 1 pages=1 width=32 height=32 stride=124 format=XR24\n5\n",
		"xen-dmabuf 1 pages=1 width=32 height=32 stride=128\n5\n",
		"xen-dmabuf 1 pages=1 width=32 height=32 stride=128 format=XR2\n5\n",
		"xen-dmabuf 1 pages=1 width=32 stride=128 format=XR24\n5\n",
		/* 2^32 bytes must not become none */
		"xen-dmabuf 1 pages=1 width=1 height=1073741824 stride=4 format=XR24\n5\n",
	};
	char long_line[2048];
	struct xt_picture pic;
	uint32_t *refs;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		int err = read_text(broken[i], &pic, &refs);

		if (err != -EPROTO)
			fail_msg("'%s': %d", broken[i], err);
		assert_null(refs);
	}
	assert_int_equal(read_text("xen-dmabuf 2 pages=1\n5\n", &pic, &refs),
			 -EPROTONOSUPPORT);
	assert_int_equal(read_text("xen-dmabuf 1 pages=1\nfive\n", &pic, &refs),
			 -EINVAL);
	assert_int_equal(read_text("", &pic, &refs), -ERANGE);
	assert_int_equal(xt_refs_read("xen-dmabuf 1\0pages=1\n5\n", 23, &pic,
				      &refs),
			 -EPROTO);
	memset(long_line, 'x', sizeof(long_line));
	memcpy(long_line, "xen-dmabuf 1 ", 13);
	assert_int_equal(xt_refs_read(long_line, sizeof(long_line), &pic,
				      &refs),
			 -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
