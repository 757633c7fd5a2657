// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "system/store.h"

/* In the order in which libxenstore tries them: dom0's socket, the device */
static const char *const paths[] = {
	"/run/xenstored/socket",
	"/dev/xen/xenbus",
	"/proc/xen/xenbus",
};

void xt_store_refused(struct xt_refusal *r)
{
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int err = xt_node_check(paths[i]);

		if (xt_node_denied(err)) {
			xt_node_refused(paths[i], err, "", r);
			return;
		}
		if (err)
			continue;
		*r = (struct xt_refusal){
			.advice = "start xenstored in dom0",
		};
		snprintf(r->why, sizeof(r->why), "no answer at %s", paths[i]);
		return;
	}
	*r = (struct xt_refusal){
		.why = "there is neither /run/xenstored/socket nor /dev/xen/xenbus",
		.advice = "in dom0: start xenstored",
	};
}
