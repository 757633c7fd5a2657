/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxendmabuf: pass a dma-buf to another Xen domain.
 *
 * Conventions, everywhere in this header:
 *
 *  - Functions return 0 (or a documented value) on success and a negative errno
 *    value on failure; errno itself is not part of the interface.
 *    xendmabuf_explain() turns the value into advice.
 *  - "refs" are grant references, one for each 4096-byte page, in order.
 *  - The caller closes the file descriptors that a function returns.  They are
 *    close-on-exec.
 *  - Structs that the library fills in may get further fields at their end.  So
 *    each call that fills one takes its size: sizeof(*info).  An older program gets
 *    the fields that it knows.  A newer program gets 0 in the fields that the
 *    driver does not know, whatever the library's version.  EINVAL: the size is
 *    less than that of the struct's first version; nothing was written.
 *  - The library opens devices by their paths, which a sandboxed program may not.
 *    Each call that opens one has another that takes the open file instead:
 *    xendmabuf_open_fd(), xendmabuf_directory_share_fd() and
 *    xendmabuf_directory_read_fd().  Leases and dma-bufs are files themselves.
 *  - Handles are opaque, and there is no global state.  Any number of threads
 *    may use a handle, as long as none of them closes it meanwhile.  They share
 *    what the handle remembers of its last failure (xendmabuf_bad_ref(),
 *    xendmabuf_explain()): a thread that needs its own opens its own handle.
 *    Closing NULL does nothing.
 *  - A program can also use libxengnttab, libxenevtchn and libxenstore; each
 *    library has its own file descriptors.
 *
 * The errors of the kernel's calls are documented with them in
 * <xen/dmabuf.h>, whose structs and constants are part of this interface.
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
 * xendmabuf_open - open the device
 * @out: the handle; close it with xendmabuf_close()
 *
 * Opens /dev/xen/dmabuf; or, if this user may not, /dev/xen/dmabuf-grant, with
 * which everything works except mapping and opening leases by their id.  What
 * the handle may do is in xendmabuf_info(): @may and @only_domid.
 *
 * ENODEV: not under Xen.  ENOENT: the driver is not loaded.  EACCES: no
 * permission for either.
 */
int xendmabuf_open(struct xendmabuf **out);

/**
 * xendmabuf_open_fd - a handle for a file that another process opened
 * @fd: an open /dev/xen/dmabuf or /dev/xen/dmabuf-grant, possibly restricted;
 *	the handle owns it if the call succeeds
 * @out: the handle
 *
 * For a sandboxed client whose launcher opened and restricted the device.
 * ENOTTY: @fd is not that device.
 */
int xendmabuf_open_fd(int fd, struct xendmabuf **out);

/** xendmabuf_close - close the handle; its leases and dma-bufs stay valid */
void xendmabuf_close(struct xendmabuf *x);

/** xendmabuf_fd - the device's file descriptor, which the handle owns */
int xendmabuf_fd(const struct xendmabuf *x);

/**
 * xendmabuf_info - features, limits and usage of the driver
 * @info: filled in completely; the caller sets nothing
 * @size: sizeof(*info)
 */
int xendmabuf_info(struct xendmabuf *x, struct xen_dmabuf_info *info,
		   size_t size);

#define XENDMABUF_MAY_MAP	XEN_DMABUF_MAY_MAP
#define XENDMABUF_MAY_GRANT	XEN_DMABUF_MAY_GRANT

/** xendmabuf_restrict - permit only the calls in @may, with @domid; permanent */
int xendmabuf_restrict(struct xendmabuf *x, uint16_t domid, unsigned int may);

#define XENDMABUF_RDONLY	1U
#define XENDMABUF_CONTIGUOUS	2U /* xendmabuf_map_for_device() only */
#define XENDMABUF_REVOCABLE	4U /* maps: only importers that can be told to let go */
#define XENDMABUF_TRUST_DEVICES	8U /* read-only maps: devices will not write; privileged */
#define XENDMABUF_WAIT		16U /* grants: first wait for those who write */
#define XENDMABUF_FORCE_WRITE	32U /* grants: although the dma-buf is open for reading only */

