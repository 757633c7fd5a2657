// SPDX-License-Identifier: LGPL-2.1-or-later
/* Page directories: a chain of shared pages that hold references */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xengnttab.h>
#include <xentoollog.h>

#include "api.h"
#include "directory.h"
#include "refs.h"

struct xendmabuf_directory {
	xengntshr_handle *shr;
	uint32_t *pages;
	size_t nr_pages;
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

/*
 * libxengnttab would write a line to stderr for each invalid reference of the
 * peer.  The caller gets an error instead.
 */
static void __attribute__((format(printf, 5, 0)))
drop_message(struct xentoollog_logger *logger, xentoollog_level level, int err,
	     const char *context, const char *format, va_list al)
{
	(void)logger;
	(void)level;
	(void)err;
	(void)context;
	(void)format;
	(void)al;
}

static struct xentoollog_logger quiet_logger = { .vmessage = drop_message };

static int device_error(int err)
{
	if (err == ENOENT || err == ENOTDIR || err == ENXIO)
		err = ENODEV;
	return err ? -err : -EIO;
}

static int check_list(uint32_t *refs, size_t nr_refs)
{
	if (!nr_refs || !refs)
		return -EINVAL;
	return nr_refs > XDL_MAX_REFS ? -EFBIG : 0;
}

XDL_API int xendmabuf_directory_share(uint16_t domid, const uint32_t *refs,
				      size_t nr_refs, uint32_t *first,
				      struct xendmabuf_directory **out)
{
	uint32_t page_refs[XDL_MAX_REFS / XDL_DIR_REFS + 1];
	struct xendmabuf_directory *dir;
	size_t i;
	int err;

	*first = 0;
	*out = NULL;
	err = check_list((uint32_t *)refs, nr_refs);
	if (err)
		return err;
	/* A reader takes a 0 for a damaged directory */
	for (i = 0; i < nr_refs; i++)
		if (!refs[i])
			return -EINVAL;
	dir = calloc(1, sizeof(*dir));
	if (!dir)
		return -ENOMEM;
	dir->nr_pages = xdl_dir_pages(nr_refs);
	dir->shr = xengntshr_open(&quiet_logger, 0);
	if (!dir->shr) {
		err = device_error(errno);
		goto free_dir;
	}
	dir->pages = xengntshr_share_pages(dir->shr, domid, dir->nr_pages,
					   page_refs, 0);
	if (!dir->pages) {
		err = errno ? -errno : -EIO;
		goto close_shr;
	}
	xdl_dir_fill(dir->pages, page_refs, refs, nr_refs);
	*first = page_refs[0];
	*out = dir;
	return 0;

close_shr:
	xengntshr_close(dir->shr);
free_dir:
	free(dir);
	return err;
}

XDL_API void xendmabuf_directory_unshare(struct xendmabuf_directory *dir)
{
	if (!dir)
		return;
	xengntshr_unshare(dir->shr, dir->pages, dir->nr_pages);
	xengntshr_close(dir->shr);
	free(dir);
}

struct peer {
	xengnttab_handle *tab;
	uint32_t domid;
};

static int fetch_granted(void *context, uint32_t ref,
			 uint32_t page[XDL_DIR_WORDS])
{
	const struct peer *peer = context;
	void *theirs;

	theirs =
		xengnttab_map_grant_ref(peer->tab, peer->domid, ref, PROT_READ);
	if (!theirs)
		/* gntdev returns EINVAL if Xen did not map the reference */
		return errno == EINVAL || !errno ? -EACCES : -errno;
	memcpy(page, theirs, XENDMABUF_PAGE_SIZE);
	xengnttab_unmap(peer->tab, theirs, 1);
	return 0;
}

XDL_API int xendmabuf_directory_read(uint16_t domid, uint32_t first,
				     uint32_t *refs, size_t nr_refs)
{
	struct peer peer = { .domid = domid };
	int err;

	err = check_list(refs, nr_refs);
	if (err)
		return err;
	peer.tab = xengnttab_open(&quiet_logger, 0);
	if (!peer.tab)
		return device_error(errno);
	err = xdl_dir_walk(fetch_granted, &peer, first, refs, nr_refs);
	xengnttab_close(peer.tab);
	return err;
}
