// SPDX-License-Identifier: GPL-2.0-only
/* libxendmabuf-channel, at daemons of two domains.
 *
 * The library waits, so each test's program is a thread of its own beside the daemons.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xendmabuf-channel.h>

#include "common/unix-socket.h"
#include "control.h"
#include "fake-store.h"
#include "hosts.h"

#define WORK (&hosts[0])
#define GUI (&hosts[1])
#define PATIENCE 10000 /* ms */

/* Linux 6.5; headers may be older */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

static atomic_bool done;
static atomic_bool drop_link;
static int failed_line;

/* cmocka's own would leave the thread */
#define CHECK(condition)                        \
	do {                                    \
		if (!(condition)) {             \
			failed_line = __LINE__; \
			return;                 \
		}                               \
	} while (0)

static void *run_program(void *body)
{
	void (*program)(void);

	memcpy(&program, &body, sizeof(program));
	program();
	done = true;
	return NULL;
}

static void run(void (*program)(void))
{
	pthread_t thread;
	void *body;

	memcpy(&body, &program, sizeof(body));
	done = drop_link = false;
	failed_line = 0;
	assert_int_equal(pthread_create(&thread, NULL, run_program, body), 0);
	while (!done) {
		hosts_turn();
		if (drop_link)
			xch_peer_end(host_peer(GUI, 3), "as the test wants");
		drop_link = false;
	}
	pthread_join(thread, NULL);
	if (failed_line)
		fail_msg("line %d is not as it should be", failed_line);
}

static void link_with(const char *work, const char *gui)
{
	host_start(WORK, 3, work);
	host_start(GUI, 7, gui);
	hosts_wait(host_linked(WORK, 7) && host_linked(GUI, 3));
}

static void be_in(const struct host *h)
{
	setenv("XEN_CHANNEL_SOCKET", h->control, 1);
}

static bool is_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

#define OFFER_CAT "[service a]\nfrom = 7\nexec = /bin/cat\n"
#define USE_A "[use a]\npeer = 3\nuser = *\n"
#define LISTEN_A                            \
	"[service a]\nfrom = 7\nuser = *\n" \
	"type = seqpacket\nfds = memory sync pipe dmabuf\n"
#define USE_LISTENER                    \
	"[use a]\npeer = 3\nuser = *\n" \
	"type = seqpacket\nfds = memory sync pipe dmabuf\n"

static void connect_and_talk(void)
{
	struct {
		struct xendmabuf_channel_peer known;
		uint32_t more;
	} peer = { .more = 1 };
	struct xendmabuf_channel *ch;
	char text[16];

	be_in(GUI);
	CHECK(!xendmabuf_channel_connect("3", "a", 0, &ch));
	CHECK(xendmabuf_channel_peer(ch, &peer.known, sizeof(peer.known) - 1) ==
	      -EINVAL);
	CHECK(!xendmabuf_channel_peer(ch, &peer.known, sizeof(peer)));
	CHECK(!strcmp(peer.known.name, "3") && peer.known.domid == 3 &&
	      !strcmp(peer.known.service, "a") &&
	      peer.known.type == SOCK_STREAM && !peer.more);
	CHECK(xendmabuf_channel_send(ch, "hello", 5, NULL, 0, 0) == 5);
	CHECK(xendmabuf_channel_recv(ch, text, sizeof(text), NULL, NULL, 0) ==
	      5);
	CHECK(!memcmp(text, "hello", 5));
	CHECK(xendmabuf_channel_recv(ch, text, sizeof(text), NULL, NULL,
				     MSG_DONTWAIT) == -EAGAIN);
	CHECK(!shutdown(xendmabuf_channel_fd(ch), SHUT_WR));
	CHECK(!xendmabuf_channel_recv(ch, text, sizeof(text), NULL, NULL, 0));
	xendmabuf_channel_close(ch);
	xendmabuf_channel_close(NULL);
}

static void program_connects_and_talks(void **state)
{
	link_with(OFFER_CAT, USE_A);
	run(connect_and_talk);
}

