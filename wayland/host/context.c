// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "common/container_of.h"
#include "common/unix-socket.h"
#include "host/context.h"

/* NULL: wayland-protocols did not have it when this was built */
extern const struct wl_interface wp_security_context_manager_v1_interface
	__attribute__((weak));
extern const struct wl_interface wp_security_context_v1_interface
	__attribute__((weak));

#define ENGINE "org.xen-dmabuf"
#define ANSWER_TIME (5 * XDC_NS_PER_S)
#define OUT_MAX 65536U

/* The few objects of this connection, in the order in which they are made */
enum { DISPLAY = 1, REGISTRY, FIRST_SYNC, MANAGER, CONTEXT, LAST_SYNC };

static void close_connection(struct xwl_context *c)
{
	xdc_timer_at(&c->timer, 0);
	xdc_loop_remove(c->loop, &c->source);
	c->source.fd = -1;
	xwl_stream_fini(&c->stream);
	if (c->closer >= 0) {
		close(c->closer);
		unlink(c->path);
	}
	c->closer = -1;
	c->bound = false;
}

static void settle_state(struct xwl_context *c, enum xwl_context_state state)
{
	bool asking = c->state == XWL_CONTEXT_ASKING;

	xdc_timer_at(&c->timer, 0);
	c->state = state;
	if (asking)
		c->settled(c);
}

/* The compositor has gone or does not follow the protocol: ask the next one anew */
static void fail_asking(struct xwl_context *c, const char *why)
{
	snprintf(c->why.text, sizeof(c->why.text), "compositor at %s: %s",
		 c->display, why);
	close_connection(c);
	settle_state(c, XWL_CONTEXT_UNKNOWN);
}

static int send_new(struct xwl_context *c, const char *request, uint32_t id)
{
	struct xwl_message m;

	xwl_message_request(&wl_display_interface, DISPLAY, request, &m);
	m.args[0].u = id;
	return xwl_stream_send(&c->stream, &m);
}

static int send_text(struct xwl_context *c, const char *request,
		     const char *text)
{
	struct xwl_message m;

	xwl_message_request(&wp_security_context_v1_interface, CONTEXT, request,
			    &m);
	if (m.nr_args)
		xwl_arg_text(&m.args[0], text);
	return xwl_stream_send(&c->stream, &m);
}

static int bind_manager(struct xwl_context *c, uint32_t name)
{
	struct xwl_message m;

	c->bound = true;
	xwl_message_request(&wl_registry_interface, REGISTRY, "bind", &m);
	m.args[0].u = name;
	xwl_arg_text(&m.args[1], wp_security_context_manager_v1_interface.name);
	m.args[2].u = 1;
	m.args[3].u = MANAGER;
	return xwl_stream_send(&c->stream, &m);
}

static int send_listener(struct xwl_context *c)
{
	struct xwl_message m;
	int ends[2], fd;

	/* a host that was killed leaves the path, where the compositor may still listen */
	unlink(c->path);
	fd = xdc_unix_listen(c->path, SOCK_STREAM, 0600);
	if (fd < 0)
		return fd;
	if (pipe2(ends, O_CLOEXEC)) {
		close(fd);
		return -errno;
	}
	c->closer = ends[1];
	xwl_message_request(&wp_security_context_manager_v1_interface, MANAGER,
			    "create_listener", &m);
	m.args[0].u = CONTEXT;
	m.args[1].fd = fd;
	m.args[2].fd = ends[0];
	return xwl_stream_send(&c->stream, &m);
}

static int make_context(struct xwl_context *c)
{
	char instance[32];
	int err = send_listener(c);

	/* each run of this half is another instance of the guest's desktop */
	snprintf(instance, sizeof(instance), "%d", (int)getpid());
	if (!err)
		err = send_text(c, "set_sandbox_engine", ENGINE);
	if (!err)
		err = send_text(c, "set_app_id", c->policy->guest);
	if (!err)
		err = send_text(c, "set_instance_id", instance);
	if (!err)
		err = send_text(c, "commit", NULL);
	if (!err)
		err = send_new(c, "sync", LAST_SYNC);
	return err;
}

static int take_global(struct xwl_context *c, const struct xwl_message *m)
{
	const struct wl_interface *manager =
		&wp_security_context_manager_v1_interface;

	if (!manager || c->bound || strcmp(m->args[1].data, manager->name))
		return 0;
	return bind_manager(c, m->args[0].u);
}

