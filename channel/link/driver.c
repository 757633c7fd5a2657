// SPDX-License-Identifier: GPL-2.0-only
#include <sys/param.h>
#include <xendmabuf.h>

#include "link/driver.h"

static int driver_grant(struct xch_driver *d, int fd, bool read_only,
			uint32_t *refs, uint32_t pages,
			struct xendmabuf_lease **lease)
{
	return xendmabuf_grant(d->dmabuf, fd, 0, d->domid,
			       read_only ? XENDMABUF_RDONLY : 0, refs, pages,
			       lease);
}

static int driver_map(struct xch_driver *d, const uint32_t *refs,
		      uint32_t pages, bool read_only, int *fd,
		      struct xendmabuf_lease **lease, uint32_t *bad)
{
	unsigned int flags = (read_only ? XENDMABUF_RDONLY : 0) |
			     (d->revocable ? XENDMABUF_REVOCABLE : 0);
	int err = xendmabuf_map(d->dmabuf, d->domid, refs, pages, flags, fd,
				lease);

	*bad = err ? (uint32_t)xendmabuf_bad_ref(d->dmabuf) : 0;
	return err;
}

static int driver_look(struct xendmabuf_lease *lease,
		       struct xch_lease_state *state)
{
	struct xen_dmabuf_lease_info info;
	int err = xendmabuf_lease_info(lease, &info, sizeof(info));

	if (err)
		return err;
	state->returned = info.state == XEN_DMABUF_LEASE_RETURNED;
	state->used = info.attachments || info.mmaps || info.vmaps;
	state->pinned = info.pinned + info.vmaps;
	return 0;
}

uint32_t xch_driver_grants(const struct xen_dmabuf_info *info)
{
	/* the limits of the user and of the file are none above that of the domain */
	uint32_t table = info->grants_total -
			 MIN(info->grants_total, info->grants_reserved);

	return MIN(info->file_pages_granted_limit, table);
}

const struct xch_driver_ops xch_driver_ops_xen = {
	.grant = driver_grant,
	.map = driver_map,
	.lease_fd = xendmabuf_lease_fd,
	.look = driver_look,
	.revoke = xendmabuf_lease_revoke,
	.close = xendmabuf_lease_close,
};
