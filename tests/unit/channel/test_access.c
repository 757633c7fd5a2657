// SPDX-License-Identifier: GPL-2.0-only
/* Programs of two domains, and who of them may use what */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "control.h"
#include "fake-store.h"
#include "hosts.h"
#include "lib/channel/wire.h"
#include "session.h"
#include "tests/unit/common/fake_accept.h"

#define WORK (&hosts[0])
#define GUI (&hosts[1])

/* Paths of sockets, in the folder of the test */
static char entrance[96], program[96];

static const char *with_paths(const char *format)
{
	static char text[2][1024];
	static unsigned int turn;
	char *out = text[turn++ % 2];

	snprintf(entrance, sizeof(entrance), "%s/entrance", hosts_folder);
	snprintf(program, sizeof(program), "%s/program", hosts_folder);
	/* the only path that each has */
	snprintf(out, sizeof(text[0]), format,
		 strstr(format, "listen") ? entrance : program);
	return out;
}

static void link_with(const char *work, const char *gui)
{
	/* one after the other: both use the buffer */
	host_start(WORK, 3, with_paths(work));
	host_start(GUI, 7, with_paths(gui));
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

#define OFFER_CAT "[service a]\nfrom = 7\nexec = /bin/cat\n"
#define USE_A "[use a]\npeer = 3\nuser = *\nlisten = %s\n"

static int enter(void)
{
	int fd = xdc_unix_connect(entrance, SOCK_STREAM);

	assert_true(fd >= 0);
	return fd;
}

static void program_is_run_for_each_channel(void **state)
{
	int one, two;

	link_with(OFFER_CAT, USE_A);
	one = enter();
	two = enter();
	assert_int_equal(send(one, "first", 5, 0), 5);
	assert_int_equal(send(two, "second", 6, 0), 6);
	host_expect_text(one, "first");
	host_expect_text(two, "second");
	assert_int_equal(host_peer(GUI, 3)->nr_sessions, 2);
	assert_int_equal(host_peer(WORK, 7)->nr_sessions, 2);
	/* cat sees the end of its input, and ends */
	shutdown(one, SHUT_WR);
	host_expect_end(one);
	close(two);
	hosts_wait(!host_peer(GUI, 3)->nr_sessions &&
		   !host_peer(WORK, 7)->nr_sessions);
	hosts_wait(WORK->d.children.nr == 1);
}

static void program_is_told_who_asks(void **state)
{
	int fd;

	link_with("[service a]\nfrom = 7\nexec = /usr/bin/env\n", USE_A);
	fd = enter();
	host_expect_text(fd, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			     "/usr/bin:/sbin:/bin\n"
			     "XEN_CHANNEL_PEER=7\n"
			     "XEN_CHANNEL_DOMID=7\n"
			     "XEN_CHANNEL_SERVICE=a\n");
	host_expect_end(fd);
}

static void program_has_no_descriptor_of_the_daemons(void **state)
{
	int open_across_exec = dup(STDERR_FILENO), fd;

	assert_true(open_across_exec > STDERR_FILENO);
	link_with("[service a]\nfrom = 7\nexec = /bin/ls /proc/self/fd\n",
		  USE_A);
	fd = enter();
	/* the last is the folder that it lists */
	host_expect_text(fd, "0\n1\n2\n3\n");
	host_expect_end(fd);
	close(open_across_exec);
}

static void arguments_are_separated_by_blanks(void **state)
{
	int fd;

	link_with("[service a]\nfrom = 7\nexec = /bin/echo 'a  b' $HOME\n",
		  USE_A);
	fd = enter();
	host_expect_text(fd, "'a b' $HOME\n");
	host_expect_end(fd);
}

static void channel_leads_to_a_socket(void **state)
{
	int listener, near, far;

	link_with("[service a]\nfrom = 7\nconnect = %s\n", USE_A);
	listener = xdc_unix_listen(program, SOCK_STREAM, 0600);
	near = enter();
	hosts_wait(host_readable(listener));
	far = accept(listener, NULL, NULL);
	assert_int_equal(send(near, "there", 5, 0), 5);
	host_expect_text(far, "there");
	assert_int_equal(send(far, "back", 4, 0), 4);
	host_expect_text(near, "back");
	close(far);
	host_expect_end(near);
	close(listener);
}

static void nobody_behind_the_socket_ends_the_channel(void **state)
{
	link_with("[service a]\nfrom = 7\nconnect = %s\n", USE_A);
	host_expect_end(enter());
	host_reload(WORK, "[service a]\nfrom = 7\nexec = /nowhere\n");
	host_expect_end(enter());
}

static void peer_is_refused_without_a_section(void **state)
{
	link_with(OFFER_CAT, USE_A);
	host_reload(WORK, "[service b]\nfrom = 7\nexec = /bin/cat\n");
	hosts_run_for(20);
	host_expect_end(enter());
	/* another domain's section is no section */
	host_reload(WORK, "[service a]\nfrom = 9\nexec = /bin/cat\n"
			  "[service b]\nfrom = 7\nexec = /bin/cat\n");
	hosts_run_for(20);
	host_expect_end(enter());
	assert_true(host_linked(GUI, 3));
}

static void types_must_be_the_same(void **state)
{
	link_with(OFFER_CAT "type = seqpacket\n", USE_A);
	host_expect_end(enter());
	assert_true(host_linked(GUI, 3));
}

static void local_user_is_refused_without_a_section(void **state)
{
	link_with(OFFER_CAT, "[use a]\npeer = 3\nuser = 54321\nlisten = %s\n");
	host_expect_end(enter());
	assert_int_equal(host_peer(GUI, 3)->last_token, 0);
}

static void group_is_enough(void **state)
{
	char config[160];
	int fd;

	host_start(WORK, 3, OFFER_CAT);
	with_paths(USE_A);
	snprintf(config, sizeof(config),
		 "[use a]\npeer = 3\ngroup = %u\nlisten = %s\n", getegid(),
		 entrance);
	host_start(GUI, 7, config);
	hosts_wait(host_linked(GUI, 3));
	fd = enter();
	host_expect_echo(fd, "x");
	close(fd);
}

static void without_a_link_the_socket_is_closed(void **state)
{
	host_start(GUI, 7, with_paths(USE_A));
	hosts_wait(host_peer(GUI, 3));
	host_expect_end(enter());
}

/* A daemon that begins, with a socket that programs know already */
static void program_waits_for_the_first_link(void **state)
{
	int fd;

	hosts_link_patience = HOST_PATIENCE;
	host_start(GUI, 7, with_paths(USE_A));
	fd = enter();
	hosts_run_for(300);
	assert_false(host_readable(fd));
	host_start(WORK, 3, OFFER_CAT);
	host_expect_echo(fd, "text");
	close(fd);
}

static void program_waits_for_a_link_no_longer(void **state)
{
	uint64_t begun = xdc_now();
	int fd;

	hosts_link_patience = 300 * XDC_NS_PER_MS;
	host_start(GUI, 7, with_paths(USE_A));
	fd = enter();
	host_expect_end(fd);
	assert_true(xdc_now() - begun >= 300 * XDC_NS_PER_MS);
	/* later ones are told at once */
	begun = xdc_now();
	host_expect_end(enter());
	assert_true(xdc_now() - begun < 300 * XDC_NS_PER_MS);
}

static void channels_are_limited_at_both_ends(void **state)
{
	int fds[8], more;
	unsigned int i;

	link_with("[peer 7]\nmax-channels = 2\n" OFFER_CAT,
		  "[peer 3]\nmax-channels = 2\n" USE_A);
	for (i = 0; i < 2; i++) {
		fds[i] = enter();
		host_expect_echo(fds[i], "x");
	}
	more = enter();
	host_expect_end(more);
	close(fds[0]);
	/* its program counts until it has ended: the worker and the other are left */
	hosts_wait(host_peer(GUI, 3)->nr_sessions == 1 &&
		   host_peer(WORK, 7)->nr_sessions == 1 &&
		   WORK->d.children.nr == 2);
	fds[0] = enter();
	host_expect_echo(fds[0], "y");
	close(fds[0]);
	close(fds[1]);
}

static void use_channel(void)
{
	int fd = enter();

	host_expect_echo(fd, "x");
	close(fd);
	hosts_wait(!host_peer(GUI, 3)->nr_sessions &&
		   !host_peer(WORK, 7)->nr_sessions);
}

static void channels_that_are_opened_too_fast(void **state)
{
	uint64_t begun = xdc_now(), *opens;

	link_with("[peer 7]\nmax-channels = 3\nmax-opens = 1\n" OFFER_CAT,
		  USE_A);
	opens = &host_peer(WORK, 7)->opens;
	use_channel();
	/* each takes a second, of which there are three at a time */
	assert_true(*opens >= begun + XDC_NS_PER_S);
	*opens = xdc_now() + 60 * XDC_NS_PER_S;
	host_expect_end(enter());
	*opens = xdc_now();
	use_channel();
	assert_true(*opens >= begun + XDC_NS_PER_S);
}

/* A program that does not end with its channel still counts */
static void programs_that_stay_are_limited(void **state)
{
	int fd;

	link_with("[peer 7]\nmax-channels = 1\n"
		  "[service a]\nfrom = 7\nexec = /bin/sleep 60\n",
		  USE_A);
	fd = enter();
	hosts_wait(WORK->d.children.nr == 2);
	close(fd);
	hosts_wait(!host_peer(WORK, 7)->nr_sessions);
	host_expect_end(enter());
	assert_int_equal(WORK->d.children.nr, 2);
}

static void entrances_follow_the_configuration(void **state)
{
	struct stat before, after;

	host_start(GUI, 7, with_paths(USE_A));
	assert_int_equal(stat(entrance, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0666);
	host_reload(GUI, with_paths(USE_A "read-only = yes\n"));
	/* the socket itself is the same */
	assert_int_equal(stat(entrance, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	host_reload(GUI, with_paths(USE_A "type = seqpacket\n"));
	assert_int_equal(xdc_unix_connect(entrance, SOCK_STREAM), -EPROTOTYPE);
	host_reload(GUI, "");
	assert_int_equal(access(entrance, F_OK), -1);
}

/* ---- by the control socket ---- */

static void expect_error(const struct host *h, const char *request,
			 const char *text)
{
	int fd = host_ask(h, request);

	assert_int_equal(host_expect_answer(fd, text), -1);
	host_expect_end(fd);
}

static void program_connects_by_name(void **state)
{
	int control, fd;

	link_with(OFFER_CAT, "[use a]\npeer = 3\nuser = *\n");
	control = host_ask(GUI, "connect 3 a");
	fd = host_expect_answer(control, "ok a 3 3 stream");
	host_expect_end(control);
	host_expect_echo(fd, "hello");
	assert_int_equal(LIST_FIRST(&host_peer(GUI, 3)->sessions)->pid,
			 getpid());
	close(fd);
	expect_error(GUI, "connect 3 b", "error 1 no [use] section allows it");
	expect_error(GUI, "connect 9 a", "error 1 no [use] section allows it");
	expect_error(GUI, "connect gui a",
		     "error 1 no [use] section allows it");
	host_reload(WORK, "[service b]\nfrom = 7\nexec = /bin/cat\n");
	expect_error(
		GUI, "connect 3 a",
		"error 13 the peer refuses the channel: Permission denied");
}

static void program_that_gives_up_ends_its_channel(void **state)
{
	link_with(OFFER_CAT, "[use a]\npeer = 3\nuser = *\n");
	close(host_ask(GUI, "connect 3 a"));
	hosts_run_for(50);
	hosts_wait(!host_peer(GUI, 3)->nr_sessions &&
		   !host_peer(WORK, 7)->nr_sessions);
	hosts_wait(WORK->d.children.nr == 1);
}

static void lost_link_ends_what_waits(void **state)
{
	struct xch_session *s;
	int control;

	link_with(OFFER_CAT, "[use a]\npeer = 3\nuser = *\n");
	kill(xch_child_pid(host_peer(WORK, 7)->process.child), SIGSTOP);
	control = host_ask(GUI, "connect 3 a");
	hosts_wait((s = LIST_FIRST(&host_peer(GUI, 3)->sessions)));
	xch_peer_end(host_peer(GUI, 3), "as the test wants");
	assert_int_equal(
		host_expect_answer(
			control,
			"error 107 the peer refuses the channel: Transport endpoint is not connected"),
		-1);
	host_expect_end(control);
	kill(xch_child_pid(host_peer(WORK, 7)->process.child), SIGCONT);
	expect_error(GUI, "connect 3 a", "error 107 no link to the peer");
}

static void program_listens_for_channels(void **state)
{
	int control, near, far;

	link_with("[service a]\nfrom = 7\nuser = *\ntype = seqpacket\n",
		  "[use a]\npeer = 3\nuser = *\ntype = seqpacket\n");
	expect_error(
		GUI, "connect 3 a",
		"error 111 the peer refuses the channel: Connection refused");
	control = host_ask(WORK, "listen a");
	assert_int_equal(host_expect_answer(control, "ok"), -1);
	expect_error(WORK, "listen a", "error 98 another program listens");
	near = host_expect_answer(host_ask(GUI, "connect 3 a"),
				  "ok a 3 3 seqpacket");
	far = host_expect_answer(control, "channel a 7 7 seqpacket");
	assert_int_equal(send(near, "datagram", 8, 0), 8);
	host_expect_text(far, "datagram");
	/* the channel outlives its listener */
	close(control);
	hosts_wait(LIST_EMPTY(&WORK->d.listeners));
	assert_int_equal(send(far, "answer", 6, 0), 6);
	host_expect_text(near, "answer");
	close(near);
	host_expect_end(far);
}

static void reason_stays_in_its_domain(void **state)
{
	static const char *const offers[] = {
		"[service a]\nfrom = 7\nexec = /nowhere\n",
		"[service a]\nfrom = 7\nexec = /etc/passwd\n",
		"[service a]\nfrom = 7\nconnect = /nowhere/at/all\n",
		"[service a]\nfrom = 7\nconnect = /etc/passwd\n",
	};
	size_t i;

	link_with(offers[0], "[use a]\npeer = 3\nuser = *\n");
	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		host_reload(WORK, offers[i]);
		hosts_run_for(20);
		expect_error(
			GUI, "connect 3 a",
			"error 111 the peer refuses the channel: Connection refused");
	}
}

static void listening_ends_when_it_is_not_allowed(void **state)
{
	int control;

	host_start(WORK, 3, "[service a]\nfrom = 7\nuser = *\n");
	control = host_ask(WORK, "listen a");
	assert_int_equal(host_expect_answer(control, "ok"), -1);
	host_reload(WORK, "[service a]\nfrom = 7\nuser = 54321\n");
	host_expect_end(control);
	assert_true(LIST_EMPTY(&WORK->d.listeners));
	expect_error(WORK, "listen a",
		     "error 1 no [service] section allows it");
	expect_error(WORK, "listen b",
		     "error 1 no [service] section allows it");
}

static void strange_requests_are_refused(void **state)
{
	static const char *const requests[] = {
		"x",	      " ",	    "status x",	     "status json x",
		"connect",    "connect a",  "connect a b c", "listen",
		"listen a b", "statusjson",
	};
	char line[300];
	size_t i;

	host_start(WORK, 3, "");
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		expect_error(WORK, requests[i], "error 22 unknown request");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	host_expect_end(host_ask(WORK, line));
}

static void programs_are_limited(void **state)
{
	/* root may have them all, another user some */
	unsigned int max = geteuid() ? XCH_CONTROL_A_USER : XCH_CONTROL_MAX;
	int fds[XCH_CONTROL_MAX], extra;
	unsigned int i;

	host_start(WORK, 3, "");
	for (i = 0; i < max; i++) {
		fds[i] = xdc_unix_connect(WORK->control, SOCK_SEQPACKET);
		assert_true(fds[i] >= 0);
		hosts_turn();
	}
	extra = xdc_unix_connect(WORK->control, SOCK_SEQPACKET);
	assert_int_equal(host_expect_answer(extra,
					    "error 87 too many programs ask"),
			 -1);
	close(extra);
	for (i = 0; i < max; i++)
		close(fds[i]);
	hosts_run_for(50);
	expect_error(WORK, "x", "error 22 unknown request");
}

static void connections_wait_while_descriptors_are_short(void **state)
{
	int fd, control;

	link_with(OFFER_CAT, USE_A);
	fake_accept_errno = EMFILE;
	fake_accepts = 0;
	fd = enter();
	control = xdc_unix_connect(GUI->control, SOCK_SEQPACKET);
	assert_true(control >= 0);
	hosts_run_for(100);
	fake_accept_errno = 0;
	/* once each: a socket that stays readable keeps no loop busy */
	assert_int_equal(fake_accepts, 2);
	host_expect_echo(fd, "text");
	close(fd);
	assert_int_equal(send(control, "x", 1, 0), 1);
	host_expect_answer(control, "error 22 unknown request");
	close(control);
}

static void status_shows_links_and_channels(void **state)
{
	char *text;
	int fd;

	link_with(OFFER_CAT, USE_A);
	fd = enter();
	host_expect_echo(fd, "x");
	text = host_read(GUI, "status");
	assert_non_null(strstr(text, "domain 7\npeer 3 (3): linked, as client, "
				     "1 channels\n"));
	assert_non_null(strstr(text, "  channel to a, process "));
	/* no driver is loaded here */
	assert_non_null(strstr(text, "Try: modprobe xen_dmabuf, and restart "
				     "xen-channeld\n"));
	text = host_read(WORK, "status json");
	assert_non_null(strstr(text, "\"state\": \"linked\""));
	assert_non_null(strstr(text, "\"service\": \"a\""));
	assert_non_null(strstr(text, "\"answers\": true"));
	assert_null(strstr(text, "\"received\": 0"));
	close(fd);
}

static void status_does_not_wait_for_a_hung_worker(void **state)
{
	pid_t pid;
	char *text;

	link_with(OFFER_CAT, USE_A);
	pid = xch_child_pid(host_peer(GUI, 3)->process.child);
	kill(pid, SIGSTOP);
	text = host_read(GUI, "status");
	assert_non_null(strstr(text, "worker does not answer"));
	kill(pid, SIGCONT);
	hosts_wait(host_peer(GUI, 3)->status_answered ==
		   host_peer(GUI, 3)->status_asked);
	text = host_read(GUI, "status");
	assert_null(strstr(text, "worker does not answer"));
}

static void status_says_why_there_is_no_link(void **state)
{
	char *text;

	host_start(WORK, 3, "");
	text = host_read(WORK, "status");
	assert_non_null(strstr(text, "no domain of the configuration runs"));
	hosts_transport_error = -ENOSPC;
	host_reload(WORK, OFFER_CAT);
	host_start(GUI, 7, with_paths(USE_A));
	hosts_wait(host_peer(WORK, 7) && *host_peer(WORK, 7)->why);
	text = host_read(WORK, "status");
	assert_non_null(strstr(text, "peer 7 (7): waiting"));
	assert_non_null(strstr(text, "no ring: No space left on device"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, hosts_begin, hosts_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(program_is_run_for_each_channel),
		CASE(program_is_told_who_asks),
		CASE(program_has_no_descriptor_of_the_daemons),
		CASE(arguments_are_separated_by_blanks),
		CASE(channel_leads_to_a_socket),
		CASE(nobody_behind_the_socket_ends_the_channel),
		CASE(reason_stays_in_its_domain),
		CASE(peer_is_refused_without_a_section),
		CASE(types_must_be_the_same),
		CASE(local_user_is_refused_without_a_section),
		CASE(group_is_enough),
		CASE(without_a_link_the_socket_is_closed),
		CASE(program_waits_for_the_first_link),
		CASE(program_waits_for_a_link_no_longer),
		CASE(channels_are_limited_at_both_ends),
		CASE(channels_that_are_opened_too_fast),
		CASE(programs_that_stay_are_limited),
		CASE(entrances_follow_the_configuration),
		CASE(program_connects_by_name),
		CASE(program_that_gives_up_ends_its_channel),
		CASE(lost_link_ends_what_waits),
		CASE(program_listens_for_channels),
		CASE(listening_ends_when_it_is_not_allowed),
		CASE(strange_requests_are_refused),
		CASE(programs_are_limited),
		CASE(connections_wait_while_descriptors_are_short),
		CASE(status_shows_links_and_channels),
		CASE(status_does_not_wait_for_a_hung_worker),
		CASE(status_says_why_there_is_no_link),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
