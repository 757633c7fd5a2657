// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "commands.h"
#include "common/number.h"
#include "picture/image.h"
#include "picture/picture.h"
#include "picture/watch.h"
#include "say.h"
#include "share/granting.h"
#include "share/peer.h"
#include "share/refs.h"
#include "share/share.h"
#include "signals.h"
#include "system/device.h"

struct request {
	const char *to;
	const char *image;
	const char *name;
	const char *refs;
	uint32_t width;
	uint32_t height;
	uint64_t bytes;
	int dmabuf; /* -1: make one */
	unsigned int source;
	bool rdonly;
	bool watch;
};

static int parse_source(const char *text, unsigned int *source)
{
	if (!strcmp(text, "heap"))
		*source = XENDMABUF_ALLOC_HEAP;
	else if (!strcmp(text, "udmabuf"))
		*source = XENDMABUF_ALLOC_UDMABUF;
	else if (!strcmp(text, "vgem"))
		*source = XENDMABUF_ALLOC_DUMB;
	else
		return xt_usage(&xt_cmd_grant,
				"--source is heap, udmabuf or vgem");
	return 0;
}

static int check_request(const struct request *req)
{
	if (!req->to)
		return xt_usage(&xt_cmd_grant, "--to DOMAIN is missing");
	if (!req->image + !req->bytes + (req->dmabuf < 0) < 2 ||
	    (req->bytes && req->width))
		return xt_usage(
			&xt_cmd_grant,
			"--image, --bytes and --dmabuf-fd exclude each other, and so do --bytes and --size");
	if (!req->image && !req->bytes && req->dmabuf < 0 && !req->width)
		return xt_usage(
			&xt_cmd_grant,
			"nothing to grant: use --image, --size, --bytes or --dmabuf-fd");
	if (req->watch && !req->image)
		return xt_usage(&xt_cmd_grant, "--watch needs --image");
	if (!req->name && !req->refs)
		return xt_usage(
			&xt_cmd_grant,
			"the other domain has to learn of it: use --name or --refs");
	if (req->name && !xt_share_name_check(req->name))
		return xt_usage(&xt_cmd_grant, "'%s' is not a valid name: %s",
				req->name, xt_share_explain(-EINVAL));
	return 0;
}

/* One option; its argument is optarg */
static int parse_option(int opt, struct request *req)
{
	uint64_t value;

	switch (opt) {
	case 'b':
		if (xdc_parse_u64(optarg,
				  (uint64_t)XT_SHARE_PAGES_MAX *
					  XENDMABUF_PAGE_SIZE,
				  &req->bytes) ||
		    !req->bytes)
			return xt_usage(&xt_cmd_grant, "--bytes is 1 to %llu",
					(unsigned long long)XT_SHARE_PAGES_MAX *
						XENDMABUF_PAGE_SIZE);
		break;
	case 'd':
		if (xdc_parse_u64(optarg, INT_MAX, &value))
			return xt_usage(
				&xt_cmd_grant,
				"'%s' is not the number of a descriptor",
				optarg);
		req->dmabuf = (int)value;
		break;
	case 'i':
		req->image = optarg;
		break;
	case 'n':
		req->name = optarg;
		break;
	case 'r':
		req->rdonly = true;
		break;
	case 'R':
		req->refs = optarg;
		break;
	case 's':
		if (xt_arg_size(optarg, &req->width, &req->height))
			return xt_usage(
				&xt_cmd_grant,
				"'%s' is not WIDTHxHEIGHT with sides of 1 to %u",
				optarg, XT_IMAGE_MAX_SIDE);
		break;
	case 'S':
		if (parse_source(optarg, &req->source))
			return XT_EXIT_USAGE;
		break;
	case 't':
		req->to = optarg;
		break;
	case 'w':
		req->watch = true;
		break;
	default:
		return xt_usage(&xt_cmd_grant, "unknown option");
	}
	return 0;
}

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "bytes", required_argument, NULL, 'b' },
		{ "dmabuf-fd", required_argument, NULL, 'd' },
		{ "image", required_argument, NULL, 'i' },
		{ "name", required_argument, NULL, 'n' },
		{ "read-only", no_argument, NULL, 'r' },
		{ "refs", required_argument, NULL, 'R' },
		{ "size", required_argument, NULL, 's' },
		{ "source", required_argument, NULL, 'S' },
		{ "to", required_argument, NULL, 't' },
		{ "watch", no_argument, NULL, 'w' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (parse_option(opt, req))
			return XT_EXIT_USAGE;
	if (xt_arg_end(&xt_cmd_grant, argc, argv))
		return XT_EXIT_USAGE;
	return check_request(req);
}

