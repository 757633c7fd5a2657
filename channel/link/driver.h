/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls that buffers need, as a table, so that tests need no driver. */
#ifndef XCH_LINK_DRIVER_H
#define XCH_LINK_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

struct xen_dmabuf_info;
struct xendmabuf;
struct xendmabuf_lease;

struct xch_lease_state {
	bool returned;
	bool used; /* MAP: devices or processes have it mapped */
	uint32_t pinned; /* MAP: users that do not let go when it is revoked */
};

struct xch_driver;

/* All but lease_fd() return 0 or a negative errno value of libxendmabuf */
struct xch_driver_ops {
	/* references for all pages of a dma-buf; the peer may map them */
	int (*grant)(struct xch_driver *d, int fd, bool read_only,
		     uint32_t *refs, uint32_t pages,
		     struct xendmabuf_lease **lease);
	/* @bad: set to the index of the reference that failed, or to 0 */
	int (*map)(struct xch_driver *d, const uint32_t *refs, uint32_t pages,
		   bool read_only, int *fd, struct xendmabuf_lease **lease,
		   uint32_t *bad);
	/* readable when the state has changed, which look() acknowledges */
	int (*lease_fd)(const struct xendmabuf_lease *lease);
	int (*look)(struct xendmabuf_lease *lease,
		    struct xch_lease_state *state);
	int (*revoke)(struct xendmabuf_lease *lease);
	/* revokes a GRANT */
	void (*close)(struct xendmabuf_lease *lease);
};

struct xch_driver {
	const struct xch_driver_ops *ops;
	struct xendmabuf *dmabuf; /* restricted to the peer */
	uint16_t domid; /* the peer */
	bool revocable; /* MAP for users only that can be told to let go */
};

/** xch_driver_grants - pages that a file can have granted at a time, by what INFO says */
uint32_t xch_driver_grants(const struct xen_dmabuf_info *info);

/** xch_driver_ops_xen - the real ones */
extern const struct xch_driver_ops xch_driver_ops_xen;

#endif
