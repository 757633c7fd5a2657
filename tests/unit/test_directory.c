// SPDX-License-Identifier: GPL-2.0-only
/* Page directories: first the chain alone, then with fake drivers of Linux */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/grant_table.h> /* types that gntdev.h uses */
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#include "../../lib/directory.h"
#include "../../lib/refs.h"
#include "fake.h"

#define FIRST 500U
#define MAX_PAGES 70

/* The peer's pages, with references from FIRST on */
static struct {
	uint32_t pages[MAX_PAGES][XDL_DIR_WORDS];
	size_t nr;
	int fetches;
	uint32_t refs[XDL_MAX_REFS + 1];
	uint32_t got[XDL_MAX_REFS + 1];
} peer;

static int fetch_page(void *context, uint32_t ref, uint32_t page[XDL_DIR_WORDS])
{
	assert_ptr_equal(context, &peer);
	peer.fetches++;
	if (ref < FIRST || ref - FIRST >= peer.nr)
		return -EACCES;
	memcpy(page, peer.pages[ref - FIRST], sizeof(peer.pages[0]));
	return 0;
}

static void fill_directory(size_t nr_refs)
{
	uint32_t page_refs[MAX_PAGES];
	size_t i;

	memset(&peer, 0, sizeof(peer));
	for (i = 0; i < NR(page_refs); i++)
		page_refs[i] = FIRST + i;
	for (i = 0; i < nr_refs; i++)
		peer.refs[i] = 3 * i + 1;
	peer.nr = xdl_dir_pages(nr_refs);
	xdl_dir_fill(peer.pages[0], page_refs, peer.refs, nr_refs);
}

static int walk_directory(size_t nr_refs)
{
	int err;

	peer.fetches = 0;
	peer.got[nr_refs] = 0xdead;
	err = xdl_dir_walk(fetch_page, &peer, FIRST, peer.got, nr_refs);
	/* Whatever the peer writes: no reference and no page too many is read */
	assert_int_equal(peer.got[nr_refs], 0xdead);
	assert_uint_in_range(peer.fetches, 0, xdl_dir_pages(nr_refs));
	return err;
}

static const size_t sizes[] = {
	1, 2, 1022, 1023, 1024, 2046, 2047, 8100, 65535
};

static void directory_page_count(void **state)
{
	(void)state;
	assert_int_equal(xdl_dir_pages(1), 1);
	assert_int_equal(xdl_dir_pages(1023), 1);
	assert_int_equal(xdl_dir_pages(1024), 2);
	assert_int_equal(xdl_dir_pages(8100), 8);
	assert_int_equal(xdl_dir_pages(65535), 65);
}

static void directory_written_and_read_back(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NR(sizes); i++) {
		fill_directory(sizes[i]);
		assert_int_equal(walk_directory(sizes[i]), 0);
		assert_memory_equal(peer.got, peer.refs,
				    sizes[i] * sizeof(uint32_t));
	}
}

/* As in displif.h: the next page's reference first, 0 on the last page */
static void directory_layout_as_in_displif(void **state)
{
	(void)state;
	fill_directory(1024);
	assert_int_equal(peer.pages[0][0], FIRST + 1);
	assert_int_equal(peer.pages[0][1], peer.refs[0]);
	assert_int_equal(peer.pages[0][1023], peer.refs[1022]);
	assert_int_equal(peer.pages[1][0], 0);
	assert_int_equal(peer.pages[1][1], peer.refs[1023]);
	assert_int_equal(peer.pages[1][2], 0);
}

static void directory_too_short_fails_eproto(void **state)
{
	(void)state;
	fill_directory(1023);
	assert_int_equal(walk_directory(1024), -EPROTO);
	fill_directory(3000);
	peer.pages[1][0] = 0;
	assert_int_equal(walk_directory(3000), -EPROTO);
	assert_int_equal(xdl_dir_walk(fetch_page, &peer, 0, peer.got, 1),
			 -EPROTO);
}

