/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxendmabuf: pass a dma-buf to another Xen domain.
 *
 * Conventions, everywhere in this header:
 *
 *  - Functions return 0 (or what they say) or a negative errno value; errno
 *    itself is not set.  xendmabuf_explain() turns it into advice.
 *  - "refs" are grant references, one for each 4096-byte page, in order.
 *  - File descriptors that a function returns are the caller's to close and
 *    are close-on-exec.
 *  - Handles are opaque.  A handle may be used by one thread at a time, or by
 *    any number of threads if none of them closes it meanwhile; there is no
 *    hidden global state.  What a handle remembers of its last failure
 *    (xendmabuf_bad_ref(), xendmabuf_explain()) is shared by its threads: one
 *    that wants its own has a handle of its own.  Closing NULL does nothing.
 *  - It lives beside libxengnttab, libxenevtchn and libxenstore in one
 *    program; each has its own file descriptors.
 *
 * The errors of the kernel's calls are documented with them in
 * <xen/dmabuf.h>, whose structs and constants this header uses as they are.
 */
#ifndef XENDMABUF_H
#define XENDMABUF_H

#include <stddef.h>
#include <stdint.h>
#include <xen/dmabuf.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XENDMABUF_PAGE_SIZE 4096U

struct xendmabuf;
struct xendmabuf_lease;
struct xendmabuf_directory;

/**
 * xendmabuf_open - open /dev/xen/dmabuf
 * @out: the handle; xendmabuf_close() ends it
 *
 * ENODEV: not under Xen.  ENOENT: the driver is not loaded.  EACCES: no
 * permission.
 */
int xendmabuf_open(struct xendmabuf **out);

/**
 * xendmabuf_open_fd - a handle on a file that somebody else opened
 * @fd: an open /dev/xen/dmabuf, perhaps restricted; the handle owns it from
 *	here if the call succeeds
 * @out: the handle
 *
 * For a sandboxed client whose launcher opened and restricted the device.
 * ENOTTY: @fd is something else.
 */
int xendmabuf_open_fd(int fd, struct xendmabuf **out);

/** xendmabuf_close - close; leases and dma-bufs of it live on */
void xendmabuf_close(struct xendmabuf *x);

/** xendmabuf_fd - the device's file descriptor; the handle keeps owning it */
int xendmabuf_fd(const struct xendmabuf *x);

/**
 * xendmabuf_info - what the driver can do and what is left
 * @info: filled in completely; the caller sets nothing
 */
int xendmabuf_info(struct xendmabuf *x, struct xen_dmabuf_info *info);

#define XENDMABUF_MAY_MAP	XEN_DMABUF_MAY_MAP
#define XENDMABUF_MAY_GRANT	XEN_DMABUF_MAY_GRANT

/** xendmabuf_restrict - from now on only @may, only with @domid; one way */
int xendmabuf_restrict(struct xendmabuf *x, uint16_t domid, unsigned int may);

#define XENDMABUF_RDONLY	1U
#define XENDMABUF_CONTIGUOUS	2U /* xendmabuf_map_for_device() only */
#define XENDMABUF_REVOCABLE	4U /* maps: refuse importers that cannot let go */

/**
 * xendmabuf_map - make a dma-buf of another domain's references
 * @domid: the granting domain
 * @refs: its references, @nr_refs of them; duplicates are legal
 * @flags: 0, XENDMABUF_RDONLY, XENDMABUF_REVOCABLE
 * @dmabuf_fd: the dma-buf
 * @lease: its lease, xendmabuf_lease_close() ends it; NULL if not wanted
 *
 * After EACCES or ESRCH xendmabuf_bad_ref() says which reference it was.
 */
int xendmabuf_map(struct xendmabuf *x, uint16_t domid, const uint32_t *refs,
		  size_t nr_refs, unsigned int flags, int *dmabuf_fd,
		  struct xendmabuf_lease **lease);

