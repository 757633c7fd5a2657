// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/maker.h"
#include "ask.h"
#include "common/container_of.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/systemd.h"
#include "common/unix-socket.h"
#include "host/config.h"
#include "host/host.h"
#include "host/worker.h"
#include "wayland-version.h"

#define CONTROL ".control" /* behind the path of the host's socket */
#define CONFIG_PATH "/etc/xen/xen-wayland.conf"

static const char usage[] =
	"usage: xen-wayland [--config FILE] [--socket PATH] host GUEST\n"
	"       xen-wayland [--display NAME] [--copy] agent SOCKET\n"
	"       xen-wayland [--socket PATH] status [--json] [GUEST]\n"
	"       xen-wayland [--socket PATH] copy GUEST\n"
	"       xen-wayland [--socket PATH] paste GUEST\n"
	"       xen-wayland [--config FILE] check\n"
	"\n"
	"host: shows the windows of a guest on the compositor of this domain.\n"
	"agent: in the guest, a display for its programs; SOCKET leads to the host.\n"
	"status: what guests show and cost.\n"
	"copy, paste: with clipboard = ask, from the guest, to the guest.\n"
	"See xen-wayland(1) and xen-wayland.conf(5).\n";

struct options {
	const char *config;
	const char *socket;
	const char *display;
	bool copy;
	const char *level_name;
	enum xdc_level level;
};

struct signals {
	struct xdc_source source;
	struct xdc_loop *loop;
};

static int print_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

static int fail(const struct xdc_reason *why)
{
	xdc_log(XDC_ERROR, "%s", why->text);
	return 1;
}

static void signal_ready(struct xdc_source *s, uint32_t events)
{
	xdc_loop_stop(container_of(s, struct signals, source)->loop);
}

static int start_loop(struct xdc_loop *loop, struct signals *sigs)
{
	sigset_t set;
	int err = xdc_loop_init(loop);

	if (err)
		return err;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigs->loop = loop;
	sigs->source.ready = signal_ready;
	sigs->source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigs->source.fd < 0)
		return -errno;
	return xdc_loop_add(loop, &sigs->source, EPOLLIN);
}

/* A display as programs name it: a path, or a name in $XDG_RUNTIME_DIR */
static int find_display(const struct xwl_policy *policy, char *path,
			size_t size, struct xdc_reason *why)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	const char *name = policy->display;
	int len;

	if (!*name)
		name = getenv("WAYLAND_DISPLAY");
	if (!name || !*name)
		name = "wayland-0";
	if (*name != '/' && (!folder || *folder != '/'))
		return xdc_reason_set(
			why, -ENOENT,
			"cannot find display %s: XDG_RUNTIME_DIR is not set",
			name);
	if (*name == '/')
		len = snprintf(path, size, "%s", name);
	else
		len = snprintf(path, size, "%s/%s", folder, name);
	if ((size_t)len >= size)
		return xdc_reason_set(why, -ENAMETOOLONG,
				      "display %s: the path is too long", name);
	return 0;
}

static int host_socket(const struct options *o, const char *guest, char *path,
		       size_t size, struct xdc_reason *why)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	int len;

	if (!o->socket && (!folder || *folder != '/'))
		return xdc_reason_set(
			why, -ENOENT,
			"XDG_RUNTIME_DIR is not set. Try: --socket PATH");
	if (o->socket)
		len = snprintf(path, size, "%s", o->socket);
	else
		len = snprintf(path, size, "%s/xen-wayland/%s", folder, guest);
	if ((size_t)len >= size)
		return xdc_reason_set(why, -ENAMETOOLONG,
				      "the socket's path is too long");
	return 0;
}

