// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What errors mean: what happened, why, and what to try.  Without a handle the
 * failed call is not known, so the general table covers all calls.
 */
#include <errno.h>

#include "advice.h"
#include "paths.h"

struct advice {
	enum xdl_call call;
	int err;
	const char *text;
};

static const struct advice general[] = {
	{ XDL_CALL_NONE, EPERM,
	  "not permitted: the device file is restricted to another domain or "
	  "to other calls, or it is " XDL_DEVICE_GRANT
	  ", which only grants, or the call needs root. A restriction cannot "
	  "be lifted: open " XDL_DEVICE " again, or ask the program that "
	  "restricted it" },
	{ XDL_CALL_NONE, ENOENT,
	  "does not exist: the driver is not loaded (try: modprobe xen_dmabuf); "
	  "for the id of a lease: that lease has ended" },
	{ XDL_CALL_NONE, EBADR,
	  "a reference below 8: those are for a domain's console and xenstore, "
	  "never for a buffer. Check that the list is one of references" },
	{ XDL_CALL_NONE, EINTR,
	  "interrupted by a signal; nothing was mapped or granted. Call "
	  "again" },
	{ XDL_CALL_NONE, EIO,
	  "input/output error, reason unknown: see the kernel's log (dmesg)" },
	{ XDL_CALL_NONE, E2BIG,
	  "this library is newer than the driver, which does not know the "
	  "request: update the module xen_dmabuf, then reload it" },
	{ XDL_CALL_NONE, EBADF,
	  "the file descriptor is not open: it was closed before, or the "
	  "number is wrong" },
	{ XDL_CALL_NONE, EAGAIN,
	  "still busy after many attempts: try again later" },
	{ XDL_CALL_NONE, ENOMEM,
	  "out of memory: free memory, use a smaller buffer, or give this "
	  "domain more memory" },
	{ XDL_CALL_NONE, EACCES,
	  "access denied. Opening a device: this user may not open it; ls -l "
	  "shows who may (" XDL_DEVICE " and " XDL_DEVICE_GRANT
	  "; for memory /dev/dma_heap/system and /dev/udmabuf; for page "
	  "directories /dev/xen/gntalloc and /dev/xen/gntdev). Mapping or "
	  "reading references: the other domain did not grant them to this "
	  "domain, or granted them for reading only" },
	{ XDL_CALL_NONE, EFAULT,
	  "invalid pointer: an array is shorter than the number that was "
	  "passed with it, or it was freed" },
	{ XDL_CALL_NONE, EBUSY,
	  "in use by another program or driver: try again later" },
	{ XDL_CALL_NONE, EXDEV,
	  "the dma-buf consists of pages of another domain, and only their "
	  "owner can grant them: let that domain grant them itself" },
	{ XDL_CALL_NONE, ENODEV,
	  "no such device. Opening: this system does not run under Xen (boot "
	  "it under Xen). Allocating: neither /dev/dma_heap/system nor "
	  "/dev/udmabuf exists (try: modprobe udmabuf). Page directories: a "
	  "module is not loaded (try: modprobe -a xen-gntalloc xen-gntdev). "
	  "Using a mapped buffer: its lease was revoked" },
	{ XDL_CALL_NONE, EINVAL,
	  "invalid argument: a count of 0, an offset that is not a multiple "
	  "of 4096, a domain id above 32751, or text that is not a list of "
	  "references" },
	{ XDL_CALL_NONE, ENFILE,
	  "too many open files in the system: raise fs.file-max (sysctl)" },
	{ XDL_CALL_NONE, EMFILE,
	  "too many open files in this process: close some, or raise the "
	  "limit (ulimit -n)" },
	{ XDL_CALL_NONE, ENOTTY,
	  "wrong kind of file: neither " XDL_DEVICE " nor one of its leases; "
	  "or the driver is too old for this call" },
	{ XDL_CALL_NONE, EFBIG,
	  "too large for one buffer. Mapping and granting: more pages than the "
	  "driver's max_pages (" XDL_PARAMETERS
	  "max_pages). Allocating: more than udmabuf's limit "
	  "(/sys/module/udmabuf/parameters/size_limit_mb). Page directories: "
	  "more than 65535 references" },
	{ XDL_CALL_NONE, ENOSPC,
	  "a table of Xen is full. Granting: end other grants, boot Xen with a "
	  "larger gnttab_max_frames, or set max_grant_frames in the guest's "
	  "xl.cfg. Mapping: release mapped buffers, "
	  "or boot Xen with a larger gnttab_max_maptrack_frames. Page "
	  "directories: raise /sys/module/xen_gntalloc/parameters/limit" },
	{ XDL_CALL_NONE, ESPIPE,
	  "not a buffer: the file is a pipe or a socket, which has no size" },
	{ XDL_CALL_NONE, ERANGE,
	  "out of range: the pages are not all inside the dma-buf, or the text "
	  "contains no reference or more than 65535" },
	{ XDL_CALL_NONE, EPROTO,
	  "invalid page directory: its chain is shorter or longer than the "
	  "number of references requires, or contains a 0. Check that both "
	  "domains use the same number of references, and that the other "
	  "domain still shares the directory" },
	{ XDL_CALL_NONE, ELOOP,
	  "the domain id is this domain's own: within one domain pass the "
	  "dma-buf itself, over a Unix socket" },
	{ XDL_CALL_NONE, EBADFD,
	  "the file descriptor is open, but not a dma-buf: dma-bufs come from "
	  "xendmabuf_alloc(), from DRM and from V4L2 drivers" },
	{ XDL_CALL_NONE, EREMOTEIO,
	  "the device cannot reach this memory by DMA, and the kernel would "
	  "have copied (bounced) it silently. Use a device that can address "
	  "all of the memory, or an IOMMU" },
	{ XDL_CALL_NONE, EOPNOTSUPP,
	  "not supported: the driver does not know a flag, or the memory "
	  "cannot be shared (for example a graphics card's own)" },
	{ XDL_CALL_NONE, ESRCH,
	  "no such domain: it was destroyed, or the id is wrong (xl list shows "
	  "the ids). A domain gets a new id when it is restarted" },
	{ XDL_CALL_NONE, ETIMEDOUT,
	  "timed out, and the buffer is still in use: wait longer, or stop the "
	  "program that uses it (xendmabuf list shows the users)" },
	{ XDL_CALL_NONE, EDQUOT,
	  "a limit of the driver is exceeded: release buffers, or raise the "
	  "limit in " XDL_PARAMETERS ": max_mapped_pages (mapping) or "
	  "max_granted_pages (granting). For the limit of one user or of one "
	  "open file, the names begin with user_ or file_ instead of max_" },
};

