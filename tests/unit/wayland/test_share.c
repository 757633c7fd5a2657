// SPDX-License-Identifier: GPL-2.0-only
/* Which way a program's pixels go, and what the host is told of it. */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "agent/ways.h"
#include "common/udmabuf.h"

#define SIDE 256
#define BYTES (SIDE * SIDE * 4)
#define PAGE 4096

/* Makes what the kernel would make, or fails with this */
static int fails;
static uint64_t made_at, made_size;
static unsigned int makes;
static enum xwl_why why_not;

static int make(struct xwl_maker *m, int memfd, uint64_t offset, uint64_t size)
{
	makes++;
	made_at = offset;
	made_size = size;
	if (fails)
		return fails;
	assert_int_equal(xdc_udmabuf_prepare(memfd, offset + size), 0);
	return fcntl(memfd, F_DUPFD_CLOEXEC, 0);
}

static struct xwl_maker maker = { .make = make };
static struct xwl_link agent, host;
static struct xwl_source source;
static struct xwl_share *share;

static int make_file(unsigned int seals)
{
	int fd = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, BYTES + 2 * PAGE), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void begin_with(int fd, uint64_t offset)
{
	source = (struct xwl_source){
		.fd = fd,
		.offset = offset,
		.maker = &maker,
		.why = XWL_WHY_OFF,
		.shape = { .id = 7,
			   .width = SIDE,
			   .height = SIDE,
			   .stride = SIDE * 4,
			   .format = WL_SHM_FORMAT_XRGB8888 },
	};
}

/* What the host gets */
static void announce(struct xwl_record *r)
{
	struct xdc_reason why;

	assert_int_equal(xwl_ways_create(&source, &agent, &share, &why_not), 0);
	assert_int_equal(xwl_link_flush(&agent), 0);
	assert_int_equal(xwl_link_receive(&host, r, &why), 0);
	assert_int_equal(r->type, XWL_BUFFER);
	assert_int_equal(r->buffer.id, 7);
	assert_int_equal(host.in_fds.nr, 1);
}

static bool is_same_file(int a, int b)
{
	struct stat sa, sb;

	assert_int_equal(fstat(a, &sa), 0);
	assert_int_equal(fstat(b, &sb), 0);
	return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static void expect_copied(enum xwl_why why)
{
	struct xwl_record r;

	announce(&r);
	assert_int_equal(r.arg, why);
	assert_string_equal(share->ops->name, "copied");
	assert_false(is_same_file(host.in_fds.fd[0], source.fd));
	share->ops->destroy(share);
	close(source.fd);
}

static void pages_are_shared(void **state)
{
	struct xwl_record r;

	/* in the middle of a page, and the last one is not full */
	begin_with(make_file(0), PAGE + 256);
	announce(&r);
	assert_int_equal(r.arg, XWL_WHY_SHARED);
	assert_int_equal(r.buffer.flags, 0);
	assert_int_equal(r.buffer.offset, 256);
	assert_int_equal(made_at, PAGE);
	assert_int_equal(made_size, BYTES + PAGE);
	assert_true(is_same_file(host.in_fds.fd[0], source.fd));
	/* it cannot be cut off under the compositor */
	assert_int_equal(ftruncate(source.fd, 0), -1);
	assert_null(share->ops->update);
	assert_true(share->ops->intact(share));
	share->ops->destroy(share);
	close(source.fd);
}

/* It stays whole, is read by nobody here, and cannot be sealed */
static void dmabufs_are_shared_as_they_are(void **state)
{
	struct xwl_record r;

	begin_with(make_file(F_SEAL_SEAL), PAGE + 256);
	source.dmabuf = true;
	made_size = 0;
	announce(&r);
	assert_int_equal(r.arg, XWL_WHY_SHARED);
	assert_int_equal(r.buffer.offset, PAGE + 256);
	assert_int_equal(made_size, 0);
	assert_true(is_same_file(host.in_fds.fd[0], source.fd));
	assert_null(share->ops->update);
	assert_null(share->ops->intact);
	share->ops->destroy(share);
	close(source.fd);
}

static void holes_are_noticed(void **state)
{
	struct xwl_record r;

	begin_with(make_file(F_SEAL_SHRINK), 0);
	announce(&r);
	assert_int_equal(fallocate(source.fd,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   PAGE, PAGE),
			 0);
	assert_false(share->ops->intact(share));
	share->ops->destroy(share);
	/* as the same buffer */
	source.again = true;
	announce(&r);
	assert_int_equal(r.buffer.flags, XWL_BUFFER_AGAIN);
	assert_int_equal(r.arg, XWL_WHY_SHARED);
	share->ops->destroy(share);
	source.maker = NULL;
	source.why = XWL_WHY_HOLES;
	announce(&r);
	assert_int_equal(r.buffer.flags, XWL_BUFFER_AGAIN);
	assert_int_equal(r.arg, XWL_WHY_HOLES);
	share->ops->destroy(share);
	close(source.fd);
}

static void files_that_cannot_be_shared(void **state)
{
	begin_with(make_file(F_SEAL_SEAL), 0);
	expect_copied(XWL_WHY_SEALED);
	begin_with(make_file(F_SEAL_SHRINK | F_SEAL_WRITE), 0);
	expect_copied(XWL_WHY_READ_ONLY);
	begin_with(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), 0);
	expect_copied(XWL_WHY_NO_MEMFD);
}