/**
 * xendmabuf_map - make a dma-buf of another domain's references
 * @domid: the granting domain
 * @refs: its references, @nr_refs of them; duplicates are legal
 * @flags: 0, XENDMABUF_RDONLY, XENDMABUF_REVOCABLE, XENDMABUF_TRUST_DEVICES
 * @dmabuf_fd: the dma-buf
 * @lease: its lease, to be closed with xendmabuf_lease_close(); may be NULL
 *
 * After EACCES, EBADR, EIO or ESRCH, xendmabuf_bad_ref() is the index of the
 * reference.
 */
int xendmabuf_map(struct xendmabuf *x, uint16_t domid, const uint32_t *refs,
		  size_t nr_refs, unsigned int flags, int *dmabuf_fd,
		  struct xendmabuf_lease **lease);

/**
 * xendmabuf_map_for_device - map at addresses that a device can reach
 * @flags: those of xendmabuf_map(), and XENDMABUF_CONTIGUOUS: one contiguous
 *	piece for the device
 * @dma_bits: number of address bits of the device, 13 to 64; 0: any address
 *
 * Otherwise like xendmabuf_map().  Uses low memory of this domain as long as the
 * map exists: only for devices whose import fails with EREMOTEIO otherwise.
 * EOPNOTSUPP: the driver lacks XEN_DMABUF_FEATURE_DMA_BACKING.  ENOMEM: no such
 * memory is free, or not in one piece (more than 4 MiB usually are not).
 */
int xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
			     const uint32_t *refs, size_t nr_refs,
			     unsigned int flags, unsigned int dma_bits,
			     int *dmabuf_fd, struct xendmabuf_lease **lease);

/** xendmabuf_bad_ref - index of the reference at which the last map failed */
size_t xendmabuf_bad_ref(const struct xendmabuf *x);

/**
 * xendmabuf_grant - make references for a local dma-buf
 * @dmabuf_fd: the dma-buf; the caller still owns it and may close it afterwards
 * @offset: first byte to grant, a multiple of the page size
 * @domid: the domain that may map
 * @flags: 0, or XENDMABUF_RDONLY, XENDMABUF_WAIT, XENDMABUF_FORCE_WRITE
 * @refs: room for @nr_refs references; one page each
 * @lease: the lease; not optional, as closing it revokes the grant
 *
 * With XENDMABUF_WAIT the call waits until devices that are writing to the
 * dma-buf have finished, for ten seconds at most (ETIMEDOUT); signals do not
 * interrupt it.  Without, the peer may see the buffer half written.
 *
 * A dma-buf that is open for reading only, as DRM exports it without DRM_RDWR,
 * can be granted read-only.  XENDMABUF_FORCE_WRITE lets the other domain write
 * it all the same, for a program that knows that it may write the buffer.  The
 * handle must be of /dev/xen/dmabuf and not restricted: EPERM otherwise.
 */
int xendmabuf_grant(struct xendmabuf *x, int dmabuf_fd, uint64_t offset,
		    uint16_t domid, unsigned int flags, uint32_t *refs,
		    size_t nr_refs, struct xendmabuf_lease **lease);

/** xendmabuf_size - size of a dma-buf in bytes, or a negative errno value */
int64_t xendmabuf_size(int dmabuf_fd);

/* source of the memory of xendmabuf_alloc() */
#define XENDMABUF_ALLOC_ANY	0U /* the first of these that exists and is usable */
#define XENDMABUF_ALLOC_HEAP	1U /* /dev/dma_heap/system */
#define XENDMABUF_ALLOC_UDMABUF	2U /* a memfd and /dev/udmabuf */
#define XENDMABUF_ALLOC_DUMB	3U /* a dumb buffer of the DRM driver vgem */

