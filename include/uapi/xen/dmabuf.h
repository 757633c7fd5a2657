/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * /dev/xen/dmabuf: dma-bufs across Xen domains.
 *
 * Three things, and no messages:
 *
 *  - MAP turns grant references of another domain into a dma-buf here,
 *  - GRANT turns a dma-buf here into grant references for another domain,
 *  - a lease, a file descriptor, tells the end of either and can ask for it.
 *
 * Every struct starts with its own size in bytes, as the caller knows it.  One
 * shorter than the struct's first version is refused with EINVAL; what a later
 * version adds is zero if left out; a struct longer than the driver's is taken
 * if its tail is zero and refused with E2BIG otherwise.  Fields the
 * driver writes are marked "out"; whatever the caller put there is ignored,
 * but for reserved fields, which must be zero.  Unknown flags are refused with
 * EOPNOTSUPP.  All returned file descriptors are close-on-exec.
 *
 * A page here is one grant: 4096 bytes (XEN_PAGE_SIZE).
 *
 * Errors that every call shares: EFAULT (a pointer of the caller's is not
 * mapped), EINVAL and E2BIG (above), EOPNOTSUPP (a flag, or a kind of memory, that this
 * driver or this system cannot do), ENOMEM, ENOTTY (no such call).  What a
 * call adds is listed with it.
 *
 * While memory is mapped or granted, the domain cannot be suspended, saved or
 * migrated: a restored domain has none of its mappings.
 *
 * Threads: every call may be made from any thread; calls on one file are
 * independent of each other.
 */
#ifndef _UAPI_XEN_DMABUF_H
#define _UAPI_XEN_DMABUF_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define XEN_DMABUF_IOC_TYPE	0xB9
#define XEN_DMABUF_VERSION	1

#define XEN_DMABUF_IOC_INFO		_IO(XEN_DMABUF_IOC_TYPE, 0x00)
#define XEN_DMABUF_IOC_RESTRICT		_IO(XEN_DMABUF_IOC_TYPE, 0x01)
#define XEN_DMABUF_IOC_MAP		_IO(XEN_DMABUF_IOC_TYPE, 0x02)
#define XEN_DMABUF_IOC_GRANT		_IO(XEN_DMABUF_IOC_TYPE, 0x03)
#define XEN_DMABUF_IOC_LEASE_OPEN	_IO(XEN_DMABUF_IOC_TYPE, 0x04)

#define XEN_DMABUF_LEASE_IOC_INFO	_IO(XEN_DMABUF_IOC_TYPE, 0x10)
#define XEN_DMABUF_LEASE_IOC_REVOKE	_IO(XEN_DMABUF_IOC_TYPE, 0x11)

/* xen_dmabuf_info.features */
#define XEN_DMABUF_FEATURE_PV		(1U << 0) /* a PV domain; auto-translated otherwise */
#define XEN_DMABUF_FEATURE_MMAP		(1U << 1) /* mapped buffers can be mmap'ed */
#define XEN_DMABUF_FEATURE_VMAP		(1U << 2) /* kernel drivers can vmap them */
#define XEN_DMABUF_FEATURE_DMA_BACKING	(1U << 3) /* MAP takes dma_bits and MAP_CONTIGUOUS */

/**
 * struct xen_dmabuf_info - XEN_DMABUF_IOC_INFO: what is here, and what is left
 * @size: sizeof(struct xen_dmabuf_info)
 * @flags: must be 0
 * @version: out, XEN_DMABUF_VERSION of the driver
 * @features: out, XEN_DMABUF_FEATURE_*
 * @domid: out, this domain's own id
 * @max_pages: out, the most pages one MAP or GRANT takes
 * @pages_mapped: out, pages mapped from other domains now, user mappings that
 *	take a maptrack entry of their own (PV) included
 * @pages_mapped_limit: out, the most that may be (module parameter)
 * @pages_granted: out, pages granted to other domains now, revoked ones that
 *	are still in use included
 * @pages_granted_limit: out, the most that may be (module parameter)
 * @grants_total: out, how many references this domain's grant table can hold
 *	when it has grown to what Xen allows
 * @grants_left: out, an estimate of how many of them are free.  The kernel
 *	does not say; block and network frontends take from the same table
 * @grants_reserved: out, how many of them GRANT leaves free (module parameter)
 * @user_pages_mapped: out, of @pages_mapped those charged to the caller's user
 * @user_pages_mapped_limit: out, the most that may be (module parameter)
 * @user_pages_granted: out, of @pages_granted those charged to the caller's
 *	user, among them what nobody holds a lease of any more
 * @user_pages_granted_limit: out, the most that may be (module parameter)
 * @file_pages_mapped: out, those charged to this open file
 * @file_pages_mapped_limit: out, the most that may be (module parameter)
 * @file_pages_granted: out, those charged to this open file
 * @file_pages_granted_limit: out, the most that may be (module parameter)
 *
 * Pages are charged to the user who called MAP or GRANT (its real user id) and
 * to the open file that it called, from then until the lease is RETURNED,
 * whoever closes what.  What goes beyond any of the limits fails with EDQUOT.
 * A limit that was not set is that of the next larger group.
 *
 * The first version ended before @grants_reserved.
 *
 * Needs no privilege beyond the open file, restricted or not.
 */
