// SPDX-License-Identifier: GPL-2.0-only
/* The pages in which a program has its pixels are the host's, too. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/share-pages.h"
#include "common/container_of.h"
#include "common/pages.h"
#include "common/udmabuf.h"

struct pages {
	struct xwl_share share;
	struct xdc_pages watched;
};

static void destroy_pages(struct xwl_share *s)
{
	struct pages *p = container_of(s, struct pages, share);

	xdc_pages_forget(&p->watched);
	free(p);
}

/* A file that could shrink could be cut off under the compositor: the maker seals it */
static enum xwl_why look_at_seals(int fd)
{
	switch (xdc_udmabuf_sealable(fd)) {
	case 0:
		return XWL_WHY_SHARED;
	case -EROFS:
		return XWL_WHY_READ_ONLY;
	case -EPERM:
		return XWL_WHY_SEALED;
	default:
		return XWL_WHY_NO_MEMFD;
	}
}

/*
 * Only whole pages can be shared.  A program maps the last one whole, too, and the maker
 * makes its file as long.
 */
static enum xwl_why look_at_last_page(int fd, uint64_t end)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_size < 0)
		return XWL_WHY_NO_MEMFD;
	if ((uint64_t)st.st_size >= end)
		return XWL_WHY_SHARED;
	return fcntl(fd, F_GET_SEALS) & F_SEAL_GROW ||
			       (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY
		       ? XWL_WHY_LAST_PAGE
		       : XWL_WHY_SHARED;
}

/*
 * The pages are watched before the dma-buf takes them: one that is removed in between
 * is missing here, and looks as if it had been removed later.
 */
static enum xwl_why take_pages(struct pages *p, const struct xwl_source *src,
			       uint64_t begin, int *dmabuf)
{
	struct xwl_maker *maker = src->maker;
	uint64_t end =
		(src->offset + xwl_buffer_bytes(&src->shape) + XDC_PAGE - 1) &
		~(uint64_t)(XDC_PAGE - 1);
	enum xwl_why why = look_at_last_page(src->fd, end);

	if (why != XWL_WHY_SHARED)
		return why;
	if (maker->pagemap < 0 || xdc_pages_watch(&p->watched, maker->pagemap,
						  src->fd, begin, end - begin))
		return XWL_WHY_NO_PAGEMAP;
	*dmabuf = maker->make(maker, src->fd, begin, end - begin);
	if (*dmabuf < 0)
		return xwl_share_why_not(*dmabuf);
	if (xdc_pages_intact(&p->watched))
		return XWL_WHY_SHARED;
	close(*dmabuf);
	return XWL_WHY_HOLES;
}

static int create_pages(const struct xwl_source *src, struct xwl_link *link,
			struct xwl_share **out, enum xwl_why *why)
{
	uint64_t begin = src->offset & ~(uint64_t)(XDC_PAGE - 1);
	struct xwl_record r = { .type = XWL_BUFFER, .buffer = src->shape };
	struct pages *p;
	int err, fd = -1;

	if (!src->maker) {
		*why = src->why;
		return 1;
	}
	*why = look_at_seals(src->fd);
	if (*why != XWL_WHY_SHARED)
		return 1;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->share.ops = &xwl_share_pages;
	*why = take_pages(p, src, begin, &fd);
	if (*why != XWL_WHY_SHARED) {
		destroy_pages(&p->share);
		return 1;
	}
	r.buffer.flags = src->again ? XWL_BUFFER_AGAIN : 0;
	r.buffer.offset = (uint32_t)(src->offset - begin);
	err = xwl_link_send(link, &r, fd);
	if (err)
		destroy_pages(&p->share);
	else
		*out = &p->share;
	return err;
}

static bool pages_intact(const struct xwl_share *s)
{
	return xdc_pages_intact(&container_of(s, struct pages, share)->watched);
}

const struct xwl_share_ops xwl_share_pages = {
	.name = "shared",
	.create = create_pages,
	.intact = pages_intact,
	.destroy = destroy_pages,
};
