/* SPDX-License-Identifier: GPL-2.0-only */
/* The service at xen-channeld by which all guests' programs come. */
#ifndef XWL_HOST_SERVICE_H
#define XWL_HOST_SERVICE_H

#include <stdbool.h>

#include "common/loop.h"

struct xwl_service {
	struct xdc_loop *loop;
	const char *name;
	struct xdc_source listener; /* file -1: it is not offered */
	struct xdc_timer retry;
	int err; /* why not, as logged last; 0: it is offered */
	/* a program of the guest's; takes over @channel, of type SOCK_SEQPACKET */
	void (*accepted)(struct xwl_service *s, const char *guest, int channel);
};

/**
 * xwl_service_start - offer it, and again whenever the daemon has started anew
 * @name: of the service, kept by the caller
 *
 * While it cannot be offered, that is tried every second, and logged once.
 */
void xwl_service_start(struct xwl_service *s, struct xdc_loop *loop,
		       const char *name,
		       void (*accepted)(struct xwl_service *s,
					const char *guest, int channel));
/** xwl_service_trouble - in words, why it is not offered; NULL: it is, or was not to be yet */
const char *xwl_service_trouble(const struct xwl_service *s);
void xwl_service_stop(struct xwl_service *s);

#endif
