// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

#define expect_errno(call, e)               \
	do {                                \
		errno = 0;                  \
		assert_int_equal(call, -1); \
		assert_int_equal(errno, e); \
	} while (0)

static int wait_for(xengnttab_handle *h, int fd, uint32_t ms)
{
	errno = 0;
	return xengnttab_dmabuf_exp_wait_released(h, (uint32_t)fd, ms) ? -errno
								       : 0;
}

static int release(xengnttab_handle *h, int fd)
{
	errno = 0;
	return xengnttab_dmabuf_imp_release(h, (uint32_t)fd) ? -errno : 0;
}

static void *return_later(void *lease)
{
	usleep(50000);
	returned((int)(intptr_t)lease);
	return NULL;
}

/* as programs use it: close the descriptor, then wait on its number */
static void wait_released_after_close(void **state)
{
	pthread_t thread;
	int fd;

	(void)state;
	fd = (int)export(h1);
	assert_int_equal(wait_for(h1, fd, 0), -ETIMEDOUT);
	assert_int_equal(wait_for(h1, fd, 10), -ETIMEDOUT);
	close(fd);
	assert_int_equal(wait_for(h1, fd, 0), -ETIMEDOUT);
	assert_int_equal(pthread_create(&thread, NULL, return_later, (void *)0),
			 0);
	assert_int_equal(wait_for(h1, fd, 20000), 0);
	pthread_join(thread, NULL);
	assert_int_equal(wait_for(h1, fd, 0), -ENOENT);
}

static void unknown_descriptors_fail_enoent(void **state)
{
	int fd = (int)export(h1), other = new_dmabuf();

	(void)state;
	assert_int_equal(wait_for(h1, other, 0), -ENOENT);
	assert_int_equal(wait_for(h1, -1, 0), -ENOENT);
	assert_int_equal(wait_for(h1, 12345, 0), -ENOENT);
	assert_int_equal(wait_for(h2, fd, 0), -ENOENT);
	assert_int_equal(release(h1, fd), -ENOENT);
	assert_int_equal(release(h1, 12345), -ENOENT);
	close(other);
	close(fd);
}

/* released before the wait: ENOENT, as libxengnttab documents */
static void wait_on_released_buffer_fails_enoent(void **state)
{
	int fd = (int)export(h1);

	(void)state;
	close(fd);
	returned(0);
	assert_int_equal(wait_for(h1, fd, 1000), -ENOENT);
	/* an export frees released buffers that were never waited for */
	fd = (int)export(h1);
	close(fd);
	returned(1);
	close((int)export(h1));
	assert_false(fake_is_open(driver.fd[1]));
}

static void dup_of_descriptor_finds_the_buffer(void **state)
{
	int fd = (int)export(h1), copy = dup(fd);

	(void)state;
	close(fd);
	assert_int_equal(wait_for(h1, copy, 0), -ETIMEDOUT);
	assert_int_equal(wait_for(h1, fd, 0), -ETIMEDOUT);
	/* a duplicate of the same dma-buf under the old number */
	assert_int_equal(dup2(copy, fd), fd);
	close(copy);
	assert_int_equal(wait_for(h1, copy, 0), -ENOENT);
	assert_int_equal(wait_for(h1, fd, 0), -ETIMEDOUT);
	close(fd);
}

static void wait_on_reused_number_waits_for_every_buffer(void **state)
{
	int first = (int)export(h1), second;

	(void)state;
	close(first);
	second = (int)export(h1);
	assert_int_equal(second, first);
	/* an open number means the second buffer, whatever becomes of the first */
	returned(0);
	assert_int_equal(wait_for(h1, second, 0), -ETIMEDOUT);
	returned(1);
	close(second);
	assert_int_equal(wait_for(h1, second, 0), -ENOENT);

	/* a closed number may mean either buffer, so both must be released */
	first = (int)export(h1);
	close(first);
	second = (int)export(h1);
	close(second);
	assert_int_equal(second, first);
	returned(3);
	assert_int_equal(wait_for(h1, second, 10), -ETIMEDOUT);
	returned(2);
	assert_int_equal(wait_for(h1, second, 10), -ENOENT);
}

