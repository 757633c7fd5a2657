// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "channel/channel.h"
#include "channel/letter.h"
#include "commands.h"
#include "common/fd-socket.h"
#include "common/loop.h"
#include "common/number.h"
#include "picture/image.h"
#include "say.h"

#define PAGE 4096U

struct request {
	const char *peer, *service;
	const char *image, *metadata;
	uint32_t width, height;
	bool wait;
	int timeout_ms;
};

static int check_request(const struct request *req)
{
	if ((req->metadata || req->width || req->wait) && !req->image)
		return xt_usage(&xt_cmd_send,
				"--metadata, --size and --wait need --image");
	if (req->timeout_ms >= 0 && !req->wait)
		return xt_usage(&xt_cmd_send, "--timeout needs --wait");
	return 0;
}

static int parse_option(int opt, struct request *req)
{
	uint64_t seconds;

	switch (opt) {
	case 'i':
		req->image = optarg;
		break;
	case 'm':
		req->metadata = optarg;
		break;
	case 's':
		if (xt_arg_size(optarg, &req->width, &req->height))
			return xt_usage(
				&xt_cmd_send,
				"'%s' is not WIDTHxHEIGHT with sides of 1 to %u",
				optarg, XT_IMAGE_MAX_SIDE);
		break;
	case 't':
		if (xdc_parse_u64(optarg, INT_MAX / 1000, &seconds))
			return xt_usage(&xt_cmd_send,
					"'%s' is not a number of seconds",
					optarg);
		req->timeout_ms = (int)seconds * 1000;
		break;
	case 'w':
		req->wait = true;
		break;
	default:
		return xt_usage(&xt_cmd_send, "unknown option");
	}
	return 0;
}