static void connect_wrongly(void)
{
	struct xendmabuf_channel *ch = NULL;
	char longest[65];
	int fd;

	memset(longest, 'x', sizeof(longest));
	longest[64] = '\0';
	be_in(GUI);
	CHECK(xendmabuf_channel_connect("3", "", 0, &ch) == -EINVAL);
	CHECK(xendmabuf_channel_connect(NULL, "a", 0, &ch) == -EINVAL);
	CHECK(xendmabuf_channel_connect("3", "a b", 0, &ch) == -EINVAL);
	CHECK(xendmabuf_channel_connect("3", "a\n", 0, &ch) == -EINVAL);
	CHECK(xendmabuf_channel_connect("3", longest, 0, &ch) == -EINVAL);
	CHECK(xendmabuf_channel_connect("3", "a", 4, &ch) == -EINVAL);
	CHECK(xendmabuf_channel_connect("3", "c", 0, &ch) == -EPERM);
	CHECK(xendmabuf_channel_connect("3", "b", 0, &ch) == -EACCES);
	CHECK(xendmabuf_channel_connect("3", "a", 0, &ch) == -ECONNREFUSED);
	CHECK(xendmabuf_channel_connect("5", "d", 0, &ch) == -ENOTCONN);
	CHECK(xendmabuf_channel_connect("off", "d", 0, &ch) == -ENOTCONN);
	CHECK(xendmabuf_channel_connect("other", "d", 0, &ch) == -EPERM);
	CHECK(xendmabuf_channel_listen("a", 0, &fd) == -EPERM);
	CHECK(xendmabuf_channel_listen("a b", 0, &fd) == -EINVAL);
	setenv("XEN_CHANNEL_SOCKET", "/nowhere/control", 1);
	CHECK(xendmabuf_channel_connect("3", "a", 0, &ch) == -ENOENT);
	CHECK(xendmabuf_channel_listen("a", 0, &fd) == -ENOENT);
	CHECK(!ch);
}

static void each_refusal_has_its_error(void **state)
{
	link_with("[service a]\nfrom = 7\nuser = *\n",
		  USE_A "[use b]\npeer = 3\nuser = *\n"
			"[use d]\npeer = 5 off\nuser = *\n");
	run(connect_wrongly);
}

/* Both ends of a channel; -1 at @listener: the first */
static bool open_both(int *listener, unsigned int flags,
		      struct xendmabuf_channel **near,
		      struct xendmabuf_channel **far)
{
	be_in(WORK);
	if (*listener < 0 && xendmabuf_channel_listen("a", 0, listener))
		return false;
	be_in(GUI);
	return !xendmabuf_channel_connect("3", "a", flags, near) &&
	       is_readable(*listener, PATIENCE) &&
	       !xendmabuf_channel_accept(*listener, far);
}

/* As many as ask for nothing yet as the daemon takes of this user */
static void ask_a_busy_daemon(void)
{
	unsigned int max = geteuid() ? XCH_CONTROL_A_USER : XCH_CONTROL_MAX, i;
	struct xendmabuf_channel *ch = NULL;
	int fds[XCH_CONTROL_MAX], listener;

	be_in(GUI);
	for (i = 0; i < max; i++) {
		fds[i] = xdc_unix_connect(GUI->control, SOCK_SEQPACKET);
		CHECK(fds[i] >= 0);
		usleep(3000);
	}
	CHECK(xendmabuf_channel_connect("3", "a", 0, &ch) == -EUSERS);
	CHECK(xendmabuf_channel_listen("a", 0, &listener) == -EUSERS);
	for (i = 0; i < max; i++)
		close(fds[i]);
}

static void busy_daemon_says_so(void **state)
{
	link_with(OFFER_CAT, USE_A);
	run(ask_a_busy_daemon);
}

