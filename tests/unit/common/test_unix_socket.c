// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/systemd.h"
#include "common/unix-socket.h"

static char folder[] = "/tmp/unix-socket-XXXXXX";
static char path[64];

static int remove_path(void **state)
{
	unlink(path);
	return 0;
}

static void socket_has_the_permissions_asked_for(void **state)
{
	struct stat st;
	int fd = xdc_unix_listen(path, SOCK_STREAM, 0640);

	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	close(fd);
}

static void stale_socket_is_replaced(void **state)
{
	int fd = xdc_unix_listen(path, SOCK_SEQPACKET, 0600);

	close(fd);
	fd = xdc_unix_listen(path, SOCK_SEQPACKET, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void socket_in_use_is_kept(void **state)
{
	int fd = xdc_unix_listen(path, SOCK_STREAM, 0600);

	assert_int_equal(xdc_unix_listen(path, SOCK_STREAM, 0600), -EADDRINUSE);
	/* a live socket of the other type is no stale one, either */
	assert_int_equal(xdc_unix_listen(path, SOCK_SEQPACKET, 0600),
			 -EADDRINUSE);
	close(fd);
}

static void file_is_kept(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	close(fd);
	assert_int_equal(xdc_unix_listen(path, SOCK_STREAM, 0600), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
}

static void folder_is_made(void **state)
{
	char inside[80], below[96];
	int fd;

	snprintf(below, sizeof(below), "%s/below", folder);
	snprintf(inside, sizeof(inside), "%s/below/s", folder);
	fd = xdc_unix_listen(inside, SOCK_STREAM, 0600);
	assert_true(fd >= 0);
	close(fd);
	unlink(inside);
	rmdir(below);
}

static void long_path_is_refused(void **state)
{
	char text[200];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(xdc_unix_listen(text, SOCK_STREAM, 0600),
			 -ENAMETOOLONG);
	assert_int_equal(xdc_unix_connect(text, SOCK_STREAM), -ENAMETOOLONG);
}

static void connecting_says_what_is_wrong(void **state)
{
	int fd;

	assert_int_equal(xdc_unix_connect(path, SOCK_STREAM), -ENOENT);
	fd = xdc_unix_listen(path, SOCK_STREAM, 0600);
	assert_int_equal(xdc_unix_connect(path, SOCK_SEQPACKET), -EPROTOTYPE);
	close(fd);
	assert_int_equal(xdc_unix_connect(path, SOCK_STREAM), -ECONNREFUSED);
}

static int listening;
static unsigned int taken;

static void take_one(int sig)
{
	int fd = accept(listening, NULL, NULL);

	if (fd < 0)
		return;
	taken++;
	close(fd);
}

static void connecting_waits_for_a_busy_program(void **state)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 100000 } };
	struct sigaction action = { .sa_handler = take_one }, before;
	int first, waited;

	assert_int_equal(xdc_unix_connect_wait(path, SOCK_STREAM, 100),
			 -ENOENT);
	listening = xdc_unix_listen(path, SOCK_STREAM, 0600);
	assert_int_equal(listen(listening, 0), 0);
	first = xdc_unix_connect_wait(path, SOCK_STREAM, 100);
	assert_true(first >= 0);
	assert_int_equal(xdc_unix_connect(path, SOCK_STREAM), -EAGAIN);
	assert_int_equal(xdc_unix_connect_wait(path, SOCK_STREAM, 100),
			 -ETIMEDOUT);
	/* a signal does not end it */
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	waited = xdc_unix_connect_wait(path, SOCK_STREAM, 20000);
	assert_true(waited >= 0);
	assert_int_equal(taken, 1);
	assert_true(fcntl(waited, F_GETFL) & O_NONBLOCK);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	close(waited);
	close(first);
	close(listening);
}

static void user_of_a_connection_is_told(void **state)
{
	int fd = xdc_unix_listen(path, SOCK_STREAM, 0600);
	int near = xdc_unix_connect(path, SOCK_STREAM);
	int far = accept(fd, NULL, NULL);
	struct xdc_user user;

	assert_int_equal(xdc_unix_user(far, &user), 0);
	assert_int_equal(user.uid, geteuid());
	assert_int_equal(user.pid, getpid());
	assert_true(user.nr_gids >= 1);
	assert_int_equal(user.gids[0], getegid());
	assert_int_equal(xdc_unix_user(STDIN_FILENO + 1000, &user), -EBADF);
	close(near);
	close(far);
	close(fd);
}

/* In a child: the descriptors from 3 on are taken */
static int ask_systemd(int fd, bool mine, int type)
{
	char pid[16];
	int found;

	snprintf(pid, sizeof(pid), "%d", mine ? getpid() : 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	/* one that is no socket comes first */
	fd = fcntl(fd, F_DUPFD, 10);
	dup2(STDERR_FILENO, 3);
	dup2(fd, 4);
	found = xdc_systemd_socket(path, type);
	if (found < 0)
		return -found;
	/* again, after the first was closed */
	if (close(found) || (found = xdc_systemd_socket(path, type)) < 0)
		return 100;
	if (!(fcntl(found, F_GETFL) & O_NONBLOCK) ||
	    fcntl(4, F_GETFD) != FD_CLOEXEC || accept(found, NULL, NULL) < 0)
		return 101;
	return xdc_systemd_socket("/other", type) == -ENOENT ? 0 : 102;
}

static int in_child(int fd, bool mine, int type)
{
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(ask_systemd(fd, mine, type));
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void socket_of_systemds_is_found_by_its_path(void **state)
{
	int fd = xdc_unix_listen(path, SOCK_STREAM, 0600);
	int near = xdc_unix_connect(path, SOCK_STREAM);

	assert_int_equal(in_child(fd, true, SOCK_STREAM), 0);
	assert_int_equal(in_child(fd, true, SOCK_SEQPACKET), EPROTOTYPE);
	/* meant for another process */
	assert_int_equal(in_child(fd, false, SOCK_STREAM), ENOENT);
	close(fd);
	/* connected, not listening */
	assert_int_equal(in_child(near, true, SOCK_STREAM), ENOENT);
	close(near);
	assert_int_equal(xdc_systemd_socket(path, SOCK_STREAM), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(socket_has_the_permissions_asked_for,
					  remove_path),
		cmocka_unit_test_teardown(stale_socket_is_replaced,
					  remove_path),
		cmocka_unit_test_teardown(socket_in_use_is_kept, remove_path),
		cmocka_unit_test_teardown(file_is_kept, remove_path),
		cmocka_unit_test_teardown(folder_is_made, remove_path),
		cmocka_unit_test_teardown(long_path_is_refused, remove_path),
		cmocka_unit_test_teardown(connecting_says_what_is_wrong,
					  remove_path),
		cmocka_unit_test_teardown(connecting_waits_for_a_busy_program,
					  remove_path),
		cmocka_unit_test_teardown(user_of_a_connection_is_told,
					  remove_path),
		cmocka_unit_test_teardown(
			socket_of_systemds_is_found_by_its_path, remove_path),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