/* Fills in @pic: what will be granted */
static int describe_picture(const struct request *req,
			    const struct xt_image *img, struct xt_picture *pic)
{
	uint64_t bytes = req->bytes;
	int64_t size;

	pic->rdonly = req->rdonly;
	pic->width = req->width ? req->width : img->width;
	pic->height = req->height ? req->height : img->height;
	if (pic->width) {
		pic->stride = pic->width * 4;
		pic->format = XT_SHARE_XRGB8888;
		bytes = (uint64_t)pic->stride * pic->height;
	}
	if (req->dmabuf >= 0) {
		size = xendmabuf_size(req->dmabuf);
		if (size < 0)
			return xt_fail("cannot use descriptor %d: %s",
				       req->dmabuf,
				       xendmabuf_explain(NULL, (int)size));
		if ((uint64_t)size < bytes)
			return xt_fail(
				"a picture of %u x %u needs %llu bytes, and the dma-buf has %lld",
				pic->width, pic->height,
				(unsigned long long)bytes, (long long)size);
		bytes = (uint64_t)size;
	}
	bytes = (bytes + XENDMABUF_PAGE_SIZE - 1) / XENDMABUF_PAGE_SIZE;
	if (!bytes || bytes > XT_SHARE_PAGES_MAX)
		return xt_fail(
			"cannot grant %llu pages: 1 to %u can be shared at once",
			(unsigned long long)bytes, XT_SHARE_PAGES_MAX);
	pic->pages = (uint32_t)bytes;
	return 0;
}

static int paint_picture(struct xt_grant *g, const struct xt_image *img)
{
	const struct xt_picture *pic = &g->share.pic;
	int err;

	err = xendmabuf_access_begin(g->dmabuf, XENDMABUF_WRITE);
	if (err)
		return xt_fail("cannot write into the dma-buf: %s",
			       xendmabuf_explain(NULL, err));
	xt_image_fill(img, g->map, pic->width, pic->height, pic->stride);
	err = xendmabuf_access_end(g->dmabuf, XENDMABUF_WRITE);
	if (err)
		return xt_fail("cannot finish writing into the dma-buf: %s",
			       xendmabuf_explain(NULL, err));
	return 0;
}

static int load_image(const struct request *req, struct xt_image *img)
{
	if (xt_image_load(req->image, req->width, req->height, img))
		return xt_fail("cannot load %s: %s", req->image, img->why);
	return 0;
}

/* The peer sees the new picture in the memory that it already maps */
static void repaint_picture(const struct request *req, struct xt_grant *g)
{
	struct xt_image img;

	if (load_image(req, &img))
		return;
	if (!req->width && (img.width != g->share.pic.width ||
			    img.height != g->share.pic.height))
		xt_say("%s is now %u x %u; it is scaled to %u x %u.",
		       req->image, img.width, img.height, g->share.pic.width,
		       g->share.pic.height);
	if (!paint_picture(g, &img))
		xt_say("%s was read again: the picture was changed in place.",
		       req->image);
	xt_image_free(&img);
}

static int write_refs(const char *path, const struct xt_grant *g)
{
	char *header = xt_refs_header(&g->share.pic);
	char *text = xendmabuf_refs_format(g->refs, g->share.pic.pages);
	FILE *f = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int ret = 0;

	if (!header || !text)
		ret = xt_fail("out of memory");
	else if (!f)
		ret = xt_fail("cannot write %s: %s", path, strerror(errno));
	else if (fprintf(f, "%s%s\n", header, text) < 0 || fflush(f))
		ret = xt_fail("cannot write references to %s: %s", path,
			      strerror(errno));
	/* a reader of a pipe waits for its end; main() still needs the stream */
	if (f && (f == stdout ? close(STDOUT_FILENO) : fclose(f)) && !ret)
		ret = xt_fail("cannot write %s: %s", path, strerror(errno));
	free(header);
	free(text);
	return ret;
}

