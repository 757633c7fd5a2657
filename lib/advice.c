// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What errors mean: what happened, why, and what to try.  The general table
 * serves whoever has no handle, so it names every call that may be meant.
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
	  "not permitted: the device file was restricted to another domain or "
	  "to other calls, or the call is for root only. Restrictions are for "
	  "good: open " XDL_DEVICE " again, or ask whoever restricted it" },
	{ XDL_CALL_NONE, ENOENT,
	  "not there: the driver is not loaded (try: modprobe xen_dmabuf), or, "
	  "for a lease's id, that lease has ended" },
	{ XDL_CALL_NONE, EINTR,
	  "a signal came before the call was done; nothing was kept. Call "
	  "again" },
	{ XDL_CALL_NONE, EIO,
	  "the system failed without saying why: look at the kernel's log "
	  "(dmesg)" },
	{ XDL_CALL_NONE, E2BIG,
	  "this library is newer than the driver and asked for what the driver "
	  "does not know: update the xen_dmabuf module, then load it again" },
	{ XDL_CALL_NONE, EBADF,
	  "the file descriptor is not open: it was closed already, or it is "
	  "another number" },
	{ XDL_CALL_NONE, EAGAIN,
	  "busy, even after many tries: try again later" },
	{ XDL_CALL_NONE, ENOMEM,
	  "out of memory: free some, take a smaller buffer, or give this "
	  "domain more memory" },
	{ XDL_CALL_NONE, EACCES,
	  "access denied. Opening a device: this user may not open it (look at "
	  "its owner and mode, or run as root). Mapping or reading references: "
	  "the other domain did not grant them to this one, or only for "
	  "reading" },
	{ XDL_CALL_NONE, EFAULT,
	  "a pointer leads nowhere: an array is shorter than it was said to be, "
	  "or was freed" },
	{ XDL_CALL_NONE, EBUSY, "in use by somebody else: try again later" },
	{ XDL_CALL_NONE, EXDEV,
	  "the dma-buf holds another domain's pages, which are not this "
	  "domain's to pass on: let the owner grant them itself" },
	{ XDL_CALL_NONE, ENODEV,
	  "no such device. Opening: this system does not run under Xen (boot "
	  "it under Xen). Allocating: neither /dev/dma_heap/system nor "
	  "/dev/udmabuf is there (try: modprobe udmabuf). Page directories: "
	  "try modprobe xen-gntalloc and modprobe xen-gntdev. Using a mapped "
	  "buffer: its lease was revoked" },
	{ XDL_CALL_NONE, EINVAL,
	  "a bad argument: a count of 0, an offset that is not a multiple of "
	  "4096, a domain id above 32751, or text that is not references" },
	{ XDL_CALL_NONE, ENFILE,
	  "the whole system has no file left: raise fs.file-max (sysctl)" },
	{ XDL_CALL_NONE, EMFILE,
	  "this process has no file descriptor left: close some, or raise the "
	  "limit (ulimit -n)" },
	{ XDL_CALL_NONE, ENOTTY,
	  "not the right kind of file: it is not " XDL_DEVICE " or one of its "
	  "leases, or the driver is too old for this call" },
	{ XDL_CALL_NONE, EFBIG,
	  "too large for one buffer. Mapping and granting: over the driver's "
	  "max_pages (" XDL_PARAMETERS
	  "max_pages). Allocating: over udmabuf's limit "
	  "(/sys/module/udmabuf/parameters/size_limit_mb). Page directories: "
	  "65535 references at most" },
	{ XDL_CALL_NONE, ENOSPC,
	  "no entries left in Xen's tables. Granting: end other grants, or boot "
	  "with a larger gnttab_max_frames. Mapping: unmap something, or "
	  "raise gnttab_max_maptrack_frames. Page directories: raise "
	  "/sys/module/xen_gntalloc/parameters/limit" },
	{ XDL_CALL_NONE, ESPIPE,
	  "not a buffer: a pipe or a socket has no size" },
	{ XDL_CALL_NONE, ERANGE,
	  "outside what there is: the range is not inside the dma-buf, or the "
	  "text holds no reference or more than 65535" },
	{ XDL_CALL_NONE, EPROTO,
	  "the page directory is damaged: its chain is shorter or longer than "
	  "the number of references needs, or holds a 0. Check that both ends "
	  "mean the same number of references, and that the other end still "
	  "shares it" },
	{ XDL_CALL_NONE, ELOOP,
	  "the other domain is this very domain: within one domain pass the "
	  "dma-buf itself, over a Unix socket" },
	{ XDL_CALL_NONE, EBADFD,
	  "the file descriptor is open, but not a dma-buf: "
	  "xendmabuf_alloc(), a DRM or a V4L2 driver make some" },
	{ XDL_CALL_NONE, EREMOTEIO,
	  "the device cannot reach this memory, and the system would have "
	  "copied it behind everybody's back. Use a device that reaches all "
	  "of the memory, or an IOMMU" },
	{ XDL_CALL_NONE, EOPNOTSUPP,
	  "not supported: a flag that the driver does not know, or memory that "
	  "cannot be shared (a card's own, for one)" },
	{ XDL_CALL_NONE, ESRCH,
	  "there is no such domain: it was destroyed, or the id is wrong (xl "
	  "list shows them). A domain's id changes when it is restarted" },
	{ XDL_CALL_NONE, ETIMEDOUT,
	  "the time is over and the buffer is still in use: wait longer, or ask "
	  "whoever has it mapped to let go (xendmabuf list tells who)" },
	{ XDL_CALL_NONE, EDQUOT,
	  "over a limit of the driver's: release buffers, or raise it in " XDL_PARAMETERS
	  ": max_mapped_pages (mapping) or max_granted_pages "
	  "(granting), or with user_ or file_ in the place of max_ where one "
	  "user or one open file has too many" },
};

