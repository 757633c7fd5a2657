// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>

#include "args.h"
#include "commands.h"
#include "say.h"
#include "system/device.h"

#define GRACE_MS 500

static int run_revoke(int argc, char **argv)
{
	static const struct option options[] = { { 0 } };
	struct xen_dmabuf_lease_info info;
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	uint64_t id;
	int ret, err;

	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return xt_usage(&xt_cmd_revoke, "unknown option");
	ret = xt_arg_lease(&xt_cmd_revoke, argc - optind, argv + optind, &id);
	if (ret)
		return ret;
	ret = xt_device_open(&x, 0, 0);
	if (ret)
		return ret;
	err = xendmabuf_lease_open(x, id, &lease);
	if (err) {
		ret = xt_fail("cannot open lease %llu: %s",
			      (unsigned long long)id,
			      xendmabuf_explain(x, err));
		xendmabuf_close(x);
		return ret;
	}
	err = xendmabuf_lease_revoke(lease);
	/* what is not in use is returned in a moment */
	if (!err) {
		xendmabuf_lease_wait(lease, GRACE_MS);
		err = xendmabuf_lease_info(lease, &info, sizeof(info));
	}
	if (err)
		ret = xt_fail("cannot revoke lease %llu: %s",
			      (unsigned long long)id,
			      xendmabuf_explain(x, err));
	else if (info.state == XEN_DMABUF_LEASE_RETURNED)
		xt_say("Lease %llu is returned.", (unsigned long long)id);
	else
		xt_say("Lease %llu is revoked; %u of %u pages are still in use. Try: xendmabuf wait %llu",
		       (unsigned long long)id, info.pages_in_use, info.nr_pages,
		       (unsigned long long)id);
	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	return ret;
}

const struct xt_command xt_cmd_revoke = {
	.name = "revoke",
	.run = run_revoke,
	.summary = "request the end of a lease",
	.help = "Usage: xendmabuf revoke LEASE-ID\n"
		"Request the end of a lease, and do not wait for its users. xendmabuf list shows the ids.\n\n"
		"Pages that the other domain maps end when it unmaps them: nothing can force it.\n"
		"Exit status: 0 revoked, 1 failed, 2 wrong arguments.\n",
};
