// SPDX-License-Identifier: GPL-2.0-only
#include "client.h"
#include "common/ask.h"

static const struct xdc_asker asker = {
	.program = "xen-channeld",
	.hint = "Is the daemon running? Try: systemctl status xen-channeld",
	.timeout_ms = 20000,
};

int xch_client_status(const char *path, bool json, FILE *out)
{
	return xdc_ask_status(&asker, path, json, out);
}
