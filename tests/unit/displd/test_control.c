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
#include "guest.h"
#include "vdispl/frontend.h"
#include "vdispl/shot.h"
#include "common/log.h"
#include "status.h"
#include "tests/unit/common/fake_accept.h"

static struct xd_daemon first, second;
static char folder[] = "/tmp/displd-control-XXXXXX";
static char path[64];
static const struct xd_screen *shot; /* of the last screenshot */
static bool shot_takes_long;
static struct xd_shot *running; /* which takes long */

void xd_status_text(const struct xd_daemon *d, FILE *out)
{
	fputs("well\n", out);
	xdc_loop_stop(&first.loop);
}

void xd_status_json(const struct xd_daemon *d, FILE *out)
{
	xd_status_text(d, out);
}

int xd_shot_begin(struct xd_shot *copy, const struct xd_screen *s,
		  const struct xd_rows *dst)
{
	shot = s;
	if (!shot_takes_long) {
		xdc_loop_stop(&first.loop);
		return -ENODATA;
	}
	running = copy;
	memset(dst->pixels, 0x55, (size_t)dst->pitch * dst->height);
	return 0;
}

void xd_shot_cancel(struct xd_shot *copy)
{
	if (copy == running)
		running = NULL;
}

static unsigned int warnings;

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
	warnings += level == XDC_WARNING;
}

static int begin(void **state)
{
	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	fake_accepts = warnings = 0;
	fake_accept_errno = 0;
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

static struct xd_guest guest = { .name = "work", .domid = 7 };
static struct xd_frontend displays[2];

/* A display of the guest with connectors; the last one that is added is first */
static void add_display(struct xd_frontend *f, uint32_t devid,
			unsigned int connectors)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->guest = &guest;
	f->domid = guest.domid;
	f->devid = devid;
	f->dev.connected = true;
	f->nr_connectors = connectors;
	for (i = 0; i < connectors; i++)
		f->connectors[i].screen.width = f->connectors[i].screen.height =
			8;
	LIST_INSERT_HEAD(&first.frontends, f, link);
}

static int connect_control(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

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
	assert_int_equal(write(fd, "status", 6), 6);
	assert_int_equal(xdc_loop_run(&first.loop), 0);
	assert_int_equal(read(fd, line, sizeof(line) - 1), 2);
	assert_string_equal(line, "ok");
	close(fd);
	xd_control_stop(&first);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(xd_control_start(&second, path), 0);
}

/* The socket of a killed daemon is replaced */
static void control_socket_of_killed_daemon_replaced(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
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

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&first.loop);
}

/* The loop, until a request is answered or the time is over */
static void run_loop(uint64_t ms)
{
	struct xdc_timer timer;

	xdc_timer_init(&first.loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	first.loop.stop = false;
	assert_int_equal(xdc_loop_run(&first.loop), 0);
	xdc_timer_fini(&timer);
}

/* A connection that cannot be accepted waits, and does not keep the loop busy */
static void control_waits_while_descriptors_are_short(void **state)
{
	static const int errors[] = { ENFILE, ENOMEM, ENOBUFS, EMFILE };
	char line[8] = "";
	size_t i;
	int fd;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		end(state);
		begin(state);
		assert_int_equal(xd_control_start(&first, path), 0);
		fd = connect_control();
		assert_int_equal(write(fd, "status", 6), 6);
		fake_accept_errno = errors[i];
		run_loop(50);
		assert_int_equal(fake_accepts, 1);
		assert_int_equal(warnings, 1);
		if (errors[i] != EMFILE)
			close(fd);
	}
	/* tried again, and not logged again */
	run_loop(1200);
	assert_int_equal(fake_accepts, 2);
	assert_int_equal(warnings, 1);
	/* until there are descriptors */
	fake_accept_errno = 0;
	run_loop(1200);
	assert_int_equal(read(fd, line, sizeof(line) - 1), 2);
	assert_string_equal(line, "ok");
	close(fd);
	/* the next shortage is logged */
	fd = connect_control();
	fake_accept_errno = EMFILE;
	run_loop(50);
	assert_int_equal(warnings, 2);
	close(fd);
}

/* The screen whose picture a request takes; NULL: none */
static const struct xd_screen *find_shot(const char *what)
{
	char line[80];
	int fd = connect_control();

	shot = NULL;
	snprintf(line, sizeof(line), "screenshot %s", what);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	run_loop(50);
	close(fd);
	return shot;
}

/* Each connector of a guest's displays has a name */
static void control_screenshot_of_each_display(void **state)
{
	assert_int_equal(xd_control_start(&first, path), 0);
	add_display(&displays[0], 0, 2);
	add_display(&displays[1], 1, 1);
	assert_ptr_equal(find_shot("work"), &displays[0].connectors[0].screen);
	assert_ptr_equal(find_shot("7:0"), &displays[0].connectors[0].screen);
	assert_ptr_equal(find_shot("work:1"),
			 &displays[0].connectors[1].screen);
	assert_ptr_equal(find_shot("work:1.0"),
			 &displays[1].connectors[0].screen);
	assert_null(find_shot("work:1.1"));
	assert_null(find_shot("work:2.0"));
	assert_null(find_shot("work:left"));
	assert_null(find_shot("other"));
	/* the only display need not be number 0 */
	displays[0].dev.connected = false;
	assert_ptr_equal(find_shot("work"), &displays[1].connectors[0].screen);
	assert_null(find_shot("work:0"));
}

/* Begins a screenshot of 8 x 2 pixels whose copy goes on */
static int begin_shot(void)
{
	static const char line[] = "screenshot work";
	int fd;

	assert_int_equal(xd_control_start(&first, path), 0);
	add_display(&displays[0], 0, 1);
	displays[0].connectors[0].screen.width = 8;
	displays[0].connectors[0].screen.height = 2;
	shot_takes_long = true;
	fd = connect_control();
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	run_loop(20);
	assert_non_null(running);
	return fd;
}

static void control_screenshot_answered_when_it_is_complete(void **state)
{
	int fd = begin_shot();
	char answer[80] = "";

	/* further requests are not heard */
	assert_int_equal(write(fd, "status", 6), 6);
	run_loop(20);
	assert_int_equal(recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT),
			 -1);
	assert_non_null(running);
	running->dst.width = 8;
	running->dst.height = 2;
	running->done(running, 0);
	assert_int_equal(recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT),
			 strlen("ok 8 2"));
	assert_string_equal(answer, "ok 8 2");
	close(fd);
}

static void control_screenshot_says_that_its_picture_is_gone(void **state)
{
	int fd = begin_shot();
	char answer[120] = "";

	running->done(running, -ECANCELED);
	assert_true(recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(answer, "try again"));
	close(fd);
}

static void control_screenshot_ends_with_its_client(void **state)
{
	close(begin_shot());
	run_loop(20);
	assert_null(running);
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
		cmocka_unit_test_setup_teardown(
			control_waits_while_descriptors_are_short, begin, end),
		cmocka_unit_test_setup_teardown(
			control_screenshot_of_each_display, begin, end),
		cmocka_unit_test_setup_teardown(
			control_screenshot_answered_when_it_is_complete, begin,
			end),
		cmocka_unit_test_setup_teardown(
			control_screenshot_says_that_its_picture_is_gone, begin,
			end),
		cmocka_unit_test_setup_teardown(
			control_screenshot_ends_with_its_client, begin, end),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/control", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
