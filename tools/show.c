// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/number.h"
#include "picture/kms.h"
#include "say.h"
#include "share/hold.h"
#include "share/source.h"
#include "system/device.h"

#define REFRESH_MAX_MS 3600000U

struct request {
	struct xt_place place;
	const char *png;
	const char *connector;
	const char *card;
	int refresh_ms; /* -1: on SIGUSR1 only */
	bool copy;
	bool trust_devices;
};

static int keep_on_screen(struct kms *k, const struct request *req,
			  const struct xt_source *src, struct xt_hold *h)
{
	enum xt_hold_event event;

	while ((event = xt_hold_next(h, req->refresh_ms)) != XT_HOLD_END) {
		if (event == XT_HOLD_NOTHING && req->refresh_ms < 0)
			continue;
		if (kms_refresh(k))
			return xt_fail("cannot refresh %s: %s", src->who,
				       k->why);
	}
	return XT_EXIT_OK;
}

/* Whether the driver can map pages at addresses that a 32-bit card reaches */
static bool has_dma_backing(void)
{
	struct xen_dmabuf_info info;
	struct xendmabuf *x;
	bool can;

	if (xendmabuf_open(&x))
		return false;
	can = !xendmabuf_info(x, &info, sizeof(info)) &&
	      info.features & XEN_DMABUF_FEATURE_DMA_BACKING;
	xendmabuf_close(x);
	return can;
}

/* An exit status, or -EREMOTEIO, silently, if no card can reach the pages */
static int put_on_screen(const struct request *req, const struct xt_source *src,
			 int dmabuf, struct xendmabuf_lease *lease)
{
	struct kms_wish wish = {
		.card = req->card,
		.connector = req->connector,
		.pic = &src->pic,
		.dmabuf = dmabuf,
		.copy = req->copy,
	};
	struct xt_hold h;
	struct kms k;
	int ret;

	ret = kms_open(&k, &wish);
	if (ret == -EREMOTEIO && !src->dma_bits && has_dma_backing())
		return ret;
	if (ret)
		return xt_fail("cannot show %s: %s", src->who, k.why);
	/* from here on a signal restores the screen instead of killing the process */
	xt_hold_begin(&h, lease, src->domid, src->who);
	if (kms_show(&k)) {
		ret = xt_fail("cannot show %s: %s", src->who, k.why);
	} else {
		xt_say("%s is on %s of %s (%s), mode %s%s. Ctrl-C ends.",
		       src->who, k.connector_name, k.card, k.driver,
		       k.mode.name,
		       req->copy ? ", as a copy in the card's own memory"
				 : ", imported, not copied");
		ret = keep_on_screen(&k, req, src, &h);
	}
	xt_hold_finish(&h);
	kms_close(&k);
	return ret;
}

/* One mapping, from the first reference to the last unmap. */
static int show_mapped(struct xendmabuf *x, const struct request *req,
		       const struct xt_source *src)
{
	struct xendmabuf_lease *lease;
	int dmabuf, ret, returned;
	unsigned int flags = 0;

	if (req->copy || req->png)
		flags = XENDMABUF_RDONLY;
	else if (req->trust_devices)
		flags = XENDMABUF_RDONLY | XENDMABUF_TRUST_DEVICES;
	ret = xt_source_map(x, src, flags, &dmabuf, &lease);
	if (ret)
		return ret;
	if (req->png)
		ret = xt_source_save(src, dmabuf, req->png);
	else
		ret = put_on_screen(req, src, dmabuf, lease);
	close(dmabuf);
	if (ret <= 0) {
		returned = xt_hold_return(lease, src->who);
		ret = returned ? returned : ret;
	}
	xendmabuf_lease_close(lease);
	return ret;
}

