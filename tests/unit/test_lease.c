// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "fake.h"

/* The lease is the reading end of a pipe: closing the other end means RETURNED */
static struct {
	int err;
	int lease_fd;
	int revokes;
	uint32_t flags;
	uint32_t state;
	int end;
	size_t asked; /* size of the struct in the program's version */
} driver;

static struct xendmabuf *x;
static struct xendmabuf_lease *lease;

static int new_pipe(int *end)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	*end = fds[1];
	return fds[0];
}

static int driver_ioctl(int fd, unsigned long request, void *arg)
{
	struct xen_dmabuf_lease_open *open_args = arg;
	struct xen_dmabuf_lease_info *info = arg;
	struct xen_dmabuf_lease_revoke *revoke = arg;
	struct xen_dmabuf_lease_dmabuf *dmabuf = arg;

	assert_true(fake_is_open(fd));
	if (request == XEN_DMABUF_IOC_INFO)
		return 0;
	if (driver.err)
		return driver.err;
	switch (request) {
	case XEN_DMABUF_IOC_LEASE_OPEN:
		assert_int_equal(fd, xendmabuf_fd(x));
		assert_int_equal(open_args->size, sizeof(*open_args));
		assert_int_equal(open_args->flags, driver.flags);
		assert_int_equal(open_args->reserved, 0);
		assert_int_equal(open_args->lease_id, 1ULL << 33);
		open_args->lease_fd = driver.lease_fd = new_pipe(&driver.end);
		return 0;
	case XEN_DMABUF_LEASE_IOC_INFO:
		assert_int_equal(info->size, driver.asked);
		assert_int_equal(info->flags, 0);
		info->lease_id = 1ULL << 33;
		info->state = driver.state;
		return 0;
	case XEN_DMABUF_LEASE_IOC_DMABUF:
		assert_int_equal(dmabuf->size, sizeof(*dmabuf));
		assert_int_equal(dmabuf->flags, 0);
		assert_int_equal(dmabuf->reserved, 0);
		dmabuf->dmabuf_fd = 77;
		return 0;
	case XEN_DMABUF_LEASE_IOC_REVOKE:
		assert_int_equal(revoke->size, sizeof(*revoke));
		assert_int_equal(revoke->flags, 0);
		driver.revokes++;
		return 0;
	}
	fail_msg("ioctl %lx", request);
	return -ENOTTY;
}

static int setup(void **state)
{
	memset(&driver, 0, sizeof(driver));
	driver.asked = sizeof(struct xen_dmabuf_lease_info);
	fake_setup(state);
	fake.ioctl = driver_ioctl;
	assert_int_equal(xendmabuf_open_fd(fake_chardev(), &x), 0);
	assert_int_equal(xendmabuf_lease_open(x, 1ULL << 33, &lease), 0);
	return 0;
}

static void end_lease(void)
{
	if (driver.end)
		close(driver.end);
	driver.end = 0;
}

static int teardown(void **state)
{
	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	end_lease();
	return fake_teardown(state);
}

static void lease_opened_by_id(void **state)
{
	(void)state;
	assert_int_equal(xendmabuf_lease_fd(lease), driver.lease_fd);
	assert_int_equal(xendmabuf_lease_id(lease), 1ULL << 33);
	xendmabuf_lease_close(NULL);
}

static void lease_open_passes_errors(void **state)
{
	static const int errors[] = { -EPERM,  -ENOENT, -EINVAL,
				      -EMFILE, -ENFILE, -ENOTTY };
	struct xendmabuf_lease *other;
	int fds = fake_fds();
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		driver.err = errors[i];
		other = lease;
		assert_int_equal(xendmabuf_lease_open(x, 1, &other), errors[i]);
		assert_null(other);
	}
	fake.fail_alloc = 1;
	assert_int_equal(xendmabuf_lease_open(x, 1, &other), -ENOMEM);
	assert_int_equal(fake_fds(), fds);
}

static void lease_observed(void **state)
{
	struct xendmabuf_lease *other;
	int first = driver.end;

	(void)state;
	driver.flags = XEN_DMABUF_LEASE_OBSERVE;
	assert_int_equal(xendmabuf_lease_observe(x, 1ULL << 33, &other), 0);
	assert_int_equal(xendmabuf_lease_id(other), 1ULL << 33);
	xendmabuf_lease_close(other);
	close(driver.end);
	driver.end = first;
}

static void lease_from_fd_takes_descriptor(void **state)
{
	struct xendmabuf_lease *other;
	int fd = dup(driver.lease_fd);

	(void)state;
	assert_int_equal(xendmabuf_lease_from_fd(fd, &other), 0);
	assert_int_equal(xendmabuf_lease_fd(other), fd);
	assert_int_equal(xendmabuf_lease_id(other), 1ULL << 33);
	xendmabuf_lease_close(other);
	assert_false(fake_is_open(fd));
	assert_true(fake_is_open(driver.lease_fd));
}