/* another file under the number does not hide the buffer */
static void wait_on_number_reused_by_a_file(void **state)
{
	int fd = (int)export(h1), file;

	(void)state;
	close(fd);
	file = fake_file("x");
	assert_int_equal(file, fd);
	assert_int_equal(wait_for(h1, fd, 0), -ETIMEDOUT);
	returned(0);
	assert_int_equal(wait_for(h1, fd, 0), -ENOENT);
	close(file);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void wait_not_ended_by_signals(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm }, old;
	const struct itimerval on = { { 0, 5000 }, { 0, 5000 } }, off = { 0 };
	struct timespec a, b;
	int fd = (int)export(h1);

	(void)state;
	close(fd);
	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &on, NULL);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(wait_for(h1, fd, 60), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &b);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_true((b.tv_sec - a.tv_sec) * 1000 +
			    (b.tv_nsec - a.tv_nsec) / 1000000 >=
		    59);
}

static void *wait_in_thread(void *fd)
{
	return (void *)(intptr_t)wait_for(h1, (int)(intptr_t)fd, 20000);
}

/* every waiter is woken, even if the handle is closed meanwhile */
static void every_waiter_woken_after_handle_closed(void **state)
{
	pthread_t threads[8];
	int fd = (int)export(h1);
	void *result;
	size_t i;

	(void)state;
	close(fd);
	for (i = 0; i < NR(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						wait_in_thread,
						(void *)(intptr_t)fd),
				 0);
	usleep(100000);
	assert_int_equal(xengnttab_close(h1), 0);
	returned(0);
	for (i = 0; i < NR(threads); i++) {
		pthread_join(threads[i], &result);
		assert_null(result);
	}
}

static void *import_repeatedly(void *handle)
{
	int i, fd = new_dmabuf();

	for (i = 0; i < 200; i++) {
		uint32_t out[PAGES];

		if (xengnttab_dmabuf_imp_to_refs(handle, 3, (uint32_t)fd, PAGES,
						 out) ||
		    xengnttab_dmabuf_imp_release(handle, (uint32_t)fd))
			return "failed";
		wait_for(handle, fd, 0);
	}
	close(fd);
	return NULL;
}

static int churn_ioctl(int fd, unsigned long request, void *arg)
{
	struct xen_dmabuf_grant *grant = arg;

	(void)fd;
	if (request == XEN_DMABUF_IOC_GRANT)
		grant->lease_fd = fake_chardev();
	return 0;
}

static void imports_from_several_threads(void **state)
{
	pthread_t ids[4];
	void *result;
	size_t i;

	(void)state;
	fake.ioctl = churn_ioctl;
	for (i = 0; i < NR(ids); i++)
		assert_int_equal(pthread_create(&ids[i], NULL,
						import_repeatedly,
						i % 2 ? h1 : h2),
				 0);
	for (i = 0; i < NR(ids); i++) {
		pthread_join(ids[i], &result);
		assert_null(result);
	}
}

static void imp_release_revokes(void **state)
{
	int fd = new_dmabuf(), copy;

	(void)state;
	import(h1, fd);
	assert_int_equal(wait_for(h1, fd, 0), -ENOENT);
	assert_int_equal(release(h2, fd), -ENOENT);
	assert_int_equal(release(h1, fd), 0);
	assert_int_equal(driver.revokes[0], 1);
	assert_false(fake_is_open(driver.fd[0]));
	assert_int_equal(release(h1, fd), -ENOENT);

	/* by a duplicate, and by the number of a closed descriptor */
	import(h1, fd);
	copy = dup(fd);
	assert_int_equal(release(h1, copy), 0);
	assert_int_equal(driver.revokes[1], 1);
	import(h1, fd);
	close(fd);
	assert_int_equal(release(h1, fd), 0);
	assert_int_equal(driver.revokes[2], 1);
	close(copy);
}