static void makers_that_fail(void **state)
{
	static const struct {
		int err;
		enum xwl_why why;
	} faults[] = {
		{ -EOPNOTSUPP, XWL_WHY_NO_MAKER },
		{ -EFBIG, XWL_WHY_TOO_LARGE },
		{ -EDQUOT, XWL_WHY_NO_ROOM },
		{ -ENOSPC, XWL_WHY_NO_ROOM },
		{ -EINVAL, XWL_WHY_REFUSED },
		{ -EPIPE, XWL_WHY_REFUSED },
	};
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		fails = faults[i].err;
		begin_with(make_file(0), 0);
		expect_copied(faults[i].why);
	}
	fails = 0;
	begin_with(make_file(0), 0);
	source.maker = NULL;
	expect_copied(XWL_WHY_OFF);
}

/* Programs make their files as long as the buffer is */
static void last_page_is_completed(void **state)
{
	struct xwl_record r;
	struct stat st;

	begin_with(make_file(0), 0);
	source.shape.height = SIDE + 3;
	source.shape.stride = SIDE * 4 + 4;
	assert_int_equal(ftruncate(source.fd,
				   source.shape.stride * source.shape.height),
			 0);
	announce(&r);
	assert_int_equal(r.arg, XWL_WHY_SHARED);
	assert_int_equal(made_size % PAGE, 0);
	assert_int_equal(fstat(source.fd, &st), 0);
	assert_int_equal(st.st_size, made_size);
	share->ops->destroy(share);
	close(source.fd);
}

/* Where nothing is shared, a program can do with its file what it likes */
static void file_that_is_not_shared_is_left_alone(void **state)
{
	static const int errors[] = { -EOPNOTSUPP, -EFBIG, -EDQUOT };
	struct xwl_record r;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fails = errors[i];
		begin_with(make_file(0), 0);
		assert_int_equal(ftruncate(source.fd, BYTES - 2000), 0);
		announce(&r);
		assert_string_equal(share->ops->name, "copied");
		assert_int_equal(fcntl(source.fd, F_GET_SEALS), 0);
		assert_int_equal(lseek(source.fd, 0, SEEK_END), BYTES - 2000);
		assert_int_equal(ftruncate(source.fd, BYTES - 1000), 0);
		share->ops->destroy(share);
		close(source.fd);
	}
	fails = 0;
}

/* Nor by the maker of this machine, if it has no device or takes no such file */
static void udmabuf_that_cannot_be_made_changes_nothing(void **state)
{
	struct xwl_udmabuf u;
	int fd = make_file(0);

	xwl_udmabuf_open(&u);
	u.max = BYTES - PAGE;
	assert_true(u.maker.make(&u.maker, fd, 0, BYTES) < 0);
	if (u.device >= 0)
		close(u.device);
	u.device = -1;
	assert_int_equal(u.maker.make(&u.maker, fd, 0, PAGE), -EOPNOTSUPP);
	assert_int_equal(fcntl(fd, F_GET_SEALS), 0);
	xwl_udmabuf_close(&u);
	close(fd);
}

