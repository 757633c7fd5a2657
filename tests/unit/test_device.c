// SPDX-License-Identifier: GPL-2.0-only
/* Opening the device, and INFO; see test_share.c for the other calls */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "fake.h"

#define DEVICE "/dev/xen/dmabuf"
#define GRANTING "/dev/xen/dmabuf-grant"

static struct {
	int open_err; /* of /dev/xen/dmabuf */
	int grant_err; /* of /dev/xen/dmabuf-grant */
	const char *opened; /* the node that was opened last */
	int info_err;
	int dev_xen; /* there is a /dev/xen */
	const char *hypervisor; /* content of /sys/hypervisor/type */
	size_t knows; /* size of the struct in the driver's version */
	size_t asked; /* size of the struct in the program's version */
} world;

static int world_open(const char *path, int flags)
{
	int err;

	if (!strcmp(path, "/sys/hypervisor/type"))
		return world.hypervisor ? fake_file(world.hypervisor) : -ENOENT;
	assert_int_equal(flags & O_ACCMODE, O_RDWR);
	err = strcmp(path, GRANTING) ? world.open_err : world.grant_err;
	if (strcmp(path, GRANTING))
		assert_string_equal(path, DEVICE);
	if (err)
		return err;
	world.opened = strcmp(path, GRANTING) ? DEVICE : GRANTING;
	return fake_chardev();
}

static int world_access(const char *path)
{
	assert_string_equal(path, "/dev/xen");
	return world.dev_xen ? 0 : -ENOENT;
}

static int world_ioctl(int fd, unsigned long request, void *arg)
{
	struct xen_dmabuf_info all = {
		.size = sizeof(all),
		.version = XEN_DMABUF_VERSION,
		.max_pages = 65535,
		.grants_left = 77,
	};
	struct xen_dmabuf_info *info = arg;

	assert_true(fake_is_open(fd));
	assert_int_equal(request, XEN_DMABUF_IOC_INFO);
	assert_int_equal(info->size, world.asked);
	assert_int_equal(info->flags, 0);
	if (world.info_err)
		return world.info_err;
	all.size = info->size;
	memcpy(info, &all,
	       world.knows < world.asked ? world.knows : world.asked);
	return 0;
}

static int setup(void **state)
{
	memset(&world, 0, sizeof(world));
	world.dev_xen = 1;
	world.grant_err = -ENOENT; /* as with a driver that lacks it */
	world.knows = world.asked = sizeof(struct xen_dmabuf_info);
	fake_setup(state);
	fake.open = world_open;
	fake.access = world_access;
	fake.ioctl = world_ioctl;
	return 0;
}

static struct xendmabuf *must_open(void)
{
	struct xendmabuf *x;

	assert_int_equal(xendmabuf_open(&x), 0);
	assert_non_null(x);
	return x;
}

static void open_and_close(void **state)
{
	struct xendmabuf *x = must_open();
	int fd = xendmabuf_fd(x);

	(void)state;
	assert_true(fake_is_open(fd));
	assert_int_equal(xendmabuf_bad_ref(x), 0);
	xendmabuf_close(x);
	assert_false(fake_is_open(fd));
	xendmabuf_close(NULL);
}

static void expect_open_error(int err)
{
	struct xendmabuf *x = (struct xendmabuf *)-1;

	assert_int_equal(xendmabuf_open(&x), err);
	assert_null(x);
}

static void open_without_module_fails_enoent(void **state)
{
	static const int errors[] = { -ENOENT, -ENXIO, -ENODEV, -ENOTDIR };
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		world.open_err = errors[i];
		expect_open_error(-ENOENT);
	}
}

static void open_outside_xen_fails_enodev(void **state)
{
	static const char *const types[] = { NULL, "", "kvm\n", "xe" };
	size_t i;

	(void)state;
	world.open_err = -ENOENT;
	world.dev_xen = 0;
	for (i = 0; i < NR(types); i++) {
		world.hypervisor = types[i];
		expect_open_error(-ENODEV);
	}
	world.hypervisor = "xen\n";
	expect_open_error(-ENOENT);
}

static void open_passes_errors(void **state)
{
	static const int errors[] = { -EACCES, -EPERM, -EMFILE, -ENFILE,
				      -ENOMEM };
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		world.open_err = errors[i];
		expect_open_error(errors[i]);
	}
	world.open_err = 0;
	world.info_err = -EIO;
	expect_open_error(-EIO);
	world.info_err = 0;
	fake.fail_alloc = 1;
	expect_open_error(-ENOMEM);
}

/* The node that only grants is for users who may not open the other */
static void open_falls_back_to_granting_node(void **state)
{
	static const int errors[] = { -EACCES, -EPERM, -ENOENT, -ENXIO };
	size_t i;

	(void)state;
	world.grant_err = 0;
	xendmabuf_close(must_open());
	assert_string_equal(world.opened, DEVICE);
	for (i = 0; i < NR(errors); i++) {
		world.open_err = errors[i];
		world.opened = NULL;
		xendmabuf_close(must_open());
		assert_string_equal(world.opened, GRANTING);
	}
	/* errors that the other node would have, too */
	world.open_err = -EMFILE;
	expect_open_error(-EMFILE);

	/* neither may be opened; only one exists and may not be opened */
	world.open_err = world.grant_err = -EACCES;
	expect_open_error(-EACCES);
	world.open_err = -ENOENT;
	expect_open_error(-EACCES);
	world.open_err = -EPERM;
	world.grant_err = -ENXIO;
	expect_open_error(-EPERM);
}