static void ask_and_come_back(void)
{
	struct xendmabuf_channel *ch = NULL;
	char text[16];
	int pending, other;

	be_in(GUI);
	CHECK(xendmabuf_channel_connect_start("3", "a b", 0, &pending) ==
	      -EINVAL);
	CHECK(!xendmabuf_channel_connect_start(
		"3", "a", XENDMABUF_CHANNEL_NONBLOCK, &pending));
	CHECK(!xendmabuf_channel_connect_start("3", "c", 0, &other));
	CHECK(is_readable(pending, PATIENCE));
	CHECK(!xendmabuf_channel_accept(pending, &ch));
	close(pending);
	CHECK(xendmabuf_channel_accept(other, &ch) == -EPERM);
	close(other);
	CHECK(xendmabuf_channel_recv(ch, text, 16, NULL, NULL, 0) == -EAGAIN);
	CHECK(xendmabuf_channel_send(ch, "hello", 5, NULL, 0, 0) == 5);
	CHECK(is_readable(xendmabuf_channel_fd(ch), PATIENCE));
	CHECK(xendmabuf_channel_recv(ch, text, 16, NULL, NULL, 0) == 5);
	xendmabuf_channel_close(ch);
	setenv("XEN_CHANNEL_SOCKET", "/nowhere/control", 1);
	CHECK(xendmabuf_channel_connect_start("3", "a", 0, &pending) ==
	      -ENOENT);
}

static void program_does_not_wait_for_its_channel(void **state)
{
	link_with(OFFER_CAT, USE_A);
	run(ask_and_come_back);
}

static void listen_and_accept(void)
{
	struct xendmabuf_channel *near, *far;
	struct xendmabuf_channel_peer peer;
	int listener, other;
	char text[16];

	be_in(WORK);
	CHECK(!xendmabuf_channel_listen("a", XENDMABUF_CHANNEL_NONBLOCK,
					&listener));
	CHECK(xendmabuf_channel_listen("a", 0, &other) == -EADDRINUSE);
	CHECK(xendmabuf_channel_accept(listener, &far) == -EAGAIN);
	CHECK(open_both(&listener, 0, &near, &far));
	CHECK(!xendmabuf_channel_peer(far, &peer, sizeof(peer)));
	CHECK(peer.domid == 7 && peer.type == SOCK_SEQPACKET &&
	      !strcmp(peer.service, "a"));
	/* as the listener is */
	CHECK(xendmabuf_channel_recv(far, text, 16, NULL, NULL, 0) == -EAGAIN);
	CHECK(xendmabuf_channel_send(near, "datagram", 8, NULL, 0, 0) == 8);
	CHECK(is_readable(xendmabuf_channel_fd(far), PATIENCE));
	CHECK(xendmabuf_channel_recv(far, text, 4, NULL, NULL, 0) == -EMSGSIZE);
	CHECK(xendmabuf_channel_send(near, listen_and_accept, 32769, NULL, 0,
				     0) == -EMSGSIZE);
	close(listener);
	xendmabuf_channel_close(near);
	CHECK(is_readable(xendmabuf_channel_fd(far), PATIENCE));
	CHECK(!xendmabuf_channel_recv(far, text, 16, NULL, NULL, 0));
	CHECK(xendmabuf_channel_accept(-1, &far) == -EBADF);
	xendmabuf_channel_close(far);
}

static void program_listens_and_accepts(void **state)
{
	link_with(LISTEN_A, USE_LISTENER);
	run(listen_and_accept);
}