struct xen_dmabuf_info {
	__u32 size;
	__u32 flags;
	__u32 version;
	__u32 features;
	__u32 domid;
	__u32 max_pages;
	__u32 pages_mapped;
	__u32 pages_mapped_limit;
	__u32 pages_granted;
	__u32 pages_granted_limit;
	__u32 grants_total;
	__u32 grants_left;
	__u32 grants_reserved;
	__u32 user_pages_mapped;
	__u32 user_pages_mapped_limit;
	__u32 user_pages_granted;
	__u32 user_pages_granted_limit;
	__u32 file_pages_mapped;
	__u32 file_pages_mapped_limit;
	__u32 file_pages_granted;
	__u32 file_pages_granted_limit;
};

/* xen_dmabuf_restrict.flags */
#define XEN_DMABUF_MAY_MAP	(1U << 0)
#define XEN_DMABUF_MAY_GRANT	(1U << 1)

/**
 * struct xen_dmabuf_restrict - XEN_DMABUF_IOC_RESTRICT: give up the rest
 * @size: sizeof(struct xen_dmabuf_restrict)
 * @flags: XEN_DMABUF_MAY_*: what this open file may still do, possibly nothing
 * @domid: with whom
 * @reserved: must be 0
 *
 * One way: a restricted file can only be restricted further.  It cannot
 * LEASE_OPEN.  Leases it already has are not touched.
 *
 * EINVAL: @domid is not a domain's id, or @reserved is not 0.
 * EPERM: the file is restricted, and this would be more than it may do.
 */
struct xen_dmabuf_restrict {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 reserved;
};

/* xen_dmabuf_map.flags */
#define XEN_DMABUF_MAP_RDONLY		(1U << 0)
#define XEN_DMABUF_MAP_CONTIGUOUS	(1U << 1) /* with XEN_DMABUF_FEATURE_DMA_BACKING */
#define XEN_DMABUF_MAP_REVOCABLE	(1U << 2) /* refuse who cannot be told to let go */

/**
 * struct xen_dmabuf_map - XEN_DMABUF_IOC_MAP: references -> dma-buf
 * @size: sizeof(struct xen_dmabuf_map)
 * @flags: XEN_DMABUF_MAP_*
 * @domid: the granting domain
 * @nr_refs: how many references, 1 to max_pages; each is one page of the
 *	dma-buf, in order.  A reference may occur more than once
 * @refs: pointer to @nr_refs __u32 references
 * @dma_bits: 0, or with XEN_DMABUF_FEATURE_DMA_BACKING how many address bits
 *	a device that will import the buffer has
 * @bad_ref: out with EACCES, ESRCH and EIO: the index of the first reference that
 *	Xen would not map.  Nothing stays mapped
 * @dmabuf_fd: out, the dma-buf, open read-only or read-write as asked for
 * @lease_fd: out, its lease.  Closing it leaves the dma-buf alone
 * @lease_id: out, the lease's id
 *
 * A read-only mapping stays read-only: no vmap, no writable mmap, and DMA only
 * towards the device.
 *
 * A revocable mapping can be revoked in bounded time: there is no vmap, and only
 * importers that can be told to let go (dynamic ones, in the words of dma-buf)
 * can attach.
 *
 * EINVAL: @nr_refs is 0, @domid is not a domain's id, or @dma_bits is neither 0
 *	nor 13 to 64.
 * EFBIG: @nr_refs is more than max_pages.
 * ELOOP: @domid is this domain.
 * EPERM: the file was restricted to less.
 * ENOMEM: also when there are no frames below @dma_bits, or not in a row (more
 *	than 4 MiB are not, as a rule).
 * EACCES: the granting domain did not grant this; Xen does not say more (no
 *	such reference, granted to somebody else, or read-only).
 * ESRCH: there is no such domain.
 * EIO: Xen does not reach a page that was granted: it is paged out and stays
 *	so, for one.
 * EDQUOT: over the limit of this file, its user or all (see INFO).
 * ENOSPC: Xen has no maptrack entry left for this domain.
 * EINTR: a signal came between two batches; nothing stays mapped.
 * EMFILE, ENFILE: no file descriptor left.
 *
 * What importers of the dma-buf see: EREMOTEIO when a device cannot reach a
 * page and the DMA layer would copy instead (bounce), EACCES for a writing
 * direction on a read-only buffer, EBUSY for a static importer of a revocable
 * one, ENODEV after the lease was revoked (a static importer that was attached
 * before keeps its mapping until it detaches).  User mappings fault with SIGBUS
 * after that.
 *
 * On PV a user mapping maps every page once more: mmap fails with EDQUOT when
 * that is over a limit (see INFO), and with ENOSPC when Xen has no maptrack entry
 * left, or has a page mapped as often as it can count.
 */
