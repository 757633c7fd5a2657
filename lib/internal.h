/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_INTERNAL_H
#define XDL_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <xendmabuf.h>

#define XDL_API __attribute__((visibility("default")))

/* The most references that a list or a page directory may hold */
#define XDL_MAX_REFS 65535U

#define XDL_DEVICE "/dev/xen/dmabuf"

enum xdl_call {
	XDL_CALL_NONE,
	XDL_CALL_INFO,
	XDL_CALL_RESTRICT,
	XDL_CALL_MAP,
	XDL_CALL_GRANT,
	XDL_CALL_LEASE_OPEN,
};

/* The last call on a handle that failed, for xendmabuf_explain() */
struct xdl_failure {
	enum xdl_call call;
	int err;
	uint32_t domid;
	size_t nr_refs;
	uint32_t bad_value; /* the reference at bad_ref */
	uint64_t lease_id;
};

struct xendmabuf {
	int fd;
	pthread_mutex_t lock; /* protects all that follows */
	struct xdl_failure failure;
	size_t bad_ref;
	char text[1024];
};

/* Never written once it is made: needs no lock */
struct xendmabuf_lease {
	int fd;
	uint64_t id;
};

/* device.c */
int xdl_open(const char *path, int flags);
int xdl_ioctl(int fd, unsigned long request, void *arg);
void xdl_failed(struct xendmabuf *x, const struct xdl_failure *failure);

/* dumb.c: @size is whole pages; the dma-buf or -errno */
int xdl_dumb_alloc(size_t size);
/*
 * Whether a process that touches it never gets any further: it is mapped
 * write-combined, which Xen refuses a PV domain that reaches no hardware, and
 * Linux tries for ever.
 */
bool xdl_dumb_untouchable(void);

/* lease.c */
struct xendmabuf_lease *xdl_lease_new(void);

/* directory.c: the parts that need no Xen */
#define XDL_DIR_WORDS (XENDMABUF_PAGE_SIZE / sizeof(uint32_t))
#define XDL_DIR_REFS (XDL_DIR_WORDS - 1)

/* Copies the page behind @ref into @page; 0 or -errno */
typedef int (*xdl_dir_fetch)(void *context, uint32_t ref,
			     uint32_t page[XDL_DIR_WORDS]);

size_t xdl_dir_pages(size_t nr_refs);
void xdl_dir_fill(uint32_t *pages, const uint32_t *page_refs,
		  const uint32_t *refs, size_t nr_refs);
int xdl_dir_walk(xdl_dir_fetch fetch, void *context, uint32_t first,
		 uint32_t *refs, size_t nr_refs);

#define XDL_PARAMETERS "/sys/module/xen_dmabuf/parameters/"

/* advice.c: NULL if there is no such advice */
const char *xdl_advice(enum xdl_call call, int err);

#endif