static const struct advice special[] = {
	{ XDL_CALL_RESTRICT, EPERM,
	  "this would allow more than the device file may do: it is already "
	  "restricted, or it is " XDL_DEVICE_GRANT
	  ", which only grants. A restriction cannot be lifted: open " XDL_DEVICE
	  " again" },
	{ XDL_CALL_RESTRICT, EINVAL,
	  "not the id of a domain: the largest is 32751" },
	{ XDL_CALL_RESTRICT, EOPNOTSUPP,
	  "a file can be restricted to XENDMABUF_MAY_MAP, XENDMABUF_MAY_GRANT, "
	  "both or neither, and to nothing else" },

	{ XDL_CALL_MAP, EINVAL,
	  "no references were passed, the domain id is invalid (the largest "
	  "is 32751), or devices are trusted on a map that is not read-only" },
	{ XDL_CALL_MAP, EPERM,
	  "this device file may not map from that domain: it is restricted, or "
	  "this user may only grant (" XDL_DEVICE_GRANT
	  "). Mapping needs " XDL_DEVICE
	  ", which is for root and the users of backends: see xen_dmabuf(4). Or "
	  "devices are to be trusted, which needs CAP_SYS_ADMIN" },
	{ XDL_CALL_MAP, EBADR,
	  "references below 8 are for the domain's console and xenstore, never "
	  "for a buffer: check the list" },
	{ XDL_CALL_MAP, EACCES,
	  "not granted by the other domain; Xen reports no details. Either the "
	  "grant has ended, it is for another domain id, or it is for reading "
	  "only (then map read-only)" },
	{ XDL_CALL_MAP, EIO,
	  "Xen cannot reach this page, although it was granted: it may be "
	  "paged out, and Xen does not page it in. Try again later" },
	{ XDL_CALL_MAP, EFBIG,
	  "more pages than one map may have: map several parts, or raise " XDL_PARAMETERS
	  "max_pages" },
	{ XDL_CALL_MAP, EDQUOT,
	  "a limit of pages mapped from other domains is exceeded: release "
	  "buffers, or raise the limit" },
	{ XDL_CALL_MAP, ENOSPC,
	  "Xen has no maptrack entry left for this domain: release mapped "
	  "buffers, or raise gnttab_max_maptrack_frames (on Xen's command "
	  "line; max_maptrack_frames in the domain's configuration)" },
	{ XDL_CALL_MAP, ENODEV,
	  "cannot get pages from Xen to map into: see the kernel's log (dmesg)" },

	{ XDL_CALL_GRANT, EINVAL,
	  "the number of pages is 0, the offset is not a multiple of 4096, or "
	  "the domain id is invalid (the largest is 32751)" },
	{ XDL_CALL_GRANT, EPERM,
	  "this device file is restricted: it may not grant to that domain; or "
	  "it is restricted or " XDL_DEVICE_GRANT
	  ", and may not let the other domain write a dma-buf that is open for "
	  "reading only" },
	{ XDL_CALL_GRANT, EACCES,
	  "the dma-buf's descriptor is open for reading only: grant it "
	  "read-only, export it for writing (DRM_RDWR), or pass "
	  "XENDMABUF_FORCE_WRITE" },
	{ XDL_CALL_GRANT, EFBIG,
	  "more pages than one grant may have: grant several parts, or raise " XDL_PARAMETERS
	  "max_pages" },
	{ XDL_CALL_GRANT, ERANGE,
	  "the pages are not all inside the dma-buf: compare with "
	  "xendmabuf_size()" },
	{ XDL_CALL_GRANT, EOPNOTSUPP,
	  "this dma-buf cannot be granted: it does not consist of this domain's "
	  "RAM, but for example of a graphics card's memory (copy it into a "
	  "buffer from xendmabuf_alloc()), or the driver does not know a flag" },
	{ XDL_CALL_GRANT, EREMOTEIO,
	  "the dma-buf's exporter handed out copies of its pages (bounce "
	  "buffers), in which the other domain would not see later changes. "
	  "Allocate the buffer elsewhere, for example with xendmabuf_alloc()" },
	{ XDL_CALL_GRANT, EDQUOT,
	  "a limit of pages granted to other domains is exceeded (revoked "
	  "pages count while a peer still maps them): end grants, or raise the "
	  "limit" },
	{ XDL_CALL_GRANT, ENOSPC,
	  "this domain's grant table is full: end other grants, or give it a "
	  "larger one (for dom0 gnttab_max_frames on Xen's command line; for a "
	  "guest max_grant_frames in its xl.cfg, and before Xen 4.18 "
	  "gnttab_max_frames, too)" },
	{ XDL_CALL_GRANT, ETIMEDOUT,
	  "a device has been writing to the dma-buf for ten seconds: wait until "
	  "it has finished, or see the kernel's log (dmesg) whether it hangs" },
	{ XDL_CALL_GRANT, EINTR,
	  "interrupted by a signal; all references were ended again. Call "
	  "again" },

	{ XDL_CALL_LEASE_OPEN, EPERM,
	  "only root (CAP_SYS_ADMIN) may open a lease by its id, and only "
	  "through a file of " XDL_DEVICE " that is not restricted" },
	{ XDL_CALL_LEASE_OPEN, ENOENT,
	  "no such lease, or it has ended: xendmabuf list shows those that "
	  "exist" },
	{ XDL_CALL_LEASE_OPEN, EINVAL,
	  "the driver did not accept the arguments: check that the module is "
	  "not older than the library" },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const char *find_text(const struct advice *table, size_t nr,
			     enum xdl_call call, int err)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (table[i].call == call && table[i].err == err)
			return table[i].text;
	return NULL;
}

/* @err: positive */
const char *xdl_advice(enum xdl_call call, int err)
{
	const char *text = NULL;

	if (call != XDL_CALL_NONE)
		text = find_text(special, NR(special), call, err);
	if (!text)
		text = find_text(general, NR(general), XDL_CALL_NONE, err);
	return text;
}
