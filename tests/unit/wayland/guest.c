// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "agent/downstream.h"
#include "agent/upstream.h"
#include "guest.h"

struct guest guest;

static int await(struct xwl_proxy *p, int fd)
{
	guest.awaited = fd;
	p->waiting = true;
	return 0;
}

static void pause_program(struct xwl_proxy *p)
{
	guest.pauses++;
	p->waiting = true;
}

int sends_file(uint32_t id, const char *request, const int64_t *numbers,
	       const char *text, int fd)
{
	const struct xwl_object *o = xwl_objects_find(&guest.proxy.objects, id);
	static uint32_t words[1024];
	struct xwl_message m;
	struct xwl_header h;
	unsigned int i;
	ssize_t n;

	assert_non_null(o);
	xwl_message_request(o->interface, id, request, &m);
	for (i = 0; i < m.nr_args; i++) {
		if (m.args[i].type == 's')
			xwl_arg_text(&m.args[i], text);
		else if (m.args[i].type != 'h')
			m.args[i].u = (uint32_t)*numbers++;
	}
	n = xwl_message_write(&m, words, sizeof(words));
	assert_int_equal(xwl_header_read(words, (size_t)n, &h), 0);
	if (fd >= 0)
		xwl_fds_push(&guest.program.in_fds, fd);
	return xwl_upstream_take(&guest.proxy, &h, (const uint8_t *)words);
}

void binds(uint32_t registry, int64_t name, const char *interface,
	   int64_t version, int64_t id)
{
	assert_int_equal(sends_file(registry, "bind",
				    NUMBERS(name, version, id), interface, -1),
			 0);
}

static void say_event(uint32_t id, const char *event, const int64_t *numbers,
		      const char *text)
{
	const struct xwl_object *o =
		xwl_objects_known(&guest.proxy.objects, id);
	static uint32_t words[64];
	struct xwl_record r = { .type = XWL_MESSAGES,
				.bytes = (const uint8_t *)words };
	struct xwl_message m;
	unsigned int i;

	xwl_message_event(o->interface, id, event, &m);
	for (i = 0; i < m.nr_args; i++)
		if (m.args[i].type == 's')
			xwl_arg_text(&m.args[i], text);
		else
			m.args[i].u = (uint32_t)*numbers++;
	r.len = (size_t)xwl_message_write(&m, words, sizeof(words));
	if (xwl_downstream_take(&guest.proxy, &r))
		fail_msg("%s", guest.proxy.why.text);
}

void host_says(uint32_t id, const char *event, const int64_t *numbers)
{
	say_event(id, event, numbers, NULL);
}

void host_offers(uint32_t registry, int64_t name, const char *interface,
		 int64_t version)
{
	say_event(registry, "global", NUMBERS(name, version), interface);
}

bool hears(uint32_t id, const struct wl_interface *interface,
	   struct xwl_message *out)
{
	static uint32_t words[64];
	struct xdc_reason why;
	struct xwl_header h;
	ssize_t n;

	assert_int_equal(xwl_stream_flush(&guest.program), 0);
	n = recv(guest.program_fd, words, sizeof(words), MSG_DONTWAIT);
	if (n < 0)
		return false;
	assert_int_equal(xwl_header_read(words, (size_t)n, &h), 0);
	assert_int_equal(h.object, id);
	assert_int_equal(xwl_message_parse(&interface->events[h.opcode], &h,
					   words, out, &why),
			 0);
	return true;
}

uint32_t offered(uint32_t registry, const char *interface)
{
	struct xwl_message m;

	if (!hears(registry, &wl_registry_interface, &m))
		return 0;
	assert_string_equal(m.args[1].data, interface);
	return m.args[2].u;
}

static unsigned int count_messages(const uint8_t *data, size_t len,
				   uint32_t object, uint16_t opcode)
{
	struct xwl_header h;
	unsigned int n = 0;

	for (; len && !xwl_header_read(data, len, &h);
	     data += h.size, len -= h.size)
		n += h.object == object && h.opcode == opcode;
	return n;
}

unsigned int requests(uint32_t object, uint16_t opcode)
{
	struct xwl_record r;
	struct xdc_reason why;
	unsigned int n = 0;

	assert_int_equal(xwl_link_flush(&guest.link), 0);
	while (!xwl_link_receive(&guest.host, &r, &why))
		if (r.type == XWL_MESSAGES)
			n += count_messages(r.bytes, r.len, object, opcode);
	return n;
}

unsigned int commits(uint32_t surface)
{
	return requests(surface, 6);
}

unsigned int events(uint32_t object, uint16_t opcode)
{
	static uint8_t data[16384];
	ssize_t n;

	assert_int_equal(xwl_stream_flush(&guest.program), 0);
	n = recv(guest.program_fd, data, sizeof(data), MSG_DONTWAIT);
	return n < 0 ? 0 : count_messages(data, (size_t)n, object, opcode);
}

void guest_begin(void)
{
	int program[2], host[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    program),
			 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				    host),
			 0);
	xwl_stream_init(&guest.program, program[0], 1 << 20);
	guest.program_fd = program[1];
	xwl_link_init(&guest.link, host[0], 1 << 20);
	xwl_link_init(&guest.host, host[1], 1 << 20);
	assert_int_equal(
		xwl_proxy_init(&guest.proxy, &guest.program, &guest.link), 0);
	guest.proxy.await = await;
	guest.proxy.pause = pause_program;
	guest.pauses = 0;
	guest.proxy.sync = &guest.device;
	guest.device.by = XWL_SYNC_TIMELINES;
	guest.device.fd = 99;
	guest.awaited = -1;
}

void guest_end(void)
{
	xwl_proxy_fini(&guest.proxy);
	xwl_stream_fini(&guest.program);
	xwl_link_fini(&guest.link);
	xwl_link_fini(&guest.host);
	close(guest.program_fd);
}