static void send_descriptors(void)
{
	struct xendmabuf_channel *near, *far;
	int listener = -1, fds[2], got[2], i;
	char text[16] = "";
	size_t nr = 2;

	CHECK(open_both(&listener, 0, &near, &far));
	for (i = 0; i < 2; i++) {
		fds[i] = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		CHECK(write(fds[i], "keymap", 6) == 6);
	}
	CHECK(xendmabuf_channel_send(near, "x", 1, fds, 2, 0) == 1);
	CHECK(xendmabuf_channel_recv(far, text, 16, got, &nr, 0) == 1);
	CHECK(nr == 2 && pread(got[1], text, sizeof(text), 0) == 6);
	CHECK(!memcmp(text, "keymap", 6));
	CHECK(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	close(got[0]);
	close(got[1]);
	/* less room than they need, and none wanted */
	CHECK(xendmabuf_channel_send(near, "x", 1, fds, 2, 0) == 1);
	nr = 1;
	CHECK(xendmabuf_channel_recv(far, text, 16, got, &nr, 0) == -EMSGSIZE);
	CHECK(!nr);
	CHECK(xendmabuf_channel_send(near, "x", 1, fds, 2, 0) == 1);
	CHECK(xendmabuf_channel_recv(far, text, 16, NULL, NULL, 0) == 1);
	CHECK(xendmabuf_channel_send(near, "", 0, fds, 2, 0) == -EINVAL);
	CHECK(xendmabuf_channel_send(near, "x", 1, fds, 33, 0) == -EINVAL);
	CHECK(xendmabuf_channel_send(near, "x", 1, NULL, 1, 0) == -EINVAL);
	CHECK(xendmabuf_channel_send(near, "x", 1, NULL, 0, MSG_OOB) ==
	      -EINVAL);
	xendmabuf_channel_close(far);
	CHECK(is_readable(xendmabuf_channel_fd(near), PATIENCE));
	CHECK(xendmabuf_channel_send(near, "x", 1, NULL, 0, 0) == -EPIPE);
	xendmabuf_channel_close(near);
	close(fds[0]);
	close(fds[1]);
	close(listener);
}

static void descriptors_cross(void **state)
{
	link_with(LISTEN_A, USE_LISTENER);
	run(send_descriptors);
}

/* Until the other program would have to read first */
static void fill_channel(struct xendmabuf_channel *ch)
{
	static const char datagram[32768];
	int full = 0;

	while (full < 3) {
		if (xendmabuf_channel_send(ch, datagram, sizeof(datagram), NULL,
					   0, MSG_DONTWAIT) > 0) {
			full = 0;
			continue;
		}
		full++;
		usleep(20000);
	}
}

static bool has_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, PATIENCE) == 1 && p.revents & POLLHUP;
}

static void receive_after_the_end(void)
{
	struct xendmabuf_channel *near, *far;
	int listener = -1;
	char text[16];

	CHECK(open_both(&listener, 0, &near, &far));
	CHECK(xendmabuf_channel_send(far, "last", 4, NULL, 0, 0) == 4);
	CHECK(is_readable(xendmabuf_channel_fd(near), PATIENCE));
	/* the daemon's end is closed with something unread */
	fill_channel(near);
	xendmabuf_channel_close(far);
	CHECK(has_hung_up(xendmabuf_channel_fd(near)));
	CHECK(xendmabuf_channel_recv(near, text, 16, NULL, NULL, 0) == 4);
	CHECK(!xendmabuf_channel_recv(near, text, 16, NULL, NULL, 0));
	xendmabuf_channel_close(near);
	close(listener);
}

static void last_datagrams_are_received(void **state)
{
	link_with(LISTEN_A, USE_LISTENER);
	run(receive_after_the_end);
}

static unsigned int count_pidfds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned int nr = 0;
	char to[64];
	ssize_t n;

	while (dir && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, to, sizeof(to) - 1);
		to[n < 0 ? 0 : n] = '\0';
		nr += strstr(to, "pidfd") != NULL;
	}
	closedir(dir);
	return nr;
}

static void receive_with_pidfds(void)
{
	struct xendmabuf_channel *near, *far;
	unsigned int before = count_pidfds();
	int listener = -1, on = 1, got;
	char text[16];
	size_t nr = 1;

	CHECK(open_both(&listener, 0, &near, &far));
	if (setsockopt(xendmabuf_channel_fd(far), SOL_SOCKET, SO_PASSPIDFD, &on,
		       sizeof(on)))
		CHECK(errno == ENOPROTOOPT);
	CHECK(xendmabuf_channel_send(near, "x", 1, NULL, 0, 0) == 1);
	CHECK(xendmabuf_channel_recv(far, text, 16, &got, &nr, 0) == 1);
	CHECK(!nr && count_pidfds() == before);
	xendmabuf_channel_close(near);
	xendmabuf_channel_close(far);
	close(listener);
}

static void pidfds_that_come_are_closed(void **state)
{
	link_with(LISTEN_A, USE_LISTENER);
	run(receive_with_pidfds);
}

