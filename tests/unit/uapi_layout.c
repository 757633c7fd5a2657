// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of the kernel interface, checked at compile time, which works for 32
 * bits without a C library as well.  The interface is append-only: lines are added
 * here, and never changed.
 */
#include <xen/dmabuf.h>

#define SIZE(s, n) _Static_assert(sizeof(struct s) == (n), "size of struct " #s)
#define AT(s, f, n)                                          \
	_Static_assert(__builtin_offsetof(struct s, f) == n, \
		       "offset of " #s "." #f)
/* The next field starts where this one ends: no padding */
#define NEXT(s, f, g)                                                \
	_Static_assert(__builtin_offsetof(struct s, f) +             \
				       sizeof(((struct s *)0)->f) == \
			       __builtin_offsetof(struct s, g),      \
		       "padding after " #s "." #f)
#define LAST(s, f)                                                   \
	_Static_assert(__builtin_offsetof(struct s, f) +             \
				       sizeof(((struct s *)0)->f) == \
			       sizeof(struct s),                     \
		       "padding after " #s "." #f)

SIZE(xen_dmabuf_info, 104);
AT(xen_dmabuf_info, size, 0);
NEXT(xen_dmabuf_info, size, flags);
NEXT(xen_dmabuf_info, flags, version);
NEXT(xen_dmabuf_info, version, features);
NEXT(xen_dmabuf_info, features, domid);
NEXT(xen_dmabuf_info, domid, max_pages);
NEXT(xen_dmabuf_info, max_pages, pages_mapped);
NEXT(xen_dmabuf_info, pages_mapped, pages_mapped_limit);
NEXT(xen_dmabuf_info, pages_mapped_limit, pages_granted);
NEXT(xen_dmabuf_info, pages_granted, pages_granted_limit);
NEXT(xen_dmabuf_info, pages_granted_limit, grants_total);
NEXT(xen_dmabuf_info, grants_total, grants_left);
NEXT(xen_dmabuf_info, grants_left, grants_reserved);
AT(xen_dmabuf_info, grants_reserved, 48);
NEXT(xen_dmabuf_info, grants_reserved, user_pages_mapped);
NEXT(xen_dmabuf_info, user_pages_mapped, user_pages_mapped_limit);
NEXT(xen_dmabuf_info, user_pages_mapped_limit, user_pages_granted);
NEXT(xen_dmabuf_info, user_pages_granted, user_pages_granted_limit);
NEXT(xen_dmabuf_info, user_pages_granted_limit, file_pages_mapped);
NEXT(xen_dmabuf_info, file_pages_mapped, file_pages_mapped_limit);
NEXT(xen_dmabuf_info, file_pages_mapped_limit, file_pages_granted);
NEXT(xen_dmabuf_info, file_pages_granted, file_pages_granted_limit);
NEXT(xen_dmabuf_info, file_pages_granted_limit, frames);
NEXT(xen_dmabuf_info, frames, free_frames);
NEXT(xen_dmabuf_info, free_frames, free_frames_limit);
NEXT(xen_dmabuf_info, free_frames_limit, may);
NEXT(xen_dmabuf_info, may, only_domid);
LAST(xen_dmabuf_info, only_domid);

SIZE(xen_dmabuf_restrict, 16);
AT(xen_dmabuf_restrict, size, 0);
NEXT(xen_dmabuf_restrict, size, flags);
NEXT(xen_dmabuf_restrict, flags, domid);
NEXT(xen_dmabuf_restrict, domid, reserved);
LAST(xen_dmabuf_restrict, reserved);

SIZE(xen_dmabuf_map, 48);
AT(xen_dmabuf_map, size, 0);
AT(xen_dmabuf_map, refs, 16);
AT(xen_dmabuf_map, lease_id, 40);
NEXT(xen_dmabuf_map, size, flags);
NEXT(xen_dmabuf_map, flags, domid);
NEXT(xen_dmabuf_map, domid, nr_refs);
NEXT(xen_dmabuf_map, nr_refs, refs);
NEXT(xen_dmabuf_map, refs, dma_bits);
NEXT(xen_dmabuf_map, dma_bits, bad_ref);
NEXT(xen_dmabuf_map, bad_ref, dmabuf_fd);
NEXT(xen_dmabuf_map, dmabuf_fd, lease_fd);
NEXT(xen_dmabuf_map, lease_fd, lease_id);
LAST(xen_dmabuf_map, lease_id);

SIZE(xen_dmabuf_grant, 48);
AT(xen_dmabuf_grant, size, 0);
AT(xen_dmabuf_grant, offset, 16);
AT(xen_dmabuf_grant, refs, 32);
NEXT(xen_dmabuf_grant, size, flags);
NEXT(xen_dmabuf_grant, flags, domid);
NEXT(xen_dmabuf_grant, domid, dmabuf_fd);
NEXT(xen_dmabuf_grant, dmabuf_fd, offset);
NEXT(xen_dmabuf_grant, offset, nr_refs);
NEXT(xen_dmabuf_grant, nr_refs, lease_fd);
NEXT(xen_dmabuf_grant, lease_fd, refs);
NEXT(xen_dmabuf_grant, refs, lease_id);
LAST(xen_dmabuf_grant, lease_id);

SIZE(xen_dmabuf_lease_open, 24);
AT(xen_dmabuf_lease_open, size, 0);
NEXT(xen_dmabuf_lease_open, size, flags);
NEXT(xen_dmabuf_lease_open, flags, lease_id);
NEXT(xen_dmabuf_lease_open, lease_id, lease_fd);
NEXT(xen_dmabuf_lease_open, lease_fd, reserved);
LAST(xen_dmabuf_lease_open, reserved);

SIZE(xen_dmabuf_lease_info, 64);
AT(xen_dmabuf_lease_info, size, 0);
NEXT(xen_dmabuf_lease_info, size, flags);
NEXT(xen_dmabuf_lease_info, flags, lease_id);
NEXT(xen_dmabuf_lease_info, lease_id, kind);
NEXT(xen_dmabuf_lease_info, kind, state);
NEXT(xen_dmabuf_lease_info, state, domid);
NEXT(xen_dmabuf_lease_info, domid, nr_pages);
NEXT(xen_dmabuf_lease_info, nr_pages, pages_in_use);
NEXT(xen_dmabuf_lease_info, pages_in_use, attachments);
NEXT(xen_dmabuf_lease_info, attachments, mmaps);
NEXT(xen_dmabuf_lease_info, mmaps, vmaps);
NEXT(xen_dmabuf_lease_info, vmaps, dmabufs);
NEXT(xen_dmabuf_lease_info, dmabufs, rdonly);
NEXT(xen_dmabuf_lease_info, rdonly, pinned);
AT(xen_dmabuf_lease_info, pinned, 56);
NEXT(xen_dmabuf_lease_info, pinned, peer_gone);
LAST(xen_dmabuf_lease_info, peer_gone);

SIZE(xen_dmabuf_lease_revoke, 8);
AT(xen_dmabuf_lease_revoke, size, 0);
NEXT(xen_dmabuf_lease_revoke, size, flags);
LAST(xen_dmabuf_lease_revoke, flags);

SIZE(xen_dmabuf_lease_dmabuf, 16);
AT(xen_dmabuf_lease_dmabuf, size, 0);
NEXT(xen_dmabuf_lease_dmabuf, size, flags);
NEXT(xen_dmabuf_lease_dmabuf, flags, dmabuf_fd);
NEXT(xen_dmabuf_lease_dmabuf, dmabuf_fd, reserved);
LAST(xen_dmabuf_lease_dmabuf, reserved);

/* The numbers, which never change either */
_Static_assert(XEN_DMABUF_IOC_INFO == 0xB900, "number of INFO");
_Static_assert(XEN_DMABUF_IOC_RESTRICT == 0xB901, "number of RESTRICT");
_Static_assert(XEN_DMABUF_IOC_MAP == 0xB902, "number of MAP");
_Static_assert(XEN_DMABUF_IOC_GRANT == 0xB903, "number of GRANT");
_Static_assert(XEN_DMABUF_IOC_LEASE_OPEN == 0xB904, "number of LEASE_OPEN");
_Static_assert(XEN_DMABUF_LEASE_IOC_INFO == 0xB910, "number of lease INFO");
_Static_assert(XEN_DMABUF_LEASE_IOC_REVOKE == 0xB911, "number of REVOKE");
_Static_assert(XEN_DMABUF_LEASE_IOC_DMABUF == 0xB912, "number of lease DMABUF");