/* Until it is told to stop; takes over both sockets */
static int serve_sockets(struct xdc_loop *loop, const struct xwl_policy *policy,
			 const struct xwl_host_options *o, const char *path,
			 int programs, int askers, struct xdc_reason *why)
{
	static struct xwl_host host;
	int err = xwl_host_start(&host, loop, policy, o, programs, askers);

	if (err) {
		close(askers);
		close(programs);
		return xdc_reason_set(why, err, "cannot start: %s",
				      strerror(-err));
	}
	xdc_log(XDC_INFO,
		"version " XWL_PROGRAM_VERSION
		", windows of %s go from %s to %s",
		policy->guest, path, o->display);
	xdc_systemd_notify("READY=1");
	err = xdc_loop_run(loop);
	xdc_systemd_notify("STOPPING=1");
	xwl_host_stop(&host);
	return err ? xdc_reason_set(why, err, "%s", strerror(-err)) : 0;
}

static int serve_host(struct xdc_loop *loop, const struct xwl_policy *policy,
		      struct xwl_host_options *o, const char *path,
		      struct xdc_reason *why)
{
	char context[XWL_PATH_MAX + 8], asked[XWL_PATH_MAX + 8];
	int programs = xdc_unix_listen(path, SOCK_SEQPACKET, 0600), askers, err;

	if (programs < 0)
		return xdc_reason_set(why, programs, "%s: %s", path,
				      strerror(-programs));
	snprintf(context, sizeof(context), "%s.wayland", path);
	o->context = context;
	snprintf(asked, sizeof(asked), "%s" CONTROL, path);
	askers = xdc_unix_listen(asked, SOCK_STREAM, 0600);
	if (askers < 0) {
		close(programs);
		err = xdc_reason_set(why, askers, "%s: %s", asked,
				     strerror(-askers));
	} else {
		err = serve_sockets(loop, policy, o, path, programs, askers,
				    why);
		unlink(asked);
	}
	unlink(path);
	return err;
}

static int run_host(const struct options *o, const char *guest)
{
	char display[XWL_PATH_MAX], path[XWL_PATH_MAX];
	struct xwl_host_options options = { .display = display,
					    .log_level = o->level_name };
	struct signals sigs;
	struct xwl_policy policy;
	struct xdc_reason why;
	struct xdc_loop loop;
	int err = xwl_config_load(o->config, guest, &policy, &why);

	if (!err)
		err = find_display(&policy, display, sizeof(display), &why);
	if (!err)
		err = host_socket(o, guest, path, sizeof(path), &why);
	if (err)
		return fail(&why);
	err = start_loop(&loop, &sigs);
	if (err)
		xdc_reason_set(&why, err, "%s", strerror(-err));
	else
		err = serve_host(&loop, &policy, &options, path, &why);
	xdc_loop_fini(&loop);
	return err ? fail(&why) : 0;
}

static int connect_socket(void *context)
{
	return xdc_unix_connect(context, SOCK_SEQPACKET);
}

static int serve_agent(struct xdc_loop *loop, const struct options *o,
		       char *socket, struct xdc_reason *why)
{
	static struct xwl_agent agent;
	static struct xwl_udmabuf udmabuf;
	char path[XWL_PATH_MAX];
	int lock, err,
		fd = xwl_agent_listen(o->display, path, sizeof(path), &lock);

	if (fd == -ENOENT)
		return xdc_reason_set(why, fd, "XDG_RUNTIME_DIR is not set");
	if (fd < 0)
		return xdc_reason_set(why, fd, "display %s: %s",
				      o->display ? o->display : "wayland-N",
				      strerror(-fd));
	xwl_udmabuf_open(&udmabuf);
	err = xwl_agent_start(&agent, loop, fd, o->copy ? NULL : &udmabuf.maker,
			      connect_socket, socket);
	if (!err) {
		xdc_log(XDC_INFO, "version " XWL_PROGRAM_VERSION ", display %s",
			path);
		xdc_systemd_notify("READY=1");
		err = xdc_loop_run(loop);
		xdc_systemd_notify("STOPPING=1");
		xwl_agent_stop(&agent);
	} else {
		close(fd);
	}
	xwl_udmabuf_close(&udmabuf);
	unlink(path);
	close(lock);
	return err ? xdc_reason_set(why, err, "%s", strerror(-err)) : 0;
}