static void imp_release_of_reused_numbers(void **state)
{
	int fd = new_dmabuf(), other, copy;

	(void)state;
	/* the number belongs to another dma-buf now: that one is released */
	import(h1, fd);
	copy = dup(fd);
	close(fd);
	other = new_dmabuf();
	assert_int_equal(other, fd);
	import(h1, other);
	assert_int_equal(release(h1, fd), 0);
	assert_int_equal(driver.revokes[0], 0);
	assert_int_equal(driver.revokes[1], 1);
	assert_int_equal(release(h1, copy), 0);
	assert_int_equal(driver.revokes[0], 1);
	close(copy);

	/* a closed number that two buffers had: ambiguous */
	import(h1, fd);
	close(fd);
	other = new_dmabuf();
	assert_int_equal(other, fd);
	import(h1, other);
	close(other);
	assert_int_equal(release(h1, fd), -ENOENT);
	assert_int_equal(driver.revokes[2] + driver.revokes[3], 0);
}

/* one dma-buf imported repeatedly: the newest is released first, as by gntdev */
static void imp_release_of_two_imports_newest_first(void **state)
{
	int fd = new_dmabuf(), copy = dup(fd);

	(void)state;
	import(h1, fd);
	import(h1, fd);
	import(h1, copy);
	assert_int_equal(release(h1, fd), 0);
	assert_int_equal(driver.revokes[1], 1);
	assert_int_equal(release(h1, copy), 0);
	assert_int_equal(driver.revokes[2], 1);
	assert_int_equal(release(h1, copy), 0);
	assert_int_equal(driver.revokes[0], 1);
	close(fd);
	close(copy);
}

static void close_drops_imports_of_the_handle(void **state)
{
	int fd = new_dmabuf(), exported;

	(void)state;
	import(h1, fd);
	import(h2, fd);
	exported = (int)export(h1);
	assert_int_equal(xengnttab_close(h1), 0);
	assert_int_equal(driver.closes, 1);
	assert_false(fake_is_open(driver.fd[0]));
	assert_true(fake_is_open(driver.fd[1]));
	/* not revoked, only closed: a forked child may still hold it */
	assert_int_equal(driver.revokes[0], 0);
	/* the dma-buf stays open */
	assert_true(fake_is_open(exported));
	assert_int_equal(wait_for(h1, exported, 0), -ENOENT);
	close(exported);
	close(fd);
	driver.dlsym_fails = 1;
	expect_errno(xengnttab_close(h2), ENOSYS);
}

static void bad_arguments_fail_einval(void **state)
{
	uint32_t out[PAGES], fd = 9999;
	int dmabuf = new_dmabuf();

	(void)state;
	expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 0, 0, refs, &fd),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 0x10000, 0, PAGES, refs,
						    &fd),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 4, PAGES, refs, &fd),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 3, PAGES, refs, &fd),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_imp_to_refs(h1, 7, (uint32_t)dmabuf, 0,
						  out),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_imp_to_refs(h1, 0x10000, (uint32_t)dmabuf,
						  PAGES, out),
		     EINVAL);
	/* not the buffer's size */
	expect_errno(xengnttab_dmabuf_imp_to_refs(h1, 7, (uint32_t)dmabuf,
						  PAGES - 1, out),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_imp_to_refs(h1, 7, (uint32_t)dmabuf,
						  PAGES + 1, out),
		     EINVAL);
	expect_errno(xengnttab_dmabuf_imp_to_refs(h1, 7, 12345, PAGES, out),
		     EBADF);
	assert_int_equal(driver.nr, 0);
	assert_int_equal(fd, 9999);
	close(dmabuf);
}

static void dma_flags_accepted(void **state)
{
	const uint32_t hints[] = { GNTDEV_DMA_FLAG_WC,
				   GNTDEV_DMA_FLAG_COHERENT };
	uint32_t fd;
	size_t i;

	(void)state;
	for (i = 0; i < NR(hints); i++) {
		assert_int_equal(xengnttab_dmabuf_exp_from_refs(
					 h1, 7, hints[i], PAGES, refs, &fd),
				 0);
		close((int)fd);
	}
}

