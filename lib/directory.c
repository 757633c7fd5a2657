// SPDX-License-Identifier: LGPL-2.1-or-later
/* Page directories: a chain of shared pages that hold references */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "call.h"
#include "directory.h"
#include "gntalloc.h"
#include "gntdev.h"
#include "refs.h"

#define MAX_PAGES (XDL_MAX_REFS / XDL_DIR_REFS + 1)

_Static_assert(MAX_PAGES <= XDL_GNTALLOC_MAX, "one call shares a directory");

struct xendmabuf_directory {
	struct xdl_shared shared;
};

size_t xdl_dir_pages(size_t nr_refs)
{
	return (nr_refs + XDL_DIR_REFS - 1) / XDL_DIR_REFS;
}

static size_t refs_on_page(size_t left)
{
	return left < XDL_DIR_REFS ? left : XDL_DIR_REFS;
}

/* @pages: xdl_dir_pages() zeroed pages; @page_refs: their references */
void xdl_dir_fill(uint32_t *pages, const uint32_t *page_refs,
		  const uint32_t *refs, size_t nr_refs)
{
	size_t nr_pages = xdl_dir_pages(nr_refs);
	size_t i, n;

	for (i = 0; i < nr_pages; i++) {
		n = refs_on_page(nr_refs);
		pages[0] = i + 1 < nr_pages ? page_refs[i + 1] : 0;
		memcpy(pages + 1, refs, n * sizeof(*refs));
		pages += XDL_DIR_WORDS;
		refs += n;
		nr_refs -= n;
	}
}

/*
 * The peer may write anything into the chain.  @nr_refs bounds its length: a
 * chain that loops is reported as too long.
 */
int xdl_dir_walk(xdl_dir_fetch fetch, void *context, uint32_t first,
		 uint32_t *refs, size_t nr_refs)
{
	uint32_t page[XDL_DIR_WORDS];
	uint32_t ref = first;
	size_t i, n;
	int err;

	while (nr_refs) {
		if (!ref)
			return -EPROTO;
		err = fetch(context, ref, page);
		if (err)
			return err;
		n = refs_on_page(nr_refs);
		for (i = 1; i <= n; i++)
			if (!page[i])
				return -EPROTO;
		memcpy(refs, page + 1, n * sizeof(*refs));
		refs += n;
		nr_refs -= n;
		ref = page[0];
	}
	return ref ? -EPROTO : 0;
}

static int check_list(const uint32_t *refs, size_t nr_refs)
{
	if (!nr_refs || !refs)
		return -EINVAL;
	return nr_refs > XDL_MAX_REFS ? -EFBIG : 0;
}

static int check_share(const uint32_t *refs, size_t nr_refs)
{
	size_t i;
	int err;

	err = check_list(refs, nr_refs);
	/* A reader takes a 0 for a damaged directory */
	for (i = 0; !err && i < nr_refs; i++)
		if (!refs[i])
			err = -EINVAL;
	return err;
}

/* @fd: an open gntalloc; the directory owns it, and it is closed on failure */
static int share_list(int fd, uint16_t domid, const uint32_t *refs,
		      size_t nr_refs, uint32_t *first,
		      struct xendmabuf_directory **out)
{
	uint32_t page_refs[MAX_PAGES];
	struct xendmabuf_directory *dir;
	int err;

	dir = calloc(1, sizeof(*dir));
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	err = xdl_gntalloc_share(&dir->shared, fd, domid,
				 xdl_dir_pages(nr_refs), page_refs);
	if (err) {
		free(dir);
		close(fd);
		return err;
	}
	xdl_dir_fill(dir->shared.pages, page_refs, refs, nr_refs);
	*first = page_refs[0];
	*out = dir;
	return 0;
}

XDL_API int xendmabuf_directory_share_fd(int gntalloc_fd, uint16_t domid,
					 const uint32_t *refs, size_t nr_refs,
					 uint32_t *first,
					 struct xendmabuf_directory **out)
{
	int fd, err;

	*first = 0;
	*out = NULL;
	err = check_share(refs, nr_refs);
	if (err)
		return err;
	/* The caller may close its descriptor before the directory ends */
	fd = fcntl(gntalloc_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	return share_list(fd, domid, refs, nr_refs, first, out);
}

XDL_API int xendmabuf_directory_share(uint16_t domid, const uint32_t *refs,
				      size_t nr_refs, uint32_t *first,
				      struct xendmabuf_directory **out)
{
	int fd, err;

	*first = 0;
	*out = NULL;
	err = check_share(refs, nr_refs);
	if (err)
		return err;
	fd = xdl_open_device(XDL_GNTALLOC, O_RDWR);
	if (fd < 0)
		return fd;
	return share_list(fd, domid, refs, nr_refs, first, out);
}

XDL_API void xendmabuf_directory_unshare(struct xendmabuf_directory *dir)
{
	if (!dir)
		return;
	xdl_gntalloc_unshare(&dir->shared);
	free(dir);
}

struct peer {
	int gntdev_fd;
	uint16_t domid;
};

static int fetch_granted(void *context, uint32_t ref,
			 uint32_t page[XDL_DIR_WORDS])
{
	const struct peer *peer = context;

	return xdl_gntdev_copy(peer->gntdev_fd, peer->domid, ref, page);
}

XDL_API int xendmabuf_directory_read_fd(int gntdev_fd, uint16_t domid,
					uint32_t first, uint32_t *refs,
					size_t nr_refs)
{
	struct peer peer = { .gntdev_fd = gntdev_fd, .domid = domid };
	int err;

	err = check_list(refs, nr_refs);
	if (err)
		return err;
	return xdl_dir_walk(fetch_granted, &peer, first, refs, nr_refs);
}

XDL_API int xendmabuf_directory_read(uint16_t domid, uint32_t first,
				     uint32_t *refs, size_t nr_refs)
{
	int fd, err;

	err = check_list(refs, nr_refs);
	if (err)
		return err;
	fd = xdl_open_device(XDL_GNTDEV, O_RDWR);
	if (fd < 0)
		return fd;
	err = xendmabuf_directory_read_fd(fd, domid, first, refs, nr_refs);
	close(fd);
	return err;
}
