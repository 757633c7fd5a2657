// SPDX-License-Identifier: GPL-2.0-only
/* RESTRICT, MAP and GRANT: what reaches the driver, and what comes back */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "fake.h"

static const int shared_errors[] = { -EFAULT, -E2BIG, -EOPNOTSUPP, -ENOMEM,
				     -ENOTTY };

static struct {
	int err;
	uint32_t bad_ref;
	int calls;
	int dmabuf_fd;
	int lease_fd;
	struct xen_dmabuf_restrict restricted;
	struct xen_dmabuf_map map;
	struct xen_dmabuf_grant grant;
} driver;

static struct xendmabuf *x;

static int driver_map(struct xen_dmabuf_map *args)
{
	driver.map = *args;
	assert_int_equal(args->size, sizeof(*args));
	if (driver.err) {
		args->bad_ref = driver.bad_ref;
		return driver.err;
	}
	args->dmabuf_fd = driver.dmabuf_fd = fake_chardev();
	args->lease_fd = driver.lease_fd = fake_chardev();
	args->lease_id = 0x123456789abcULL;
	return 0;
}

static int driver_grant(struct xen_dmabuf_grant *args)
{
	uint32_t *refs = (uint32_t *)(uintptr_t)args->refs;
	uint32_t i;

	driver.grant = *args;
	assert_int_equal(args->size, sizeof(*args));
	if (driver.err)
		return driver.err;
	for (i = 0; i < args->nr_refs; i++)
		refs[i] = 1000 + i;
	args->lease_fd = driver.lease_fd = fake_chardev();
	args->lease_id = 42;
	return 0;
}

static int driver_ioctl(int fd, unsigned long request, void *arg)
{
	assert_int_equal(fd, xendmabuf_fd(x));
	driver.calls++;
	switch (request) {
	case XEN_DMABUF_IOC_RESTRICT:
		driver.restricted = *(struct xen_dmabuf_restrict *)arg;
		return driver.err;
	case XEN_DMABUF_IOC_MAP:
		return driver_map(arg);
	case XEN_DMABUF_IOC_GRANT:
		return driver_grant(arg);
	}
	fail_msg("ioctl %lx", request);
	return -ENOTTY;
}

static int any_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	return 0;
}

static int setup(void **state)
{
	memset(&driver, 0, sizeof(driver));
	fake_setup(state);
	fake.ioctl = any_ioctl;
	assert_int_equal(xendmabuf_open_fd(fake_chardev(), &x), 0);
	fake.ioctl = driver_ioctl;
	return 0;
}

static int teardown(void **state)
{
	xendmabuf_close(x);
	return fake_teardown(state);
}

static void restrict_arguments_passed(void **state)
{
	static const int errors[] = { -EINVAL, -EPERM };
	size_t i;

	(void)state;
	assert_int_equal(xendmabuf_restrict(x, 7, XENDMABUF_MAY_MAP), 0);
	assert_int_equal(driver.restricted.size, sizeof(driver.restricted));
	assert_int_equal(driver.restricted.flags, XEN_DMABUF_MAY_MAP);
	assert_int_equal(driver.restricted.domid, 7);
	assert_int_equal(driver.restricted.reserved, 0);
	for (i = 0; i < NR(errors); i++) {
		driver.err = errors[i];
		assert_int_equal(xendmabuf_restrict(x, 7, 0), errors[i]);
	}
}

static void map_arguments_passed(void **state)
{
	const uint32_t refs[] = { 5, 6, 5 };
	struct xendmabuf_lease *lease;
	int fd;

	(void)state;
	assert_int_equal(xendmabuf_map(x, 0x7fef, refs, 3, XENDMABUF_RDONLY,
				       &fd, &lease),
			 0);
	assert_int_equal(driver.map.flags, XEN_DMABUF_MAP_RDONLY);
	assert_int_equal(driver.map.domid, 0x7fef);
	assert_int_equal(driver.map.nr_refs, 3);
	assert_ptr_equal((uintptr_t)driver.map.refs, refs);
	assert_int_equal(driver.map.dma_bits, 0);
	assert_int_equal(fd, driver.dmabuf_fd);
	assert_int_equal(xendmabuf_lease_fd(lease), driver.lease_fd);
	assert_int_equal(xendmabuf_lease_id(lease), 0x123456789abcULL);
	xendmabuf_lease_close(lease);
	assert_false(fake_is_open(driver.lease_fd));
	close(fd);

	assert_int_equal(xendmabuf_map(x, 1, refs, 1, 0, &fd, &lease), 0);
	assert_int_equal(driver.map.flags, 0);
	xendmabuf_lease_close(lease);
	close(fd);
}

