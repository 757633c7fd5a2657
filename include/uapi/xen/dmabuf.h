/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * /dev/xen/dmabuf, /dev/xen/dmabuf-grant: dma-bufs across Xen domains.
 *
 *  - MAP makes a dma-buf here from another domain's grant references,
 *  - GRANT makes grant references for another domain from a dma-buf here,
 *  - a lease, a file descriptor, reports the end of a MAP or GRANT, and its
 *    owner can ask for that end.
 *
 * The driver sends no messages to other domains.
 *
 * Who may do what: MAP reaches every page that any domain has granted to this
 * one, for whatever purpose: in dom0 also the buffers of disks and network
 * cards, which the driver cannot tell from others.  GRANT reaches only dma-bufs
 * that the caller has open.  So there are two device nodes: a file of
 * /dev/xen/dmabuf may do everything, and a file of /dev/xen/dmabuf-grant may do
 * everything except MAP and LEASE_OPEN.  The permissions of the nodes decide who
 * may open which.  RESTRICT takes away more.  A file keeps what it may do when
 * it is passed to another process.
 *
 * Every struct starts with its size in bytes, as the caller knows the struct.
 * A struct that is shorter than its first version is refused with EINVAL.
 * Fields of later versions that the caller leaves out are taken as zero.  A
 * struct that is longer than the driver's is accepted if all further bytes are
 * zero, and refused with E2BIG otherwise.
 *
 * Fields marked "out" are written by the driver, which ignores their previous
 * value.  Reserved fields must be zero.  Unknown flags are refused with
 * EOPNOTSUPP.  All returned file descriptors are close-on-exec.
 *
 * A page here is what one grant reference covers: 4096 bytes (XEN_PAGE_SIZE).
 *
 * Errors that every call shares: EFAULT (a pointer in the struct, or to it, is
 * not mapped), EINVAL and E2BIG (see above), EOPNOTSUPP (a flag or a kind of
 * memory that this driver or this system does not support), ENOMEM, ENOTTY (no
 * such call).  What a call adds is listed with it.
 *
 * While memory is mapped or granted, this domain cannot be saved or migrated and
 * does not hibernate, because a restored domain has none of its mappings.  It
 * can put itself to sleep.  If the toolstack suspends it, this is refused unless
 * the module parameter allow_suspend says that the toolstack will resume it.
 *
 * Threads: every call may be made from any thread.  Calls on the same file do
 * not affect each other.
 *
 * Signals: only a signal that ends the process interrupts a call, and what the
 * call had done is undone.  No call returns EINTR on its own; GRANT can return
 * it from the dma-buf's exporter.
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

/* Any domain, in xen_dmabuf_info.only_domid */
#define XEN_DMABUF_ANY_DOMAIN		0xffffffffU

/*
 * References below this are never for dma-bufs: a domain shares its console
 * (reference 0) and its connection to xenstore (reference 1) by them.
 */
#define XEN_DMABUF_RESERVED_REFS	8U

#define XEN_DMABUF_LEASE_IOC_INFO	_IO(XEN_DMABUF_IOC_TYPE, 0x10)
#define XEN_DMABUF_LEASE_IOC_REVOKE	_IO(XEN_DMABUF_IOC_TYPE, 0x11)
#define XEN_DMABUF_LEASE_IOC_DMABUF	_IO(XEN_DMABUF_IOC_TYPE, 0x12)

/* xen_dmabuf_info.features */
#define XEN_DMABUF_FEATURE_PV		(1U << 0) /* a PV domain, not an auto-translated one */
#define XEN_DMABUF_FEATURE_MMAP		(1U << 1) /* mapped buffers can be mmap'ed */
#define XEN_DMABUF_FEATURE_VMAP		(1U << 2) /* kernel drivers can vmap them */
#define XEN_DMABUF_FEATURE_DMA_BACKING	(1U << 3) /* MAP takes dma_bits and MAP_CONTIGUOUS */