static void last_page_that_cannot_be_completed(void **state)
{
	begin_with(make_file(0), 0);
	source.shape.height = SIDE + 3;
	source.shape.stride = SIDE * 4 + 4;
	assert_int_equal(ftruncate(source.fd,
				   source.shape.stride * source.shape.height),
			 0);
	assert_int_equal(fcntl(source.fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	expect_copied(XWL_WHY_LAST_PAGE);
}

static void across_domains_copies_are_dmabufs(void **state)
{
	struct xwl_record r;

	begin_with(make_file(F_SEAL_SEAL), 0);
	source.across = &maker;
	/* not whole pages: the shared memory is */
	source.shape.width = SIDE - 1;
	source.shape.stride = SIDE * 4 - 4;
	announce(&r);
	assert_int_equal(r.arg, XWL_WHY_SEALED);
	assert_string_equal(share->ops->name, "copied");
	assert_int_equal(made_at, 0);
	assert_int_equal(made_size, BYTES);
	share->ops->destroy(share);
	close(source.fd);
}

static void announce_sent(struct xwl_record *r)
{
	struct xdc_reason why;

	assert_int_equal(xwl_ways_create(&source, &agent, &share, &why_not), 0);
	assert_string_equal(share->ops->name, "sent");
	assert_int_equal(xwl_link_flush(&agent), 0);
	assert_int_equal(xwl_link_receive(&host, r, &why), 0);
	assert_int_equal(r->type, XWL_BUFFER);
	assert_int_equal(host.in_fds.nr, 0);
}

static void expect_no_way(enum xwl_why why)
{
	assert_int_equal(xwl_ways_create(&source, &agent, &share, &why_not),
			 -EOPNOTSUPP);
	assert_int_equal(why_not, why);
}

static void across_domains_the_rest_is_sent(void **state)
{
	const struct xwl_box all = { 0, 0, SIDE, SIDE };
	struct xwl_record r;
	struct xdc_reason why;
	size_t got = 0;

	fails = -EOPNOTSUPP;
	begin_with(make_file(0), 0);
	source.across = &maker;
	announce_sent(&r);
	assert_int_equal(r.arg, XWL_WHY_NO_MAKER);
	assert_int_equal(r.buffer.flags, XWL_BUFFER_INLINE);
	assert_int_equal(share->ops->update(share, &source, &agent, &all), 0);
	while (got < BYTES) {
		xwl_link_flush(&agent);
		assert_int_equal(xwl_link_receive(&host, &r, &why), 0);
		assert_int_equal(r.type, XWL_PIXELS);
		assert_int_equal(r.pixels.offset, got);
		got += r.len;
	}
	share->ops->destroy(share);
	/* more than may wait for the channel */
	source.shape.height = 1 << 14;
	expect_no_way(XWL_WHY_NO_MAKER);
	close(source.fd);
	fails = 0;
}

/* Whatever the program's own file lacks */
static void across_domains_no_way_is_explained(void **state)
{
	begin_with(make_file(F_SEAL_SEAL), 0);
	source.across = &maker;
	source.shape.height = 1 << 14;
	fails = -EFBIG;
	expect_no_way(XWL_WHY_TOO_LARGE);
	fails = -EDQUOT;
	expect_no_way(XWL_WHY_NO_ROOM);
	close(source.fd);
	/* there is no room for a copy, either: it is not tried */
	begin_with(make_file(0), 0);
	source.across = &maker;
	source.shape.height = 1 << 14;
	makes = 0;
	expect_no_way(XWL_WHY_NO_ROOM);
	assert_int_equal(makes, 1);
	close(source.fd);
	fails = 0;
}

static void pages_that_cannot_be_watched(void **state)
{
	int pagemap = maker.pagemap;

	maker.pagemap = -1;
	begin_with(make_file(0), 0);
	expect_copied(XWL_WHY_NO_PAGEMAP);
	/* as if all had been taken away at once */
	maker.pagemap = open("/dev/null", O_RDONLY | O_CLOEXEC);
	begin_with(make_file(0), 0);
	expect_copied(XWL_WHY_HOLES);
	close(maker.pagemap);
	maker.pagemap = pagemap;
}

static void every_reason_has_words(void **state)
{
	int i;

	for (i = 0; i < XWL_WHY_END; i++)
		assert_non_null(xwl_why_text((enum xwl_why)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_shared),
		cmocka_unit_test(dmabufs_are_shared_as_they_are),
		cmocka_unit_test(holes_are_noticed),
		cmocka_unit_test(files_that_cannot_be_shared),
		cmocka_unit_test(makers_that_fail),
		cmocka_unit_test(last_page_is_completed),
		cmocka_unit_test(file_that_is_not_shared_is_left_alone),
		cmocka_unit_test(udmabuf_that_cannot_be_made_changes_nothing),
		cmocka_unit_test(last_page_that_cannot_be_completed),
		cmocka_unit_test(across_domains_copies_are_dmabufs),
		cmocka_unit_test(across_domains_the_rest_is_sent),
		cmocka_unit_test(across_domains_no_way_is_explained),
		cmocka_unit_test(pages_that_cannot_be_watched),
		cmocka_unit_test(every_reason_has_words),
	};
	int ends[2];

	maker.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends))
		return 1;
	xwl_link_init(&agent, ends[0], 1 << 20);
	xwl_link_init(&host, ends[1], 1 << 20);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
