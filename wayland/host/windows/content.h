/* SPDX-License-Identifier: GPL-2.0-only */
/* What surfaces show, and the memory that it costs.
 *
 * A compositor keeps what a surface shows when its buffer is destroyed.  So a buffer's
 * memory counts while there is the buffer or a surface that may show it, and once more for
 * each further such surface: compositors keep copies.
 */
#ifndef XWL_HOST_WINDOWS_CONTENT_H
#define XWL_HOST_WINDOWS_CONTENT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "host/policy/account.h"
#include "wire/fds.h"

/* Memory of a buffer */
struct xwl_charge {
	struct xwl_account *account;
	uint32_t kib;
	struct xwl_source *sources[XWL_PLANES_MAX]; /* its dma-bufs */
	unsigned int nr_sources;
	bool buffer; /* it still is there */
	unsigned int surfaces; /* that may show it */
};

/** xwl_charge_create - of a buffer, of no memory yet.  NULL: out of memory */
struct xwl_charge *xwl_charge_create(struct xwl_account *a);
/** xwl_charge_add - no surface may show it yet.  EDQUOT */
int xwl_charge_add(struct xwl_charge *c, uint64_t kib, struct xdc_reason *why);
/**
 * xwl_charge_source - the compositor may map a dma-buf for it
 *
 * A compositor may map the memory of each buffer by itself, and Xen bounds how often
 * that works.
 *
 * EDQUOT: it is in too many buffers.  ENOMEM, or an error of fstat().
 */
int xwl_charge_source(struct xwl_charge *c, int dmabuf, struct xdc_reason *why);
/** xwl_charge_drop_sources - the compositor has destroyed what it has mapped for it */
void xwl_charge_drop_sources(struct xwl_charge *c);
/** xwl_charge_release - the buffer is gone */
void xwl_charge_release(struct xwl_charge *c);

struct xwl_content;

/* Of a surface.  All zeros: nothing */
struct xwl_contents {
	LIST_HEAD(xwl_content_list, xwl_content) all;
	bool changed; /* since the last commit, to: */
	struct xwl_content *attached; /* NULL: nothing, or what costs nothing */
	struct xwl_content *committed; /* last; likewise */
};

/** xwl_contents_attach - wl_surface.attach; @c: NULL: of nothing that costs.  EDQUOT, ENOMEM */
int xwl_contents_attach(struct xwl_contents *s, struct xwl_charge *c,
			struct xdc_reason *why);
/** xwl_contents_commit - what was committed before may still be shown */
void xwl_contents_commit(struct xwl_contents *s);
/** xwl_contents_settle - what was committed last is shown */
void xwl_contents_settle(struct xwl_contents *s);
/** xwl_contents_fini - the surface is gone */
void xwl_contents_fini(struct xwl_contents *s);

#endif
