// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/fd-socket.h"
#include "host/clipboard/clipboard.h"
#include "host/worker/control.h"
#include "host/worker/status.h"

#define PATIENCE (5 * XDC_NS_PER_S)

static void end_control(struct xwl_control *c)
{
	xdc_timer_fini(&c->limit);
	xdc_loop_remove(c->guest->loop, &c->source);
	close(c->source.fd);
	c->source.fd = -1;
}

/* The only message of the connection: the socket has room for it */
static void send_answer(struct xwl_control *c, const char *line, int fd)
{
	xdc_socket_send(c->source.fd, line, strlen(line), &fd, fd < 0 ? 0 : 1);
}

/* A memfd with @text */
static int make_file(const char *text, size_t len)
{
	int fd = memfd_create("xen-wayland-status", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, text, len) == (ssize_t)len)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void send_status(struct xwl_control *c,
			void (*write_status)(struct xwl_guest *g, FILE *out))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int fd = -1;

	if (out) {
		write_status(c->guest, out);
		fclose(out);
		fd = make_file(text, len);
	}
	free(text);
	send_answer(c, fd < 0 ? "error: out of memory" : "ok", fd);
	if (fd >= 0)
		close(fd);
}

/* Of the program that has copied last: what others have copied before is not new any more */
static bool copy_newest(struct xwl_guest *g, enum xwl_copy_kind kind)
{
	struct xwl_client *c, *newest = NULL;

	LIST_FOREACH(c, &g->clients, entry) {
		if (!c->bridge.copied[kind].order)
			continue;
		if (!newest || c->bridge.copied[kind].order >
				       newest->bridge.copied[kind].order)
			newest = c;
	}
	LIST_FOREACH(c, &g->clients, entry)
		if (c != newest)
			c->bridge.copied[kind].order = 0;
	return newest && !xwl_clipboard_copy(&newest->bridge, kind);
}

static const char *copy_all(struct xwl_guest *g)
{
	bool clipboard = copy_newest(g, XWL_COPY_CLIPBOARD);
	bool primary = copy_newest(g, XWL_COPY_PRIMARY);

	return clipboard || primary ? "ok"
				    : "error: the guest has copied nothing new";
}

/* To the program that has the focus */
static const char *paste_focused(struct xwl_guest *g)
{
	struct xwl_client *c;

	LIST_FOREACH(c, &g->clients, entry)
		if (c->bridge.focus && !xwl_clipboard_paste(&c->bridge))
			return "ok";
	return "error: no window of the guest has the focus, or there is nothing to paste";
}

static void move_clipboard(struct xwl_control *c,
			   const char *(*move)(struct xwl_guest *g))
{
	const char *line =
		"error: clipboard = ask is not configured for this guest";

	if (c->guest->policy.clipboard & XWL_CLIPBOARD_ASK)
		line = move(c->guest);
	send_answer(c, line, -1);
}

static void run_command(struct xwl_control *c, const char *request)
{
	if (!strcmp(request, "status"))
		send_status(c, xwl_status_text);
	else if (!strcmp(request, "status json"))
		send_status(c, xwl_status_json);
	else if (!strcmp(request, "copy"))
		move_clipboard(c, copy_all);
	else if (!strcmp(request, "paste"))
		move_clipboard(c, paste_focused);
	else
		send_answer(c, "error: unknown request", -1);
}

static void control_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_control *c = container_of(s, struct xwl_control, source);
	char request[XWL_CONTROL_REQUEST];
	ssize_t n = read(s->fd, request, sizeof(request) - 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		request[n] = '\0';
		run_command(c, request);
	}
	end_control(c);
}

static void limit_reached(struct xdc_timer *t)
{
	end_control(container_of(t, struct xwl_control, limit));
}

void xwl_control_take(struct xwl_guest *g, struct xwl_control *slots, int fd)
{
	struct xwl_control *c = NULL;
	unsigned int i;

	for (i = 0; i < XWL_CONTROLS && !c; i++)
		if (slots[i].source.fd < 0)
			c = &slots[i];
	if (!c) {
		close(fd);
		return;
	}
	memset(c, 0, sizeof(*c));
	c->guest = g;
	c->source = (struct xdc_source){ .fd = fd, .ready = control_ready };
	xdc_timer_init(g->loop, &c->limit, limit_reached);
	if (xdc_loop_add(g->loop, &c->source, EPOLLIN))
		end_control(c);
	else
		xdc_timer_in(&c->limit, PATIENCE);
}
