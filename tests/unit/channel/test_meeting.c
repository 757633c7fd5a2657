// SPDX-License-Identifier: GPL-2.0-only
/* What two domains write for each other in xenstore */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "fake-store.h"
#include "meeting.h"

#define OURS "/local/domain/3/data/xen-channel/7"

static struct xs_handle *open_as(uint16_t domid)
{
	store_domid = domid;
	return xs_open(0);
}

static int begin(void **state)
{
	store_reset();
	store_add_domain(0, "Domain-0");
	store_add_domain(3, "work");
	store_add_domain(7, "gui");
	store_add_domain(9, "other");
	return 0;
}

static void fill(struct xch_meeting *m)
{
	unsigned int i;

	assert_int_equal(xch_meeting_new(m), 0);
	m->offers = true;
	for (i = 0; i < XCH_TRANSPORT_REFS; i++)
		m->offer.refs[i] = i ? UINT32_MAX - i : 8;
	m->offer.port = 77;
	strcpy(m->bound_to, "0123456789abcdef");
}

static void peer_reads_what_was_written(void **state)
{
	struct xs_handle *work = open_as(3), *gui = open_as(7);
	struct xch_meeting ours, read;

	fill(&ours);
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), 0);
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), 0);
	assert_string_equal(read.generation, ours.generation);
	assert_string_equal(read.bound_to, ours.bound_to);
	assert_true(read.offers);
	assert_memory_equal(&read.offer, &ours.offer, sizeof(ours.offer));
	/* what is written later replaces all of it */
	assert_int_equal(xch_meeting_new(&ours), 0);
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), 0);
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), 0);
	assert_false(read.offers);
	assert_string_equal(read.bound_to, "");
	xch_meeting_remove(work, 3, 7);
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), -ENOENT);
	xs_close(work);
	xs_close(gui);
}

static void only_the_peer_reads_it(void **state)
{
	struct xs_handle *work = open_as(3), *other = open_as(9);
	struct xch_meeting ours, read;

	fill(&ours);
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), 0);
	assert_true(store_may_read(7, OURS "/ring-refs"));
	assert_false(store_may_read(9, OURS));
	assert_false(store_may_read(9, OURS "/generation"));
	assert_int_equal(xch_meeting_read(other, 3, 7, &read), -ENOENT);
	assert_false(store_set_as(7, OURS "/generation", "x"));
	xs_close(work);
	xs_close(other);
}

static void conflicts_are_tried_again(void **state)
{
	struct xs_handle *work = open_as(3), *gui = open_as(7);
	struct xch_meeting ours, read;

	fill(&ours);
	store_conflicts = 3;
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), 0);
	store_conflicts = 3;
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), 0);
	store_conflicts = 1000;
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), -EAGAIN);
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), -EAGAIN);
	store_conflicts = 0;
	store_write_error = ENOSPC;
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), -ENOSPC);
	/* what was there before is still there, whole */
	store_write_error = 0;
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), 0);
	xs_close(work);
	xs_close(gui);
}

static int read_error; /* of the nodes that are read, unless 0 */

void *__real_xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		     unsigned int *len);
void *__wrap_xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		     unsigned int *len);
void *__wrap_xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		     unsigned int *len)
{
	if (!read_error)
		return __real_xs_read(h, t, path, len);
	errno = read_error;
	return NULL;
}

/* A node that cannot be read is not one that the peer has not written */
static void failures_are_told_from_missing_nodes(void **state)
{
	struct xs_handle *work = open_as(3), *gui = open_as(7);
	struct xch_meeting ours, read;

	assert_int_equal(xch_meeting_new(&ours), 0);
	assert_int_equal(xch_meeting_write(work, 3, 7, &ours), 0);
	read_error = ENOMEM;
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), -ENOMEM);
	read_error = EACCES;
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), -ENOENT);
	read_error = 0;
	assert_int_equal(xch_meeting_read(gui, 3, 7, &read), 0);
	xs_close(work);
	xs_close(gui);
}

