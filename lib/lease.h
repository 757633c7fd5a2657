/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_LEASE_H
#define XDL_LEASE_H

#include <stdint.h>
#include <xendmabuf.h>

/* Never written after MAP, GRANT or LEASE_OPEN filled it in: needs no lock */
struct xendmabuf_lease {
	int fd;
	uint64_t id;
};

/* without a file yet; NULL: out of memory */
struct xendmabuf_lease *xdl_lease_new(void);

#endif
