// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/container_of.h"
#include "fake-driver.h"
#include "link/pipe.h"
#include "links.h"
#include "sockets.h"

#define QUIET (5 * XDC_NS_PER_MS)

struct xdc_loop links_loop;
struct link_end links_server, links_client;
struct xch_ring_memory links_memory;
struct xch_link_config links_config;
static struct xdc_timer limit;

static void clear_event(struct xch_event *e)
{
	struct link_end *end = container_of(e, struct link_end, event);
	uint64_t n;

	if (read(e->fd, &n, sizeof(n)) == sizeof(n))
		end->events++;
}

static void notify_event(struct xch_event *e)
{
	struct link_end *end = container_of(e, struct link_end, event);
	uint64_t one = 1;

	assert_int_equal(write(end->other, &one, sizeof(one)), sizeof(one));
}

static struct link_end *end_of(struct xch_link *l)
{
	return container_of(l, struct link_end, link);
}

static void ready(struct xch_link *l)
{
	end_of(l)->ready = true;
}

static void ended(struct xch_link *l, int err)
{
	assert_int_equal(end_of(l)->ended, 0);
	end_of(l)->ended = err;
}

static void asked(struct xch_link *l, struct xch_channel *ch)
{
	struct link_end *e = end_of(l);

	e->asked[e->nr_asked++ % LINKS_ASKED] = ch;
}

static void opened(struct xch_link *l, struct xch_channel *ch)
{
	end_of(l)->nr_opened++;
}

static void closed(struct xch_link *l, struct xch_channel *ch, int err)
{
	end_of(l)->nr_closed++;
	end_of(l)->closed_with = err;
}

static const struct xch_link_ops ops = {
	.ready = ready,
	.ended = ended,
	.asked = asked,
	.opened = opened,
	.closed = closed,
};

void links_start(struct link_end *e, enum xch_role role)
{
	links_config.hub.role = role;
	e->event.clear = clear_event;
	e->event.notify = notify_event;
	assert_int_equal(xch_link_init(&e->link, &links_loop, &links_memory,
				       &e->event, &links_config, &ops),
			 0);
}

static void limit_fired(struct xdc_timer *t)
{
	xdc_loop_stop(&links_loop);
}

void links_run_for(uint64_t ns)
{
	links_loop.stop = false;
	xdc_timer_in(&limit, ns);
	assert_int_equal(xdc_loop_run(&links_loop), 0);
}

static uint64_t traffic(void)
{
	return links_server.link.bytes_in + links_server.link.bytes_out +
	       links_client.link.bytes_in + links_client.link.bytes_out;
}

void links_settle(void)
{
	uint64_t before;

	do {
		before = traffic();
		links_run_for(QUIET);
	} while (traffic() != before);
}

void links_prepare(void)
{
	struct xch_link_config *c = &links_config;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(xch_pipe_prepare(), 0);
	fake_reset();
	memset(&links_server, 0, sizeof(links_server));
	memset(&links_client, 0, sizeof(links_client));
	memset(c, 0, sizeof(*c));
	strcpy(c->hub.peer, "peer");
	c->hub.driver = &fake_driver;
	c->hub.buffer_pages = 65536;
	c->hub.total_pages = 65536;
	c->hub.buffers = 16;
	c->hub.channels = 64;
	c->hub.fences = 16;
	c->hub.files = 1024;
	c->hub.max_copy = 1 << 20;
	/* longer than a busy machine stands still */
	c->hub.linger = 60 * XDC_NS_PER_S;
	c->hub.sync_timeout = 60 * XDC_NS_PER_S;
	c->hub.idle_dmabuf = -1;
	c->hello_timeout = 60 * XDC_NS_PER_S;
	c->ping_after = 10 * XDC_NS_PER_S;
	c->hung_after = 30 * XDC_NS_PER_S;
	memory_map(&links_memory, XCH_RING_PAGES);
	assert_int_equal(xdc_loop_init(&links_loop), 0);
	xdc_timer_init(&links_loop, &limit, limit_fired);
	links_server.event.fd = links_client.other =
		eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	links_client.event.fd = links_server.other =
		eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int links_meet(void)
{
	links_start(&links_server, XCH_SERVER);
	links_start(&links_client, XCH_CLIENT);
	links_settle();
	assert_true(links_server.ready && links_client.ready);
	return 0;
}

int links_begin(void **state)
{
	links_prepare();
	return state && *state ? 0 : links_meet();
}

int links_end(void **state)
{
	if (links_server.link.loop)
		xch_link_fini(&links_server.link);
	if (links_client.link.loop)
		xch_link_fini(&links_client.link);
	xdc_timer_fini(&limit);
	xdc_loop_fini(&links_loop);
	close(links_server.event.fd);
	close(links_client.event.fd);
	memory_unmap(&links_memory);
	assert_int_equal(fake_open_leases(), 0);
	return 0;
}

struct link_pair links_open(enum xch_channel_type type)
{
	struct xch_open open = { .type = type, .service = "camera" };
	struct xch_rules rules = {
		.fds = XCH_FDS_ALL,
		.grants = true,
		.max_copy = 1 << 20,
	};
	unsigned int before = links_server.nr_asked;
	struct link_pair p;

	assert_int_equal(xch_channels_open(&links_client.link.hub.channels,
					   sockets_make(type, &p.near), &open,
					   &p.near_ch),
			 0);
	p.near_ch->rules = rules;
	links_settle();
	assert_int_equal(links_server.nr_asked, before + 1);
	p.far_ch = links_server.asked[before % LINKS_ASKED];
	p.far_ch->rules = rules;
	xch_channel_accept(p.far_ch, sockets_make(type, &p.far));
	links_settle();
	return p;
}

void links_close(struct link_pair *p)
{
	close(p->near);
	close(p->far);
}

void links_send(int fd, const char *text, const int *fds, unsigned int nr)
{
	int copy[XDC_SOCKET_FDS];

	assert_int_equal(xdc_socket_send(fd, text, strlen(text), fds, nr),
			 strlen(text));
	if (nr)
		memcpy(copy, fds, nr * sizeof(*fds));
	xdc_close_all(copy, &nr);
}

unsigned int links_receive(int fd, const char *text, int *fds)
{
	char got[256];
	unsigned int nr;
	ssize_t n = xdc_socket_receive(fd, got, sizeof(got), fds, &nr);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, strlen(text));
	return nr;
}
