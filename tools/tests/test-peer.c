// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "share/peer.h"

static void test_domid(void **state)
{
	uint16_t domid = 1;

	(void)state;
	assert_int_equal(xt_peer_parse_domid("0", &domid), 0);
	assert_int_equal(domid, 0);
	assert_int_equal(xt_peer_parse_domid("32751", &domid), 0);
	assert_int_equal(domid, 32751);
	assert_int_equal(xt_peer_parse_domid("32752", &domid), -ERANGE);
	assert_int_equal(xt_peer_parse_domid("99999999999999999999", &domid),
			 -ERANGE);
	assert_int_equal(xt_peer_parse_domid("", &domid), -EINVAL);
	assert_int_equal(xt_peer_parse_domid("work", &domid), -EINVAL);
	assert_int_equal(xt_peer_parse_domid("-1", &domid), -EINVAL);
	assert_int_equal(xt_peer_parse_domid("5a", &domid), -EINVAL);
	/* a name, although it begins like a number that is too large */
	assert_int_equal(xt_peer_parse_domid("20260101-work", &domid), -EINVAL);
}

static void test_split(void **state)
{
	const char *share;
	char peer[8];

	(void)state;
	assert_int_equal(xt_peer_split("work:wall", peer, sizeof(peer), &share),
			 0);
	assert_string_equal(peer, "work");
	assert_string_equal(share, "wall");
	assert_int_equal(xt_peer_split("a:b:c", peer, sizeof(peer), &share), 0);
	assert_string_equal(peer, "a:b");
	assert_string_equal(share, "c");
	assert_int_equal(xt_peer_split("work", peer, sizeof(peer), &share),
			 -EINVAL);
	assert_int_equal(xt_peer_split(":wall", peer, sizeof(peer), &share),
			 -EINVAL);
	assert_int_equal(xt_peer_split("work:", peer, sizeof(peer), &share),
			 -EINVAL);
	assert_int_equal(xt_peer_split("toolongname:x", peer, sizeof(peer),
				       &share),
			 -EINVAL);
}

static void test_no_xenstore(void **state)
{
	uint16_t domid;
	char buf[16];

	(void)state;
	assert_int_equal(xt_peer_find(NULL, "5", &domid), 0);
	assert_int_equal(domid, 5);
	assert_int_equal(xt_peer_find(NULL, "work", &domid), -ENOTCONN);
	assert_int_equal(xt_peer_self(NULL, &domid), -ENOTCONN);
	assert_string_equal(xt_peer_name(NULL, 7, buf, sizeof(buf)), "7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domid),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_no_xenstore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
