// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request is one message, and so is its answer (common/ask.h).  Longer output comes
 * with the answer as a memfd, so that a slow client cannot block the daemon.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/container_of.h"
#include "common/fd-socket.h"
#include "common/listener.h"
#include "common/log.h"
#include "common/number.h"
#include "common/report.h"
#include "common/unix-socket.h"
#include "control.h"
#include "daemon.h"
#include "vdispl/frontend.h"
#include "vdispl/shot.h"
#include "guest.h"
#include "status.h"

#define CLIENTS 8
#define REQUEST 256 /* bytes at most */
#define PATIENCE (5 * XDC_NS_PER_S)

struct client {
	struct xdc_source source;
	struct xdc_timer limit;
	struct xd_control *control;
	struct xd_shot shot; /* in progress if shot_fd is not -1 */
	int shot_fd; /* -1 or a memfd with the pixels */
	void *pixels;
	size_t size; /* of the pixels, in bytes */
};

struct xd_control {
	struct xd_daemon *daemon;
	struct xdc_listener listener;
	char path[108];
	struct client clients[CLIENTS];
};

/* The memfd stays open if it was taken out of the client */
static void end_shot(struct client *c)
{
	xd_shot_cancel(&c->shot);
	if (c->pixels)
		munmap(c->pixels, c->size);
	if (c->shot_fd >= 0)
		close(c->shot_fd);
	c->pixels = NULL;
	c->shot_fd = -1;
}

static void end_client(struct client *c)
{
	end_shot(c);
	xdc_timer_fini(&c->limit);
	xdc_loop_remove(&c->control->daemon->loop, &c->source);
	close(c->source.fd);
	c->source.fd = -1;
}

/* Sends @line, together with @fd unless that is -1; closes @fd */
static void send_answer(struct client *c, int fd, const char *line)
{
	/* this is the only message: the socket has room for it */
	ssize_t n = xdc_socket_send(c->source.fd, line, strlen(line), &fd,
				    fd < 0 ? 0 : 1);

	if (n < 0)
		xdc_log(XDC_DEBUG, "control: %s", strerror((int)-n));
	if (fd >= 0)
		close(fd);
}

static void send_status(struct client *c, bool json)
{
	int fd;
	FILE *out = xdc_report_begin("xen-displd-status", &fd);

	if (!out) {
		send_answer(c, -1, "error: out of memory");
		return;
	}
	if (json)
		xd_status_json(c->control->daemon, out);
	else
		xd_status_text(c->control->daemon, out);
	fclose(out);
	send_answer(c, fd, "ok");
}

static bool is_guest(const struct xd_frontend *f, const char *name)
{
	uint32_t domid;

	if (!strcmp(f->guest->name, name))
		return true;
	return !xdc_parse_number(name, UINT16_MAX, &domid) && f->domid == domid;
}

/* The guest's display with the lowest number */
static struct xd_frontend *first_display(struct xd_daemon *d, const char *name)
{
	struct xd_frontend *f, *best = NULL;

	LIST_FOREACH(f, &d->frontends, link)
		if (f->dev.connected && is_guest(f, name) &&
		    (!best || f->devid < best->devid))
			best = f;
	return best;
}

static struct xd_frontend *find_display(struct xd_daemon *d, const char *name,
					uint32_t devid)
{
	struct xd_frontend *f;

	LIST_FOREACH(f, &d->frontends, link)
		if (f->dev.connected && is_guest(f, name) && f->devid == devid)
			return f;
	return NULL;
}

/* GUEST[:[DISPLAY.]CONNECTOR], the guest by name or number */
static struct xd_screen *find_screen(struct xd_daemon *d, char *what)
{
	char *colon = strrchr(what, ':');
	struct xd_frontend *f;
	uint32_t index = 0;
	int place;

	if (!colon) {
		f = first_display(d, what);
	} else {
		if (xd_place_parse(colon + 1, &place))
			return NULL;
		*colon = '\0';
		index = XD_PLACE_INDEX(place);
		f = find_display(d, what, XD_PLACE_DEVID(place));
	}
	return f && index < f->nr_connectors ? &f->connectors[index].screen
					     : NULL;
}

static void shot_done(struct xd_shot *shot, int err)
{
	struct client *c = container_of(shot, struct client, shot);
	int fd = c->shot_fd;
	char line[80];

	if (err) {
		send_answer(
			c, -1,
			err == -ECANCELED
				? "error: the guest took the picture away meanwhile: try again"
				: "error: cannot read the framebuffer");
	} else {
		snprintf(line, sizeof(line), "ok %u %u", shot->dst.width,
			 shot->dst.height);
		c->shot_fd = -1;
		send_answer(c, fd, line);
	}
	end_client(c);
}