/**
 * xendmabuf_map_for_device - map at addresses that a device can use
 * @flags: XENDMABUF_RDONLY, XENDMABUF_REVOCABLE, XENDMABUF_CONTIGUOUS: one
 *	piece for the device
 * @dma_bits: how many address bits the device has, 13 to 64; 0 for any
 *
 * As xendmabuf_map() otherwise.  Takes low memory of this domain's own for as
 * long as it lasts, so only for devices that answered EREMOTEIO without.
 * EOPNOTSUPP: info's XEN_DMABUF_FEATURE_DMA_BACKING is not there.  ENOMEM: no
 * such memory is free, or not in one piece (4 MiB is the limit as a rule).
 */
int xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
			     const uint32_t *refs, size_t nr_refs,
			     unsigned int flags, unsigned int dma_bits,
			     int *dmabuf_fd, struct xendmabuf_lease **lease);

/** xendmabuf_bad_ref - index of the reference that the last map stumbled on */
size_t xendmabuf_bad_ref(const struct xendmabuf *x);

/**
 * xendmabuf_grant - make references for a local dma-buf
 * @dmabuf_fd: the dma-buf; stays the caller's and may be closed afterwards
 * @offset: where to start, in bytes, a multiple of the page size
 * @domid: the domain that may map
 * @flags: 0 or XENDMABUF_RDONLY
 * @refs: room for @nr_refs references; one page each
 * @lease: the lease.  Closing it asks for the end: it is not optional
 */
int xendmabuf_grant(struct xendmabuf *x, int dmabuf_fd, uint64_t offset,
		    uint16_t domid, unsigned int flags, uint32_t *refs,
		    size_t nr_refs, struct xendmabuf_lease **lease);

/** xendmabuf_size - size of a dma-buf in bytes, or a negative errno value */
int64_t xendmabuf_size(int dmabuf_fd);

/* where xendmabuf_alloc() takes memory from */
#define XENDMABUF_ALLOC_ANY	0U /* the first of these that is there and of use */
#define XENDMABUF_ALLOC_HEAP	1U /* /dev/dma_heap/system */
#define XENDMABUF_ALLOC_UDMABUF	2U /* a memfd and /dev/udmabuf */
#define XENDMABUF_ALLOC_DUMB	3U /* a dumb buffer of the DRM driver vgem */

/**
 * xendmabuf_alloc - a local dma-buf of zeroed pages
 * @size: in bytes; rounded up to whole pages
 * @source: XENDMABUF_ALLOC_*
 * @dmabuf_fd: the dma-buf
 *
 * Needs no Xen.  vgem's buffers are for kernels that have nothing else (Debian
 * 12's): their pages are mapped write-combined.  Xen has no such mappings for a
 * PV domain that may reach no hardware; there a program that touches the memory
 * never gets any further.  So XENDMABUF_ALLOC_ANY leaves vgem out in a PV domain
 * that has no PCI device.
 *
 * ENODEV: this kernel has no such source, or none of use.  EINVAL: @size is 0.
 * EFBIG: more than udmabuf's parameter size_limit_mb allows (64 MiB if nobody
 * raised it).
 */
int xendmabuf_alloc(size_t size, unsigned int source, int *dmabuf_fd);

/* CPU access to a dma-buf through mmap, as dma-buf.rst asks for */
#define XENDMABUF_READ		1U
#define XENDMABUF_WRITE		2U

/** xendmabuf_access_begin - before the CPU reads or writes; @how: READ|WRITE */
int xendmabuf_access_begin(int dmabuf_fd, unsigned int how);
/** xendmabuf_access_end - after it; same @how */
int xendmabuf_access_end(int dmabuf_fd, unsigned int how);

/* ---- leases ---- */

/** xendmabuf_lease_open - a lease by its id, for a privileged process */
int xendmabuf_lease_open(struct xendmabuf *x, uint64_t id,
			 struct xendmabuf_lease **lease);

/**
 * xendmabuf_lease_observe - the same, only to look on
 *
 * The handle does not own the lease: a grant is revoked when its last owner
 * goes, whoever observes it.
 */
int xendmabuf_lease_observe(struct xendmabuf *x, uint64_t id,
			    struct xendmabuf_lease **lease);

/**
 * xendmabuf_lease_from_fd - a handle on a lease's file from somewhere else
 * @fd: owned by the handle if the call succeeds (SCM_RIGHTS, dup, fork)
 *
 * Asks the lease for its id, and so acknowledges POLLIN as
 * xendmabuf_lease_info() does.  ENOTTY: @fd is something else.
 */