static void directory_too_long_fails_eproto(void **state)
{
	(void)state;
	fill_directory(1024);
	assert_int_equal(walk_directory(1023), -EPROTO);
	fill_directory(1);
	peer.pages[0][0] = UINT32_MAX;
	assert_int_equal(walk_directory(1), -EPROTO);
}

static void directory_loop_fails_eproto(void **state)
{
	(void)state;
	fill_directory(1023);
	peer.pages[0][0] = FIRST;
	assert_int_equal(walk_directory(1023), -EPROTO);
	assert_int_equal(walk_directory(65535 - 1023), -EPROTO);
	assert_int_equal(walk_directory(65535), -EPROTO);
	fill_directory(3000);
	peer.pages[2][0] = FIRST + 1;
	assert_int_equal(walk_directory(3000), -EPROTO);
}

static void directory_with_zero_reference_fails_eproto(void **state)
{
	(void)state;
	fill_directory(2000);
	peer.pages[1][1 + 2000 - 1023 - 1] = 0;
	assert_int_equal(walk_directory(2000), -EPROTO);
	fill_directory(2000);
	peer.pages[0][1] = 0;
	assert_int_equal(walk_directory(2000), -EPROTO);
	/* Words after the last reference are ignored */
	fill_directory(5);
	peer.pages[0][6] = 77;
	peer.pages[0][1023] = UINT32_MAX;
	assert_int_equal(walk_directory(5), 0);
}

static void directory_page_not_granted_fails_eacces(void **state)
{
	(void)state;
	fill_directory(3000);
	peer.nr = 2;
	assert_int_equal(walk_directory(3000), -EACCES);
	peer.nr = 0;
	assert_int_equal(walk_directory(3000), -EACCES);
}

/* ---- gntalloc and gntdev ---- */

/* Both map the same memory, whose page N has reference FIRST + N */
static struct {
	int memory;
	uint32_t pages;
	int open_err, share_err, map_err;
	int shared, mapped;
	uint32_t domid;
} xen;

static int xen_open(const char *path, int flags)
{
	assert_true(!strcmp(path, "/dev/xen/gntalloc") ||
		    !strcmp(path, "/dev/xen/gntdev"));
	assert_int_equal(flags & O_ACCMODE, O_RDWR);
	return xen.open_err ? xen.open_err
			    : fcntl(xen.memory, F_DUPFD_CLOEXEC, 0);
}

static int share_pages(struct ioctl_gntalloc_alloc_gref *args)
{
	uint32_t *refs = args->gref_ids, i;

	assert_int_equal(args->flags, 0);
	if (xen.share_err)
		return xen.share_err;
	xen.domid = args->domid;
	args->index = (uint64_t)xen.pages * XENDMABUF_PAGE_SIZE;
	for (i = 0; i < args->count; i++)
		refs[i] = FIRST + xen.pages++;
	xen.shared += args->count;
	assert_int_equal(ftruncate(xen.memory,
				   (off_t)xen.pages * XENDMABUF_PAGE_SIZE),
			 0);
	return 0;
}

static int map_page(struct ioctl_gntdev_map_grant_ref *args)
{
	uint32_t ref = args->refs[0].ref;

	assert_int_equal(args->count, 1);
	assert_int_equal(args->refs[0].domid, 9);
	if (xen.map_err)
		return xen.map_err;
	xen.mapped++;
	args->index = (uint64_t)(ref - FIRST) * XENDMABUF_PAGE_SIZE;
	/* mmap() refuses this with EINVAL, as that of gntdev does */
	if (ref < FIRST || ref - FIRST >= xen.pages)
		args->index = 1;
	return 0;
}

