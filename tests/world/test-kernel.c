// SPDX-License-Identifier: GPL-2.0-only
/* Another kernel module maps and grants, with the same leases and errors as ioctls. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "kmod/xdb_user.h"

#define PAGES 700 /* more than one batch */
#define DEVICE "/dev/xdb-user"

static uint32_t refs[PAGES];

static int user_open(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		assert_ok(machine_load("xdb_user", NULL));
		fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	}
	assert_true(fd >= 0);
	return fd;
}

static int call_user(int user, unsigned long cmd, void *arg)
{
	int ret = ioctl(user, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int state_of(int user)
{
	return call_user(user, XDB_USER_IOC_STATE, NULL);
}

static int wait_returned(int user, unsigned long ms)
{
	return call_user(user, XDB_USER_IOC_WAIT, (void *)ms);
}

/* woken by RETURNED, long before the time limit */
static void assert_returns(int user)
{
	int64_t start = now_ms();

	assert_ok(wait_returned(user, WAIT_MS));
	assert_true(now_ms() - start < WAIT_MS / 2);
}

static struct xdb_user_share share_of(uint32_t nr)
{
	return (struct xdb_user_share){
		.dmabuf_fd = -1,
		.domid = world.domid,
		.nr_refs = nr,
		.refs = (uintptr_t)refs,
	};
}

static void kernel_module_maps_guest_pages(void **state)
{
	struct xdb_user_share share = share_of(PAGES);
	uint8_t page[PAGE], want[PAGE];
	struct xdb_user_page move = { .user = (uintptr_t)page, .page = 650 };
	int user = user_open();

	(void)state;
	guest_plain(0, PAGES, "rw", 400, refs);
	assert_ok(call_user(user, XDB_USER_IOC_MAP, &share));
	assert_err(call_user(user, XDB_USER_IOC_MAP, &share), -EBUSY);
	assert_int_equal(state_of(user), XEN_DMABUF_LEASE_ACTIVE);
	assert_ok(call_user(user, XDB_USER_IOC_PAGE, &move));
	pattern_fill(want, 650, 1, 400);
	assert_memory_equal(page, want, PAGE);

	pattern_fill(page, 3, 1, 401);
	move.page = 3;
	move.write = 1;
	assert_ok(call_user(user, XDB_USER_IOC_PAGE, &move));
	assert_int_equal(agent("check 0 401 3 1"), 0);

	assert_err(wait_returned(user, 100), -ETIMEDOUT);
	assert_ok(call_user(user, XDB_USER_IOC_DROP, NULL));
	assert_returns(user);
	assert_int_equal(state_of(user), XEN_DMABUF_LEASE_RETURNED);
	close(user);
	agent("free 0");
}

static void kernel_module_grants_to_guest(void **state)
{
	struct xdb_user_share share = share_of(PAGES);
	int user = user_open();
	struct local l;

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "udmabuf", 410);
	share.dmabuf_fd = l.fd;
	assert_ok(call_user(user, XDB_USER_IOC_GRANT, &share));
	memcpy(l.refs, refs, sizeof(refs));
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 410"), 0);

	assert_ok(call_user(user, XDB_USER_IOC_REVOKE, NULL));
	assert_int_equal(state_of(user), XEN_DMABUF_LEASE_REVOKED);
	assert_err(wait_returned(user, 100), -ETIMEDOUT);
	agent("free 0");
	assert_returns(user);
	close(user);
	local_end(&l);
}

/* closing the module's files ends its MAP and its GRANT */
static void kernel_module_user_closed_leases_end(void **state)
{
	struct xdb_user_share share = share_of(8);
	int mapper = user_open(), granter = user_open();
	struct local l;

	(void)state;
	guest_plain(0, 8, "rw", 420, refs);
	assert_ok(call_user(mapper, XDB_USER_IOC_MAP, &share));
	local_alloc(&l, 8, "heap", 421);
	share.dmabuf_fd = l.fd;
	assert_ok(call_user(granter, XDB_USER_IOC_GRANT, &share));
	close(mapper);
	close(granter);
	eventually(machine_stat("pages_mapped") == 0);
	eventually(machine_stat("pages_granted") == 0);
	agent("free 0");
	local_end(&l);
}

static void kernel_module_gets_errors_of_ioctls(void **state)
{
	struct xdb_user_share share = share_of(8), bad;
	int user = user_open();
	struct view v;

	(void)state;
	guest_plain(0, 8, "rw", 430, refs);
	bad = share;
	bad.nr_refs = 0;
	assert_err(call_user(user, XDB_USER_IOC_MAP, &bad), -EINVAL);
	assert_err(call_user(user, XDB_USER_IOC_GRANT, &bad), -EBADF);
	bad = share;
	bad.domid = world.info.domid;
	assert_err(call_user(user, XDB_USER_IOC_MAP, &bad), -ELOOP);
	bad = share;
	bad.flags = 1U << 31;
	assert_err(call_user(user, XDB_USER_IOC_MAP, &bad), -EOPNOTSUPP);
	/* a foreign buffer cannot be granted onward */
	view_map(&v, refs, 8, 0);
	bad = share;
	bad.dmabuf_fd = v.fd;
	assert_err(call_user(user, XDB_USER_IOC_GRANT, &bad), -EXDEV);
	view_end(&v);
	refs[5] = 1;
	assert_err(call_user(user, XDB_USER_IOC_MAP, &share), -EBADR);
	refs[5] = 0xfffffff0;
	assert_err(call_user(user, XDB_USER_IOC_MAP, &share), -EACCES);
	assert_err(state_of(user), -ENOENT);
	close(user);
	agent("free 0");
}

static int seen_by(int user)
{
	return call_user(user, XDB_USER_IOC_SAW, NULL);
}

static int watch_lease(int user, unsigned long put)
{
	return call_user(user, XDB_USER_IOC_WATCH, (void *)put);
}

/* a file of the module's with a grant of @l */
static int granter_begin(struct local *l, uint32_t pages)
{
	struct xdb_user_share share = share_of(pages);
	int user = user_open();

	share.dmabuf_fd = l->fd;
	assert_ok(call_user(user, XDB_USER_IOC_GRANT, &share));
	return user;
}

static void kernel_module_told_of_revoke_and_return(void **state)
{
	struct local l;
	int user;

	(void)state;
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 440);
	user = granter_begin(&l, PAGES);
	memcpy(l.refs, refs, sizeof(refs));
	assert_ok(watch_lease(user, 0));
	assert_err(watch_lease(user, 0), -EBUSY);
	assert_ok(local_to_guest(&l, 0, "rw"));
	sleep_ms(300);
	assert_int_equal(seen_by(user), 0);

	assert_ok(call_user(user, XDB_USER_IOC_REVOKE, NULL));
	eventually(seen_by(user) == XDB_USER_SAW(XEN_DMABUF_LEASE_REVOKED));
	agent("free 0");
	eventually(seen_by(user) == (XDB_USER_SAW(XEN_DMABUF_LEASE_REVOKED) |
				     XDB_USER_SAW(XEN_DMABUF_LEASE_RETURNED)));
	close(user);
	local_end(&l);
}

