// SPDX-License-Identifier: GPL-2.0-only
/* What a local user is told of services, and whether they work */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "fake-store.h"
#include "hosts.h"

#define WORK (&hosts[0])
#define GUI (&hosts[1])

#define ANN 54321U
#define PEERS "[peer 7]\nmax-memory = 8\n"

/* What that user is told, who is not this test's */
static char *list_for(const struct host *h, uid_t uid, gid_t gid)
{
	struct xdc_user user = { .uid = uid, .gids = { gid }, .nr_gids = 1 };
	static char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	xch_access_list(&h->d, &user, out);
	fclose(out);
	return text;
}

static void root_is_told_of_every_service(void **state)
{
	host_start(WORK, 3,
		   PEERS "[service a]\nfrom = 7 other\nexec = /bin/cat\n"
			 "[use b]\npeer = 7\nuser = 54321\n");
	host_start(GUI, 7, "[use a]\npeer = 3\nuser = 54321\n");
	hosts_wait(host_linked(WORK, 7));
	/* there is no driver here: bytes only */
	assert_string_equal(
		host_read(WORK, "services"),
		"memory copied\nfences refused\n"
		"use b 7 bytes 2048 2048 \n"
		"offer a 7 bytes 2048 2048 \n"
		"offer a other absent 0 0 the domain does not run, or is not known by this name\n");
}

static void user_is_told_of_his_own_services(void **state)
{
	host_start(WORK, 3,
		   PEERS "[service a]\nfrom = 7\nuser = 54321\n"
			 "[service b]\nfrom = 7\nexec = /bin/cat\n"
			 "[use c]\npeer = 7\ngroup = 99\n"
			 "[use d]\npeer = 7\nuser = 2\n");
	host_start(GUI, 7, "[use a]\npeer = 3\nuser = *\n");
	hosts_wait(host_linked(WORK, 7));
	assert_string_equal(list_for(WORK, ANN, 1),
			    "memory copied\nfences refused\n"
			    "offer a 7 bytes 2048 2048 \n");
	assert_string_equal(list_for(WORK, ANN + 1, 99),
			    "memory copied\nfences refused\n"
			    "use c 7 bytes 2048 2048 \n");
	assert_string_equal(list_for(WORK, ANN + 1, 1),
			    "memory copied\nfences refused\n");
}

static void reason_is_told_while_there_is_no_link(void **state)
{
	host_start(WORK, 3, "[use a]\npeer = 7\nuser = *\n");
	hosts_wait(host_peer(WORK, 7));
	assert_non_null(strstr(
		host_read(WORK, "services"),
		"use a 7 waiting 65536 65536 its xen-channeld is not there\n"));
	hosts_transport_error = -ENOSPC;
	host_start(GUI, 7, "[service a]\nfrom = 3\nexec = /bin/cat\n");
	hosts_wait(*host_peer(WORK, 7)->why);
	assert_non_null(strstr(
		host_read(WORK, "services"),
		"use a 7 waiting 65536 65536 no ring: No space left on device\n"));
}

static void pages_in_use_are_not_left(void **state)
{
	struct xch_peer *p;

	host_start(WORK, 3, PEERS "[use a]\npeer = 7\nuser = *\n");
	host_start(GUI, 7, "[service a]\nfrom = 3\nexec = /bin/cat\n");
	hosts_wait(host_linked(WORK, 7));
	p = host_peer(WORK, 7);
	p->buffers = true;
	p->status.granted_pages = 48;
	p->status.mapped_pages = 4000;
	assert_non_null(
		strstr(list_for(WORK, 0, 0), "use a 7 linked 2000 0 \n"));
}

static void workers_are_asked_once_a_second(void **state)
{
	struct xch_peer *p;
	unsigned int i;

	host_start(WORK, 3, "[use a]\npeer = 7\nuser = *\n");
	host_start(GUI, 7, "[service a]\nfrom = 3\nexec = /bin/cat\n");
	hosts_wait(host_linked(WORK, 7));
	p = host_peer(WORK, 7);
	p->status_asked = p->status_answered = 0;
	for (i = 0; i < 20; i++)
		host_read(WORK, "services");
	assert_in_range(p->status_asked, 1, 10);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, hosts_begin, hosts_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(root_is_told_of_every_service),
		CASE(user_is_told_of_his_own_services),
		CASE(reason_is_told_while_there_is_no_link),
		CASE(pages_in_use_are_not_left),
		CASE(workers_are_asked_once_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
