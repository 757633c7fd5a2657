// SPDX-License-Identifier: GPL-2.0-only
/* What is said where Xen's devices cannot be opened */
#include "unit.h"

#include <fcntl.h>

#include "transport.h"

static int open_error;

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	assert_non_null(strstr(path, "/dev/xen/"));
	errno = open_error;
	return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags);
}

static const char *offer_fails(int err)
{
	static struct xdc_reason why;
	struct xch_transport_offer offer;
	struct xch_transport t;

	open_error = err;
	assert_int_equal(xch_transport_xen.offer(7, &t, &offer, &why), -err);
	return why.text;
}

static void missing_device_needs_its_module(void **state)
{
	assert_string_equal(offer_fails(ENOENT),
			    "/dev/xen/evtchn: No such file or directory. "
			    "Try: modprobe xen-evtchn");
}

static void device_that_systemd_denies_needs_a_restart(void **state)
{
	assert_string_equal(offer_fails(EPERM),
			    "/dev/xen/evtchn: Operation not permitted: it came "
			    "after the daemon. "
			    "Try: systemctl restart xen-channeld");
}

/* A module that is loaded already would not help */
static void device_of_other_users_needs_its_group(void **state)
{
	const char *said = offer_fails(EACCES);

	assert_non_null(strstr(said, "/dev/xen/evtchn: Permission denied. Try: "
				     "run as root, or as a member of the group "
				     "xen-backend"));
	assert_null(strstr(said, "modprobe"));
}

static void other_errors_need_no_module(void **state)
{
	assert_string_equal(offer_fails(EMFILE),
			    "/dev/xen/evtchn: Too many open files");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_device_needs_its_module),
		cmocka_unit_test(device_that_systemd_denies_needs_a_restart),
		cmocka_unit_test(device_of_other_users_needs_its_group),
		cmocka_unit_test(other_errors_need_no_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
