// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a peer that has said HELLO, and then says anything.  The programs of
 * its channels are there, and let go of what they get.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "link/link.h"
#include "link/pipe.h"

#define PROGRAMS 8
#define TURNS 8
#define PAGES 4U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct xendmabuf_lease {
	int event;
};

static struct xdc_loop loop;
static struct xch_link server;
static struct xch_ring peer;
static struct xch_event event;
static int programs[PROGRAMS];
static unsigned int nr_programs;
static int ended;
static uint8_t pages[(2 * PAGES + 1) * XCH_PAGE];

static void must(bool good)
{
	if (!good)
		abort();
}

static int fake_grant(struct xch_driver *d, int fd, bool read_only,
		      uint32_t *refs, uint32_t nr,
		      struct xendmabuf_lease **lease)
{
	return -ENOSPC;
}

static int fake_map(struct xch_driver *d, const uint32_t *refs, uint32_t nr,
		    bool read_only, int *fd, struct xendmabuf_lease **lease,
		    uint32_t *bad)
{
	*bad = 0;
	if (refs[0] % 8 == 7)
		return -EACCES;
	*lease = malloc(sizeof(**lease));
	must(*lease != NULL);
	(*lease)->event = eventfd(1, EFD_CLOEXEC);
	*fd = memfd_create("mapped", MFD_CLOEXEC);
	must((*lease)->event >= 0 && *fd >= 0);
	return 0;
}

static int fake_lease_fd(const struct xendmabuf_lease *lease)
{
	return lease->event;
}

static int fake_look(struct xendmabuf_lease *lease,
		     struct xch_lease_state *state)
{
	memset(state, 0, sizeof(*state));
	return 0;
}

static int fake_revoke(struct xendmabuf_lease *lease)
{
	return 0;
}

static void fake_close(struct xendmabuf_lease *lease)
{
	close(lease->event);
	free(lease);
}

static const struct xch_driver_ops driver_ops = {
	.grant = fake_grant,
	.map = fake_map,
	.lease_fd = fake_lease_fd,
	.look = fake_look,
	.revoke = fake_revoke,
	.close = fake_close,
};

static void nothing(struct xch_event *e)
{
}

static void link_ready(struct xch_link *l)
{
}

static void link_ended(struct xch_link *l, int err)
{
	must(err < 0);
	ended = err;
}

static int make_program(enum xch_channel_type type)
{
	int sv[2];

	must(!socketpair(AF_UNIX,
			 (type == XCH_STREAM ? SOCK_STREAM : SOCK_SEQPACKET) |
				 SOCK_CLOEXEC,
			 0, sv));
	programs[nr_programs++] = sv[0];
	return sv[1];
}

static void link_asked(struct xch_link *l, struct xch_channel *ch)
{
	ch->rules.fds = ch->open.service[0] % 2 ? XCH_FDS_ALL : XCH_FDS_PIPE;
	if (nr_programs == PROGRAMS)
		xch_channel_refuse(ch, -EACCES);
	else
		xch_channel_accept(ch, make_program(ch->open.type));
}

static void channel_opened(struct xch_link *l, struct xch_channel *ch)
{
}

static void channel_closed(struct xch_link *l, struct xch_channel *ch, int err)
{
}

static const struct xch_link_ops ops = {
	.ready = link_ready,
	.ended = link_ended,
	.asked = link_asked,
	.opened = channel_opened,
	.closed = channel_closed,
};

static void stop_loop(struct xdc_work *w)
{
	xdc_loop_stop(&loop);
}

static void turn_loop(void)
{
	struct xdc_work stop = { .run = stop_loop };
	unsigned int i;

	for (i = 0; i < TURNS; i++) {
		loop.stop = false;
		xdc_loop_later(&loop, &stop);
		must(!xdc_loop_run(&loop));
		xdc_loop_cancel(&loop, &stop);
	}
}

/* What a program has got, and some of it comes back */
static void serve_programs(void)
{
	static uint8_t bytes[XCH_DATAGRAM_MAX];
	int fds[XDC_SOCKET_FDS];
	unsigned int i, nr;
	ssize_t n;

	for (i = 0; i < nr_programs; i++) {
		n = xdc_socket_receive(programs[i], bytes, sizeof(bytes), fds,
				       &nr);
		if (n > 0)
			xdc_socket_send(programs[i], bytes, (size_t)n / 2 + 1,
					fds, nr);
		xdc_close_all(fds, &nr);
	}
}

static void drain_peer(void)
{
	static uint8_t bytes[PAGES * XCH_PAGE];

	must(xch_ring_read(&peer, bytes, sizeof(bytes)) >= 0);
	xch_ring_flush(&peer);
}

static void say(const uint8_t *data, size_t len)
{
	while (len && !ended) {
		ssize_t n =
			xch_ring_write(&peer, data, len < 2048 ? len : 2048);

		must(n >= 0);
		xch_ring_flush(&peer);
		xdc_loop_later(&loop, &server.work);
		turn_loop();
		serve_programs();
		turn_loop();
		drain_peer();
		data += n;
		len -= (size_t)n;
	}
}

static void begin(void)
{
	static struct xch_driver driver = { .ops = &driver_ops };
	struct xch_ring_memory memory = {
		.control = (void *)pages,
		.bytes = { pages + XCH_PAGE, pages + (PAGES + 1) * XCH_PAGE },
		.pages = PAGES,
	};
	struct xch_link_config config = {
		.hub = { .role = XCH_SERVER,
			 .driver = &driver,
			 .buffer_pages = 4096,
			 .total_pages = 8192,
			 .buffers = 4,
			 .channels = 6,
			 .fences = 4,
			 .files = 1024,
			 .max_copy = 65536,
			 .linger = XDC_NS_PER_S,
			 .sync_timeout = XDC_NS_PER_S,
			 .idle_dmabuf = -1 },
		.hello_timeout = XDC_NS_PER_S * 100,
		.ping_after = XDC_NS_PER_S * 100,
		.hung_after = XDC_NS_PER_S * 100,
	};

	ended = 0;
	nr_programs = 0;
	event.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.clear = event.notify = nothing;
	xch_ring_format(&memory);
	must(!xdc_loop_init(&loop) &&
	     !xch_link_init(&server, &loop, &memory, &event, &config, &ops) &&
	     !xch_ring_attach(&peer, &memory, XCH_CLIENT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct xch_hello hello = { 1, 1, XCH_FRAME_MAX, 1, 0, 64, 64, 4, 4,
				   4, 64 };
	uint8_t raw[128];
	unsigned int i;

	xdc_log_init(XDC_ERROR, false);
	must(!xch_pipe_prepare());
	begin();
	say(raw, xch_put_hello(raw, &hello));
	must(!ended);
	say(data, len);
	must(server.hub.mapped.total <= 8192 && server.hub.mapped.buffers <= 4);
	must(server.hub.channels.theirs <= 6);
	must(server.hub.late.theirs <= 4);
	xch_link_fini(&server);
	for (i = 0; i < nr_programs; i++)
		close(programs[i]);
	close(event.fd);
	xdc_loop_fini(&loop);
	return 0;
}
