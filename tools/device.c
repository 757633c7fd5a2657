// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "device.h"
#include "say.h"

static const char *open_advice(int err)
{
	switch (err) {
	case -ENODEV:
		return "this system does not run under Xen. Try: xendmabuf doctor";
	case -ENOENT:
		return "the driver is not loaded. Try: modprobe xen_dmabuf, or xendmabuf doctor";
	case -EACCES:
		return "no permission. Try: run as root, or, to grant only, add this user to the group xen-dmabuf";
	default:
		return xendmabuf_explain(NULL, err);
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
	int err;

	err = xendmabuf_open(x);
	if (err)
		return xt_fail("cannot open /dev/xen/dmabuf: %s",
			       open_advice(err));
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
