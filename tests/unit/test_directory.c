// SPDX-License-Identifier: GPL-2.0-only
/* Page directories: first the chain alone, then with a fake libxengnttab */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xengnttab.h>
#include <xentoollog.h>

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

/* ---- libxengnttab ---- */

static struct {
	int open_errno, share_errno, map_errno;
	int handles, shared, mapped;
	uint32_t domid;
	uint32_t *memory;
} xen;

xengntshr_handle *__wrap_xengntshr_open(xentoollog_logger *l, unsigned int f);
int __wrap_xengntshr_close(xengntshr_handle *h);
void *__wrap_xengntshr_share_pages(xengntshr_handle *h, uint32_t domid, int nr,
				   uint32_t *refs, int writable);
int __wrap_xengntshr_unshare(xengntshr_handle *h, void *p, uint32_t nr);
xengnttab_handle *__wrap_xengnttab_open(xentoollog_logger *l, unsigned int f);
int __wrap_xengnttab_close(xengnttab_handle *h);
void *__wrap_xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid,
				     uint32_t ref, int prot);
int __wrap_xengnttab_unmap(xengnttab_handle *h, void *p, uint32_t nr);

static void *open_handle(xentoollog_logger *logger)
{
	/* With a logger, or libxengnttab would write to stderr */
	assert_non_null(logger);
	errno = xen.open_errno;
	if (xen.open_errno)
		return NULL;
	xen.handles++;
	return &xen;
}

static int close_handle(void *h)
{
	assert_ptr_equal(h, &xen);
	xen.handles--;
	return 0;
}

xengntshr_handle *__wrap_xengntshr_open(xentoollog_logger *l, unsigned int f)
{
	assert_int_equal(f, 0);
	return open_handle(l);
}

xengnttab_handle *__wrap_xengnttab_open(xentoollog_logger *l, unsigned int f)
{
	assert_int_equal(f, 0);
	return open_handle(l);
}

int __wrap_xengntshr_close(xengntshr_handle *h)
{
	return close_handle(h);
}

int __wrap_xengnttab_close(xengnttab_handle *h)
{
	return close_handle(h);
}

void *__wrap_xengntshr_share_pages(xengntshr_handle *h, uint32_t domid, int nr,
				   uint32_t *refs, int writable)
{
	int i;

	assert_ptr_equal(h, &xen);
	assert_int_equal(writable, 0);
	errno = xen.share_errno;
	if (xen.share_errno)
		return NULL;
	for (i = 0; i < nr; i++)
		refs[i] = FIRST + i;
	xen.domid = domid;
	xen.memory = calloc(nr, XENDMABUF_PAGE_SIZE);
	xen.shared = nr;
	return xen.memory;
}

int __wrap_xengntshr_unshare(xengntshr_handle *h, void *p, uint32_t nr)
{
	assert_ptr_equal(h, &xen);
	assert_ptr_equal(p, xen.memory);
	assert_int_equal(nr, xen.shared);
	free(xen.memory);
	xen.shared = 0;
	return 0;
}

void *__wrap_xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid,
				     uint32_t ref, int prot)
{
	assert_ptr_equal(h, &xen);
	assert_int_equal(domid, 9);
	assert_int_equal(prot, PROT_READ);
	errno = xen.map_errno;
	if (ref < FIRST || ref - FIRST >= (uint32_t)xen.shared)
		return NULL;
	xen.mapped++;
	return xen.memory + (ref - FIRST) * XDL_DIR_WORDS;
}

int __wrap_xengnttab_unmap(xengnttab_handle *h, void *p, uint32_t nr)
{
	assert_ptr_equal(h, &xen);
	assert_non_null(p);
	assert_int_equal(nr, 1);
	xen.mapped--;
	return 0;
}

static int teardown(void **state)
{
	int left = xen.handles + xen.shared + xen.mapped;

	memset(&xen, 0, sizeof(xen));
	return left ? -1 : fake_teardown(state);
}

static void directory_shared_and_read_through_libxengnttab(void **state)
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
		assert_int_equal(first, FIRST);
		assert_int_equal(xendmabuf_directory_read(9, first, peer.got,
							  sizes[i]),
				 0);
		assert_memory_equal(peer.got, peer.refs,
				    sizes[i] * sizeof(uint32_t));
		assert_int_equal(xen.mapped, 0);
		xendmabuf_directory_unshare(dir);
		assert_int_equal(xen.handles, 0);
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
	assert_int_equal(xen.handles, 0);
}

static void directory_share_errors(void **state)
{
	const uint32_t zero[] = { 1, 0, 3 };

	(void)state;
	fill_directory(10);
	expect_share_error(peer.refs, 0, -EINVAL);
	expect_share_error(NULL, 1, -EINVAL);
	expect_share_error(peer.refs, 65536, -EFBIG);
	expect_share_error(zero, 3, -EINVAL);
	fake.fail_alloc = 1;
	expect_share_error(peer.refs, 10, -ENOMEM);
	xen.open_errno = ENOENT;
	expect_share_error(peer.refs, 10, -ENODEV);
	xen.open_errno = EACCES;
	expect_share_error(peer.refs, 10, -EACCES);
	xen.open_errno = 0;
	xen.share_errno = ENOSPC;
	expect_share_error(peer.refs, 10, -ENOSPC);
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
	xen.map_errno = EINVAL;
	assert_int_equal(xendmabuf_directory_read(9, 3, peer.got, 2000),
			 -EACCES);
	xen.map_errno = ENOMEM;
	assert_int_equal(xendmabuf_directory_read(9, 3, peer.got, 2000),
			 -ENOMEM);
	xen.open_errno = ENOENT;
	assert_int_equal(xendmabuf_directory_read(9, first, peer.got, 2000),
			 -ENODEV);
	assert_int_equal(xen.mapped, 0);
	xendmabuf_directory_unshare(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fake_setup, teardown)

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
		TEST(directory_shared_and_read_through_libxengnttab),
		TEST(directory_share_errors),
		TEST(directory_read_errors),
	};

	return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