static int take_done(struct xwl_context *c, uint32_t callback)
{
	if (callback == FIRST_SYNC && c->bound)
		return make_context(c);
	settle_state(c, callback == FIRST_SYNC ? XWL_CONTEXT_NONE
					       : XWL_CONTEXT_READY);
	return 0;
}

/* Of all events only those matter that say how far it is */
static int take_event(struct xwl_context *c, const struct xwl_header *h,
		      const uint8_t *data)
{
	const struct wl_interface *interface;
	struct xwl_message m;
	int err;

	if (h->object == DISPLAY)
		interface = &wl_display_interface;
	else if (h->object == REGISTRY)
		interface = &wl_registry_interface;
	else if (h->object == FIRST_SYNC || h->object == LAST_SYNC)
		interface = &wl_callback_interface;
	else
		return -EPROTO;
	if (h->opcode >= interface->event_count)
		return -EPROTO;
	err = xwl_message_parse(&interface->events[h->opcode], h, data, &m,
				&c->why);
	if (err)
		return err;
	if (!strcmp(m.table->name, "error"))
		return -EPROTO;
	if (!strcmp(m.table->name, "global"))
		return take_global(c, &m);
	return strcmp(m.table->name, "done") ? 0 : take_done(c, h->object);
}

static int take_events(struct xwl_context *c)
{
	const uint8_t *data;
	struct xwl_header h;
	int err = 0;

	while (!err) {
		err = xwl_stream_peek(&c->stream, &h, &data);
		if (!err)
			err = take_event(c, &h, data);
		if (!err)
			xwl_stream_take(&c->stream, &h);
	}
	return err == -EAGAIN ? 0 : err;
}

/* The few requests fit into a socket that nothing else is written to */
static void context_ready(struct xdc_source *s, uint32_t events)
{
	struct xwl_context *c = container_of(s, struct xwl_context, source);
	int err = xwl_stream_read(&c->stream);

	if (!err)
		err = take_events(c);
	if (!err)
		err = xwl_stream_flush(&c->stream);
	if (err == -EPIPE)
		fail_asking(c, "it has closed the connection");
	else if (err == -EPROTO)
		fail_asking(c, "it has refused a security context");
	else if (err && err != -EAGAIN)
		fail_asking(c, strerror(-err));
}

static void timer_fired(struct xdc_timer *t)
{
	fail_asking(container_of(t, struct xwl_context, timer),
		    "it does not answer");
}

int xwl_context_init(struct xwl_context *c, struct xdc_loop *loop,
		     const struct xwl_policy *policy, const char *display,
		     const char *path, void (*settled)(struct xwl_context *c))
{
	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->policy = policy;
	c->display = display;
	c->settled = settled;
	c->closer = c->source.fd = c->stream.fd = -1;
	xdc_timer_init(loop, &c->timer, timer_fired);
	if ((size_t)snprintf(c->path, sizeof(c->path), "%s", path) >=
	    sizeof(c->path))
		return -ENAMETOOLONG;
	return 0;
}

void xwl_context_fini(struct xwl_context *c)
{
	close_connection(c);
	c->state = XWL_CONTEXT_UNKNOWN;
	xdc_timer_fini(&c->timer);
}

int xwl_context_ask(struct xwl_context *c)
{
	int fd = xdc_unix_connect(c->display, SOCK_STREAM), err;

	if (fd < 0)
		return fd;
	xwl_stream_init(&c->stream, fd, OUT_MAX);
	c->source.fd = fd;
	c->source.ready = context_ready;
	err = send_new(c, "get_registry", REGISTRY);
	if (!err)
		err = send_new(c, "sync", FIRST_SYNC);
	if (!err)
		err = xwl_stream_flush(&c->stream);
	if (!err)
		err = xdc_loop_add(c->loop, &c->source, EPOLLIN);
	if (err) {
		close_connection(c);
		return err;
	}
	c->state = XWL_CONTEXT_ASKING;
	xdc_timer_in(&c->timer, ANSWER_TIME);
	return 0;
}

const char *xwl_context_path(const struct xwl_context *c)
{
	return c->state == XWL_CONTEXT_READY ? c->path : c->display;
}
