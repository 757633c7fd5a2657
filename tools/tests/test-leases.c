// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "system/leases.h"

static const char header[] =
	"id kind state domid pages in_use attachments mmaps vmaps ro pid comm\n";

static void test_line(void **state)
{
	struct xt_lease_line l;

	(void)state;
	assert_int_equal(
		xt_leases_parse_line(
			"7 map ACTIVE 3 469 469 1 2 1 ro 812 Web\\040Content\n",
			&l),
		0);
	assert_int_equal(l.id, 7);
	assert_string_equal(l.kind, "map");
	assert_string_equal(l.state, "ACTIVE");
	assert_int_equal(l.domid, 3);
	assert_int_equal(l.pages, 469);
	assert_int_equal(l.in_use, 469);
	assert_int_equal(l.attachments, 1);
	assert_int_equal(l.mmaps, 2);
	assert_int_equal(l.vmaps, 1);
	assert_true(l.rdonly);
	assert_int_equal(l.pid, 812);
	assert_string_equal(l.comm, "Web\\040Content");
	assert_int_equal(xt_leases_parse_line(
				 "7 map ACTIVE 3 1 1 0 0 0 rw 9 a\033[2K\r\n",
				 &l),
			 0);
	assert_string_equal(l.comm, "a?[2K?");
	assert_int_equal(xt_leases_parse_line("7 map ACTIVE 3 1 1 0 0 0 1 9 x",
					      &l),
			 -EINVAL);
	assert_int_equal(xt_leases_parse_line("", &l), -EINVAL);
	assert_int_equal(xt_leases_parse_line("7 map ACTIVE 3 469 469 1 2\n",
					      &l),
			 -EINVAL);
	assert_int_equal(xt_leases_parse_line("x map ACTIVE 3 1 1 0 0 0 rw 1 a",
					      &l),
			 -EINVAL);
}

static int read_text(const char *text, struct xt_lease_line **all, size_t *nr)
{
	char path[] = "/tmp/leases-XXXXXX";
	int fd = mkstemp(path);
	int err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = xt_leases_read(path, all, nr);
	unlink(path);
	return err;
}

static void test_file(void **state)
{
	struct xt_lease_line *all = NULL;
	char text[8192];
	size_t nr, len;
	int i;

	(void)state;
	assert_int_equal(read_text(header, &all, &nr), 0);
	assert_int_equal(nr, 0);
	free(all);

	len = (size_t)snprintf(text, sizeof(text), "%s", header);
	for (i = 0; i < 50; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%d grant REVOKED 0 1 1 0 0 0 rw 9 x\n",
					i);
	assert_int_equal(read_text(text, &all, &nr), 0);
	assert_int_equal(nr, 50);
	assert_int_equal(all[49].id, 49);
	free(all);

	assert_int_equal(read_text("", &all, &nr), -EPROTO);
	snprintf(text, sizeof(text), "%snonsense\n", header);
	assert_int_equal(read_text(text, &all, &nr), -EPROTO);
	assert_int_equal(xt_leases_read("/nonexistent/leases", &all, &nr),
			 -ENOENT);
}

static void test_explain(void **state)
{
	(void)state;
	assert_string_equal(xt_leases_explain(-EACCES),
			    "only root may read debugfs");
	assert_non_null(strstr(xt_leases_advice(-EACCES), "run as root"));
	assert_non_null(strstr(xt_leases_advice(-EACCES), "xendmabuf info"));
	assert_non_null(strstr(xt_leases_advice(-ENOENT), "mount -t debugfs"));
	assert_null(strstr(xt_leases_advice(-EPERM), "run as root"));
	assert_string_equal(xt_leases_explain(-EIO), strerror(EIO));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
