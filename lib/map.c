// SPDX-License-Identifier: LGPL-2.1-or-later
/* MAP: a dma-buf of another domain's references */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "call.h"
#include "handle.h"
#include "lease.h"

/* The library passes its flags to the driver unchanged */
_Static_assert(XENDMABUF_RDONLY == XEN_DMABUF_MAP_RDONLY, "read-only");
_Static_assert(XENDMABUF_CONTIGUOUS == XEN_DMABUF_MAP_CONTIGUOUS, "contiguous");
_Static_assert(XENDMABUF_REVOCABLE == XEN_DMABUF_MAP_REVOCABLE, "revocable");
_Static_assert(XENDMABUF_TRUST_DEVICES == XEN_DMABUF_MAP_TRUST_DEVICES,
	       "trusted devices");

static void record_failure(struct xendmabuf *x, struct xdl_failure *failure,
			   const uint32_t *refs, size_t bad_ref)
{
	bool has_bad_ref = failure->err == -EACCES || failure->err == -EBADR ||
			   failure->err == -EIO || failure->err == -ESRCH;

	if (has_bad_ref && bad_ref < failure->nr_refs)
		failure->bad_value = refs[bad_ref];
	else
		bad_ref = 0;
	pthread_mutex_lock(&x->lock);
	x->failure = *failure;
	x->bad_ref = bad_ref;
	pthread_mutex_unlock(&x->lock);
}

XDL_API int xendmabuf_map_for_device(struct xendmabuf *x, uint16_t domid,
				     const uint32_t *refs, size_t nr_refs,
				     unsigned int flags, unsigned int dma_bits,
				     int *dmabuf_fd,
				     struct xendmabuf_lease **lease)
{
	struct xen_dmabuf_map args = {
		.size = sizeof(args),
		.flags = flags,
		.domid = domid,
		.nr_refs = nr_refs,
		.refs = (uintptr_t)refs,
		.dma_bits = dma_bits,
		.dmabuf_fd = -1,
		.lease_fd = -1,
	};
	struct xendmabuf_lease *l = NULL;
	int err;

	*dmabuf_fd = -1;
	if (lease)
		*lease = NULL;
	err = xdl_check_refs(refs, nr_refs, flags,
			     XENDMABUF_RDONLY | XENDMABUF_CONTIGUOUS |
				     XENDMABUF_REVOCABLE |
				     XENDMABUF_TRUST_DEVICES);
	if (err)
		goto failed;
	if (lease) {
		l = xdl_lease_new();
		err = l ? 0 : -ENOMEM;
		if (err)
			goto failed;
	}
	err = xdl_ioctl(x->fd, XEN_DMABUF_IOC_MAP, &args);
	if (err)
		goto failed;
	if (l) {
		l->fd = args.lease_fd;
		l->id = args.lease_id;
		*lease = l;
	} else {
		close(args.lease_fd);
	}
	*dmabuf_fd = args.dmabuf_fd;
	return 0;

failed:
	free(l);
	record_failure(x,
		       &(struct xdl_failure){ .call = XDL_CALL_MAP,
					      .err = err,
					      .domid = domid,
					      .nr_refs = nr_refs },
		       refs, args.bad_ref);
	return err;
}

XDL_API int xendmabuf_map(struct xendmabuf *x, uint16_t domid,
			  const uint32_t *refs, size_t nr_refs,
			  unsigned int flags, int *dmabuf_fd,
			  struct xendmabuf_lease **lease)
{
	return xendmabuf_map_for_device(x, domid, refs, nr_refs, flags, 0,
					dmabuf_fd, lease);
}

XDL_API size_t xendmabuf_bad_ref(const struct xendmabuf *x)
{
	struct xendmabuf *handle = (struct xendmabuf *)x;
	size_t bad_ref;

	pthread_mutex_lock(&handle->lock);
	bad_ref = handle->bad_ref;
	pthread_mutex_unlock(&handle->lock);
	return bad_ref;
}
