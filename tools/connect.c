// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "args.h"
#include "channel/channel.h"
#include "channel/visitors.h"
#include "commands.h"
#include "common/unix-socket.h"
#include "say.h"

struct request {
	const char *peer, *service;
	const char *listen;
	bool datagrams; /* of what connects there */
	char **exec;
};

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "seqpacket", no_argument, NULL, 'p' },
		{ "stdio", no_argument, NULL, 's' },
		{ 0 },
	};
	bool stdio = false;
	int opt;

	if (xt_arg_exec(&xt_cmd_connect, &argc, argv, &req->exec))
		return XT_EXIT_USAGE;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'l')
			req->listen = optarg;
		else if (opt == 'p')
			req->datagrams = true;
		else if (opt == 's')
			stdio = true;
		else
			return xt_usage(&xt_cmd_connect, "unknown option");
	}
	if (!!req->listen + !!req->exec + stdio > 1)
		return xt_usage(
			&xt_cmd_connect,
			"--listen, --exec and --stdio exclude each other");
	if (req->datagrams && !req->listen)
		return xt_usage(&xt_cmd_connect, "--seqpacket needs --listen");
	if (argc - optind != 2)
		return xt_usage(&xt_cmd_connect,
				"a domain and a service are needed");
	req->peer = argv[optind];
	req->service = argv[optind + 1];
	return 0;
}

/* What --listen serves, and the program that has connected last */
static const struct request *listening;
static int visitor;

static int accept_visitor(int socket)
{
	visitor = accept(socket, NULL, NULL);
	return visitor < 0 ? -errno : 0;
}

/* A channel for it */
static int serve_visitor(void)
{
	struct xt_end end = { .in = visitor, .out = visitor, .socket = true };
	struct xendmabuf_channel *ch;
	int ret = xt_channel_connect(listening->peer, listening->service, &ch);

	if (ret)
		return ret;
	if (xt_channel_end(ch).datagrams != listening->datagrams)
		return xt_fail(
			"the type of the service %s is %s: connect %s --seqpacket",
			listening->service,
			listening->datagrams ? "stream" : "seqpacket",
			listening->datagrams ? "without" : "with");
	end.datagrams = listening->datagrams;
	return xt_channel_carry(ch, &end);
}

static void forget_visitor(void)
{
	close(visitor);
}

static const struct xt_visitors visitors = {
	.accept = accept_visitor,
	.serve = serve_visitor,
	.forget = forget_visitor,
};

static int listen_at(const struct request *req)
{
	int socket = xdc_unix_listen(
		req->listen, req->datagrams ? SOCK_SEQPACKET : SOCK_STREAM,
		0600);
	int ret;

	if (socket < 0)
		return xt_fail("cannot listen at %s: %s", req->listen,
			       strerror(-socket));
	xt_say("Each connection to %s goes to the service %s of domain %s.",
	       req->listen, req->service, req->peer);
	listening = req;
	ret = xt_visitors_serve(socket, &visitors);
	close(socket);
	unlink(req->listen);
	return ret;
}

static int run_connect(int argc, char **argv)
{
	struct xendmabuf_channel *ch;
	struct request req = { 0 };
	struct xt_end stdio = xt_channel_stdio();
	int ret = parse_arguments(argc, argv, &req);

	if (ret)
		return ret;
	if (req.listen)
		return listen_at(&req);
	ret = xt_channel_connect(req.peer, req.service, &ch);
	if (ret)
		return ret;
	if (req.exec)
		return xt_channel_exec(ch, req.exec);
	signal(SIGPIPE, SIG_IGN);
	ret = xt_channel_carry(ch, &stdio);
	xendmabuf_channel_close(ch);
	return ret;
}

const struct xt_command xt_cmd_connect = {
	.name = "connect",
	.run = run_connect,
	.summary = "open a channel to a service of another domain",
	.help = "Usage: xendmabuf connect DOMAIN SERVICE [--stdio | --listen PATH [--seqpacket] |\n"
		"                         --exec COMMAND...]\n"
		"Open a channel of xen-channeld's to a service of another domain. Its bytes go to\n"
		"standard output, and standard input goes to it, until the other program ends.\n\n"
		"  --listen PATH       listen at a Unix socket, and open a channel for each program\n"
		"                      that connects there; file descriptors cross, too\n"
		"  --seqpacket         the socket, as the service, is of datagrams\n"
		"  --exec COMMAND...   run a command whose standard input and output are the channel\n"
		"  --stdio             as without any option\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong arguments.\n",
};