/**
 * xendmabuf_alloc - a local dma-buf of zeroed pages
 * @size: in bytes; rounded up to whole pages
 * @source: XENDMABUF_ALLOC_*
 * @dmabuf_fd: the dma-buf
 *
 * Needs no Xen.  vgem is for kernels that have no other source (Debian 12's): its
 * pages are mapped write-combined.  Xen refuses such mappings to a PV domain
 * without hardware, and a program that accesses the memory there hangs.  So
 * XENDMABUF_ALLOC_ANY leaves vgem out in a PV domain without a PCI device.
 *
 * ENODEV: this kernel has no such source, or no usable one.  EACCES, EPERM: there is
 * one, and this user may not open its device.  EINVAL: @size is 0.
 * EFBIG: more than udmabuf's parameter size_limit_mb (64 MiB by default).
 */
int xendmabuf_alloc(size_t size, unsigned int source, int *dmabuf_fd);

/* CPU access to a dma-buf through mmap, as dma-buf.rst asks for */
#define XENDMABUF_READ		1U
#define XENDMABUF_WRITE		2U

/** xendmabuf_access_begin - before the CPU reads or writes; @how: READ|WRITE */
int xendmabuf_access_begin(int dmabuf_fd, unsigned int how);
/** xendmabuf_access_end - afterwards, with the same @how */
int xendmabuf_access_end(int dmabuf_fd, unsigned int how);

/* ---- leases ---- */

/** xendmabuf_lease_open - open a lease by its id; needs CAP_SYS_ADMIN */
int xendmabuf_lease_open(struct xendmabuf *x, uint64_t id,
			 struct xendmabuf_lease **lease);

/**
 * xendmabuf_lease_observe - open a lease by its id, without owning it
 *
 * A grant is revoked when its last owner closes it; observers do not count.
 */
int xendmabuf_lease_observe(struct xendmabuf *x, uint64_t id,
			    struct xendmabuf_lease **lease);

/**
 * xendmabuf_lease_from_fd - a handle for an open file of a lease
 * @fd: received from another process, inherited or duplicated; the handle owns
 *	it if the call succeeds
 *
 * Reads the id of the lease, which acknowledges POLLIN like
 * xendmabuf_lease_info().  ENOTTY: @fd is not a lease.
 */
int xendmabuf_lease_from_fd(int fd, struct xendmabuf_lease **lease);

/**
 * xendmabuf_lease_fd - for poll(): POLLIN: state changed, POLLHUP: RETURNED
 *
 * xendmabuf_lease_info() acknowledges POLLIN.  The handle owns the descriptor.
 */
int xendmabuf_lease_fd(const struct xendmabuf_lease *lease);

/** xendmabuf_lease_id - the id, for xendmabuf_lease_open() */
uint64_t xendmabuf_lease_id(const struct xendmabuf_lease *lease);

/**
 * xendmabuf_lease_info - state and users
 * @info: filled in completely; the caller sets nothing
 * @size: sizeof(*info)
 */
int xendmabuf_lease_info(struct xendmabuf_lease *lease,
			 struct xen_dmabuf_lease_info *info, size_t size);

/**
 * xendmabuf_lease_wait - wait until the lease is RETURNED
 * @timeout_ms: milliseconds; 0: do not wait, -1: no limit
 *
 * ETIMEDOUT: not RETURNED yet.  EINTR: a signal arrived.
 */
int xendmabuf_lease_wait(struct xendmabuf_lease *lease, int timeout_ms);

/** xendmabuf_lease_revoke - request the end, without waiting; may be repeated */
int xendmabuf_lease_revoke(struct xendmabuf_lease *lease);

/**
 * xendmabuf_lease_dmabuf - a new descriptor of a map's dma-buf
 * @lease: the lease of a map
 * @dmabuf_fd: the dma-buf; -1 on failure
 *
 * While others use the dma-buf, a program that has only its lease can come back
 * to it.  ESTALE: the dma-buf does not exist any more, or the lease was revoked:
 * map again.  EINVAL: the lease is that of a grant.
 */
int xendmabuf_lease_dmabuf(struct xendmabuf_lease *lease, int *dmabuf_fd);

/** xendmabuf_lease_close - close; closing the last owner of a grant revokes it */
void xendmabuf_lease_close(struct xendmabuf_lease *lease);

/* ---- passing references to the other domain ---- */