static void map_for_device_arguments_passed(void **state)
{
	const uint32_t refs[] = { 5, 6 };
	int fd;

	(void)state;
	assert_int_equal(xendmabuf_map_for_device(x, 1, refs, 2,
						  XENDMABUF_RDONLY |
							  XENDMABUF_CONTIGUOUS,
						  32, &fd, NULL),
			 0);
	assert_int_equal(driver.map.flags,
			 XEN_DMABUF_MAP_RDONLY | XEN_DMABUF_MAP_CONTIGUOUS);
	assert_int_equal(driver.map.dma_bits, 32);
	assert_int_equal(driver.map.nr_refs, 2);
	close(fd);
}

static void map_without_lease_closes_it(void **state)
{
	const uint32_t ref = 5;
	int fd;

	(void)state;
	assert_int_equal(xendmabuf_map(x, 1, &ref, 1, 0, &fd, NULL), 0);
	assert_true(fake_is_open(fd));
	assert_false(fake_is_open(driver.lease_fd));
	close(fd);
}

static void map_fails(const uint32_t *refs, size_t nr, unsigned int flags,
		      int err)
{
	struct xendmabuf_lease *lease = (struct xendmabuf_lease *)-1;
	int fd = 0, fds = fake_fds();

	assert_int_equal(xendmabuf_map(x, 1, refs, nr, flags, &fd, &lease),
			 err);
	assert_int_equal(fd, -1);
	assert_null(lease);
	fd = 0;
	assert_int_equal(xendmabuf_map(x, 1, refs, nr, flags, &fd, NULL), err);
	assert_int_equal(fd, -1);
	assert_int_equal(fake_fds(), fds);
}

static void map_passes_errors(void **state)
{
	static const int errors[] = { -EINVAL, -EFBIG,	-ELOOP,	 -EPERM,
				      -EACCES, -ESRCH,	-EDQUOT, -ENOSPC,
				      -EBADR,  -EMFILE, -ENFILE };
	const uint32_t refs[] = { 1, 2 };
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		driver.err = errors[i];
		map_fails(refs, 2, 0, errors[i]);
	}
	for (i = 0; i < NR(shared_errors); i++) {
		driver.err = shared_errors[i];
		map_fails(refs, 2, 0, shared_errors[i]);
	}
}

static void map_bad_arguments_refused(void **state)
{
	const uint32_t refs[] = { 1, 2 };
	struct xendmabuf_lease *lease;
	int fd;

	(void)state;
	map_fails(refs, 0, 0, -EINVAL);
	map_fails(NULL, 1, 0, -EINVAL);
	map_fails(refs, 2, XENDMABUF_WAIT, -EOPNOTSUPP);
	map_fails(refs, 2, 1U << 6, -EOPNOTSUPP);
	map_fails(refs, 2, 1U << 31, -EOPNOTSUPP);
#if SIZE_MAX > UINT32_MAX
	/* Truncated to 32 bits this would be 1 */
	map_fails(refs, (size_t)UINT32_MAX + 2, 0, -EFBIG);
#endif
	fake.fail_alloc = 1;
	assert_int_equal(xendmabuf_map(x, 1, refs, 2, 0, &fd, &lease), -ENOMEM);
	assert_int_equal(driver.calls, 0);
}

static void map_bad_reference_kept_in_handle(void **state)
{
	const uint32_t refs[] = { 1, 2, 3 };

	(void)state;
	driver.bad_ref = 2;
	driver.err = -EACCES;
	map_fails(refs, 3, 0, -EACCES);
	assert_int_equal(xendmabuf_bad_ref(x), 2);
	/* Another call does not change it */
	driver.err = 0;
	assert_int_equal(xendmabuf_restrict(x, 1, 0), 0);
	assert_int_equal(xendmabuf_bad_ref(x), 2);
	driver.bad_ref = 1;
	driver.err = -ESRCH;
	map_fails(refs, 3, 0, -ESRCH);
	assert_int_equal(xendmabuf_bad_ref(x), 1);
	driver.bad_ref = 2;
	driver.err = -EIO;
	map_fails(refs, 3, 0, -EIO);
	assert_int_equal(xendmabuf_bad_ref(x), 2);
	driver.err = -EBADR;
	map_fails(refs, 3, 0, -EBADR);
	assert_int_equal(xendmabuf_bad_ref(x), 2);
	/* Only those errors set it */
	driver.err = -EDQUOT;
	map_fails(refs, 3, 0, -EDQUOT);
	assert_int_equal(xendmabuf_bad_ref(x), 0);
	/* An index beyond the array is not passed on */
	driver.bad_ref = 3;
	driver.err = -EACCES;
	map_fails(refs, 3, 0, -EACCES);
	assert_int_equal(xendmabuf_bad_ref(x), 0);
}