static void driver_errors_passed(void **state)
{
	static const int errors[] = { ENOENT, EACCES, EMFILE };
	uint32_t out[PAGES], fd;
	int dmabuf = new_dmabuf();
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		driver.err = -errors[i];
		expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 0, PAGES,
							    refs, &fd),
			     errors[i]);
	}
	driver.err = 0;
	close((int)export(h1)); /* the device is open from here */
	for (i = 0; i < NR(errors); i++) {
		driver.err = -errors[i];
		expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 0, PAGES,
							    refs, &fd),
			     errors[i]);
		expect_errno(xengnttab_dmabuf_imp_to_refs(
				     h1, 7, (uint32_t)dmabuf, PAGES, out),
			     errors[i]);
	}
	driver.err = 0;
	/* a failed revoke is ignored: the last close revokes as well */
	import(h1, dmabuf);
	driver.err = -ENOMEM;
	assert_int_equal(release(h1, dmabuf), 0);
	assert_int_equal(driver.nr, 2);
	close(dmabuf);
}

static void out_of_memory_undone(void **state)
{
	uint32_t out[PAGES], fd;
	int dmabuf = new_dmabuf(), n, fds;

	(void)state;
	close((int)export(h1));
	fds = fake_fds();
	for (n = 1; n <= 2; n++) {
		fake.fail_alloc = n;
		expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 0, PAGES,
							    refs, &fd),
			     ENOMEM);
		fake.fail_alloc = n;
		expect_errno(xengnttab_dmabuf_imp_to_refs(
				     h1, 7, (uint32_t)dmabuf, PAGES, out),
			     ENOMEM);
	}
	/* a failure after the ioctl: its results are closed */
	driver.fail_fstat = 1;
	expect_errno(xengnttab_dmabuf_exp_from_refs(h1, 7, 0, PAGES, refs, &fd),
		     EIO);
	driver.fail_fstat = 1;
	expect_errno(xengnttab_dmabuf_imp_to_refs(h1, 7, (uint32_t)dmabuf,
						  PAGES, out),
		     EIO);
	returned(1);
	returned(2);
	assert_int_equal(fake_fds(), fds);
	close(dmabuf);
}

/* gntdev does not look at how the descriptor is open */
static void import_of_read_only_descriptor_forces_writing(void **state)
{
	int fd = new_dmabuf(), ro = new_read_only_dmabuf();

	(void)state;
	import(h1, fd);
	assert_int_equal(driver.grant_flags, 0);
	import(h1, ro);
	assert_int_equal(driver.grant_flags, XEN_DMABUF_GRANT_FORCE_WRITE);
	assert_int_equal(release(h1, fd), 0);
	assert_int_equal(release(h1, ro), 0);
	close(fd);
	close(ro);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DRIVER_TEST(wait_released_after_close),
		DRIVER_TEST(unknown_descriptors_fail_enoent),
		DRIVER_TEST(wait_on_released_buffer_fails_enoent),
		DRIVER_TEST(dup_of_descriptor_finds_the_buffer),
		DRIVER_TEST(wait_on_reused_number_waits_for_every_buffer),
		DRIVER_TEST(wait_on_number_reused_by_a_file),
		DRIVER_TEST(wait_not_ended_by_signals),
		DRIVER_TEST(every_waiter_woken_after_handle_closed),
		DRIVER_TEST(imports_from_several_threads),
		DRIVER_TEST(import_of_read_only_descriptor_forces_writing),
		DRIVER_TEST(imp_release_revokes),
		DRIVER_TEST(imp_release_of_reused_numbers),
		DRIVER_TEST(imp_release_of_two_imports_newest_first),
		DRIVER_TEST(close_drops_imports_of_the_handle),
		DRIVER_TEST(bad_arguments_fail_einval),
		DRIVER_TEST(dma_flags_accepted),
		DRIVER_TEST(driver_errors_passed),
		DRIVER_TEST(out_of_memory_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