static int xen_ioctl(int fd, unsigned long request, void *arg)
{
	const struct ioctl_gntalloc_dealloc_gref *end = arg;

	if (fd < 0 || !fake_is_open(fd))
		return -EBADF;
	switch (request) {
	case IOCTL_GNTALLOC_ALLOC_GREF:
		return share_pages(arg);
	case IOCTL_GNTALLOC_DEALLOC_GREF:
		xen.shared -= end->count;
		return 0;
	case IOCTL_GNTDEV_MAP_GRANT_REF:
		return map_page(arg);
	case IOCTL_GNTDEV_UNMAP_GRANT_REF:
		xen.mapped--;
		return 0;
	}
	return -ENOTTY;
}

static int setup(void **state)
{
	fake_setup(state);
	memset(&xen, 0, sizeof(xen));
	xen.memory = fake_file("");
	fake.open = xen_open;
	fake.ioctl = xen_ioctl;
	return 0;
}

static int teardown(void **state)
{
	close(xen.memory);
	return xen.shared || xen.mapped ? -1 : fake_teardown(state);
}

static void directory_shared_and_read(void **state)
{
	struct xendmabuf_directory *dir;
	uint32_t first;
	size_t i;

	(void)state;
	for (i = 0; i < NR(sizes); i++) {
		fill_directory(sizes[i]);
		assert_int_equal(xendmabuf_directory_share(
					 4, peer.refs, sizes[i], &first, &dir),
				 0);
		assert_int_equal(xen.domid, 4);
		assert_int_equal(xen.shared, xdl_dir_pages(sizes[i]));
		assert_int_equal(xendmabuf_directory_read(9, first, peer.got,
							  sizes[i]),
				 0);
		assert_memory_equal(peer.got, peer.refs,
				    sizes[i] * sizeof(uint32_t));
		assert_int_equal(xen.mapped, 0);
		xendmabuf_directory_unshare(dir);
		assert_int_equal(xen.shared, 0);
	}
	xendmabuf_directory_unshare(NULL);
}

static void expect_share_error(const uint32_t *refs, size_t nr, int err)
{
	struct xendmabuf_directory *dir = (void *)-1;
	uint32_t first = 1;

	assert_int_equal(xendmabuf_directory_share(4, refs, nr, &first, &dir),
			 err);
	assert_null(dir);
	assert_int_equal(first, 0);
	dir = (void *)-1;
	first = 1;
	/* opening is the only thing that it does not do */
	assert_int_equal(xendmabuf_directory_share_fd(xen.memory, 4, refs, nr,
						      &first, &dir),
			 xen.open_err ? 0 : err);
	if (xen.open_err) {
		xendmabuf_directory_unshare(dir);
		return;
	}
	assert_null(dir);
	assert_int_equal(first, 0);
}

static void directory_share_errors(void **state)
{
	static const uint32_t zero[] = { 1, 0, 3 };
	struct xendmabuf_directory *dir;
	uint32_t first;

	(void)state;
	fill_directory(10);
	expect_share_error(peer.refs, 0, -EINVAL);
	expect_share_error(NULL, 1, -EINVAL);
	expect_share_error(peer.refs, 65536, -EFBIG);
	expect_share_error(zero, 3, -EINVAL);
	xen.open_err = -ENOENT;
	assert_int_equal(xendmabuf_directory_share(4, peer.refs, 10, &first,
						   &dir),
			 -ENODEV);
	xen.open_err = -EACCES;
	expect_share_error(peer.refs, 10, -EACCES);
	xen.open_err = 0;
	xen.share_err = -ENOSPC;
	expect_share_error(peer.refs, 10, -ENOSPC);
	xen.share_err = 0;
	fake.fail_alloc = 1;
	assert_int_equal(xendmabuf_directory_share(4, peer.refs, 10, &first,
						   &dir),
			 -ENOMEM);
	assert_int_equal(xendmabuf_directory_share_fd(-1, 4, peer.refs, 10,
						      &first, &dir),
			 -EBADF);
}

