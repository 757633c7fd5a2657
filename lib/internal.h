/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XENDMABUF_INTERNAL_H
#define XENDMABUF_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <xendmabuf.h>

#define XDB_API __attribute__((visibility("default")))

/* The most references that a list or a page directory may hold */
#define XDB_MAX_REFS 65535U

#define XDB_DEVICE "/dev/xen/dmabuf"

enum xdb_call {
	XDB_CALL_NONE,
	XDB_CALL_INFO,
	XDB_CALL_RESTRICT,
	XDB_CALL_MAP,
	XDB_CALL_GRANT,
	XDB_CALL_LEASE_OPEN,
};

/* The last call on a handle that failed, for xendmabuf_explain() */
struct xdb_failure {
	enum xdb_call call;
	int err;
	uint32_t domid;
	size_t nr_refs;
	uint32_t bad_value; /* the reference at bad_ref */
	uint64_t lease_id;
};

struct xendmabuf {
	int fd;
	pthread_mutex_t lock; /* protects all that follows */
	struct xdb_failure failure;
	size_t bad_ref;
	char text[1024];
};

/* Never written once it is made: needs no lock */
struct xendmabuf_lease {
	int fd;
	uint64_t id;
};

/* device.c */
int xdb_open(const char *path, int flags);
int xdb_ioctl(int fd, unsigned long request, void *arg);
void xdb_failed(struct xendmabuf *x, const struct xdb_failure *failure);

/* dumb.c: @size is whole pages; the dma-buf or -errno */
int xdb_dumb_alloc(size_t size);
/*
 * Whether a process that touches it never gets any further: it is mapped
 * write-combined, which Xen refuses a PV domain that reaches no hardware, and
 * Linux tries for ever.
 */
bool xdb_dumb_untouchable(void);

/* lease.c */
struct xendmabuf_lease *xdb_lease_new(void);

/* directory.c: the parts that need no Xen */
#define XDB_DIR_WORDS (XENDMABUF_PAGE_SIZE / sizeof(uint32_t))
#define XDB_DIR_REFS (XDB_DIR_WORDS - 1)

/* Copies the page behind @ref into @page; 0 or -errno */
typedef int (*xdb_dir_fetch)(void *context, uint32_t ref,
			     uint32_t page[XDB_DIR_WORDS]);

size_t xdb_dir_pages(size_t nr_refs);
void xdb_dir_fill(uint32_t *pages, const uint32_t *page_refs,
		  const uint32_t *refs, size_t nr_refs);
int xdb_dir_walk(xdb_dir_fetch fetch, void *context, uint32_t first,
		 uint32_t *refs, size_t nr_refs);

#define XDB_PARAMETERS "/sys/module/xen_dmabuf/parameters/"

/* advice.c: NULL if there is no such advice */
const char *xdb_advice(enum xdb_call call, int err);

#endif