static void lease_from_fd_errors(void **state)
{
	static const int errors[][2] = {
		{ -ENOTTY, -ENOTTY }, { -EINVAL, -ENOTTY },
		{ -ENOSYS, -ENOTTY }, { -EBADF, -EBADF },
		{ -ENOMEM, -ENOMEM },
	};
	struct xendmabuf_lease *other;
	int fd = fake_chardev();
	size_t i;

	(void)state;
	for (i = 0; i < NR(errors); i++) {
		driver.err = errors[i][0];
		other = lease;
		assert_int_equal(xendmabuf_lease_from_fd(fd, &other),
				 errors[i][1]);
		assert_null(other);
		/* A descriptor that is refused stays open */
		assert_true(fake_is_open(fd));
	}
	driver.err = 0;
	fake.fail_alloc = 1;
	assert_int_equal(xendmabuf_lease_from_fd(fd, &other), -ENOMEM);
	assert_true(fake_is_open(fd));
	close(fd);
}

static int pass_fd(int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2], got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	assert_int_equal(sendmsg(pair[0], &msg, 0), 1);
	memset(control, 0, sizeof(control));
	assert_int_equal(recvmsg(pair[1], &msg, 0), 1);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(got));
	close(pair[0]);
	close(pair[1]);
	return got;
}

static void lease_passed_over_a_socket(void **state)
{
	struct xendmabuf_lease *other;

	(void)state;
	assert_int_equal(
		xendmabuf_lease_from_fd(pass_fd(driver.lease_fd), &other), 0);
	xendmabuf_lease_close(lease);
	lease = NULL;
	assert_int_equal(xendmabuf_lease_wait(other, 0), -ETIMEDOUT);
	end_lease();
	assert_int_equal(xendmabuf_lease_wait(other, 0), 0);
	xendmabuf_lease_close(other);
}

static void lease_info_copied_from_driver(void **state)
{
	struct xen_dmabuf_lease_info i;

	(void)state;
	driver.state = XEN_DMABUF_LEASE_REVOKED;
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_lease_info(lease, &i, sizeof(i)), 0);
	assert_int_equal(i.state, XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(i.mmaps, 0);
	driver.err = -EFAULT;
	assert_int_equal(xendmabuf_lease_info(lease, &i, sizeof(i)), -EFAULT);
}

#define FIRST_INFO offsetof(struct xen_dmabuf_lease_info, pinned)

static void lease_info_has_size_of_program(void **state)
{
	struct {
		struct xen_dmabuf_lease_info known;
		uint32_t later[8];
	} i;

	(void)state;
	driver.state = XEN_DMABUF_LEASE_RETURNED;
	memset(&i, 0xff, sizeof(i));
	assert_int_equal(xendmabuf_lease_info(lease, &i.known, FIRST_INFO - 1),
			 -EINVAL);
	assert_true(fake_filled(&i, 0xff, sizeof(i)));

	/* an older program: nothing is written beyond its struct */
	driver.asked = FIRST_INFO;
	assert_int_equal(xendmabuf_lease_info(lease, &i.known, FIRST_INFO), 0);
	assert_int_equal(i.known.state, XEN_DMABUF_LEASE_RETURNED);
	assert_true(fake_filled((char *)&i + FIRST_INFO, 0xff,
				sizeof(i) - FIRST_INFO));

	/* a newer program: what the driver does not know is 0 */
	driver.asked = sizeof(i);
	assert_int_equal(xendmabuf_lease_info(lease, &i.known, sizeof(i)), 0);
	assert_int_equal(i.known.state, XEN_DMABUF_LEASE_RETURNED);
	assert_true(fake_filled(i.later, 0, sizeof(i.later)));
}

static void lease_revoked_repeatedly(void **state)
{
	(void)state;
	assert_int_equal(xendmabuf_lease_revoke(lease), 0);
	assert_int_equal(xendmabuf_lease_revoke(lease), 0);
	assert_int_equal(driver.revokes, 2);
	driver.err = -ENOTTY;
	assert_int_equal(xendmabuf_lease_revoke(lease), -ENOTTY);
}

static void lease_gives_dmabuf_again(void **state)
{
	int fd = -2;

	(void)state;
	assert_int_equal(xendmabuf_lease_dmabuf(lease, &fd), 0);
	assert_int_equal(fd, 77);
	driver.err = -ESTALE;
	assert_int_equal(xendmabuf_lease_dmabuf(lease, &fd), -ESTALE);
	assert_int_equal(fd, -1);
}

/* ---- waiting ---- */

static struct {
	int calls;
	int spurious; /* how many calls return without an event first */
	int ret;
	short revents;
	int timeout; /* of the last call */
	int nap_ms; /* duration of each call */
} polling;

static int fake_poll(struct pollfd *p, nfds_t nr, int timeout)
{
	struct timespec nap = { .tv_nsec = polling.nap_ms * 1000000L };

	assert_int_equal(nr, 1);
	assert_int_equal(p->fd, driver.lease_fd);
	/* POLLIN would wake at REVOKED again and again */
	assert_int_equal(p->events, 0);
	nanosleep(&nap, NULL);
	polling.calls++;
	polling.timeout = timeout;
	if (polling.spurious) {
		polling.spurious--;
		p->revents = 0;
		return 0;
	}
	p->revents = polling.revents;
	return polling.ret;
}