int xendmabuf_lease_from_fd(int fd, struct xendmabuf_lease **lease);

/**
 * xendmabuf_lease_fd - for poll: POLLIN state changed, POLLHUP RETURNED
 *
 * xendmabuf_lease_info() acknowledges POLLIN.  The handle keeps owning it.
 */
int xendmabuf_lease_fd(const struct xendmabuf_lease *lease);

/** xendmabuf_lease_id - the id, for xendmabuf_lease_open() */
uint64_t xendmabuf_lease_id(const struct xendmabuf_lease *lease);

/** xendmabuf_lease_info - state and users, filled in completely */
int xendmabuf_lease_info(struct xendmabuf_lease *lease,
			 struct xen_dmabuf_lease_info *info);

/**
 * xendmabuf_lease_wait - wait until the lease is RETURNED
 * @timeout_ms: milliseconds; 0 only looks, -1 waits for ever
 *
 * ETIMEDOUT: not yet.  EINTR: a signal came.
 */
int xendmabuf_lease_wait(struct xendmabuf_lease *lease, int timeout_ms);

/** xendmabuf_lease_revoke - ask for the end, wait for nobody; may be repeated */
int xendmabuf_lease_revoke(struct xendmabuf_lease *lease);

/** xendmabuf_lease_close - let go of it; the last close of a grant revokes */
void xendmabuf_lease_close(struct xendmabuf_lease *lease);

/* ---- references on their way to the peer ---- */

/**
 * xendmabuf_directory_share - put references behind one reference
 * @domid: who may read them
 * @refs: the references
 * @first: the one reference to tell the peer
 * @out: keeps the pages shared; xendmabuf_directory_unshare() ends that
 *
 * Page directories as displif.h defines them (struct xendispl_page_directory:
 * the next page's reference, 0 at the end, then 1023 references), in pages
 * shared read-only through libxengnttab's gntshr (module xen-gntalloc).
 * ENODEV: no gntalloc.  ENOSPC: its limit is reached.
 */
int xendmabuf_directory_share(uint16_t domid, const uint32_t *refs,
			      size_t nr_refs, uint32_t *first,
			      struct xendmabuf_directory **out);

/** xendmabuf_directory_unshare - once the peer has read them, or never will */
void xendmabuf_directory_unshare(struct xendmabuf_directory *dir);

/**
 * xendmabuf_directory_read - the other end of xendmabuf_directory_share()
 * @domid: who shared them
 * @first: the one reference
 * @refs: room for @nr_refs, which must be known (1 to 65,535)
 *
 * The peer is not trusted: pages are copied once and the chain is bounded.
 * EPROTO: the chain is shorter or longer than @nr_refs needs.  EACCES: a page
 * of it was not granted.
 */
int xendmabuf_directory_read(uint16_t domid, uint32_t first, uint32_t *refs,
			     size_t nr_refs);

/**
 * xendmabuf_refs_parse - references from text
 * @text: decimal numbers between blanks, commas or line ends; "8-11" is a
 *	range; not necessarily NUL-terminated
 * @refs: malloc'ed, the caller frees
 *
 * EINVAL: something else in the text.  ERANGE: no reference at all, or more
 * than 65,535.
 */
int xendmabuf_refs_parse(const char *text, size_t len, uint32_t **refs,
			 size_t *nr_refs);

/** xendmabuf_refs_format - the opposite; malloc'ed, NULL when out of memory */
char *xendmabuf_refs_format(const uint32_t *refs, size_t nr_refs);

/* ---- words ---- */

/**
 * xendmabuf_explain - what a negative errno value means here, and what to do
 * @x: the handle, which adds what it knows (limits, last call); may be NULL
 *
 * The text is valid until the next call on the same handle (or, with NULL,
 * for ever).
 */
const char *xendmabuf_explain(struct xendmabuf *x, int err);

/** xendmabuf_state_name - "ACTIVE", "REVOKED" or "RETURNED" */
const char *xendmabuf_state_name(uint32_t state);

#ifdef __cplusplus
}
#endif
#endif
