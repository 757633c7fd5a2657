// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

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
		cmocka_unit_test_teardown(user_of_a_connection_is_told,
					  remove_path),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
