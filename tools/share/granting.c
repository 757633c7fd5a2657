// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "share/granting.h"
#include "share/peer.h"
#include "system/memory.h"
#include "system/node.h"
#include "system/store.h"

__attribute__((format(printf, 3, 4))) static int
set_reason(struct xt_grant *g, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(g->why, sizeof(g->why), fmt, args);
	va_end(args);
	return err;
}

int xt_grant_alloc(struct xt_grant *g, unsigned int source)
{
	size_t len = (size_t)g->share.pic.pages * XENDMABUF_PAGE_SIZE;
	struct xt_refusal refusal;
	void *map;
	int err;

	err = xendmabuf_alloc(len, source, &g->dmabuf);
	if (err == -ENODEV || xt_node_denied(err)) {
		xt_memory_refused(source, &refusal);
		return set_reason(g, err, "%s. Try: %s", refusal.why,
				  refusal.advice);
	}
	if (err)
		return set_reason(g, err,
				  "allocating a dma-buf of %zu bytes: %s", len,
				  xendmabuf_explain(NULL, err));
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, g->dmabuf, 0);
	if (map == MAP_FAILED)
		return set_reason(g, -errno, "mmap of the dma-buf: %s",
				  strerror(errno));
	g->map = map;
	g->map_len = len;
	return 0;
}

int xt_grant_make(struct xt_grant *g)
{
	const struct xt_picture *pic = &g->share.pic;
	int err;

	g->refs = calloc(pic->pages, sizeof(*g->refs));
	if (!g->refs)
		return set_reason(g, -ENOMEM, "out of memory");
	err = xendmabuf_grant(g->x, g->dmabuf, 0, g->share.peer,
			      XENDMABUF_WAIT |
				      (pic->rdonly ? XENDMABUF_RDONLY : 0),
			      g->refs, pic->pages, &g->lease);
	if (err)
		return set_reason(g, err, "%s", xendmabuf_explain(g->x, err));
	return 0;
}

/* The page directory of the share */
static int share_directory(struct xt_grant *g)
{
	struct xt_refusal refusal;
	int err;

	err = xendmabuf_directory_share(g->share.peer, g->refs,
					g->share.pic.pages, &g->share.directory,
					&g->directory);
	if (!err)
		return 0;
	g->directory = NULL;
	if (err != -ENODEV && !xt_node_denied(err))
		return set_reason(g, err, "sharing the page directory: %s",
				  xendmabuf_explain(NULL, err));
	xt_node_refused("/dev/xen/gntalloc", err,
			"as root: modprobe xen-gntalloc", &refusal);
	return set_reason(g, err, "%s. Try: %s, or --refs instead of --name",
			  refusal.why, refusal.advice);
}

int xt_grant_publish(struct xt_grant *g)
{
	struct xt_refusal refusal;
	int err;

	if (!g->xs) {
		xt_store_refused(&refusal);
		return set_reason(
			g, -ENOTCONN,
			"xenstore cannot be reached: %s. Try: %s, or --refs instead of --name",
			refusal.why, refusal.advice);
	}
	err = xt_peer_self(g->xs, &g->share.owner);
	if (err)
		return set_reason(
			g, err,
			"cannot read this domain's id from xenstore: %s",
			strerror(-err));
	err = share_directory(g);
	if (err)
		return err;
	g->share.pid = getpid();
	err = xt_share_publish(g->xs, &g->share);
	if (err)
		return set_reason(g, err, "writing to xenstore: %s",
				  xt_share_explain(err));
	g->published = true;
	return 0;
}

int xt_grant_end(struct xt_grant *g)
{
	int err;

	/* first the entry, so that no new reader finds the directory, then that */
	if (g->published)
		xt_share_withdraw(g->xs, &g->share);
	g->published = false;
	xendmabuf_directory_unshare(g->directory);
	g->directory = NULL;
	if (!g->lease)
		return 0;
	err = xendmabuf_lease_revoke(g->lease);
	if (err)
		return set_reason(g, err, "revoking: %s",
				  xendmabuf_explain(g->x, err));
	return 0;
}

void xt_grant_free(struct xt_grant *g)
{
	if (g->published)
		xt_share_withdraw(g->xs, &g->share);
	g->published = false;
	xendmabuf_directory_unshare(g->directory);
	g->directory = NULL;
	xendmabuf_lease_close(g->lease);
	g->lease = NULL;
	free(g->refs);
	g->refs = NULL;
	if (g->map)
		munmap(g->map, g->map_len);
	g->map = NULL;
	if (g->dmabuf >= 0)
		close(g->dmabuf);
	g->dmabuf = -1;
}
