// SPDX-License-Identifier: GPL-2.0-only
/* The control socket, and which daemon may have it */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "daemon.h"
#include "vdispl/frontend.h"
#include "common/log.h"
#include "status.h"

static struct xd_daemon first, second;
static char folder[] = "/tmp/displd-control-XXXXXX";
static char path[64];

void xd_status_text(const struct xd_daemon *d, FILE *out)
{
	fputs("well\n", out);
	xdc_loop_stop(&first.loop);
}

void xd_status_json(const struct xd_daemon *d, FILE *out)
{
	xd_status_text(d, out);
}

int xd_screen_shot(struct xd_screen *s, void *pixels, uint32_t pitch,
		   uint32_t w, uint32_t h)
{
	return -ENODATA;
}

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

static int begin(void **state)
{
	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	return xdc_loop_init(&first.loop) || xdc_loop_init(&second.loop) ? -1
									 : 0;
}

static int end(void **state)
{
	xd_control_stop(&first);
	xd_control_stop(&second);
	xdc_loop_fini(&first.loop);
	xdc_loop_fini(&second.loop);
	unlink(path);
	return 0;
}

static int connect_control(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A running daemon keeps its socket */
static void control_socket_kept_by_running_daemon(void **state)
{
	char line[8] = "";
	int fd;

	assert_int_equal(xd_control_start(&first, path), 0);
	assert_int_equal(xd_control_start(&second, path), -EADDRINUSE);
	assert_null(second.control);
	fd = connect_control();
	assert_int_equal(write(fd, "status\n", 7), 7);
	assert_int_equal(xdc_loop_run(&first.loop), 0);
	assert_int_equal(read(fd, line, sizeof(line) - 1), 3);
	assert_string_equal(line, "ok\n");
	close(fd);
	xd_control_stop(&first);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(xd_control_start(&second, path), 0);
}

/* The socket of a killed daemon is replaced */
static void control_socket_of_killed_daemon_replaced(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(xd_control_start(&first, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(connect_control());
}

static void control_path_with_other_file_kept(void **state)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
	assert_int_equal(xd_control_start(&first, path), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			control_socket_kept_by_running_daemon, begin, end),
		cmocka_unit_test_setup_teardown(
			control_socket_of_killed_daemon_replaced, begin, end),
		cmocka_unit_test_setup_teardown(
			control_path_with_other_file_kept, begin, end),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/control", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
