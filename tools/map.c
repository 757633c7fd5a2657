// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "common/number.h"
#include "picture/viewer.h"
#include "say.h"
#include "share/hold.h"
#include "share/source.h"
#include "system/device.h"

struct request {
	struct xt_place place;
	const char *png;
	char **exec;
	unsigned int dma_bits;
	bool rdonly;
	bool trust_devices;
	bool hold;
};

static void hold_share(const struct xt_source *src,
		       struct xendmabuf_lease *lease)
{
	struct xt_hold h;

	xt_hold_begin(&h, lease, src->domid, src->who);
	xt_say("Mapped %u pages of %s, lease %llu. Holding them until Ctrl-C.",
	       src->pic.pages, src->who,
	       (unsigned long long)xendmabuf_lease_id(lease));
	while (xt_hold_next(&h, -1) != XT_HOLD_END)
		;
	xt_hold_finish(&h);
}

static int map_share(const struct request *req, const struct xt_source *src)
{
	bool rdonly = req->rdonly || src->pic.rdonly;
	struct xendmabuf_lease *lease;
	unsigned int flags = 0;
	struct xendmabuf *x;
	int dmabuf;
	int ret;

	ret = xt_device_open(&x, src->domid, XENDMABUF_MAY_MAP);
	if (ret)
		return ret;
	if (rdonly)
		flags |= XENDMABUF_RDONLY;
	if (req->trust_devices)
		flags |= XENDMABUF_TRUST_DEVICES;
	ret = xt_source_map(x, src, flags, &dmabuf, &lease);
	if (ret) {
		xendmabuf_close(x);
		return ret;
	}
	if (req->png)
		ret = xt_source_save(src, dmabuf, req->png);
	if (!ret && req->exec)
		ret = xt_viewer_exec(req->exec, dmabuf, &src->pic, src->domid,
				     rdonly);
	else if (!ret && (!req->png || req->hold))
		hold_share(src, lease);
	close(dmabuf);
	if (!ret)
		ret = xt_hold_return(lease, src->who);
	xendmabuf_lease_close(lease);
	xendmabuf_close(x);
	return ret;
}

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "dma-bits", required_argument, NULL, 'd' },
		{ "from", required_argument, NULL, 'f' },
		{ "hold", no_argument, NULL, 'h' },
		{ "png", required_argument, NULL, 'p' },
		{ "read-only", no_argument, NULL, 'r' },
		{ "refs", required_argument, NULL, 'R' },
		{ "trust-devices", no_argument, NULL, 't' },
		{ 0 },
	};
	uint64_t bits;
	int opt;

	if (xt_arg_exec(&xt_cmd_map, &argc, argv, &req->exec))
		return XT_EXIT_USAGE;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			if (xdc_parse_u64(optarg, 64, &bits) || bits < 13)
				return xt_usage(
					&xt_cmd_map,
					"'%s' is not a number of address bits from 13 to 64",
					optarg);
			req->dma_bits = (unsigned int)bits;
			break;
		case 'f':
			req->place.from = optarg;
			break;
		case 'h':
			req->hold = true;
			break;
		case 'p':
			req->png = optarg;
			break;
		case 'r':
			req->rdonly = true;
			break;
		case 'R':
			req->place.refs = optarg;
			break;
		case 't':
			req->trust_devices = true;
			req->rdonly = true;
			break;
		default:
			return xt_usage(&xt_cmd_map, "unknown option");
		}
	}
	return xt_place_end(&xt_cmd_map, argc, argv, &req->place);
}

static int run_map(int argc, char **argv)
{
	struct request req = { 0 };
	struct xt_source src;
	int ret;

	ret = parse_arguments(argc, argv, &req);
	if (!ret)
		ret = xt_source_read(&xt_cmd_map, &req.place, &src);
	if (ret)
		return ret;
	src.dma_bits = req.dma_bits;
	ret = map_share(&req, &src);
	xt_source_free(&src);
	return ret;
}

const struct xt_command xt_cmd_map = {
	.name = "map",
	.run = run_map,
	.summary = "map what another domain granted",
	.help = "Usage: xendmabuf map DOMAIN:NAME [OPTION]... [--exec COMMAND...]\n"
		"       xendmabuf map --from DOMAIN --refs FILE|- [OPTION]... [--exec COMMAND...]\n"
		"Make a dma-buf of what another domain granted, and hold it until Ctrl-C.\n\n"
		"  DOMAIN:NAME      a share that `xendmabuf grant --name` published in xenstore\n"
		"  --from DOMAIN    the granting domain, with --refs\n"
		"  --refs FILE|-    references as `xendmabuf grant --refs` writes them, or plain numbers\n"
		"  --read-only      map for reading only\n"
		"  --trust-devices  map for reading only, and let devices import it that map for\n"
		"                   writing, too, such as graphics cards (as root)\n"
		"  --png FILE       write the picture to FILE and exit\n"
		"  --dma-bits N     for a device with N address bits (auto-translated domains)\n"
		"  --hold           with --png: hold it afterwards\n"
		"  --exec COMMAND   execute COMMAND, with the dma-buf as descriptor 3 and\n"
		"                   XENDMABUF_WIDTH, _HEIGHT, _STRIDE, _FORMAT, _PAGES, _READONLY,\n"
		"                   _DOMID and _FD in its environment\n\n"
		"Exit status: 0 mapped and given back, 1 failed, 2 wrong arguments; that of COMMAND with --exec.\n",
};