static void grant_arguments_passed(void **state)
{
	uint32_t refs[3] = { 0 };
	struct xendmabuf_lease *lease;

	(void)state;
	assert_int_equal(xendmabuf_grant(x, 99, 1ULL << 40, 5, XENDMABUF_RDONLY,
					 refs, 3, &lease),
			 0);
	assert_int_equal(driver.grant.flags, XEN_DMABUF_GRANT_RDONLY);
	assert_int_equal(driver.grant.domid, 5);
	assert_int_equal(driver.grant.dmabuf_fd, 99);
	assert_int_equal(driver.grant.offset, 1ULL << 40);
	assert_int_equal(driver.grant.nr_refs, 3);
	assert_int_equal(refs[0], 1000);
	assert_int_equal(refs[2], 1002);
	assert_int_equal(xendmabuf_lease_fd(lease), driver.lease_fd);
	assert_int_equal(xendmabuf_lease_id(lease), 42);
	xendmabuf_lease_close(lease);
	assert_false(fake_is_open(driver.lease_fd));

	assert_int_equal(xendmabuf_grant(x, 99, 0, 5, XENDMABUF_FORCE_WRITE,
					 refs, 3, &lease),
			 0);
	assert_int_equal(driver.grant.flags, XEN_DMABUF_GRANT_FORCE_WRITE);
	xendmabuf_lease_close(lease);
	assert_int_equal(xendmabuf_grant(x, 99, 0, 5, 0, refs, 3, &lease), 0);
	assert_int_equal(driver.grant.flags, 0);
	xendmabuf_lease_close(lease);
}

static void grant_flags_passed(void **state)
{
	struct xendmabuf_lease *lease;
	uint32_t refs[3];

	(void)state;
	assert_int_equal(xendmabuf_grant(x, 99, 0, 5, XENDMABUF_WAIT, refs, 3,
					 &lease),
			 0);
	assert_int_equal(driver.grant.flags, XEN_DMABUF_GRANT_WAIT);
	xendmabuf_lease_close(lease);
	assert_int_equal(xendmabuf_grant(x, 99, 0, 5,
					 XENDMABUF_WAIT | XENDMABUF_RDONLY,
					 refs, 3, &lease),
			 0);
	assert_int_equal(driver.grant.flags,
			 XEN_DMABUF_GRANT_WAIT | XEN_DMABUF_GRANT_RDONLY);
	xendmabuf_lease_close(lease);
}

static void grant_fails(uint32_t *refs, size_t nr, unsigned int flags, int err)
{
	struct xendmabuf_lease *lease = (struct xendmabuf_lease *)-1;
	int fds = fake_fds();

	assert_int_equal(xendmabuf_grant(x, 9, 0, 1, flags, refs, nr, &lease),
			 err);
	assert_null(lease);
	assert_int_equal(fake_fds(), fds);
}

static void grant_passes_errors(void **state)
{
	static const int errors[] = {
		-EINVAL, -EFBIG, -ERANGE, -ELOOP,  -EPERM,  -EBADF,  -EBADFD,
		-EACCES, -EXDEV, -EDQUOT, -ENOSPC, -EMFILE, -ENFILE, -ETIMEDOUT,
	};
	uint32_t refs[2];
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		driver.err = errors[i];
		grant_fails(refs, 2, 0, errors[i]);
	}
	for (i = 0; i < NR(shared_errors); i++) {
		driver.err = shared_errors[i];
		grant_fails(refs, 2, 0, shared_errors[i]);
	}
}

static void grant_bad_arguments_refused(void **state)
{
	uint32_t refs[2];

	(void)state;
	grant_fails(refs, 0, 0, -EINVAL);
	grant_fails(NULL, 1, 0, -EINVAL);
	grant_fails(refs, 2, 2, -EOPNOTSUPP);
#if SIZE_MAX > UINT32_MAX
	grant_fails(refs, (size_t)UINT32_MAX + 2, 0, -EFBIG);
#endif
	assert_int_equal(xendmabuf_grant(x, 9, 0, 1, 0, refs, 2, NULL),
			 -EINVAL);
	fake.fail_alloc = 1;
	grant_fails(refs, 2, 0, -ENOMEM);
	assert_int_equal(driver.calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(restrict_arguments_passed),
		TEST(map_arguments_passed),
		TEST(map_for_device_arguments_passed),
		TEST(map_without_lease_closes_it),
		TEST(map_passes_errors),
		TEST(map_bad_arguments_refused),
		TEST(map_bad_reference_kept_in_handle),
		TEST(grant_arguments_passed),
		TEST(grant_flags_passed),
		TEST(grant_passes_errors),
		TEST(grant_bad_arguments_refused),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