/**
 * xendmabuf_directory_share - put references into pages behind one reference
 * @domid: the domain that may read them
 * @refs: the references
 * @first: the reference of the first page, for the other domain
 * @out: keeps the pages shared until xendmabuf_directory_unshare()
 *
 * Page directories as displif.h defines them (struct xendispl_page_directory:
 * the next page's reference, 0 at the end, then 1023 references), in pages
 * shared read-only through /dev/xen/gntalloc.
 * EINVAL: @nr_refs or a reference is 0.  EFBIG: more than 65,535 references.
 * ENODEV: the module xen-gntalloc is not loaded.  EACCES: this user may not open
 * its device.  ENOSPC: its limit is reached.
 */
int xendmabuf_directory_share(uint16_t domid, const uint32_t *refs,
			      size_t nr_refs, uint32_t *first,
			      struct xendmabuf_directory **out);

/**
 * xendmabuf_directory_share_fd - the same in a program that may not open gntalloc
 * @gntalloc_fd: an open /dev/xen/gntalloc, which the caller still owns and may
 *	close at any time
 *
 * ENOTTY: @gntalloc_fd is not that device.  Otherwise like
 * xendmabuf_directory_share().
 */
int xendmabuf_directory_share_fd(int gntalloc_fd, uint16_t domid,
				 const uint32_t *refs, size_t nr_refs,
				 uint32_t *first,
				 struct xendmabuf_directory **out);

/** xendmabuf_directory_unshare - when the peer has read them, or never will */
void xendmabuf_directory_unshare(struct xendmabuf_directory *dir);

/**
 * xendmabuf_directory_read - read references from a page directory
 * @domid: the domain that shared it
 * @first: the reference of its first page
 * @refs: room for @nr_refs references; the number must be known (1 to 65,535)
 *
 * The peer is not trusted: each page is copied once before it is checked, and
 * @nr_refs bounds the length of the chain.  EPROTO: the chain is shorter or
 * longer than @nr_refs needs.  EACCES: a page of it was not granted, or this user
 * may not open /dev/xen/gntdev.  ENODEV: the module xen-gntdev is not loaded.
 * EINVAL, EFBIG: @nr_refs is 0, or too large.
 */
int xendmabuf_directory_read(uint16_t domid, uint32_t first, uint32_t *refs,
			     size_t nr_refs);

/**
 * xendmabuf_directory_read_fd - the same in a program that may not open gntdev
 * @gntdev_fd: an open /dev/xen/gntdev, which the caller still owns
 *
 * A program that has @gntdev_fd can map every page that any domain has granted to
 * this one.  A launcher that does not trust the program reads the directory
 * itself, and passes the references.
 *
 * ENOTTY: @gntdev_fd is not that device.  Otherwise like
 * xendmabuf_directory_read().
 */
int xendmabuf_directory_read_fd(int gntdev_fd, uint16_t domid, uint32_t first,
				uint32_t *refs, size_t nr_refs);

/**
 * xendmabuf_refs_parse - references from text
 * @text: decimal numbers, separated by blanks, commas or line ends; "8-11" is a
 *	range; need not end with NUL
 * @refs: malloc'ed; the caller frees it
 *
 * EINVAL: the text contains something else.  ERANGE: it contains no reference,
 * or more than 65,535.
 */
int xendmabuf_refs_parse(const char *text, size_t len, uint32_t **refs,
			 size_t *nr_refs);

/** xendmabuf_refs_format - references to text; malloc'ed, NULL: out of memory */
char *xendmabuf_refs_format(const uint32_t *refs, size_t nr_refs);

/* ---- text for people ---- */

/**
 * xendmabuf_explain - what an error means, and what to do about it
 * @x: the handle, for details of the failed call and limits; may be NULL
 * @err: the negative errno value that a call returned
 *
 * The text is valid until the next call on the same handle; with NULL it is
 * constant.
 */
const char *xendmabuf_explain(struct xendmabuf *x, int err);

/** xendmabuf_state_name - "ACTIVE", "REVOKED" or "RETURNED" */
const char *xendmabuf_state_name(uint32_t state);

#ifdef __cplusplus
}
#endif
#endif
