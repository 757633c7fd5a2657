// SPDX-License-Identifier: GPL-2.0-only
/* A xenstore that closes its connection, and permissions of nodes */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <xenstore.h>

#include <xen/io/xs_wire.h>

#include "daemon.h"
#include "xenbus/device.h"
#include "common/log.h"
#include "common/store.h"
#include "xenbus/discover.h"

static struct xd_daemon d;
static char folder[] = "/tmp/displd-xs-XXXXXX";
static char path[64];
static int listener;
static pthread_t thread;
static const char *perms;
static uint32_t perms_len;
static unsigned int watches, checks, changed;

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

static const struct xd_device_ops display = { .type = "vdispl" };
static const struct xd_device_ops *const kinds[] = { &display, NULL };

void xd_device_changed(struct xd_daemon *daemon, const char *type,
		       uint16_t domid, uint32_t devid)
{
	assert_string_equal(type, "vdispl");
	assert_int_equal(domid, 7);
	assert_int_equal(devid, 3);
	changed++;
}

void xd_device_tell(struct xd_daemon *daemon, const char *type, uint16_t domid,
		    uint32_t devid)
{
}

void xd_device_check_domains(struct xd_daemon *daemon)
{
	checks++;
}

void xd_device_look_told(struct xd_daemon *daemon)
{
}

struct xd_device *xd_device_find(const struct xd_daemon *daemon, const char *to)
{
	return NULL;
}

/* What xenstore has: one display */
static const char *list_directory(const char *dir)
{
	if (!strcmp(dir, "backend/vdispl"))
		return "7";
	return strcmp(dir, "backend/vdispl/7") ? NULL : "3";
}

/* Closes the connection at the last watch */
static void *run_store(void *unused)
{
	struct xsd_sockmsg msg;
	bool watch = false;
	char payload[256];
	int fd = accept(listener, NULL, NULL), peer;

	while (read(fd, &msg, sizeof(msg)) == (ssize_t)sizeof(msg)) {
		const char *text = "ENOENT", *list;

		if (msg.len > sizeof(payload) ||
		    recv(fd, payload, msg.len, MSG_WAITALL) != (ssize_t)msg.len)
			break;
		/* displays, domains that begin, domains that end */
		watch = msg.type == XS_WATCH && ++watches == 3;
		msg.len = 0;
		if (msg.type == XS_WATCH) {
			text = "OK";
		} else if (msg.type == XS_GET_PERMS && perms_len) {
			text = perms;
			msg.len = perms_len;
		} else if (msg.type == XS_DIRECTORY &&
			   (list = list_directory(payload))) {
			text = list;
		} else {
			msg.type = XS_ERROR;
		}
		if (!msg.len)
			msg.len = (uint32_t)strlen(text) + 1;
		if (write(fd, &msg, sizeof(msg)) != (ssize_t)sizeof(msg) ||
		    write(fd, text, msg.len) != (ssize_t)msg.len || watch)
			break;
	}
	if (watch) {
		/* after the daemon has begun to wait for events */
		peer = accept(listener, NULL, NULL);
		usleep(100000);
		close(peer);
	}
	close(fd);
	return NULL;
}

static void start_serving(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_store, NULL), 0);
	setenv("XENSTORED_PATH", path, 1);
}

static void stop_serving(void)
{
	pthread_join(thread, NULL);
	close(listener);
	unlink(path);
}

static void xenstore_closed_ends_loop_with_epipe(void **state)
{
	start_serving();
	assert_int_equal(xdc_loop_init(&d.loop), 0);
	d.kinds = kinds;
	assert_int_equal(xd_discover_start(&d), 0);
	/* an error, so that a service manager restarts the daemon */
	assert_int_equal(xdc_loop_run(&d.loop), -EPIPE);
	xd_discover_stop(&d);
	xdc_loop_fini(&d.loop);
	stop_serving();
}

/* As after a reload: a device that was not allowed may be so now */
static void scan_finds_devices_without_an_event(void **state)
{
	start_serving();
	d.kinds = kinds;
	d.xs = xs_open(0);
	assert_non_null(d.xs);
	changed = 0;
	xd_discover_scan(&d);
	assert_int_equal(changed, 1);
	xs_close(d.xs);
	d.xs = NULL;
	stop_serving();
}

#define says(list) (perms = (list), perms_len = sizeof(list))

static bool is_protected(void)
{
	return xdc_store_protected(d.xs, "fe/0", "unique-id", 7);
}

/* A node is protected if the guest cannot have written it */
static void node_protected_only_if_guest_cannot_write(void **state)
{
	start_serving();
	d.xs = xs_open(0);
	assert_non_null(d.xs);
	/* as xl creates it */
	says("n0\0r7");
	assert_true(is_protected());
	says("r0");
	assert_true(is_protected());
	says("n0\0r7\0b3");
	assert_true(is_protected());
	/* owned by the guest, or writable by it */
	says("n7\0r0");
	assert_false(is_protected());
	says("b0");
	assert_false(is_protected());
	says("n0\0r3\0b7");
	assert_false(is_protected());
	says("n0\0w7");
	assert_false(is_protected());
	perms_len = 0;
	assert_false(is_protected());
	xs_close(d.xs);
	d.xs = NULL;
	stop_serving();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xenstore_closed_ends_loop_with_epipe),
		cmocka_unit_test(scan_finds_devices_without_an_event),
		cmocka_unit_test(node_protected_only_if_guest_cannot_write),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