/* not told after it has stopped watching; told of the past when it watches again */
static void kernel_module_not_told_after_unwatch(void **state)
{
	struct local l;
	int user;

	(void)state;
	local_alloc(&l, 8, "heap", 441);
	user = granter_begin(&l, 8);
	assert_ok(watch_lease(user, 0));
	assert_ok(call_user(user, XDB_USER_IOC_UNWATCH, NULL));
	assert_ok(call_user(user, XDB_USER_IOC_UNWATCH, NULL));
	assert_ok(call_user(user, XDB_USER_IOC_REVOKE, NULL));
	assert_returns(user);
	sleep_ms(300);
	assert_int_equal(seen_by(user), 0);
	assert_ok(watch_lease(user, 0));
	eventually(seen_by(user) == XDB_USER_SAW(XEN_DMABUF_LEASE_RETURNED));
	close(user);
	local_end(&l);
}

static void kernel_module_releases_lease_when_told(void **state)
{
	long leases;
	struct local l;
	struct counts c;
	int user;

	(void)state;
	machine_counts(&c);
	leases = c.leases;
	local_alloc(&l, 8, "heap", 442);
	user = granter_begin(&l, 8);
	assert_ok(watch_lease(user, 1));
	assert_ok(call_user(user, XDB_USER_IOC_REVOKE, NULL));
	eventually(seen_by(user) & XDB_USER_SAW(XEN_DMABUF_LEASE_RETURNED));
	eventually((machine_counts(&c), c.leases == leases));
	close(user);
	local_end(&l);
}

/* the release of a watched lease races with the call that tells of its end */
static void kernel_module_released_while_told(void **state)
{
	struct local l;
	int user, i;

	(void)state;
	local_alloc(&l, 8, "heap", 443);
	for (i = 0; i < 200; i++) {
		user = granter_begin(&l, 8);
		assert_ok(watch_lease(user, i & 1));
		if (i & 2)
			call_user(user, XDB_USER_IOC_REVOKE, NULL);
		close(user);
	}
	local_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(kernel_module_maps_guest_pages),
		world_test(kernel_module_grants_to_guest),
		world_test(kernel_module_user_closed_leases_end),
		world_test(kernel_module_gets_errors_of_ioctls),
		world_test(kernel_module_told_of_revoke_and_return),
		world_test(kernel_module_not_told_after_unwatch),
		world_test(kernel_module_releases_lease_when_told),
		world_test(kernel_module_released_while_told),
	};

	return world_run("kernel", tests);
}