static void directory_read_errors(void **state)
{
	struct xendmabuf_directory *dir;
	uint32_t first;

	(void)state;
	fill_directory(2000);
	assert_int_equal(
		xendmabuf_directory_share(4, peer.refs, 2000, &first, &dir), 0);
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 0),
			 -EINVAL);
	assert_int_equal(xendmabuf_directory_read(9, first, NULL, 1), -EINVAL);
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 65536),
			 -EFBIG);
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 1023),
			 -EPROTO);
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 2047),
			 -EPROTO);
	/* not granted: gntdev tells it when the page is mapped */
	assert_int_equal(xendmabuf_directory_read(9, 3, peer.got, 2000),
			 -EACCES);
	assert_int_equal(xen.mapped, 0);
	xen.map_err = -ENOMEM;
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 2000),
			 -ENOMEM);
	xen.map_err = 0;
	xen.open_err = -ENXIO;
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 2000),
			 -ENODEV);
	assert_int_equal(xendmabuf_directory_read_fd(-1, 9, first, peer.got,
						     2000),
			 -EBADF);
	assert_int_equal(xen.mapped, 0);
	xendmabuf_directory_unshare(dir);
}

/* The caller's descriptor stays the caller's, and may be closed first */
static void directory_keeps_no_descriptor_of_the_caller(void **state)
{
	int fd = fcntl(xen.memory, F_DUPFD_CLOEXEC, 0);
	struct xendmabuf_directory *dir;
	uint32_t first;

	(void)state;
	fill_directory(10);
	assert_int_equal(xendmabuf_directory_share_fd(fd, 4, peer.refs, 10,
						      &first, &dir),
			 0);
	assert_int_equal(
		xendmabuf_directory_read_fd(fd, 9, first, peer.got, 10), 0);
	assert_true(fake_is_open(fd));
	close(fd);
	xendmabuf_directory_unshare(dir);
	assert_int_equal(xen.shared, 0);
}

/* From here on this process cannot open any file */
static int forbid_open(void)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
#ifdef __NR_open
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_open, 2, 0),
#else
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 2, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	};
	const struct sock_fprog program = {
		.len = NR(filter),
		.filter = (struct sock_filter *)filter,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

enum { WELL, OPENED, NOT_SHARED, NOT_READ, NO_SANDBOX = 77 };

static int share_in_sandbox(void)
{
	struct xendmabuf_directory *dir;
	uint32_t first;

	if (forbid_open())
		return NO_SANDBOX;
	fake.open = NULL; /* the real call, which fails */
	if (xendmabuf_directory_share(4, peer.refs, 2000, &first, &dir) !=
		    -EACCES ||
	    xendmabuf_directory_read(9, FIRST, peer.got, 2000) != -EACCES)
		return OPENED;
	if (xendmabuf_directory_share_fd(xen.memory, 4, peer.refs, 2000, &first,
					 &dir))
		return NOT_SHARED;
	if (xendmabuf_directory_read_fd(xen.memory, 9, first, peer.got, 2000))
		return NOT_READ;
	xendmabuf_directory_unshare(dir);
	return xen.shared ? NOT_SHARED : WELL;
}

static void
directory_shared_and_read_by_program_that_opens_nothing(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	fill_directory(2000);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(share_in_sandbox());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_SANDBOX) {
		print_message("this kernel refuses seccomp filters\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), WELL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(directory_page_count),
		TEST(directory_written_and_read_back),
		TEST(directory_layout_as_in_displif),
		TEST(directory_too_short_fails_eproto),
		TEST(directory_too_long_fails_eproto),
		TEST(directory_loop_fails_eproto),
		TEST(directory_with_zero_reference_fails_eproto),
		TEST(directory_page_not_granted_fails_eacces),
		TEST(directory_shared_and_read),
		TEST(directory_share_errors),
		TEST(directory_read_errors),
		TEST(directory_keeps_no_descriptor_of_the_caller),
		TEST(directory_shared_and_read_by_program_that_opens_nothing),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