static void open_fd_takes_descriptor(void **state)
{
	struct xendmabuf *x;
	int fd = fake_chardev();

	(void)state;
	assert_int_equal(xendmabuf_open_fd(fd, &x), 0);
	assert_int_equal(xendmabuf_fd(x), fd);
	xendmabuf_close(x);
	assert_false(fake_is_open(fd));
}

/* A descriptor that is refused stays open */
static void expect_open_fd_error(int fd, int err)
{
	struct xendmabuf *x = (struct xendmabuf *)-1;

	assert_int_equal(xendmabuf_open_fd(fd, &x), err);
	assert_null(x);
	if (fd >= 0) {
		assert_true(fake_is_open(fd));
		close(fd);
	}
}

static void open_fd_of_other_file_refused(void **state)
{
	static const int errors[] = { -ENOTTY, -EINVAL, -ENOSYS };
	size_t i;

	(void)state;
	expect_open_fd_error(-1, -EBADF);
	expect_open_fd_error(fake_file("not a device"), -ENOTTY);
	for (i = 0; i < NR(errors); i++) {
		world.info_err = errors[i];
		expect_open_fd_error(fake_chardev(), -ENOTTY);
	}
	world.info_err = -EIO;
	expect_open_fd_error(fake_chardev(), -EIO);
	world.info_err = 0;
	fake.fail_alloc = 1;
	expect_open_fd_error(fake_chardev(), -ENOMEM);
}

static void info_copied_from_driver(void **state)
{
	struct xendmabuf *x = must_open();
	struct xen_dmabuf_info i;

	(void)state;
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_info(x, &i, sizeof(i)), 0);
	assert_int_equal(i.version, XEN_DMABUF_VERSION);
	assert_int_equal(i.max_pages, 65535);
	assert_int_equal(i.grants_left, 77);
	assert_int_equal(i.pages_mapped, 0);
	xendmabuf_close(x);
}

/* Fields unknown to an older driver are zeroed */
static void info_of_older_driver_zero_filled(void **state)
{
	struct xendmabuf *x = must_open();
	struct xen_dmabuf_info i;

	(void)state;
	world.knows = offsetof(struct xen_dmabuf_info, grants_total);
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_info(x, &i, sizeof(i)), 0);
	assert_int_equal(i.max_pages, 65535);
	assert_int_equal(i.grants_total, 0);
	assert_int_equal(i.grants_left, 0);
	xendmabuf_close(x);
}

#define FIRST_INFO offsetof(struct xen_dmabuf_info, grants_reserved)

static void info_of_older_program_not_written_beyond_its_struct(void **state)
{
	struct xendmabuf *x = must_open();
	struct xen_dmabuf_info i;

	(void)state;
	world.asked = FIRST_INFO;
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_info(x, &i, FIRST_INFO), 0);
	assert_int_equal(i.size, FIRST_INFO);
	assert_int_equal(i.max_pages, 65535);
	assert_int_equal(i.grants_left, 77);
	assert_true(fake_filled((uint8_t *)&i + FIRST_INFO, 0xff,
				sizeof(i) - FIRST_INFO));
	xendmabuf_close(x);
}

static void info_of_newer_program_zero_filled(void **state)
{
	struct xendmabuf *x = must_open();
	struct {
		struct xen_dmabuf_info known;
		uint32_t later[8];
	} i;

	(void)state;
	world.asked = sizeof(i);
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_info(x, &i.known, sizeof(i)), 0);
	assert_int_equal(i.known.grants_left, 77);
	assert_true(fake_filled(i.later, 0, sizeof(i.later)));
	xendmabuf_close(x);
}

static void info_shorter_than_first_version_refused(void **state)
{
	struct xendmabuf *x = must_open();
	struct xen_dmabuf_info i;

	(void)state;
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_info(x, &i, 0), -EINVAL);
	assert_int_equal(xendmabuf_info(x, &i, FIRST_INFO - 1), -EINVAL);
	assert_int_equal(xendmabuf_info(x, &i, (size_t)UINT32_MAX + 1),
			 -EINVAL);
	assert_true(fake_filled(&i, 0xff, sizeof(i)));
	xendmabuf_close(x);
}

static void info_passes_errors(void **state)
{
	static const int errors[] = { -EFAULT, -E2BIG, -EOPNOTSUPP, -ENOTTY };
	struct xendmabuf *x = must_open();
	struct xen_dmabuf_info info;
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		world.info_err = errors[i];
		assert_int_equal(xendmabuf_info(x, &info, sizeof(info)),
				 errors[i]);
	}
	xendmabuf_close(x);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(open_and_close),
		TEST(open_without_module_fails_enoent),
		TEST(open_outside_xen_fails_enodev),
		TEST(open_passes_errors),
		TEST(open_falls_back_to_granting_node),
		TEST(open_fd_takes_descriptor),
		TEST(open_fd_of_other_file_refused),
		TEST(info_copied_from_driver),
		TEST(info_of_older_driver_zero_filled),
		TEST(info_of_older_program_not_written_beyond_its_struct),
		TEST(info_of_newer_program_zero_filled),
		TEST(info_shorter_than_first_version_refused),
		TEST(info_passes_errors),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
