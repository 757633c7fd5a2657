// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "args.h"
#include "commands.h"
#include "common/json.h"
#include "say.h"
#include "system/budget.h"
#include "system/device.h"

static uint32_t frames_to_grant(const struct xen_dmabuf_info *info)
{
	return xt_budget_frames(info, xt_budget_to_grant(info), XT_BUDGET_4K);
}

static uint32_t frames_to_map(const struct xen_dmabuf_info *info)
{
	return xt_budget_frames(info, xt_budget_to_map(info), XT_BUDGET_4K);
}

static void print_json(const struct xen_dmabuf_info *info)
{
	struct xdc_json j;

	xdc_json_begin(&j, stdout);
	xdc_json_open(&j, NULL, '{');
	xdc_json_number(&j, "version", info->version);
	xdc_json_number(&j, "domid", info->domid);
	xdc_json_bool(&j, "pv", info->features & XEN_DMABUF_FEATURE_PV);
	xdc_json_bool(&j, "mmap", info->features & XEN_DMABUF_FEATURE_MMAP);
	xdc_json_bool(&j, "vmap", info->features & XEN_DMABUF_FEATURE_VMAP);
	xdc_json_bool(&j, "dma_backing",
		      info->features & XEN_DMABUF_FEATURE_DMA_BACKING);
	xdc_json_bool(&j, "may_map", info->may & XENDMABUF_MAY_MAP);
	xdc_json_bool(&j, "may_grant", info->may & XENDMABUF_MAY_GRANT);
	xdc_json_number(&j, "max_pages", info->max_pages);
	xdc_json_number(&j, "pages_mapped", info->pages_mapped);
	xdc_json_number(&j, "pages_mapped_limit", info->pages_mapped_limit);
	xdc_json_number(&j, "pages_granted", info->pages_granted);
	xdc_json_number(&j, "pages_granted_limit", info->pages_granted_limit);
	xdc_json_number(&j, "grants_total", info->grants_total);
	xdc_json_number(&j, "grants_left", info->grants_left);
	xdc_json_number(&j, "page_frames", info->frames);
	xdc_json_number(&j, "free_page_frames", info->free_frames);
	xdc_json_number(&j, "free_page_frames_limit", info->free_frames_limit);
	xdc_json_number(&j, "frames_to_grant", frames_to_grant(info));
	xdc_json_number(&j, "frames_to_map", frames_to_map(info));
	xdc_json_close(&j, '}');
}

static void print_text(const struct xen_dmabuf_info *info)
{
	printf("driver      interface version %u\n", info->version);
	printf("domain      %u, %s\n", info->domid,
	       info->features & XEN_DMABUF_FEATURE_PV
		       ? "PV"
		       : "auto-translated (PVH, HVM or Arm)");
	printf("mapped      dma-bufs support %s, %s%s\n",
	       info->features & XEN_DMABUF_FEATURE_MMAP ? "mmap" : "no mmap",
	       info->features & XEN_DMABUF_FEATURE_VMAP ? "vmap" : "no vmap",
	       info->features & XEN_DMABUF_FEATURE_DMA_BACKING
		       ? ", DMA-API backing"
		       : "");
	printf("permitted   %s\n", info->may & XENDMABUF_MAY_MAP
					   ? "to map and to grant"
					   : "to grant, but not to map");
	printf("pages       at most %u in one map or grant\n", info->max_pages);
	printf("            %u of %u mapped from other domains\n",
	       info->pages_mapped, info->pages_mapped_limit);
	printf("            %u of %u granted to other domains\n",
	       info->pages_granted, info->pages_granted_limit);
	printf("references  about %u of %u left\n", info->grants_left,
	       info->grants_total);
	printf("page frames %u to map pages into, %u of them free (at most %u are kept)\n",
	       info->frames, info->free_frames, info->free_frames_limit);
	printf("room        %u more 4K frames to grant, %u to map\n",
	       frames_to_grant(info), frames_to_map(info));
}

static int run_info(int argc, char **argv)
{
	struct xen_dmabuf_info info;
	struct xendmabuf *x;
	bool json;
	int ret, err;

	ret = xt_arg_json(&xt_cmd_info, argc, argv, &json);
	if (ret)
		return ret;
	ret = xt_device_open(&x, 0, 0);
	if (ret)
		return ret;
	err = xendmabuf_info(x, &info, sizeof(info));
	if (err)
		ret = xt_fail("the driver does not answer: %s",
			      xendmabuf_explain(x, err));
	else if (json)
		print_json(&info);
	else
		print_text(&info);
	xendmabuf_close(x);
	return ret;
}

const struct xt_command xt_cmd_info = {
	.name = "info",
	.run = run_info,
	.summary =
		"show what the driver can do, and how much can still be shared",
	.help = "Usage: xendmabuf info [--json]\n"
		"Show what the driver can do here, its limits and what is in use.\n\n"
		"  --json   write JSON\n\n"
		"Exit status: 0 shown, 1 failed, 2 wrong arguments.\n",
};
