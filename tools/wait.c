// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <limits.h>

#include "args.h"
#include "commands.h"
#include "common/number.h"
#include "say.h"
#include "system/device.h"

static int run_wait(int argc, char **argv)
{
	static const struct option options[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ 0 },
	};
	struct xen_dmabuf_lease_info info;
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	uint64_t id, seconds;
	int timeout_ms = -1;
	int opt, ret, err;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 't')
			return xt_usage(&xt_cmd_wait, "unknown option");
		if (xdc_parse_u64(optarg, INT_MAX / 1000, &seconds))
			return xt_usage(&xt_cmd_wait,
					"'%s' is not a number of seconds",
					optarg);
		timeout_ms = (int)seconds * 1000;
	}
	ret = xt_arg_lease(&xt_cmd_wait, argc - optind, argv + optind, &id);
	if (ret)
		return ret;
	ret = xt_device_open(&x, 0, 0);
	if (ret)
		return ret;
	err = xendmabuf_lease_observe(x, id, &lease);
	if (err == -ENOENT) {
		/* the driver has forgotten it: it is RETURNED */
		xendmabuf_close(x);
		xt_say("There is no lease %llu: it is RETURNED, or never existed.",
		       (unsigned long long)id);
		return XT_EXIT_OK;
	}
	if (err) {
		ret = xt_fail("cannot open lease %llu: %s",
			      (unsigned long long)id,
			      xendmabuf_explain(x, err));
		xendmabuf_close(x);
		return ret;
	}
	err = xendmabuf_lease_wait(lease, timeout_ms);
	if (!err) {
		ret = XT_EXIT_OK;
	} else if (err == -ETIMEDOUT) {
		ret = XT_EXIT_TIMEOUT;
		if (!xendmabuf_lease_info(lease, &info, sizeof(info)))
			xt_say("Lease %llu is %s, %u of %u pages in use.",
			       (unsigned long long)id,
			       xendmabuf_state_name(info.state),
			       info.pages_in_use, info.nr_pages);
	} else {
		ret = xt_fail("cannot wait for lease %llu: %s",
			      (unsigned long long)id,
			      xendmabuf_explain(x, err));
	}
	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	return ret;
}

const struct xt_command xt_cmd_wait = {
	.name = "wait",
	.run = run_wait,
	.summary = "wait until a lease is returned",
	.help = "Usage: xendmabuf wait LEASE-ID [--timeout SECONDS]\n"
		"Wait until the memory of a lease is no longer in use. xendmabuf list shows the ids.\n\n"
		"  --timeout SECONDS   give up after this time; 0 does not wait\n\n"
		"Exit status: 0 returned, 1 failed, 2 wrong arguments, 3 timed out.\n",
};