struct xen_dmabuf_map {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__u32 nr_refs;
	__aligned_u64 refs;
	__u32 dma_bits;
	__u32 bad_ref;
	__s32 dmabuf_fd;
	__s32 lease_fd;
	__aligned_u64 lease_id;
};

/* xen_dmabuf_grant.flags */
#define XEN_DMABUF_GRANT_RDONLY		(1U << 0)

/**
 * struct xen_dmabuf_grant - XEN_DMABUF_IOC_GRANT: dma-buf -> references
 * @size: sizeof(struct xen_dmabuf_grant)
 * @flags: XEN_DMABUF_GRANT_*
 * @domid: the domain that may map
 * @dmabuf_fd: the dma-buf
 * @offset: where the range starts, in bytes; a multiple of 4096
 * @nr_refs: how many pages, 1 to max_pages; the range must lie in the buffer
 * @lease_fd: out, the lease.  When the last file of a grant's lease goes, but
 *	for observers' (see LEASE_OPEN), the grant is revoked
 * @refs: pointer to room for @nr_refs __u32 references, out
 * @lease_id: out, the lease's id
 *
 * The dma-buf stays attached, mapped and referenced until the lease is
 * RETURNED: memory is never given to anybody else while a peer maps it.
 *
 * EINVAL: @nr_refs is 0, @offset is not aligned, @domid is not a domain's id.
 * EFBIG: @nr_refs is more than max_pages.
 * ERANGE: the range does not lie in the dma-buf.
 * ELOOP: @domid is this domain.
 * EPERM: the file was restricted to less.
 * EBADF: @dmabuf_fd is not open.  EBADFD: it is not a dma-buf.
 * EACCES: the dma-buf is open read-only, and XEN_DMABUF_GRANT_RDONLY was not
 *	asked for.
 * EXDEV: the dma-buf holds pages of another domain (MAP made it).
 * EOPNOTSUPP: the dma-buf is not made of this domain's RAM (a card's own
 *	memory, for one).
 * EDQUOT: over the limit of this file, its user or all (see INFO).
 * ENOSPC: the grant table is full, but for grants_reserved.
 * EMFILE, ENFILE: no file descriptor left.
 * Whatever the dma-buf's exporter answers to an attach or map.
 */
struct xen_dmabuf_grant {
	__u32 size;
	__u32 flags;
	__u32 domid;
	__s32 dmabuf_fd;
	__aligned_u64 offset;
	__u32 nr_refs;
	__s32 lease_fd;
	__aligned_u64 refs;
	__aligned_u64 lease_id;
};

/* xen_dmabuf_lease_open.flags */
#define XEN_DMABUF_LEASE_OBSERVE	(1U << 0) /* only look on: not an owner */