/**
 * struct xen_dmabuf_info - XEN_DMABUF_IOC_INFO: features, limits and usage
 * @size: sizeof(struct xen_dmabuf_info)
 * @flags: must be 0
 * @version: out, XEN_DMABUF_VERSION of the driver
 * @features: out, XEN_DMABUF_FEATURE_*
 * @domid: out, this domain's own id
 * @max_pages: out, maximum pages of one MAP or GRANT
 * @pages_mapped: out, pages mapped from other domains.  In a PV domain each
 *	user mapping counts its pages again, as each takes a maptrack entry of
 *	its own; the user who maps them is charged
 * @pages_mapped_limit: out, maximum of @pages_mapped (module parameter)
 * @pages_granted: out, pages granted to other domains, including revoked ones
 *	that are still in use
 * @pages_granted_limit: out, maximum of @pages_granted (module parameter)
 * @grants_total: out, number of references that this domain's grant table can
 *	hold at the largest size that Xen allows
 * @grants_left: out, an estimate of how many of @grants_total are free.  The
 *	kernel does not tell; block and network frontends use the same table
 * @grants_reserved: out, number of references that GRANT leaves free (module
 *	parameter)
 * @user_pages_mapped: out, how many of @pages_mapped are charged to the user who
 *	would be charged for the caller's next call on this file (see below); of
 *	several such users, the largest number
 * @user_pages_mapped_limit: out, maximum of @user_pages_mapped (module
 *	parameter)
 * @user_pages_granted: out, likewise of @pages_granted, including pages whose
 *	lease is no longer open anywhere
 * @user_pages_granted_limit: out, maximum of @user_pages_granted (module
 *	parameter)
 * @file_pages_mapped: out, how many of @pages_mapped this open file is charged
 *	for
 * @file_pages_mapped_limit: out, maximum of @file_pages_mapped (module
 *	parameter)
 * @file_pages_granted: out, how many of @pages_granted this open file is
 *	charged for
 * @file_pages_granted_limit: out, maximum of @file_pages_granted (module
 *	parameter)
 * @frames: out, page frames that the driver holds to map foreign pages into,
 *	those of MAPs with dma_bits or MAP_CONTIGUOUS not included.  On most
 *	systems they are unused addresses.  Where Xen has told the kernel no
 *	such addresses, each is a page of this domain's memory, which is
 *	returned some seconds after its last use
 * @free_frames: out, how many of @frames nothing is mapped into
 * @free_frames_limit: out, maximum of @free_frames between calls (module
 *	parameter)
 * @may: out, XEN_DMABUF_MAY_*: what this file may do
 * @only_domid: out, the only domain with which it may, or XEN_DMABUF_ANY_DOMAIN
 *
 * MAP and GRANT charge their pages, until the lease is RETURNED and no matter
 * which files are closed before, to
 *  - the open file they are called on,
 *  - the caller's user (its real user id),
 *  - the user who opened the file,
 *  - the user who made the outermost user namespace that the caller is in, as a
 *    process there can change its user id.  Of a file opened in a user
 *    namespace, this user counts as the opener.
 *
 * Nobody is charged twice for a page.  A call that would exceed any limit fails
 * with EDQUOT.  A file's limit that is not set is that of its user, and a user's
 * limit that is not set is that of the whole domain.
 *
 * The first version ended before @grants_reserved.
 *
 * Needs no privilege, and works on a restricted file.
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
	__u32 frames;
	__u32 free_frames;
	__u32 free_frames_limit;
	__u32 may;
	__u32 only_domid;
};

/* xen_dmabuf_restrict.flags, xen_dmabuf_info.may */
#define XEN_DMABUF_MAY_MAP	(1U << 0)
#define XEN_DMABUF_MAY_GRANT	(1U << 1)