static int wait_with(int ret, short revents, int timeout)
{
	memset(&polling, 0, sizeof(polling));
	polling.ret = ret;
	polling.revents = revents;
	fake.poll = fake_poll;
	return xendmabuf_lease_wait(lease, timeout);
}

static void wait_returns_result_of_poll(void **state)
{
	(void)state;
	assert_int_equal(wait_with(1, POLLHUP, -1), 0);
	assert_int_equal(polling.timeout, -1);
	assert_int_equal(wait_with(1, POLLHUP | POLLIN | POLLERR, 5), 0);
	assert_int_equal(wait_with(-EINTR, 0, -1), -EINTR);
	assert_int_equal(wait_with(-ENOMEM, 0, 10), -ENOMEM);
	assert_int_equal(wait_with(1, POLLNVAL, -1), -EBADF);
	assert_int_equal(wait_with(1, POLLERR, -1), -EIO);
}

static void wait_without_timeout_polls_once(void **state)
{
	(void)state;
	assert_int_equal(wait_with(0, 0, 0), -ETIMEDOUT);
	assert_int_equal(polling.calls, 1);
	assert_int_equal(polling.timeout, 0);
	assert_int_equal(wait_with(1, POLLHUP, 0), 0);
}

static void wait_continues_after_spurious_wakeups(void **state)
{
	(void)state;
	memset(&polling, 0, sizeof(polling));
	polling.spurious = 7;
	polling.ret = 1;
	polling.revents = POLLHUP;
	fake.poll = fake_poll;
	assert_int_equal(xendmabuf_lease_wait(lease, -1), 0);
	assert_int_equal(polling.calls, 8);
}

/* Spurious wakeups do not move the deadline */
static void wait_deadline_kept_despite_wakeups(void **state)
{
	(void)state;
	memset(&polling, 0, sizeof(polling));
	polling.spurious = 1000000;
	polling.nap_ms = 5;
	fake.poll = fake_poll;
	assert_int_equal(xendmabuf_lease_wait(lease, 40), -ETIMEDOUT);
	assert_uint_in_range(polling.calls, 2, 9);
	assert_uint_in_range(polling.timeout, 1, 39);
}

static void wait_longest_timeout_not_infinite(void **state)
{
	(void)state;
	assert_int_equal(wait_with(1, POLLHUP, INT32_MAX), 0);
	assert_int_equal(polling.timeout, INT32_MAX);
	/* The time left after an immediate wakeup must not become infinite (-1) */
	polling.spurious = 1;
	assert_int_equal(xendmabuf_lease_wait(lease, INT32_MAX), 0);
	assert_uint_in_range(polling.timeout, INT32_MAX - 1000, INT32_MAX);
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

static void wait_on_a_real_descriptor(void **state)
{
	long start = now_ms();

	(void)state;
	assert_int_equal(xendmabuf_lease_wait(lease, 30), -ETIMEDOUT);
	assert_true(now_ms() - start >= 30);
	end_lease();
	assert_int_equal(xendmabuf_lease_wait(lease, -1), 0);
}

static void on_alarm(int nr)
{
	(void)nr;
}

static void wait_interrupted_by_signal(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct timespec soon = { .tv_nsec = 20 * 1000000 };
	struct itimerspec once = { .it_value = soon };
	timer_t timer;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &once, NULL), 0);
	assert_int_equal(xendmabuf_lease_wait(lease, 10000), -EINTR);
	timer_delete(timer);
}

static void state_names(void **state)
{
	(void)state;
	assert_string_equal(xendmabuf_state_name(XEN_DMABUF_LEASE_ACTIVE),
			    "ACTIVE");
	assert_string_equal(xendmabuf_state_name(XEN_DMABUF_LEASE_REVOKED),
			    "REVOKED");
	assert_string_equal(xendmabuf_state_name(XEN_DMABUF_LEASE_RETURNED),
			    "RETURNED");
	assert_string_equal(xendmabuf_state_name(3), "UNKNOWN");
	assert_string_equal(xendmabuf_state_name(UINT32_MAX), "UNKNOWN");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lease_opened_by_id),
		TEST(lease_open_passes_errors),
		TEST(lease_observed),
		TEST(lease_from_fd_takes_descriptor),
		TEST(lease_from_fd_errors),
		TEST(lease_passed_over_a_socket),
		TEST(lease_info_copied_from_driver),
		TEST(lease_info_has_size_of_program),
		TEST(lease_revoked_repeatedly),
		TEST(lease_gives_dmabuf_again),
		TEST(wait_returns_result_of_poll),
		TEST(wait_without_timeout_polls_once),
		TEST(wait_continues_after_spurious_wakeups),
		TEST(wait_deadline_kept_despite_wakeups),
		TEST(wait_longest_timeout_not_infinite),
		TEST(wait_on_a_real_descriptor),
		TEST(wait_interrupted_by_signal),
		TEST(state_names),
	};

	return cmocka_run_group_tests_name("lease", tests, NULL, NULL);
}
