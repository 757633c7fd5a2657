// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "system/device.h"

#define MAPPING "/dev/xen/dmabuf"
#define GRANTING "/dev/xen/dmabuf-grant"
#define MODULE "/sys/module/xen_dmabuf"

static void device_denied(int err, struct xt_refusal *r)
{
	/* rather the node that a group may open */
	bool grant = xt_node_group(GRANTING);
	struct xt_refusal node;

	xt_node_refused(grant ? GRANTING : MAPPING, err, "", &node);
	*r = node;
	snprintf(r->why, sizeof(r->why), "%.400s, nor %s", node.why,
		 grant ? MAPPING : GRANTING);
}

void xt_device_refused(int err, struct xt_refusal *r)
{
	*r = (struct xt_refusal){ .advice = "xendmabuf doctor" };
	if (xt_node_denied(err)) {
		device_denied(err, r);
	} else if (err == -ENODEV) {
		snprintf(r->why, sizeof(r->why),
			 "this system does not run under Xen");
	} else if (err == -ENOENT && access(MODULE, F_OK)) {
		*r = (struct xt_refusal){
			.why = "the module xen_dmabuf is not loaded",
			.advice =
				"as root: modprobe xen_dmabuf; if there is no such module, install the package xen-dmabuf-dkms, or run `make install`",
		};
	} else if (err == -ENOENT) {
		*r = (struct xt_refusal){
			.why = "the module xen_dmabuf is loaded, but there is no " MAPPING,
			.advice =
				"as root: modprobe -r xen_dmabuf, then modprobe xen_dmabuf; see the kernel's log (dmesg)",
		};
	} else {
		snprintf(r->why, sizeof(r->why), "cannot open " MAPPING ": %s",
			 strerror(-err));
		snprintf(r->advice, sizeof(r->advice), "%s",
			 xendmabuf_explain(NULL, err));
	}
}

/* Whether the file is one of /dev/xen/dmabuf-grant */
static bool may_only_grant(struct xendmabuf *x)
{
	struct xen_dmabuf_info info;

	/* a driver that does not tell leaves 0 */
	return !xendmabuf_info(x, &info, sizeof(info)) &&
	       info.may == XEN_DMABUF_MAY_GRANT &&
	       info.only_domid == XEN_DMABUF_ANY_DOMAIN;
}

int xt_device_open(struct xendmabuf **x, uint16_t domid, unsigned int may)
{
	struct xt_refusal refusal;
	int err;

	err = xendmabuf_open(x);
	if (err) {
		xt_device_refused(err, &refusal);
		return xt_fail("%s. Try: %s", refusal.why, refusal.advice);
	}
	if (may & XENDMABUF_MAY_MAP && may_only_grant(*x)) {
		xendmabuf_close(*x);
		*x = NULL;
		return xt_fail(
			"this user may grant, but not map: who maps could read all that any domain has granted to this one. Try: run as root, or see xen_dmabuf(4) for a group that may map");
	}
	if (!may)
		return 0;
	/* give up all rights that this process does not need */
	err = xendmabuf_restrict(*x, domid, may);
	if (err) {
		xt_fail("cannot restrict /dev/xen/dmabuf to domain %u: %s",
			domid, xendmabuf_explain(*x, err));
		xendmabuf_close(*x);
		*x = NULL;
		return XT_EXIT_FAILED;
	}
	return 0;
}