/**
 * struct xen_dmabuf_restrict - XEN_DMABUF_IOC_RESTRICT: allow one domain only
 * @size: sizeof(struct xen_dmabuf_restrict)
 * @flags: XEN_DMABUF_MAY_*: what this open file may still do, possibly nothing
 * @domid: the only domain that this file may map from or grant to
 * @reserved: must be 0
 *
 * This cannot be undone: a restricted file can only be restricted further.  It
 * cannot LEASE_OPEN.  Leases that were made before are not affected.
 *
 * A process that may open /dev/xen/dmabuf can restrict a file and pass it to a
 * process that may not.
 *
 * While such a file is open, this domain is not saved or migrated (parameter
 * allow_suspend), as @domid may be another domain's afterwards.  In a domain that
 * was restored all the same, MAP and GRANT on it fail with EPERM.
 *
 * EINVAL: @domid is not a domain's id, or @reserved is not 0.
 * EPERM: this would allow more than the file may do now.
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
#define XEN_DMABUF_MAP_REVOCABLE	(1U << 2) /* refuse importers that cannot let go */
#define XEN_DMABUF_MAP_TRUST_DEVICES	(1U << 3) /* with MAP_RDONLY: devices will not write; privileged */

/**
 * struct xen_dmabuf_map - XEN_DMABUF_IOC_MAP: make a dma-buf from references
 * @size: sizeof(struct xen_dmabuf_map)
 * @flags: XEN_DMABUF_MAP_*
 * @domid: the granting domain
 * @nr_refs: number of references, 1 to max_pages.  Each is one page of the
 *	dma-buf, in order.  A reference may occur more than once
 * @refs: pointer to @nr_refs __u32 references
 * @dma_bits: 0; or, with XEN_DMABUF_FEATURE_DMA_BACKING, how many address bits
 *	the device that will import the buffer has
 * @bad_ref: out with EBADR, EACCES, ESRCH and EIO: the index of the first
 *	reference that is reserved, or that Xen did not map.  Nothing stays
 *	mapped
 * @dmabuf_fd: out, the dma-buf, open read-only or read-write as requested
 * @lease_fd: out, its lease.  Closing it does not affect the dma-buf
 * @lease_id: out, the lease's id.  The dma-buf's exporter is named after it, as
 *	xen_dmabuf:ID in /sys/kernel/debug/dma_buf and /proc/PID/fdinfo
 *
 * A read-only map stays read-only: no vmap, no writable mmap, and DMA only
 * towards the device.  It serves programs that read through mmap, and drivers
 * that map for reading alone, as V4L2's do for the input of an encoder.
 * Graphics (PRIME) and RDMA drivers map in both directions even if they only
 * read, and get EACCES.  Linux 6.1 and 6.12 map in both directions when a dynamic
 * importer attaches: there only a revocable read-only map takes one.
 *
 * With XEN_DMABUF_MAP_TRUST_DEVICES such drivers can use a read-only map: the
 * caller, who needs CAP_SYS_ADMIN, states that they and their devices will not
 * write.  Whether hardware would refuse a write depends on the IOMMU that is set
 * up for the device: do not rely on it.
 *
 * A revocable map can be revoked in bounded time: there is no vmap, and only
 * importers that can be told to let go can attach (dma-buf calls them dynamic).
 * Before Linux 7.1 one that pins the dma-buf cannot be told, and is refused.
 *
 * EINVAL: @nr_refs is 0, @domid is not a domain's id, @dma_bits is neither 0
 *	nor 13 to 64, or MAP_TRUST_DEVICES lacks MAP_RDONLY.
 * EFBIG: @nr_refs is more than max_pages.
 * ELOOP: @domid is this domain.
 * EPERM: the file may not map from @domid: it is a file of
 *	/dev/xen/dmabuf-grant, or restricted; or the caller lacks CAP_SYS_ADMIN
 *	for MAP_TRUST_DEVICES.
 * EBADR: a reference is below XEN_DMABUF_RESERVED_REFS.
 * ENOMEM: also when there are no page frames below @dma_bits, or not enough
 *	contiguous ones (usually at most 4 MiB; PV domains need them for every
 *	MAP); when page frames cost memory (see INFO) and @nr_refs pages are
 *	more than half of what is available; and when the kernel has none for
 *	the entry of a page in its p2m table.
 * EACCES: the granting domain did not grant this page: no such reference,
 *	granted to another domain, or granted read-only.  Xen does not tell
 *	which.
 * ESRCH: there is no such domain.
 * EIO: Xen cannot reach a page that was granted, for example because it stays
 *	paged out.
 * EDQUOT: a limit of this file, its user or this domain is exceeded (see INFO).
 * ENOSPC: Xen has no maptrack entry left for this domain.
 * EMFILE, ENFILE: no file descriptor left.
 *
 * Errors that importers of the dma-buf get: EREMOTEIO when a device cannot
 * reach a page, so that the DMA layer would copy it (bounce); EACCES for a
 * writing direction on a read-only buffer; EBUSY for an importer of a revocable
 * buffer that cannot be told to let go, when it attaches, pins or maps;
 * ENODEV after the lease was revoked.  A static importer that was attached before
 * the revoke keeps its mapping until it detaches.  User mappings fault with SIGBUS
 * after the revoke.
 *
 * DMA_BUF_IOCTL_SYNC and the kernel's begin_cpu_access cover the devices that
 * are attached here.  If none is, they do nothing, also where devices are not
 * cache-coherent (some Arm systems): what the peer's devices write, the peer
 * makes visible before it tells this domain to read.
 *
 * Kernel drivers that access the memory with the CPU use dma-buf's vmap.  In a
 * PV domain, vmap() of the pages of an sg table gives an area in which nothing is
 * mapped, as Xen refuses that: an access there is a kernel fault.
 *
 * In a PV domain a user mapping maps every page once more.  mmap then fails
 * with EDQUOT when a limit would be exceeded (see INFO), and with ENOSPC when
 * Xen has no maptrack entry left or cannot count another mapping of a page.
 * Such a mapping can be moved with mremap only as a whole, and unmapped only as
 * a whole (EINVAL otherwise).  mremap maps the pages again: if it fails with
 * another error than EINVAL or EFAULT, the old mapping has lost its pages and
 * faults with SIGBUS.  mprotect that would change it fails with EACCES, and a
 * child of fork does not have it.
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
#define XEN_DMABUF_GRANT_WAIT		(1U << 1) /* first wait for those who write */
#define XEN_DMABUF_GRANT_FORCE_WRITE	(1U << 2) /* see below */

