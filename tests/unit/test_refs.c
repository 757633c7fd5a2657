// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <xendmabuf.h>

#include "fake.h"

static int parse_text(const char *text, uint32_t **refs, size_t *nr)
{
	return xendmabuf_refs_parse(text, strlen(text), refs, nr);
}

static void expect(const char *text, const uint32_t *want, size_t nr_want)
{
	uint32_t *refs;
	size_t nr;

	assert_int_equal(parse_text(text, &refs, &nr), 0);
	assert_int_equal(nr, nr_want);
	assert_memory_equal(refs, want, nr * sizeof(*refs));
	free(refs);
}

static void expect_error(const char *text, int err)
{
	uint32_t *refs = (uint32_t *)-1;
	size_t nr = 1;

	print_message("\"%.30s\"\n", text);
	assert_int_equal(parse_text(text, &refs, &nr), err);
	assert_null(refs);
	assert_int_equal(nr, 0);
}

static void refs_list_parsed(void **state)
{
	(void)state;
	expect("8", (uint32_t[]){ 8 }, 1);
	expect("0", (uint32_t[]){ 0 }, 1);
	expect("8 9,10\n11\r\n\t12,", (uint32_t[]){ 8, 9, 10, 11, 12 }, 5);
	expect(" ,, 7 ,,\n", (uint32_t[]){ 7 }, 1);
	expect("5 5 5", (uint32_t[]){ 5, 5, 5 }, 3);
	expect("9 3", (uint32_t[]){ 9, 3 }, 2);
	expect("4294967295", (uint32_t[]){ UINT32_MAX }, 1);
	expect("0000000000000000000012", (uint32_t[]){ 12 }, 1);
}

static void refs_ranges_parsed(void **state)
{
	(void)state;
	expect("8-11", (uint32_t[]){ 8, 9, 10, 11 }, 4);
	expect("8-8", (uint32_t[]){ 8 }, 1);
	expect("1-2,20-21 3", (uint32_t[]){ 1, 2, 20, 21, 3 }, 5);
	expect("4294967294-4294967295",
	       (uint32_t[]){ UINT32_MAX - 1, UINT32_MAX }, 2);
}

static void refs_bad_text_refused(void **state)
{
	static const char *const texts[] = {
		"x",
		"8x",
		"x8",
		"8;9",
		"-",
		"-8",
		"8-",
		"8- 9",
		"8 -9",
		"8--9",
		"8-9-10",
		"9-8",
		"0x10",
		"+8",
		"1.5",
		"4294967296",
		"1-99999999999999999999",
		"99999999999999999999999999",
		"8 \v 9",
		"\xff",
		"8\302\2409",
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(texts); i++)
		expect_error(texts[i], -EINVAL);
}

static void refs_empty_text_refused(void **state)
{
	uint32_t *refs;
	size_t nr;

	(void)state;
	expect_error("", -ERANGE);
	expect_error(" ,\n", -ERANGE);
	assert_int_equal(xendmabuf_refs_parse(NULL, 0, &refs, &nr), -ERANGE);
}

static void refs_too_many_refused(void **state)
{
	uint32_t *refs;
	size_t nr;

	(void)state;
	expect_error("0-4294967295", -ERANGE);
	expect_error("0-65535", -ERANGE);
	expect_error("1-65535 1", -ERANGE);
	expect_error("1 1-65535", -ERANGE);
	assert_int_equal(parse_text("1-65535", &refs, &nr), 0);
	assert_int_equal(nr, 65535);
	assert_int_equal(refs[0], 1);
	assert_int_equal(refs[65534], 65535);
	free(refs);
}

/* The length ends the text, even in the middle of a number */
static void refs_text_without_terminator_parsed(void **state)
{
	uint32_t *refs;
	size_t nr;
	char *text;

	(void)state;
	text = malloc(5);
	assert_non_null(text);
	memcpy(text, "12-13", 5);
	assert_int_equal(xendmabuf_refs_parse(text, 2, &refs, &nr), 0);
	assert_int_equal(nr, 1);
	assert_int_equal(refs[0], 12);
	free(refs);
	assert_int_equal(xendmabuf_refs_parse(text, 3, &refs, &nr), -EINVAL);
	assert_int_equal(xendmabuf_refs_parse(text, 4, &refs, &nr), -EINVAL);
	assert_int_equal(xendmabuf_refs_parse(text, 5, &refs, &nr), 0);
	assert_int_equal(nr, 2);
	free(refs);
	/* A NUL is no separator */
	assert_int_equal(xendmabuf_refs_parse("1\0002", 3, &refs, &nr),
			 -EINVAL);
	free(text);
}

static void refs_formatted_as_ranges(void **state)
{
	static const struct {
		uint32_t refs[5];
		size_t nr;
		const char *text;
	} cases[] = {
		{ { 0 }, 0, "" },
		{ { 7 }, 1, "7" },
		{ { 8, 9, 10, 11 }, 4, "8-11" },
		{ { 8, 9, 20, 21, 3 }, 5, "8-9,20-21,3" },
		{ { 11, 10, 9 }, 3, "11,10,9" },
		{ { 5, 5, 6 }, 3, "5,5-6" },
		{ { UINT32_MAX, 0, 1 }, 3, "4294967295,0-1" },
		{ { UINT32_MAX - 1, UINT32_MAX }, 2, "4294967294-4294967295" },
	};
	size_t i;
	char *text;

	(void)state;
	for (i = 0; i < NR(cases); i++) {
		text = xendmabuf_refs_format(cases[i].refs, cases[i].nr);
		assert_non_null(text);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

/* The longest list, in its longest form */
static void refs_formatted_and_parsed_back(void **state)
{
	uint32_t *refs, *back;
	size_t i, nr, n = 65535;
	char *text;

	(void)state;
	refs = malloc(n * sizeof(*refs));
	assert_non_null(refs);
	for (i = 0; i < n; i++)
		refs[i] = UINT32_MAX - 2 * (uint32_t)i;
	text = xendmabuf_refs_format(refs, n);
	assert_non_null(text);
	assert_int_equal(parse_text(text, &back, &nr), 0);
	assert_int_equal(nr, n);
	assert_memory_equal(back, refs, n * sizeof(*refs));
	free(back);
	free(text);
	free(refs);
}

static void refs_parse_out_of_memory(void **state)
{
	uint32_t ref = 1;

	(void)state;
	fake.fail_alloc = 1;
	expect_error("1", -ENOMEM);
	/* The list had to grow */
	fake.fail_alloc = 2;
	expect_error("1-64 65", -ENOMEM);
	fake.fail_alloc = 1;
	assert_null(xendmabuf_refs_format(&ref, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(refs_list_parsed),
		FAKE_TEST(refs_ranges_parsed),
		FAKE_TEST(refs_bad_text_refused),
		FAKE_TEST(refs_empty_text_refused),
		FAKE_TEST(refs_too_many_refused),
		FAKE_TEST(refs_text_without_terminator_parsed),
		FAKE_TEST(refs_formatted_as_ranges),
		FAKE_TEST(refs_formatted_and_parsed_back),
		FAKE_TEST(refs_parse_out_of_memory),
	};

	return cmocka_run_group_tests_name("refs", tests, NULL, NULL);
}