static void all_that_was_left_is_removed(void **state)
{
	struct xs_handle *work = open_as(3);

	assert_true(store_set_as(3, OURS "/generation", "old"));
	assert_true(store_set_as(3, "/local/domain/3/data/mine", "1"));
	xch_meeting_remove_all(work, 3);
	assert_null(store_get(OURS));
	assert_non_null(store_get("/local/domain/3/data/mine"));
	xs_close(work);
}

static char refs[XCH_TRANSPORT_REFS * 12 + 2];

static const char *list_refs(unsigned int nr, const char *first,
			     const char *end)
{
	unsigned int i;

	snprintf(refs, sizeof(refs), "%s", first);
	for (i = 1; i < nr; i++)
		strcat(refs, " 4294967295");
	return strcat(refs, end);
}

static int parse(const char *version, const char *generation,
		 const char *bound_to, const char *list, const char *channel)
{
	struct xch_meeting_text text = { version, generation, bound_to, list,
					 channel };
	struct xch_meeting out;

	return xch_meeting_parse(&text, &out);
}

#define GEN "0123456789abcdef"
#define ALL XCH_TRANSPORT_REFS

/* Another domain writes what it likes */
static void invalid_texts_are_refused(void **state)
{
	const char *good = strdup(list_refs(ALL, "8", ""));

	assert_int_equal(parse("1", GEN, "", NULL, NULL), 0);
	assert_int_equal(parse("1", GEN, NULL, NULL, NULL), 0);
	assert_int_equal(parse("1", GEN, GEN, good, "1"), 0);
	assert_int_equal(parse("1", NULL, GEN, good, "1"), -ENOENT);
	assert_int_equal(parse(NULL, GEN, GEN, good, "1"), -EPROTONOSUPPORT);
	assert_int_equal(parse("2", GEN, GEN, good, "1"), -EPROTONOSUPPORT);
	assert_int_equal(parse("1", "", GEN, good, "1"), -EPROTO);
	assert_int_equal(parse("1", GEN "0", GEN, good, "1"), -EPROTO);
	assert_int_equal(parse("1", "0123456789ABCDEF", "", good, "1"),
			 -EPROTO);
	assert_int_equal(parse("1", "../../../../../7", "", good, "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "x", good, "1"), -EPROTO);
	/* half an offer is none */
	assert_int_equal(parse("1", GEN, GEN, good, NULL), -EPROTO);
	assert_int_equal(parse("1", GEN, GEN, NULL, "1"), -EPROTO);
	assert_int_equal(parse("1", GEN, GEN, good, "x"), -EPROTO);
	assert_int_equal(parse("1", GEN, GEN, good, "4294967296"), -EPROTO);
	assert_int_equal(parse("1", GEN, GEN, "", "1"), -EPROTO);
	free((char *)good);
	/* too few, too many, one of the console's, no number, blanks */
	assert_int_equal(parse("1", GEN, "", list_refs(ALL - 1, "8", ""), "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "", list_refs(ALL + 1, "8", ""), "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "", list_refs(ALL, "7", ""), "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "", list_refs(ALL, "-1", ""), "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "", list_refs(ALL, "4294967296", ""),
			       "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "", list_refs(ALL, " 8", ""), "1"),
			 -EPROTO);
	assert_int_equal(parse("1", GEN, "", list_refs(ALL, "8", " "), "1"),
			 -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(peer_reads_what_was_written, begin),
		cmocka_unit_test_setup(only_the_peer_reads_it, begin),
		cmocka_unit_test_setup(conflicts_are_tried_again, begin),
		cmocka_unit_test_setup(failures_are_told_from_missing_nodes,
				       begin),
		cmocka_unit_test_setup(all_that_was_left_is_removed, begin),
		cmocka_unit_test(invalid_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
