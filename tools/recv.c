// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "args.h"
#include "channel/channel.h"
#include "channel/letter.h"
#include "commands.h"
#include "picture/viewer.h"
#include "say.h"
#include "share/source.h"

struct request {
	const char *service;
	const char *png, *metadata;
	char **exec;
};

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "metadata", required_argument, NULL, 'm' },
		{ "png", required_argument, NULL, 'p' },
		{ 0 },
	};
	int opt;

	if (xt_arg_exec(&xt_cmd_recv, &argc, argv, &req->exec))
		return XT_EXIT_USAGE;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'm')
			req->metadata = optarg;
		else if (opt == 'p')
			req->png = optarg;
		else
			return xt_usage(&xt_cmd_recv, "unknown option");
	}
	if (argc - optind != 1)
		return xt_usage(&xt_cmd_recv, "a service is needed");
	req->service = argv[optind];
	return 0;
}

static int save_metadata(const char *path, const struct xt_letter *l)
{
	FILE *f = fopen(path, "we");
	int ret = 0;

	if (!f || (l->len && fwrite(l->metadata, l->len, 1, f) != 1) ||
	    fflush(f))
		ret = xt_fail("cannot write %s: %s", path, strerror(errno));
	if (f)
		fclose(f);
	return ret;
}

/* The command reads the metadata from its standard input */
static int give_metadata(const struct xt_letter *l)
{
	int fd = memfd_create("metadata", MFD_CLOEXEC);

	if (fd < 0 ||
	    (l->len && write(fd, l->metadata, l->len) != (ssize_t)l->len) ||
	    lseek(fd, 0, SEEK_SET) || dup2(fd, STDIN_FILENO) < 0)
		return xt_fail("cannot pass the metadata on: %s",
			       strerror(errno));
	close(fd);
	return 0;
}

static int use_letter(const struct request *req, const struct xt_letter *l,
		      const struct xendmabuf_channel_peer *peer)
{
	struct xt_source src = { .domid = (uint16_t)peer->domid,
				 .pic = l->pic };
	int ret = 0;

	snprintf(src.who, sizeof(src.who), "domain %s", peer->name);
	if (req->metadata)
		ret = save_metadata(req->metadata, l);
	if (!ret && req->png)
		ret = xt_source_save(&src, l->memory, req->png);
	if (ret || !req->exec)
		return ret;
	ret = give_metadata(l);
	return ret ? ret
		   : xt_viewer_exec(req->exec, l->memory, &l->pic, peer->domid,
				    false);
}

static int receive_picture(const struct request *req,
			   struct xendmabuf_channel *ch)
{
	struct xendmabuf_channel_peer peer;
	struct xt_letter l;
	int err, ret;

	err = xt_letter_receive(ch, &l);
	if (err == -EPROTO)
		return xt_fail("what comes is no picture of xendmabuf send's");
	if (err)
		return xt_fail("no picture comes: %s", strerror(-err));
	xendmabuf_channel_peer(ch, &peer, sizeof(peer));
	xt_say("%u x %u pixels from domain %s.", l.pic.width, l.pic.height,
	       peer.name);
	ret = use_letter(req, &l, &peer);
	xt_letter_free(&l);
	return ret;
}

static int run_recv(int argc, char **argv)
{
	struct xt_end stdio = { .in = -1, .out = STDOUT_FILENO };
	struct xendmabuf_channel *ch;
	struct request req = { 0 };
	int ret = parse_arguments(argc, argv, &req);

	if (!ret)
		ret = xt_channel_accept_one(req.service, &ch);
	if (ret)
		return ret;
	signal(SIGPIPE, SIG_IGN);
	if (req.png || req.exec || req.metadata)
		ret = receive_picture(&req, ch);
	else
		ret = xt_channel_carry(ch, &stdio);
	xendmabuf_channel_close(ch);
	return ret;
}

const struct xt_command xt_cmd_recv = {
	.name = "recv",
	.run = run_recv,
	.summary = "offer a service, and receive one picture or bytes",
	.help = "Usage: xendmabuf recv SERVICE [--png FILE] [--metadata FILE] [--exec COMMAND...]\n"
		"Offer a service of xen-channeld's for one channel. Without an option, its bytes go to\n"
		"standard output. With one, a picture of xendmabuf send's is received.\n\n"
		"  --png FILE          save the picture\n"
		"  --metadata FILE     save what came with it\n"
		"  --exec COMMAND...   run a command; the dma-buf is its descriptor 3, what came with it\n"
		"                      its standard input, and XENDMABUF_* in its environment say the\n"
		"                      rest, as for xendmabuf map\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong arguments.\n",
};