/* Memory for the pixels, which becomes the client's */
static int alloc_pixels(struct client *c, size_t size)
{
	void *map;

	c->shot_fd = memfd_create("xen-displd-screenshot", MFD_CLOEXEC);
	if (c->shot_fd < 0 || ftruncate(c->shot_fd, (off_t)size))
		return -errno;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, c->shot_fd,
		   0);
	if (map == MAP_FAILED)
		return -errno;
	c->pixels = map;
	c->size = size;
	return 0;
}

static int begin_shot(struct client *c, const struct xd_screen *s)
{
	struct xd_rows dst = {
		.pitch = s->width * 4,
		.width = s->width,
		.height = s->height,
	};

	if (alloc_pixels(c, (size_t)s->width * s->height * 4))
		return -ENOMEM;
	dst.pixels = c->pixels;
	c->shot.done = shot_done;
	return xd_shot_begin(&c->shot, s, &dst);
}

/* Why it cannot be taken; NULL: shot_done() answers */
static const char *start_screenshot(struct client *c, char *what)
{
	const struct xd_screen *s = find_screen(c->control->daemon, what);
	int err;

	if (!s)
		return "error: guest not connected, or no such connector";
	/* 16384 x 16384 is a valid resolution, but would take 1 GiB */
	if ((uint64_t)s->width * s->height * 4 > 256U << 20)
		return "error: screen too large";
	err = begin_shot(c, s);
	if (err == -ENODATA)
		return "error: screen is off";
	return err ? "error: out of memory" : NULL;
}

/* false: the answer comes later */
static bool run_command(struct client *c, char *request)
{
	const char *error = "error: unknown request";

	if (!strcmp(request, "status")) {
		send_status(c, false);
		return true;
	}
	if (!strcmp(request, "status json")) {
		send_status(c, true);
		return true;
	}
	if (!strncmp(request, "screenshot ", 11))
		error = start_screenshot(c, request + 11);
	if (error)
		send_answer(c, -1, error);
	return error;
}

/* More messages are not heard while a picture is copied */
static void client_ready(struct xdc_source *s, uint32_t events)
{
	struct client *c = container_of(s, struct client, source);
	char request[REQUEST];
	ssize_t n = recv(s->fd, request, sizeof(request) - 1, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0) {
		request[n] = '\0';
		if (c->pixels || !run_command(c, request))
			return;
	}
	end_client(c);
}

static void client_timed_out(struct xdc_timer *t)
{
	end_client(container_of(t, struct client, limit));
}

static void take_client(struct xdc_listener *l, int fd)
{
	struct xd_control *control =
		container_of(l, struct xd_control, listener);
	struct xdc_loop *loop = &control->daemon->loop;
	struct client *c = NULL;
	unsigned int i;

	for (i = 0; i < CLIENTS && !c; i++)
		if (control->clients[i].source.fd < 0)
			c = &control->clients[i];
	if (!c) {
		close(fd);
		return;
	}
	xdc_timer_init(loop, &c->limit, client_timed_out);
	c->control = control;
	c->shot_fd = -1;
	c->source.fd = fd;
	c->source.ready = client_ready;
	if (xdc_loop_add(loop, &c->source, EPOLLIN)) {
		end_client(c);
		return;
	}
	xdc_timer_in(&c->limit, PATIENCE);
}

int xd_control_start(struct xd_daemon *d, const char *path)
{
	struct xd_control *control = calloc(1, sizeof(*control));
	unsigned int i;
	int fd, err;

	if (!control)
		return -ENOMEM;
	for (i = 0; i < CLIENTS; i++)
		control->clients[i].source.fd = -1;
	control->daemon = d;
	snprintf(control->path, sizeof(control->path), "%s", path);
	/* for the daemon's user only: a screenshot shows a guest's data */
	fd = xdc_unix_listen(path, SOCK_SEQPACKET, 0600);
	err = fd < 0 ? fd
		     : xdc_listener_start(&control->listener, &d->loop, fd,
					  control->path, take_client);
	if (err) {
		if (fd >= 0)
			close(fd);
		free(control);
		return err;
	}
	d->control = control;
	return 0;
}

void xd_control_stop(struct xd_daemon *d)
{
	struct xd_control *control = d->control;
	unsigned int i;

	if (!control)
		return;
	for (i = 0; i < CLIENTS; i++)
		if (control->clients[i].source.fd >= 0)
			end_client(&control->clients[i]);
	xdc_listener_stop(&control->listener);
	unlink(control->path);
	free(control);
	d->control = NULL;
}
