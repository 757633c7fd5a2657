// SPDX-License-Identifier: GPL-2.0-only
/* Answers of a worker to libxendmabuf-channel, from a daemon that the test is */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "common/fd-socket.h"
#include "common/unix-socket.h"
#include "lib/channel/wire.h"

static char path[64]; /* of the control socket */

static int begin(void **state)
{
	snprintf(path, sizeof(path), "/tmp/answers-%d", getpid());
	return setenv("XEN_CHANNEL_SOCKET", path, 1);
}

/* @worker: the daemon's end of the second socket */
static struct xendmabuf_channel *channel_of_the_test(int *worker)
{
	static const char answer[] = "ok a 3 3 seqpacket";
	struct xendmabuf_channel *ch;
	int listener, pending, daemon, sv[2][2], fds[2];
	char line[XCW_LINE_MAX];

	listener = xdc_unix_listen(path, SOCK_SEQPACKET, 0600);
	assert_true(listener >= 0);
	assert_int_equal(xendmabuf_channel_connect_start("3", "a", 0, &pending),
			 0);
	daemon = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(recv(daemon, line, sizeof(line), 0) > 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv[0]), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv[1]), 0);
	fds[0] = sv[0][0];
	fds[1] = sv[1][0];
	assert_int_equal(xdc_socket_send(daemon, answer, strlen(answer), fds,
					 2),
			 strlen(answer));
	assert_int_equal(xendmabuf_channel_accept(pending, &ch), 0);
	close(fds[0]);
	close(fds[1]);
	close(sv[0][1]);
	close(daemon);
	close(pending);
	close(listener);
	unlink(path);
	*worker = sv[1][1];
	return ch;
}

static void say(int worker, uint32_t type, int error, const int *fd)
{
	struct xendmabuf_channel_event event = { .type = type, .error = error };

	assert_int_equal(xdc_socket_send(worker, &event, sizeof(event), fd,
					 !!fd),
			 sizeof(event));
}

static void expect_events_to_go_on(struct xendmabuf_channel *ch, int worker)
{
	struct xendmabuf_channel_event event;

	/* and requests: this is the next one's answer */
	say(worker, XCW_RESULT, -EALREADY, NULL);
	assert_int_equal(xendmabuf_channel_recall(ch, worker, 0), -EALREADY);
	say(worker, XENDMABUF_CHANNEL_RETURNED, 0, NULL);
	assert_int_equal(xendmabuf_channel_event(ch, &event, sizeof(event)), 0);
	assert_int_equal(event.type, XENDMABUF_CHANNEL_RETURNED);
}

#define DESCRIPTORS 1024

/* Opens all that this process may; returns the number of them */
static unsigned int use_up_descriptors(int file, int *fds)
{
	unsigned int nr = 0;

	while (nr < DESCRIPTORS && (fds[nr] = dup(file)) >= 0)
		nr++;
	assert_int_equal(errno, EMFILE);
	return nr;
}

static void no_descriptor_is_left_for_an_answer(void **state)
{
	struct rlimit before, fewer;
	struct xendmabuf_channel *ch;
	int worker, file, made, err, fds[DESCRIPTORS];
	unsigned int nr;

	ch = channel_of_the_test(&worker);
	file = memfd_create("test", MFD_CLOEXEC);
	say(worker, XCW_RESULT, 0, &file);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	/* Linux bounds by it as well how many of a user's are in sockets, of all processes */
	fewer = before;
	if (fewer.rlim_cur > DESCRIPTORS)
		fewer.rlim_cur = DESCRIPTORS;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &fewer), 0);
	nr = use_up_descriptors(file, fds);
	err = xendmabuf_channel_memory(ch, file, 0, 4096, &made);
	while (nr)
		close(fds[--nr]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(err, -EMFILE);
	assert_int_equal(made, -1);
	expect_events_to_go_on(ch, worker);
	say(worker, XCW_RESULT, 0, &file);
	assert_int_equal(xendmabuf_channel_memory(ch, file, 0, 4096, &made), 0);
	close(made);
	close(file);
	close(worker);
	xendmabuf_channel_close(ch);
}

static void request_with_a_wrong_descriptor_fails_alone(void **state)
{
	struct xendmabuf_channel *ch;
	int worker, made;

	ch = channel_of_the_test(&worker);
	assert_int_equal(xendmabuf_channel_recall(ch, -1, 0), -EBADF);
	assert_int_equal(xendmabuf_channel_memory(ch, -1, 0, 4096, &made),
			 -EBADF);
	expect_events_to_go_on(ch, worker);
	close(worker);
	xendmabuf_channel_close(ch);
}

/* s: how long the library lets connect() wait; the test makes it a tenth of a second */
static long limit;
static volatile sig_atomic_t interrupts;

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	static const struct timeval soon = { .tv_usec = 100000 };

	if (level == SOL_SOCKET && name == SO_SNDTIMEO) {
		limit = ((const struct timeval *)value)->tv_sec;
		value = &soon;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

/* The second one is the last */
static void interrupt(int number)
{
	static const struct itimerval never;

	if (++interrupts == 2)
		setitimer(ITIMER_REAL, &never, NULL);
}

static void set_interrupts(void)
{
	static const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	static const struct sigaction action = { .sa_handler = interrupt };

	interrupts = 0;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/* As one that is stopped: what can wait for it does so already */
static void daemon_that_takes_nobody_in_is_given_up(void **state)
{
	int listener = xdc_unix_listen(path, SOCK_SEQPACKET, 0600), waiting[64];
	unsigned int nr = 0;
	struct xendmabuf_channel *ch;
	int fd;

	while ((fd = xdc_unix_connect(path, SOCK_SEQPACKET)) >= 0) {
		assert_true(nr < 64);
		waiting[nr++] = fd;
	}
	assert_int_equal(fd, -EAGAIN);
	assert_int_equal(xendmabuf_channel_connect_start(
				 "3", "a", XENDMABUF_CHANNEL_NONBLOCK, &fd),
			 -EAGAIN);
	assert_int_equal(xendmabuf_channel_connect_start("3", "a", 0, &fd),
			 -ETIMEDOUT);
	assert_in_range(limit, 30, 35);
	assert_int_equal(xendmabuf_channel_listen("a", 0, &fd), -ETIMEDOUT);
	set_interrupts();
	assert_int_equal(xendmabuf_channel_connect("3", "a", 0, &ch),
			 -ETIMEDOUT);
	assert_int_equal(interrupts, 2);
	while (nr)
		close(waiting[--nr]);
	close(listener);
	unlink(path);
}

/* Names of domains are in any letters */
static void peer_has_a_name_of_any_letters(void **state)
{
	int listener = xdc_unix_listen(path, SOCK_SEQPACKET, 0600), pending;

	assert_int_equal(xendmabuf_channel_connect_start("B\xc3\xbcro", "a", 0,
							 &pending),
			 0);
	close(pending);
	assert_int_equal(xendmabuf_channel_connect_start("B\tro", "a", 0,
							 &pending),
			 -EINVAL);
	close(listener);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_descriptor_is_left_for_an_answer),
		cmocka_unit_test(request_with_a_wrong_descriptor_fails_alone),
		cmocka_unit_test(daemon_that_takes_nobody_in_is_given_up),
		cmocka_unit_test(peer_has_a_name_of_any_letters),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
