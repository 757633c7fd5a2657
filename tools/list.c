// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "commands.h"
#include "common/json.h"
#include "say.h"
#include "share/peer.h"
#include "system/leases.h"

static void print_json(const struct xt_lease_line *all, size_t nr,
		       struct xs_handle *xs)
{
	char name[XT_PEER_NAME_MAX];
	struct xdc_json j;
	size_t i;

	xdc_json_begin(&j, stdout);
	xdc_json_open(&j, NULL, '[');
	for (i = 0; i < nr; i++) {
		const struct xt_lease_line *l = &all[i];

		xdc_json_open(&j, NULL, '{');
		xdc_json_number(&j, "id", l->id);
		xdc_json_text(&j, "kind", l->kind);
		xdc_json_text(&j, "state", l->state);
		xdc_json_number(&j, "domid", l->domid);
		xdc_json_text(&j, "peer",
			      xt_peer_name(xs, (uint16_t)l->domid, name,
					   sizeof(name)));
		xdc_json_number(&j, "pages", l->pages);
		xdc_json_number(&j, "in_use", l->in_use);
		xdc_json_number(&j, "attachments", l->attachments);
		xdc_json_number(&j, "mmaps", l->mmaps);
		xdc_json_number(&j, "vmaps", l->vmaps);
		xdc_json_bool(&j, "readonly", l->rdonly);
		xdc_json_number(&j, "pid", l->pid < 0 ? 0 : (uint64_t)l->pid);
		xdc_json_text(&j, "comm", l->comm);
		xdc_json_close(&j, '}');
	}
	xdc_json_close(&j, ']');
}

static void print_text(const struct xt_lease_line *all, size_t nr,
		       struct xs_handle *xs)
{
	char name[XT_PEER_NAME_MAX];
	size_t i;

	printf("%6s %-5s %-8s %-16s %7s %7s %4s %5s %5s %-2s %s\n", "LEASE",
	       "KIND", "STATE", "PEER", "PAGES", "IN-USE", "DEVS", "MMAPS",
	       "VMAPS", "", "HOLDER");
	for (i = 0; i < nr; i++) {
		const struct xt_lease_line *l = &all[i];

		printf("%6llu %-5s %-8s %-16s %7u %7u %4u %5u %5u %-2s %lld %s\n",
		       (unsigned long long)l->id, l->kind, l->state,
		       xt_peer_name(xs, (uint16_t)l->domid, name, sizeof(name)),
		       l->pages, l->in_use, l->attachments, l->mmaps, l->vmaps,
		       l->rdonly ? "ro" : "rw", (long long)l->pid, l->comm);
	}
}

static int run_list(int argc, char **argv)
{
	struct xt_lease_line *all;
	struct xs_handle *xs;
	bool json;
	size_t nr;
	int ret, err;

	ret = xt_arg_json(&xt_cmd_list, argc, argv, &json);
	if (ret)
		return ret;
	err = xt_leases_read(XT_LEASES_PATH, &all, &nr);
	if (err)
		return xt_fail("cannot read " XT_LEASES_PATH ": %s. Try: %s",
			       xt_leases_explain(err), xt_leases_advice(err));
	/* xenstore is used for names only: without it, ids are shown */
	xs = xs_open(0);
	if (json)
		print_json(all, nr, xs);
	else
		print_text(all, nr, xs);
	xs_close(xs);
	free(all);
	return XT_EXIT_OK;
}

const struct xt_command xt_cmd_list = {
	.name = "list",
	.run = run_list,
	.summary = "list what is mapped and granted, and who holds it",
	.help = "Usage: xendmabuf list [--json]\n"
		"List the leases of this domain: other domain, pages, state, users, holder.\n\n"
		"  DEVS    devices attached to the dma-buf    MMAPS   user mappings of it\n"
		"  VMAPS   1 while a kernel driver has it mapped\n"
		"  --json  write JSON\n\n"
		"Reads debugfs, which only root may. Other users: xendmabuf info shows how many pages are\n"
		"shared.\n"
		"Exit status: 0 shown, 1 failed, 2 wrong arguments.\n",
};