/**
 * struct xen_dmabuf_grant - XEN_DMABUF_IOC_GRANT: make references for a dma-buf
 * @size: sizeof(struct xen_dmabuf_grant)
 * @flags: XEN_DMABUF_GRANT_*
 * @domid: the domain that may map the pages
 * @dmabuf_fd: the dma-buf
 * @offset: where the range starts, in bytes; a multiple of 4096
 * @nr_refs: number of pages, 1 to max_pages; the range must lie in the dma-buf
 * @lease_fd: out, the lease.  The grant is revoked when the last file of its
 *	lease is closed; files of observers do not count (see LEASE_OPEN)
 * @refs: pointer to room for @nr_refs __u32 references, out
 * @lease_id: out, the lease's id
 *
 * The dma-buf stays attached, mapped and referenced until the lease is
 * RETURNED: memory is never reused while a peer maps it.
 *
 * A device may still be writing to the dma-buf.  With XEN_DMABUF_GRANT_WAIT the
 * call waits until the fences of all writes that were queued before it have
 * signalled, for ten seconds at most; of signals, only one that kills the
 * process interrupts it.  Without the flag the call does not wait, and the peer
 * may see the buffer half written.  Neither covers what is written later:
 * before it tells the peer of a new frame, a program waits for that frame's
 * fence, for example with poll() on the dma-buf.
 *
 * Whether a dma-buf's descriptor is open for writing says what the one who
 * passed it on allows, so a grant for writing needs a descriptor that is.  But
 * DRM opens an exported buffer for reading unless it is asked otherwise
 * (DRM_RDWR), and drivers that import a dma-buf do not look.  A program that
 * knows that it may write the buffer can set XEN_DMABUF_GRANT_FORCE_WRITE, on a
 * file of /dev/xen/dmabuf that is not restricted.  The flag changes nothing if
 * the descriptor is open for writing, or with XEN_DMABUF_GRANT_RDONLY.
 *
 * EINVAL: @nr_refs is 0, @offset is not aligned, or @domid is not a domain's
 *	id.
 * EFBIG: @nr_refs is more than max_pages.
 * ERANGE: the range does not lie in the dma-buf.
 * ELOOP: @domid is this domain.
 * EPERM: the file is restricted and may not grant to @domid; or it is restricted
 *	or a file of /dev/xen/dmabuf-grant, and may not
 *	XEN_DMABUF_GRANT_FORCE_WRITE.
 * EBADF: @dmabuf_fd is not open.  EBADFD: it is not a dma-buf.
 * EACCES: the dma-buf is open read-only, and neither XEN_DMABUF_GRANT_RDONLY nor
 *	XEN_DMABUF_GRANT_FORCE_WRITE is set.
 * EXDEV: the dma-buf was made by MAP: its pages are another domain's.
 * EOPNOTSUPP: the dma-buf is not made of this domain's RAM, but for example of
 *	a graphics card's own memory.
 * EDQUOT: a limit of this file, its user or this domain is exceeded (see INFO).
 * ENOSPC: the grant table has no more than grants_reserved references left.
 * ETIMEDOUT: with XEN_DMABUF_GRANT_WAIT: a write had not ended after ten
 *	seconds.
 * EMFILE, ENFILE: no file descriptor left.
 * Any error with which the dma-buf's exporter refuses to be attached or mapped.
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
#define XEN_DMABUF_LEASE_OBSERVE	(1U << 0) /* the file does not become an owner */

