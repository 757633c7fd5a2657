// SPDX-License-Identifier: GPL-2.0-only
/* What a local user is told of services, and whether they work */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "control.h"
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

/* A file is in each one's socket, and Linux counts those of all sockets together */
static void answers_that_are_not_read_are_limited(void **state)
{
	unsigned int max = geteuid() ? XCH_CONTROL_A_USER : XCH_CONTROL_MAX;
	int fds[XCH_CONTROL_MAX], extra;
	unsigned int i;

	host_start(WORK, 3, "");
	for (i = 0; i < max; i++) {
		fds[i] = host_ask(WORK, "services");
		hosts_wait(host_readable(fds[i]));
	}
	extra = xdc_unix_connect(WORK->control, SOCK_SEQPACKET);
	assert_int_equal(host_expect_answer(extra,
					    "error 87 too many programs ask"),
			 -1);
	close(extra);
	close(host_expect_answer(fds[0], "ok"));
	host_expect_end(fds[0]);
	close(fds[1]);
	for (i = 0; i < 2; i++) {
		hosts_run_for(50);
		fds[i] = host_ask(WORK, "services");
		close(host_expect_answer(fds[i], "ok"));
	}
	for (i = 0; i < max; i++)
		close(fds[i]);
}

/* More than a program's socket here holds, and less than its channel does with it */
#define UNREAD 300000U

static void leave_unread(void)
{
	int control = host_ask(GUI, "connect 3 a"),
	    fd = host_expect_answer(control, "ok a 3 3 stream");
	static char bytes[UNREAD];
	size_t sent = 0;
	ssize_t n;

	host_expect_end(control);
	while (sent < sizeof(bytes)) {
		n = send(fd, bytes + sent, sizeof(bytes) - sent, MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		hosts_turn();
	}
	close(fd);
	hosts_wait(!host_peer(GUI, 3)->nr_sessions);
}

/* Their programs do not read what the peer has sent before it closed them */
static void channels_of_the_peer_take_no_place_of_programs(void **state)
{
	char path[96], config[256];
	int listener, control;
	unsigned int i;

	snprintf(path, sizeof(path), "%s/program", hosts_folder);
	listener = xdc_unix_listen(path, SOCK_STREAM, 0600);
	assert_true(listener >= 0);
	snprintf(config, sizeof(config),
		 "[peer 7]\nmax-channels = 1\n"
		 "[service a]\nfrom = 7\nconnect = %s\n"
		 "[use b]\npeer = 7\nuser = *\n",
		 path);
	host_start(WORK, 3, config);
	host_start(GUI, 7,
		   "[use a]\npeer = 3\nuser = *\n"
		   "[service b]\nfrom = 3\nexec = /bin/cat\n");
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
	for (i = 1; i <= 2; i++) {
		leave_unread();
		assert_int_equal(host_peer(WORK, 7)->nr_sessions, i);
		/* max-opens */
		hosts_wait(host_peer(WORK, 7)->opens < xdc_now());
	}
	control = host_ask(WORK, "connect 7 b");
	close(host_expect_answer(control, "ok b 7 7 stream"));
	host_expect_end(control);
	close(listener);
}

static ino_t watched; /* a file, and whether a descriptor of it is closed here */
static bool closed;

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	struct stat st;

	if (watched && !fstat(fd, &st) && st.st_ino == watched)
		closed = true;
	return __real_close(fd);
}

/* close() would wait for the server of a file of FUSE for as long as that likes */
static void descriptors_of_programs_are_not_opened(void **state)
{
	int control, ends[2];
	struct stat st;
	ssize_t n;

	host_start(WORK, 3, "");
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fstat(ends[0], &st), 0);
	control = xdc_unix_connect(WORK->control, SOCK_SEQPACKET);
	watched = st.st_ino;
	closed = false;
	n = xdc_socket_send(control, "services", 8, &ends[1], 1);
	/* Linux refuses to send them, from 6.16 on */
	if (n == -EPERM)
		n = xdc_socket_send(control, "services", 8, NULL, 0);
	assert_int_equal(n, 8);
	close(host_expect_answer(control, "ok"));
	host_expect_end(control);
	assert_false(closed);
	watched = 0;
	close(ends[0]);
	close(ends[1]);
}

/* A worker may have been taken over by its peer, and has descriptors of programs */
static void descriptors_of_workers_are_not_opened(void **state)
{
	struct xch_news news = { .type = XCH_NEWS_PONG }, got;
	int ends[2], sv[2];
	struct stat st;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fstat(ends[0], &st), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	watched = st.st_ino;
	closed = false;
	assert_int_equal(xdc_socket_send(sv[0], &news, sizeof(news), ends, 2),
			 sizeof(news));
	assert_int_equal(xch_news_receive(sv[1], &got), 0);
	assert_int_equal(got.type, XCH_NEWS_PONG);
	assert_false(closed);
	watched = 0;
	close(sv[0]);
	close(sv[1]);
	close(ends[0]);
	close(ends[1]);
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
		CASE(answers_that_are_not_read_are_limited),
		CASE(channels_of_the_peer_take_no_place_of_programs),
		CASE(descriptors_of_programs_are_not_opened),
		CASE(descriptors_of_workers_are_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