static int parse_arguments(int argc, char **argv, struct request *req)
{
	static const struct option options[] = {
		{ "image", required_argument, NULL, 'i' },
		{ "metadata", required_argument, NULL, 'm' },
		{ "size", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "wait", no_argument, NULL, 'w' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (parse_option(opt, req))
			return XT_EXIT_USAGE;
	if (argc - optind != 2)
		return xt_usage(&xt_cmd_send,
				"a domain and a service are needed");
	req->peer = argv[optind];
	req->service = argv[optind + 1];
	return check_request(req);
}

static int read_metadata(const char *path, struct xt_letter *l)
{
	/* with one byte that would be too much */
	const size_t size = XT_LETTER_METADATA_MAX + 1;
	FILE *f = fopen(path, "re");
	int err = f ? 0 : errno;

	l->metadata = malloc(size);
	if (!err && !l->metadata)
		err = ENOMEM;
	if (!err) {
		l->len = fread(l->metadata, 1, size, f);
		if (ferror(f))
			err = errno;
		else if (l->len == size)
			err = EFBIG;
	}
	if (f)
		fclose(f);
	if (err)
		return xt_fail("cannot send %s: %s", path, strerror(err));
	return 0;
}

/* The picture in memory of this program's, of whole pages */
static int paint_picture(const struct xt_image *img, struct xt_picture *pic)
{
	size_t size = (size_t)pic->pages * PAGE;
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, (off_t)size))
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		xt_fail("cannot make memory for the picture: %s",
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	xt_image_fill(img, p, pic->width, pic->height, pic->stride);
	munmap(p, size);
	return fd;
}

static int load_picture(const struct request *req, struct xt_letter *l)
{
	struct xt_image img;

	if (xt_image_load(req->image, req->width, req->height, &img))
		return xt_fail("cannot load %s: %s", req->image, img.why);
	l->pic.width = req->width ? req->width : img.width;
	l->pic.height = req->height ? req->height : img.height;
	l->pic.stride = l->pic.width * 4;
	l->pic.format = XT_SHARE_XRGB8888;
	l->pic.pages = (uint32_t)(((uint64_t)l->pic.stride * l->pic.height +
				   PAGE - 1) /
				  PAGE);
	l->memory = paint_picture(&img, &l->pic);
	xt_image_free(&img);
	return l->memory < 0 ? XT_EXIT_FAILED : 0;
}

/* Shared, if the daemon can; otherwise copied, if it is small enough */
static bool share_memory(struct xendmabuf_channel *ch, struct xt_letter *l)
{
	int dmabuf;
	int err = xendmabuf_channel_memory(
		ch, l->memory, 0, (uint64_t)l->pic.pages * PAGE, &dmabuf);

	if (err) {
		xt_say("The picture is copied, not shared: %s.",
		       strerror(-err));
		return false;
	}
	close(l->memory);
	l->memory = dmabuf;
	return true;
}

static bool is_about(const struct xendmabuf_channel_event *event, int fd)
{
	struct stat st;

	return !fstat(fd, &st) && event->dev == st.st_dev &&
	       event->ino == st.st_ino;
}

/* 0: another event */
static int judge_event(const struct xendmabuf_channel_event *event, int memory,
		       int *ret)
{
	if (event->type == XENDMABUF_CHANNEL_RETURNED &&
	    is_about(event, memory)) {
		xt_say("The picture was returned.");
		*ret = XT_EXIT_OK;
		return 1;
	}
	*ret = xt_channel_lost(event);
	return *ret != XT_EXIT_OK;
}

#define NEVER UINT64_MAX

static uint64_t end_after(int timeout_ms)
{
	return timeout_ms < 0
		       ? NEVER
		       : xdc_now() + (uint64_t)timeout_ms * XDC_NS_PER_MS;
}

/* For poll() */
static int left_ms(uint64_t end)
{
	uint64_t now = xdc_now();

	if (end == NEVER)
		return -1;
	return end <= now
		       ? 0
		       : (int)((end - now + XDC_NS_PER_MS - 1) / XDC_NS_PER_MS);
}

static int wait_for_return(struct xendmabuf_channel *ch, int memory,
			   uint64_t end)
{
	struct pollfd p = { .fd = xendmabuf_channel_event_fd(ch),
			    .events = POLLIN };
	struct xendmabuf_channel_event event;
	int n, err, ret = 0;

	if (p.fd < 0)
		return xt_fail("no events: %s", strerror(-p.fd));
	for (;;) {
		n = poll(&p, 1, left_ms(end));
		if (!n) {
			xt_say("The other domain still has the picture.");
			return XT_EXIT_TIMEOUT;
		}
		err = n < 0 ? -errno
			    : xendmabuf_channel_event(ch, &event,
						      sizeof(event));
		if (err == -EINTR || err == -EAGAIN)
			continue;
		if (err)
			return xt_fail("no events: %s", strerror(-err));
		if (judge_event(&event, memory, &ret))
			return ret;
	}
}

/* What the other program answers is not wanted, and is not the end */
static bool read_answer(struct xendmabuf_channel *ch)
{
	char answer[XENDMABUF_CHANNEL_DATAGRAM_MAX];
	ssize_t n = xendmabuf_channel_recv(ch, answer, sizeof(answer), NULL,
					   NULL, 0);

	/* an empty datagram looks like the end */
	return n > 0 || n == -EINTR ||
	       (!n && !xdc_socket_ended(xendmabuf_channel_fd(ch)));
}

/* Until the other program has read it: it closes the channel then */
static int wait_for_end(struct xendmabuf_channel *ch, uint64_t end)
{
	struct pollfd p = { .fd = xendmabuf_channel_fd(ch), .events = POLLIN };
	int n;

	shutdown(p.fd, SHUT_WR);
	do {
		n = poll(&p, 1, left_ms(end));
		if (!n) {
			xt_say("The other program still has the channel open.");
			return XT_EXIT_TIMEOUT;
		}
	} while (n < 0 ? errno == EINTR : read_answer(ch));
	return xt_channel_check_end(ch);
}

static int send_picture(const struct request *req, struct xendmabuf_channel *ch)
{
	struct xt_letter l = { .memory = -1 };
	bool shared = false;
	uint64_t end;
	int err, ret = load_picture(req, &l);

	if (!ret && req->metadata)
		ret = read_metadata(req->metadata, &l);
	if (!ret) {
		shared = share_memory(ch, &l);
		/* from now on events are kept */
		xendmabuf_channel_event_fd(ch);
		err = xt_letter_send(ch, &l);
		if (err)
			ret = xt_fail("cannot send the picture: %s",
				      strerror(-err));
	}
	end = end_after(req->timeout_ms);
	if (!ret && req->wait && shared)
		ret = wait_for_return(ch, l.memory, end);
	else if (!ret)
		ret = wait_for_end(ch, end);
	xt_letter_free(&l);
	return ret;
}

static int run_send(int argc, char **argv)
{
	struct request req = { .timeout_ms = -1 };
	struct xt_end stdio = xt_channel_stdio();
	struct xendmabuf_channel *ch;
	int ret = parse_arguments(argc, argv, &req);

	if (!ret)
		ret = xt_channel_connect(req.peer, req.service, &ch);
	if (ret)
		return ret;
	signal(SIGPIPE, SIG_IGN);
	ret = req.image ? send_picture(&req, ch) : xt_channel_carry(ch, &stdio);
	xendmabuf_channel_close(ch);
	return ret;
}

const struct xt_command xt_cmd_send = {
	.name = "send",
	.run = run_send,
	.summary =
		"send a picture or standard input to a service of another domain",
	.help = "Usage: xendmabuf send DOMAIN SERVICE [--image FILE [OPTION]...]\n"
		"Send standard input over a channel of xen-channeld's, or a picture, whose pixels are\n"
		"shared and not copied. xendmabuf recv takes either.\n\n"
		"  --image FILE        a PNG or JPEG picture, as XRGB8888\n"
		"  --size WxH          scale and crop it to that size\n"
		"  --metadata FILE     bytes that go with it, at most 32,640\n"
		"  --wait              wait until the other domain has returned the memory, or,\n"
		"                      if it was copied, until the other program ends the channel\n"
		"  --timeout SECONDS   with --wait: give up after this time\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong arguments, 3 timed out.\n",
};