static int show_source(const struct request *req, struct xt_source *src)
{
	struct xendmabuf *x;
	int ret;

	if (!src->pic.width || src->pic.format != XT_SHARE_XRGB8888)
		return xt_fail(
			"cannot show %s: it is not known to be an XRGB8888 picture. Try: grant it with --image or --size",
			src->who);
	if (src->pic.rdonly && !req->copy && !req->png && !req->trust_devices)
		return xt_fail(
			"cannot show %s: it is granted read-only, and graphics drivers import for writing. Try: --trust-devices (as root), --copy or --png, or grant it without --read-only",
			src->who);
	ret = xt_device_open(&x, src->domid, XENDMABUF_MAY_MAP);
	if (ret)
		return ret;
	ret = show_mapped(x, req, src);
	if (ret == -EREMOTEIO) {
		xt_say("No card can reach the pages of %s by DMA: mapping them again, below 4 GiB.",
		       src->who);
		src->dma_bits = 32;
		ret = show_mapped(x, req, src);
	}
	xendmabuf_close(x);
	return ret;
}

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "card", required_argument, NULL, 'c' },
		{ "copy", no_argument, NULL, 'C' },
		{ "from", required_argument, NULL, 'f' },
		{ "on", required_argument, NULL, 'o' },
		{ "png", required_argument, NULL, 'p' },
		{ "refresh", required_argument, NULL, 'r' },
		{ "refs", required_argument, NULL, 'R' },
		{ "trust-devices", no_argument, NULL, 't' },
		{ 0 },
	};
	uint64_t ms;
	int opt;

	req->refresh_ms = -1;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			req->card = optarg;
			break;
		case 'C':
			req->copy = true;
			break;
		case 'f':
			req->place.from = optarg;
			break;
		case 'o':
			req->connector = optarg;
			break;
		case 'p':
			req->png = optarg;
			break;
		case 'r':
			if (xdc_parse_u64(optarg, REFRESH_MAX_MS, &ms) || !ms)
				return xt_usage(
					&xt_cmd_show,
					"'%s' is not a number of milliseconds from 1 to %u",
					optarg, REFRESH_MAX_MS);
			req->refresh_ms = (int)ms;
			break;
		case 'R':
			req->place.refs = optarg;
			break;
		case 't':
			req->trust_devices = true;
			break;
		default:
			return xt_usage(&xt_cmd_show, "unknown option");
		}
	}
	if (xt_place_end(&xt_cmd_show, argc, argv, &req->place))
		return XT_EXIT_USAGE;
	if (req->png && (req->card || req->connector || req->copy))
		return xt_usage(
			&xt_cmd_show,
			"--png uses no card: --card, --on and --copy do not apply");
	return 0;
}

static int run_show(int argc, char **argv)
{
	struct request req = { 0 };
	struct xt_source src;
	int ret;

	ret = parse_arguments(argc, argv, &req);
	if (!ret)
		ret = xt_source_read(&xt_cmd_show, &req.place, &src);
	if (ret)
		return ret;
	ret = show_source(&req, &src);
	xt_source_free(&src);
	return ret;
}

const struct xt_command xt_cmd_show = {
	.name = "show",
	.run = run_show,
	.summary = "put a granted picture on a screen, or into a PNG file",
	.help = "Usage: xendmabuf show DOMAIN:NAME [OPTION]...\n"
		"       xendmabuf show --from DOMAIN --refs FILE|- [OPTION]...\n"
		"Put a picture that another domain granted on a screen, until Ctrl-C.\n"
		"The graphics driver imports the dma-buf; xendmabuf does not copy it.\n\n"
		"  --on CONNECTOR   the screen, as in /sys/class/drm: Virtual-1, HDMI-A-1\n"
		"  --card PATH      the card, such as /dev/dri/card0; default: the first that can show it\n"
		"  --refresh MS     tell the driver every MS milliseconds that the picture may have\n"
		"                   changed; SIGUSR1 tells it once\n"
		"  --copy           for a card that cannot import: copy into the card's memory\n"
		"  --trust-devices  map for reading only, although the card's driver maps for writing,\n"
		"                   too (as root; not for drivers that copy, such as cirrus)\n"
		"  --png FILE       use no card: read through the CPU and write FILE\n"
		"  --from DOMAIN, --refs FILE|-   references instead of a share, as for map\n\n"
		"Exit status: 0 shown and given back, 1 failed, 2 wrong arguments.\n",
};