static int end_grant(struct xt_grant *g, const char *peer)
{
	struct xen_dmabuf_lease_info info;

	if (xt_grant_end(g))
		return xt_fail("cannot end the grant: %s", g->why);
	if (!xendmabuf_lease_info(g->lease, &info, sizeof(info)) &&
	    info.pages_in_use)
		xt_say("%u of %u pages are still mapped by domain %s. Waiting until it unmaps them; another Ctrl-C exits at once, and the kernel continues to hold them.",
		       info.pages_in_use, info.nr_pages, peer);
	return 0;
}

static int hold_grant(const struct request *req, struct xt_grant *g,
		      const char *peer, struct xt_watch *watch, int signals)
{
	bool told = xt_peer_watch_release(g->xs, g->share.peer);
	bool ending = false;

	for (;;) {
		struct xen_dmabuf_lease_info info;
		bool stop = false;
		struct pollfd fds[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = xendmabuf_lease_fd(g->lease),
			  .events = POLLIN },
			{ .fd = watch->fd, .events = POLLIN },
			{ .fd = told ? xs_fileno(g->xs) : -1,
			  .events = POLLIN },
		};

		if (xendmabuf_lease_info(g->lease, &info, sizeof(info)))
			return xt_fail("cannot read the state of the lease");
		if (info.state == XEN_DMABUF_LEASE_RETURNED) {
			xt_say("All %u pages were returned.", info.nr_pages);
			return XT_EXIT_OK;
		}
		if (info.state == XEN_DMABUF_LEASE_REVOKED && !ending) {
			xt_say("The lease was revoked.");
			stop = true;
		}
		if (!stop && poll(fds, 4, -1) < 0 && errno != EINTR)
			return xt_fail("poll: %s", strerror(errno));
		if (!stop && fds[0].revents) {
			int sig = xt_signals_read(signals);

			if (sig && sig != SIGUSR1 && ending)
				return xt_fail(
					"exited while domain %s still maps %u pages. The kernel continues to hold them; xendmabuf list shows them",
					peer, info.pages_in_use);
			stop = sig && sig != SIGUSR1;
		}
		if (!stop && fds[2].revents && xt_watch_read(watch))
			repaint_picture(req, g);
		if (!stop && fds[3].revents &&
		    xt_peer_released(g->xs, g->share.peer)) {
			xt_say("Domain %s is gone.", peer);
			told = false;
			stop = true;
		}
		if (stop && !ending) {
			ending = true;
			if (end_grant(g, peer))
				return XT_EXIT_FAILED;
		}
	}
}

static void report_grant(const struct request *req, const struct xt_grant *g,
			 const char *peer)
{
	const struct xt_picture *pic = &g->share.pic;

	if (pic->width)
		xt_say("Granted %u x %u XRGB8888, %u pages, %s to domain %s: lease %llu.",
		       pic->width, pic->height, pic->pages,
		       pic->rdonly ? "read-only" : "read-write", peer,
		       (unsigned long long)xendmabuf_lease_id(g->lease));
	else
		xt_say("Granted %u pages, %s to domain %s: lease %llu.",
		       pic->pages, pic->rdonly ? "read-only" : "read-write",
		       peer, (unsigned long long)xendmabuf_lease_id(g->lease));
	if (req->name)
		xt_say("Published as %u:%s (page directory behind reference %u).",
		       g->share.owner, req->name, g->share.directory);
}

static int publish_and_hold(const struct request *req, struct xt_grant *g,
			    const char *peer)
{
	/* from here on a signal revokes the grant instead of killing the process */
	int signals = xt_signals_open();
	struct xt_watch watch = { .fd = -1 };
	int ret = 0, err;

	if (req->name && xt_grant_publish(g))
		ret = xt_fail("cannot publish '%s': %s", req->name, g->why);
	if (!ret && req->watch) {
		err = xt_watch_open(&watch, req->image);
		if (err)
			ret = xt_fail("cannot watch %s: %s", req->image,
				      strerror(-err));
	}
	if (!ret) {
		report_grant(req, g, peer);
		xt_say("Holding the grant until Ctrl-C.");
		ret = hold_grant(req, g, peer, &watch, signals);
	}
	xt_watch_close(&watch);
	close(signals);
	return ret;
}

