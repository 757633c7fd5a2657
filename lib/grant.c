// SPDX-License-Identifier: LGPL-2.1-or-later
/* GRANT: references for a local dma-buf */
#include <errno.h>
#include <stdlib.h>

#include "api.h"
#include "call.h"
#include "handle.h"
#include "lease.h"

static uint32_t to_driver_flags(unsigned int flags)
{
	uint32_t to = 0;

	if (flags & XENDMABUF_RDONLY)
		to |= XEN_DMABUF_GRANT_RDONLY;
	if (flags & XENDMABUF_WAIT)
		to |= XEN_DMABUF_GRANT_WAIT;
	if (flags & XENDMABUF_FORCE_WRITE)
		to |= XEN_DMABUF_GRANT_FORCE_WRITE;
	return to;
}

XDL_API int xendmabuf_grant(struct xendmabuf *x, int dmabuf_fd, uint64_t offset,
			    uint16_t domid, unsigned int flags, uint32_t *refs,
			    size_t nr_refs, struct xendmabuf_lease **lease)
{
	struct xen_dmabuf_grant args = {
		.size = sizeof(args),
		.flags = to_driver_flags(flags),
		.domid = domid,
		.dmabuf_fd = dmabuf_fd,
		.offset = offset,
		.nr_refs = nr_refs,
		.lease_fd = -1,
		.refs = (uintptr_t)refs,
	};
	struct xendmabuf_lease *l = NULL;
	int err;

	/* Without the lease the grant would end before the peer learns of it */
	if (!lease)
		return -EINVAL;
	*lease = NULL;
	err = xdl_check_refs(refs, nr_refs, flags,
			     XENDMABUF_RDONLY | XENDMABUF_WAIT |
				     XENDMABUF_FORCE_WRITE);
	if (err)
		goto failed;
	l = xdl_lease_new();
	err = l ? 0 : -ENOMEM;
	if (err)
		goto failed;
	err = xdl_ioctl(x->fd, XEN_DMABUF_IOC_GRANT, &args);
	if (err)
		goto failed;
	l->fd = args.lease_fd;
	l->id = args.lease_id;
	*lease = l;
	return 0;

failed:
	free(l);
	xdl_handle_failed(x, &(struct xdl_failure){ .call = XDL_CALL_GRANT,
						    .err = err,
						    .domid = domid,
						    .nr_refs = nr_refs });
	return err;
}