static void ask_the_daemon(void)
{
	struct xendmabuf_channel *near, *far;
	struct xendmabuf_channel_event event;
	int listener = -1, fd, made, poll_fd;

	CHECK(open_both(&listener, 0, &near, &far));
	fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(!ftruncate(fd, 8192));
	CHECK(xendmabuf_channel_recall(near, fd, 0) == -ENOENT);
	/* no driver, no dma-bufs */
	CHECK(xendmabuf_channel_memory(near, fd, 0, 4096, &made) ==
	      -EOPNOTSUPP);
	CHECK(made == -1);
	CHECK(xendmabuf_channel_event(near, &event, sizeof(event)) == -EAGAIN);
	poll_fd = xendmabuf_channel_event_fd(near);
	CHECK(poll_fd >= 0 && xendmabuf_channel_event_fd(near) == poll_fd);
	CHECK(!is_readable(poll_fd, 0));
	/* an event that comes before the answer of a request is not lost */
	made = eventfd(0, EFD_CLOEXEC);
	CHECK(xendmabuf_channel_send(near, "x", 1, &made, 1, 0) == 1);
	CHECK(is_readable(poll_fd, PATIENCE));
	CHECK(xendmabuf_channel_recall(near, fd, 0) == -ENOENT);
	CHECK(is_readable(poll_fd, 0));
	CHECK(xendmabuf_channel_event(near, &event, sizeof(event) - 1) ==
	      -EINVAL);
	CHECK(!xendmabuf_channel_event(near, &event, sizeof(event)));
	CHECK(event.type == XENDMABUF_CHANNEL_FAILED &&
	      event.error == -EOPNOTSUPP);
	CHECK(!is_readable(poll_fd, 0));
	xendmabuf_channel_close(near);
	xendmabuf_channel_close(far);
	close(made);
	close(fd);
	close(listener);
}

static void requests_are_answered(void **state)
{
	link_with(LISTEN_A, USE_LISTENER);
	run(ask_the_daemon);
}

static void lose_the_link(void)
{
	struct xendmabuf_channel *near, *far;
	struct xendmabuf_channel_event event;
	int listener = -1, poll_fd, made;

	CHECK(open_both(&listener, XENDMABUF_CHANNEL_LATE, &near, &far));
	poll_fd = xendmabuf_channel_event_fd(near);
	CHECK(poll_fd >= 0);
	drop_link = true;
	do {
		CHECK(is_readable(poll_fd, PATIENCE));
		CHECK(!xendmabuf_channel_event(near, &event, sizeof(event)));
	} while (event.type == XENDMABUF_CHANNEL_FAILED);
	CHECK(event.type == XENDMABUF_CHANNEL_PEER_GONE);
	CHECK(xendmabuf_channel_event(near, &event, sizeof(event)) == -EPIPE);
	CHECK(xendmabuf_channel_recall(near, listener, 0) == -EPIPE);
	CHECK(xendmabuf_channel_memory(near, listener, 0, 4096, &made) ==
	      -EPIPE);
	/* who has not asked is told by the end */
	while (xendmabuf_channel_event(far, &event, sizeof(event)) == -EAGAIN)
		usleep(1000);
	CHECK(event.type == XENDMABUF_CHANNEL_PEER_GONE);
	CHECK(xendmabuf_channel_event_fd(far) == -EPIPE);
	xendmabuf_channel_close(near);
	xendmabuf_channel_close(far);
	close(listener);
}

static void end_of_the_link_is_told(void **state)
{
	link_with(LISTEN_A, USE_LISTENER);
	run(lose_the_link);
}

static int listener_of_the_daemon;

static void await_the_end(void)
{
	struct xendmabuf_channel *far;

	CHECK(xendmabuf_channel_accept(listener_of_the_daemon, &far) == -EPIPE);
}

static void begin_to_listen(void)
{
	be_in(WORK);
	CHECK(!xendmabuf_channel_listen("a", 0, &listener_of_the_daemon));
}

static void listener_sees_the_daemons_end(void **state)
{
	host_start(WORK, 3, LISTEN_A);
	run(begin_to_listen);
	host_stop(WORK);
	run(await_the_end);
	close(listener_of_the_daemon);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, hosts_begin, hosts_end)
	const struct CMUnitTest tests[] = {
		CASE(program_connects_and_talks),
		CASE(each_refusal_has_its_error),
		CASE(busy_daemon_says_so),
		CASE(program_does_not_wait_for_its_channel),
		CASE(program_listens_and_accepts),
		CASE(descriptors_cross),
		CASE(last_datagrams_are_received),
		CASE(pidfds_that_come_are_closed),
		CASE(requests_are_answered),
		CASE(end_of_the_link_is_told),
		CASE(listener_sees_the_daemons_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