/**
 * struct xen_dmabuf_lease_open - XEN_DMABUF_IOC_LEASE_OPEN: a lease, again
 * @size: sizeof(struct xen_dmabuf_lease_open)
 * @flags: XEN_DMABUF_LEASE_OBSERVE or 0
 * @lease_id: which
 * @lease_fd: out, a file of its own on the lease
 * @reserved: must be 0
 *
 * Control is not lost with a file descriptor: debugfs lists the ids.  An
 * observer's file does everything that an owner's does, but does not keep a
 * grant from being revoked when its last owner goes.
 *
 * EPERM: the caller lacks CAP_SYS_ADMIN, or the file is restricted.
 * ENOENT: no such lease, or it is RETURNED and nobody has it open.
 * EINVAL: @reserved is not 0.
 * EMFILE, ENFILE: no file descriptor left.
 */
struct xen_dmabuf_lease_open {
	__u32 size;
	__u32 flags;
	__aligned_u64 lease_id;
	__s32 lease_fd;
	__u32 reserved;
};

/* xen_dmabuf_lease_info.kind */
#define XEN_DMABUF_LEASE_MAP		1U
#define XEN_DMABUF_LEASE_GRANT		2U

/* xen_dmabuf_lease_info.state: only ever grows */
#define XEN_DMABUF_LEASE_ACTIVE		0U /* in use, or may be */
#define XEN_DMABUF_LEASE_REVOKED	1U /* the end was asked for */
#define XEN_DMABUF_LEASE_RETURNED	2U /* nobody uses it: the memory is its owner's again */

/**
 * struct xen_dmabuf_lease_info - XEN_DMABUF_LEASE_IOC_INFO
 * @size: sizeof(struct xen_dmabuf_lease_info)
 * @flags: must be 0
 * @lease_id: out
 * @kind: out, XEN_DMABUF_LEASE_MAP or _GRANT
 * @state: out, XEN_DMABUF_LEASE_ACTIVE, _REVOKED or _RETURNED
 * @domid: out, the peer
 * @nr_pages: out, as asked for
 * @pages_in_use: out, MAP: pages that Xen still has mapped; GRANT: references
 *	that have not ended (Xen has no way to ask whether a peer maps an
 *	active grant, so all of them count until it is revoked)
 * @attachments: out, MAP: devices attached to the dma-buf
 * @mmaps: out, MAP: user mappings
 * @vmaps: out, MAP: 1 while a kernel driver has it vmapped
 * @dmabufs: out, 1 while the dma-buf exists (MAP) or is held (GRANT)
 * @rdonly: out, 1 if read-only
 * @pinned: out, MAP: of @attachments those that cannot be told to let go;
 *	debugfs names them
 * @peer_gone: out, 1 once the peer is known to be no more.  A GRANT is revoked
 *	then, so that no other domain with the same id gets it.  The pages of a
 *	MAP stay valid, and the id taken, until the lease is RETURNED.  A peer that
 *	has merely stopped (suspended, or crashed and kept) is there.  Who may
 *	watch @releaseDomain and read /local/domain in xenstore, as dom0 does, is
 *	told at once, and of an id that has changed hands, too.  Others learn it
 *	within about two seconds of Xen's forgetting the domain, which it does not
 *	while they have its pages mapped
 *
 * The first version ended before @pinned.
 *
 * Acknowledges the event: EPOLLIN on this file is off until the state or
 * @peer_gone changes again.  EPOLLHUP stays on from RETURNED.  A lease never blocks.
 */
struct xen_dmabuf_lease_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 lease_id;
	__u32 kind;
	__u32 state;
	__u32 domid;
	__u32 nr_pages;
	__u32 pages_in_use;
	__u32 attachments;
	__u32 mmaps;
	__u32 vmaps;
	__u32 dmabufs;
	__u32 rdonly;
	__u32 pinned;
	__u32 peer_gone;
};

/**
 * struct xen_dmabuf_lease_revoke - XEN_DMABUF_LEASE_IOC_REVOKE
 * @size: sizeof(struct xen_dmabuf_lease_revoke)
 * @flags: must be 0
 *
 * Asks for the end, without waiting for the peer; may be repeated.  The lease is
 * REVOKED, and RETURNED (possibly already) when the end is reached.
 *
 * GRANT: every reference that the peer does not have mapped ends now, the rest
 * as the peer lets go; until then it may even map them again.
 * MAP: user mappings fault, importers that can let go are told to; those that
 * cannot (static importers, kernel mappings) keep the lease from RETURNED and
 * are counted by INFO.
 */
struct xen_dmabuf_lease_revoke {
	__u32 size;
	__u32 flags;
};

#endif