/**
 * struct xen_dmabuf_lease_open - XEN_DMABUF_IOC_LEASE_OPEN: open a lease again
 * @size: sizeof(struct xen_dmabuf_lease_open)
 * @flags: XEN_DMABUF_LEASE_OBSERVE or 0
 * @lease_id: the lease's id; debugfs lists them
 * @lease_fd: out, a new file of the lease
 * @reserved: must be 0
 *
 * So a lease can still be controlled when its file descriptor is lost.  An
 * observer's file can do all that an owner's can, but does not keep a grant
 * from being revoked when the last owner's file is closed.
 *
 * EPERM: the caller lacks CAP_SYS_ADMIN, or the file is restricted or a file of
 *	/dev/xen/dmabuf-grant.
 * ENOENT: no such lease, or it is RETURNED and no owner has it open.
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

/* xen_dmabuf_lease_info.state: never goes back */
#define XEN_DMABUF_LEASE_ACTIVE		0U /* in use, or may be */
#define XEN_DMABUF_LEASE_REVOKED	1U /* asked to end, but not ended yet */
#define XEN_DMABUF_LEASE_RETURNED	2U /* ended: the memory is its owner's again */

/**
 * struct xen_dmabuf_lease_info - XEN_DMABUF_LEASE_IOC_INFO: state and users
 * @size: sizeof(struct xen_dmabuf_lease_info)
 * @flags: must be 0
 * @lease_id: out, the lease's id
 * @kind: out, XEN_DMABUF_LEASE_MAP or _GRANT
 * @state: out, XEN_DMABUF_LEASE_ACTIVE, _REVOKED or _RETURNED
 * @domid: out, the peer: the granting domain of a MAP, the domain that may map
 *	a GRANT
 * @nr_pages: out, as requested
 * @pages_in_use: out, MAP: pages that Xen still has mapped; GRANT: references
 *	that have not ended.  All of an active grant count, since Xen offers no
 *	way to ask whether a peer maps them
 * @attachments: out, MAP: devices attached to the dma-buf
 * @mmaps: out, MAP: user mappings
 * @vmaps: out, MAP: 1 while a kernel driver has it vmapped
 * @dmabufs: out, 1 while the dma-buf exists (MAP) or the lease holds it (GRANT)
 * @rdonly: out, 1 if read-only
 * @pinned: out, MAP: how many of @attachments keep, or would keep, a revoked
 *	map in use: those that cannot be told to let go, and those that were
 *	told and still have it mapped; debugfs names them
 * @peer_gone: out, 1 once the peer is known to have ended.  A GRANT is then
 *	revoked, so that a new domain with the same id does not get it.  The
 *	pages of a MAP stay valid, and Xen does not reuse the id, until the
 *	lease is RETURNED.  A peer that is suspended, or has crashed but was not
 *	destroyed, has not ended.  A domain that may watch @releaseDomain and
 *	read /local/domain in xenstore, as dom0 may, learns of the end at once,
 *	and also when the id is given to another domain.  Other domains learn of
 *	it about two seconds after Xen has forgotten the peer, which Xen does
 *	not do while its pages are mapped
 *
 * The first version ended before @pinned.
 *
 * INFO acknowledges the event: EPOLLIN on this file is off until the state or
 * @peer_gone changes again.  EPOLLHUP is on once the lease is RETURNED.  Calls
 * on a lease never wait.
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
 * struct xen_dmabuf_lease_revoke - XEN_DMABUF_LEASE_IOC_REVOKE: ask for the end
 * @size: sizeof(struct xen_dmabuf_lease_revoke)
 * @flags: must be 0
 *
 * Does not wait for the peer or for users, and may be repeated.  The lease is
 * then REVOKED, and RETURNED when the share has ended.
 *
 * GRANT: references that the peer does not have mapped end at once, the others
 * when the peer unmaps them.  Until then the peer can even map them again.  When
 * the last one has ended, the driver gives the dma-buf back to its exporter,
 * and the lease is RETURNED when the exporter has taken it: usually within a
 * millisecond.
 * MAP: user mappings fault, and importers that can let go are told to, once.
 * Static importers, kernel mappings and, before Linux 7.1, importers that have
 * pinned the dma-buf cannot; they keep the lease from being RETURNED, and INFO
 * counts them.  An importer is told again when it has unpinned.  Until the lease
 * is RETURNED, kernel drivers can still vmap a map that allows vmap, since the
 * dma-buf core warns (WARN_ON_ONCE) of a refusal.
 */
struct xen_dmabuf_lease_revoke {
	__u32 size;
	__u32 flags;
};

/**
 * struct xen_dmabuf_lease_dmabuf - XEN_DMABUF_LEASE_IOC_DMABUF: its dma-buf
 * @size: sizeof(struct xen_dmabuf_lease_dmabuf)
 * @flags: must be 0
 * @dmabuf_fd: out, a new descriptor of the same open file as MAP's @dmabuf_fd
 * @reserved: must be 0
 *
 * On the lease of a MAP, while the dma-buf exists.  So a cache can keep the
 * lease alone, which keeps no memory, and come back to a buffer that others
 * still use.  The lease's file thus gives access to the memory: pass it only to
 * those who may have that.
 *
 * ESTALE: the dma-buf does not exist any more, or the lease was revoked: map the
 *	references again.
 * EINVAL: the lease is that of a GRANT, or @reserved is not 0.
 * EMFILE: no file descriptor left.
 */
struct xen_dmabuf_lease_dmabuf {
	__u32 size;
	__u32 flags;
	__s32 dmabuf_fd;
	__u32 reserved;
};

#endif