/* Each program is two descriptors, and each pool of its wl_shm another one */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int control_path(const struct options *o, const char *guest, char *path,
			size_t size)
{
	struct xdc_reason why;
	size_t len;

	if (host_socket(o, guest, path, size, &why))
		return fail(&why);
	len = strlen(path);
	snprintf(path + len, size - len, CONTROL);
	return 0;
}

static int run_status(const struct options *o, int argc, char **argv)
{
	bool json = argc > 1 && !strcmp(argv[1], "--json");
	const char *guest = argc > 1 + json ? argv[1 + json] : NULL;
	char path[XWL_PATH_MAX + 8];
	struct xdc_reason why;

	if (argc > 2 + json || (guest && *guest == '-'))
		return print_usage();
	if (guest || o->socket)
		return control_path(o, guest ? guest : "", path, sizeof(path))
			       ? 1
			       : xwl_ask_status(path, NULL, json);
	if (host_socket(o, "", path, sizeof(path), &why))
		return fail(&why);
	return xwl_ask_status(NULL, path, json);
}

static int run_move(const struct options *o, const char *what,
		    const char *guest)
{
	char path[XWL_PATH_MAX + 8];

	return control_path(o, guest, path, sizeof(path))
		       ? 1
		       : xwl_ask_move(path, what);
}

/* Not for people: the host's half starts it */
static int run_worker(void)
{
	/* what libraries do at the end of a process may need more than the sandbox has */
	_exit(xwl_worker_run(XWL_WORKER_SOCKET) ? 1 : 0);
}

static int run_agent(const struct options *o, char *socket)
{
	struct signals sigs;
	struct xdc_reason why;
	struct xdc_loop loop;
	int err = start_loop(&loop, &sigs);

	raise_limit();
	if (err)
		xdc_reason_set(&why, err, "%s", strerror(-err));
	else
		err = serve_agent(&loop, o, socket, &why);
	xdc_loop_fini(&loop);
	return err ? fail(&why) : 0;
}

static int check_config(const struct options *o)
{
	struct xwl_policy policy;
	struct xdc_reason why;

	if (xwl_config_load(o->config, NULL, &policy, &why)) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	printf("%s: configuration valid\n", o->config);
	return 0;
}

static int run_command(const struct options *o, int argc, char **argv)
{
	if (!strcmp(argv[0], "host") && argc == 2)
		return run_host(o, argv[1]);
	if (!strcmp(argv[0], "agent") && argc == 2)
		return run_agent(o, argv[1]);
	if (!strcmp(argv[0], "status"))
		return run_status(o, argc, argv);
	if ((!strcmp(argv[0], "copy") || !strcmp(argv[0], "paste")) &&
	    argc == 2)
		return run_move(o, argv[0], argv[1]);
	if (!strcmp(argv[0], XWL_WORKER_COMMAND) && argc == 1)
		return run_worker();
	if (!strcmp(argv[0], "check") && argc == 1)
		return check_config(o);
	return print_usage();
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "socket", required_argument, NULL, 's' },
		{ "display", required_argument, NULL, 'd' },
		{ "copy", no_argument, NULL, 'C' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .config = CONFIG_PATH,
			     .level_name = "info",
			     .level = XDC_INFO };
	int opt;

	while ((opt = getopt_long(argc, argv, "+c:s:d:Cl:hV", longs, NULL)) !=
	       -1) {
		switch (opt) {
		case 'c':
			o.config = optarg;
			break;
		case 's':
			o.socket = optarg;
			break;
		case 'd':
			o.display = optarg;
			break;
		case 'C':
			o.copy = true;
			break;
		case 'l':
			if (xdc_log_parse(optarg, &o.level))
				return print_usage();
			o.level_name = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("xen-wayland " XWL_PROGRAM_VERSION);
			return 0;
		default:
			return print_usage();
		}
	}
	xdc_log_init(o.level, getenv("JOURNAL_STREAM"));
	if (optind == argc)
		return print_usage();
	return run_command(&o, argc - optind, argv + optind);
}
