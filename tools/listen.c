// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "args.h"
#include "channel/channel.h"
#include "channel/visitors.h"
#include "commands.h"
#include "common/unix-socket.h"
#include "say.h"

/* ms that a service may take to accept a channel while others wait */
#define PATIENCE 30000

struct request {
	const char *service;
	const char *path;
	char **exec;
	bool stdio;
};

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "stdio", no_argument, NULL, 's' },
		{ "unix", required_argument, NULL, 'u' },
		{ 0 },
	};
	int opt;

	if (xt_arg_exec(&xt_cmd_listen, &argc, argv, &req->exec))
		return XT_EXIT_USAGE;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'u')
			req->path = optarg;
		else if (opt == 's')
			req->stdio = true;
		else
			return xt_usage(&xt_cmd_listen, "unknown option");
	}
	if (!!req->path + !!req->exec + req->stdio != 1)
		return xt_usage(
			&xt_cmd_listen,
			"one of --unix, --exec and --stdio says where channels lead");
	if (argc - optind != 1)
		return xt_usage(&xt_cmd_listen, "a service is needed");
	req->service = argv[optind];
	return 0;
}

/* What is served, and the channel that has come last */
static const struct request *serving;
static struct xendmabuf_channel *channel;

static int accept_channel(int listener)
{
	int err;

	do
		err = xendmabuf_channel_accept(listener, &channel);
	while (err == -EINTR);
	return err;
}

static int serve_channel(void)
{
	struct xt_end end = xt_channel_end(channel), other = { .socket = true };

	if (serving->exec)
		return xt_channel_exec(channel, serving->exec);
	other.datagrams = end.datagrams;
	/* this process is the channel's alone, which would be lost */
	other.in = other.out = xdc_unix_connect_wait(
		serving->path, end.datagrams ? SOCK_SEQPACKET : SOCK_STREAM,
		PATIENCE);
	if (other.in < 0)
		return xt_fail("cannot connect to %s: %s", serving->path,
			       strerror(-other.in));
	return xt_channel_carry(channel, &other);
}

static void forget_channel(void)
{
	xendmabuf_channel_close(channel);
}

static const struct xt_visitors visitors = {
	.accept = accept_channel,
	.serve = serve_channel,
	.forget = forget_channel,
};

static int carry_one(const struct request *req)
{
	struct xt_end stdio = xt_channel_stdio();
	struct xendmabuf_channel *ch;
	int ret = xt_channel_accept_one(req->service, &ch);

	if (ret)
		return ret;
	signal(SIGPIPE, SIG_IGN);
	ret = xt_channel_carry(ch, &stdio);
	xendmabuf_channel_close(ch);
	return ret;
}

static int run_listen(int argc, char **argv)
{
	struct request req = { 0 };
	int listener, ret = parse_arguments(argc, argv, &req);

	if (ret)
		return ret;
	if (req.stdio)
		return carry_one(&req);
	ret = xt_channel_listen(req.service, &listener);
	if (ret)
		return ret;
	serving = &req;
	return xt_visitors_serve(listener, &visitors);
}

const struct xt_command xt_cmd_listen = {
	.name = "listen",
	.run = run_listen,
	.summary = "offer a service to other domains",
	.help = "Usage: xendmabuf listen SERVICE --unix PATH | --exec COMMAND... | --stdio\n"
		"Offer a service of xen-channeld's to the domains that its configuration names, until\n"
		"Ctrl-C.\n\n"
		"  --unix PATH         join each channel to the Unix socket at this path; file\n"
		"                      descriptors cross, too\n"
		"  --exec COMMAND...   for each channel run a command whose standard input and output\n"
		"                      are the channel\n"
		"  --stdio             join one channel to standard input and output\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong arguments.\n",
};