static const struct advice special[] = {
	{ XDL_CALL_RESTRICT, EPERM,
	  "the file is restricted already, and this would be more than it may "
	  "still do. A restriction is for good: open " XDL_DEVICE " again" },
	{ XDL_CALL_RESTRICT, EINVAL,
	  "that is not the id of a domain: ids end at 32751" },
	{ XDL_CALL_RESTRICT, EOPNOTSUPP,
	  "that is nothing a file can be restricted to: XENDMABUF_MAY_MAP and "
	  "XENDMABUF_MAY_GRANT are" },

	{ XDL_CALL_MAP, EINVAL,
	  "no references were given, or that is not the id of a domain (ids "
	  "end at 32751)" },
	{ XDL_CALL_MAP, EPERM,
	  "this device file was restricted: it may not map from that domain" },
	{ XDL_CALL_MAP, EACCES,
	  "the other domain did not grant it; Xen does not say more. Perhaps "
	  "it ended the grant, granted to another domain's id, or granted for "
	  "reading only (then map read-only)" },
	{ XDL_CALL_MAP, EFBIG,
	  "more pages than one map may have: map in parts, or raise " XDL_PARAMETERS
	  "max_pages" },
	{ XDL_CALL_MAP, EDQUOT,
	  "over a limit of pages mapped from other domains: release buffers, "
	  "or raise the limit" },
	{ XDL_CALL_MAP, ENOSPC,
	  "Xen has no maptrack entry left for this domain: release mapped "
	  "buffers, or raise gnttab_max_maptrack_frames (Xen's command line, "
	  "or max_maptrack_frames in the domain's configuration)" },
	{ XDL_CALL_MAP, EINTR,
	  "a signal came while mapping; everything was unmapped again. Call "
	  "again" },
	{ XDL_CALL_MAP, ENODEV,
	  "the pages for mapping could not be had from Xen: look at the "
	  "kernel's log (dmesg)" },

	{ XDL_CALL_GRANT, EINVAL,
	  "no pages were asked for, the offset is not a multiple of 4096, or "
	  "that is not the id of a domain (ids end at 32751)" },
	{ XDL_CALL_GRANT, EPERM,
	  "this device file was restricted: it may not grant to that domain" },
	{ XDL_CALL_GRANT, EACCES,
	  "the dma-buf is open for reading only: grant it read-only, or open "
	  "it for writing" },
	{ XDL_CALL_GRANT, EFBIG,
	  "more pages than one grant may have: grant in parts, or raise " XDL_PARAMETERS
	  "max_pages" },
	{ XDL_CALL_GRANT, ERANGE,
	  "the range does not lie inside the dma-buf: compare it with "
	  "xendmabuf_size()" },
	{ XDL_CALL_GRANT, EOPNOTSUPP,
	  "this dma-buf cannot be granted: it is not made of this domain's own "
	  "RAM (a card's memory, for one). Copy it into a buffer from "
	  "xendmabuf_alloc(); or a flag is not known" },
	{ XDL_CALL_GRANT, EREMOTEIO,
	  "the dma-buf's exporter did not give its real pages but copies of "
	  "them, which the peer would see change no more. Allocate it "
	  "elsewhere, with xendmabuf_alloc() for one" },
	{ XDL_CALL_GRANT, EDQUOT,
	  "over a limit of pages granted to other domains (revoked ones that "
	  "a peer still maps count): end grants, or raise the limit" },
	{ XDL_CALL_GRANT, ENOSPC,
	  "this domain's grant table is full: end other grants, or give it a "
	  "larger one (gnttab_max_frames on Xen's command line, or "
	  "max_grant_frames in the domain's configuration)" },
	{ XDL_CALL_GRANT, EINTR,
	  "a signal came while granting; everything was taken back. Call "
	  "again" },

	{ XDL_CALL_LEASE_OPEN, EPERM,
	  "only root (CAP_SYS_ADMIN) may open a lease by its id, and not "
	  "through a restricted file" },
	{ XDL_CALL_LEASE_OPEN, ENOENT,
	  "there is no such lease, or it is over: xendmabuf list shows those "
	  "that live" },
	{ XDL_CALL_LEASE_OPEN, EINVAL,
	  "the driver did not take the arguments: is the module older than "
	  "the library?" },
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