static int grant_and_hold(const struct request *req, struct xt_grant *g)
{
	struct xt_image img = { 0 };
	char peer[XT_PEER_NAME_MAX];
	int ret;

	xt_peer_name(g->xs, g->share.peer, peer, sizeof(peer));
	ret = req->image ? load_image(req, &img) : 0;
	if (!ret)
		ret = describe_picture(req, &img, &g->share.pic);
	if (!ret && req->dmabuf >= 0)
		g->dmabuf = req->dmabuf;
	else if (!ret && xt_grant_alloc(g, req->source))
		ret = xt_fail("cannot allocate memory to grant: %s", g->why);
	if (!ret && req->image)
		ret = paint_picture(g, &img);
	xt_image_free(&img);
	if (ret)
		return ret;
	if (xt_grant_make(g))
		return xt_fail("cannot grant %u pages to domain %s: %s",
			       g->share.pic.pages, peer, g->why);
	/* nothing is published while this waits for the reader of a pipe */
	ret = req->refs ? write_refs(req->refs, g) : 0;
	return ret ? ret : publish_and_hold(req, g, peer);
}

static int run_grant(int argc, char **argv)
{
	struct request req = { .dmabuf = -1 };
	struct xt_grant g = { .dmabuf = -1 };
	int ret, err;

	ret = parse_arguments(argc, argv, &req);
	if (ret)
		return ret;
	g.xs = xs_open(0);
	err = xt_peer_find(g.xs, req.to, &g.share.peer);
	if (err) {
		ret = xt_fail("cannot find domain '%s': %s", req.to,
			      xt_peer_find_explain(err));
		xs_close(g.xs);
		return ret;
	}
	if (req.name)
		snprintf(g.share.name, sizeof(g.share.name), "%s", req.name);
	ret = xt_device_open(&g.x, g.share.peer, XENDMABUF_MAY_GRANT);
	if (ret) {
		xs_close(g.xs);
		return ret;
	}
	/* a reader that is gone must not leave a share published */
	signal(SIGPIPE, SIG_IGN);
	ret = grant_and_hold(&req, &g);
	xt_grant_free(&g);
	xendmabuf_close(g.x);
	xs_close(g.xs);
	return ret;
}

const struct xt_command xt_cmd_grant = {
	.name = "grant",
	.run = run_grant,
	.summary = "grant memory or a picture to another domain, and hold it",
	.help = "Usage: xendmabuf grant --to DOMAIN WHAT HOW [OPTION]...\n"
		"Grant memory to another domain, hold the grant until Ctrl-C, and then wait until\n"
		"that domain has unmapped it. A second Ctrl-C exits at once; the kernel then\n"
		"continues to hold the memory.\n\n"
		"  --to DOMAIN        the domain that may map it: a number, or a name if this domain may\n"
		"                     look up names\n\n"
		"What:\n"
		"  --image FILE       a PNG or JPEG picture, as XRGB8888\n"
		"  --size WxH         with --image: scale and crop to that size; alone: a black picture\n"
		"  --bytes N          N zero bytes, rounded up to pages\n"
		"  --dmabuf-fd N      the dma-buf that is open as descriptor N; with --size, a picture\n\n"
		"How the other domain learns of it:\n"
		"  --name NAME        publish it in xenstore, for `xendmabuf show DOMAIN:NAME`:\n"
		"                     1 to 32 letters, digits, '_' or '-', not beginning with '-'\n"
		"  --refs FILE|-      write the references as text to a file or to stdout\n\n"
		"  --read-only        the other domain may only read\n"
		"  --watch            read the picture again when its file changes; the other domain sees\n"
		"                     it in the memory that it maps\n"
		"  --source S         take memory from heap (/dev/dma_heap/system), udmabuf or vgem\n\n"
		"Exit status: 0 all pages were returned, 1 failed or exited early, 2 wrong arguments.\n",
};
