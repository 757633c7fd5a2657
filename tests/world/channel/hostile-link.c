// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/evtchn.h>

#include "common/loop.h"
#include "hostile-link.h"
#include "meeting.h"

#define PATIENCE (60 * XDC_NS_PER_S) /* for dom0 to do something */

struct hostile hostile;

void hostile_give_up(const char *what)
{
	printf("%s\n", what);
	exit(1);
}

/* ---- the way to a ring: as xen-channeld does it ---- */

static void wait_for_offer(struct xch_meeting *ours, struct xch_meeting *theirs)
{
	uint64_t end = xdc_now() + PATIENCE;

	if (xch_meeting_new(ours) ||
	    xch_meeting_write(hostile.xs, hostile.self, DOM0, ours))
		hostile_give_up("cannot write to xenstore");
	while (xch_meeting_read(hostile.xs, DOM0, hostile.self, theirs) ||
	       !theirs->offers || strcmp(theirs->bound_to, ours->generation)) {
		if (xdc_now() > end)
			hostile_give_up("dom0 offers no ring");
		usleep(50000);
	}
}

static void *map_pages(uint64_t at, uint32_t pages, int prot)
{
	void *p = mmap(NULL, pages * XCH_PAGE, prot, MAP_SHARED,
		       hostile.transport.ring, (off_t)at);

	if (p == MAP_FAILED)
		hostile_give_up("cannot map the ring");
	return p;
}

void hostile_bind(void)
{
	struct xch_transport *t = &hostile.transport;
	struct xch_meeting ours, theirs;
	struct xdc_reason why;

	wait_for_offer(&ours, &theirs);
	if (xch_transport_xen.bind(DOM0, &theirs.offer, t, &why))
		hostile_give_up(why.text);
	hostile.memory.pages = XCH_RING_PAGES;
	hostile.memory.control =
		map_pages(t->control_at, 1, PROT_READ | PROT_WRITE);
	hostile.memory.bytes[XCH_SERVER] =
		map_pages(t->bytes_at[XCH_SERVER], XCH_RING_PAGES, PROT_READ);
	hostile.memory.bytes[XCH_CLIENT] = map_pages(t->bytes_at[XCH_CLIENT],
						     XCH_RING_PAGES,
						     PROT_READ | PROT_WRITE);
	if (xch_ring_attach(&hostile.ring, &hostile.memory, XCH_CLIENT))
		hostile_give_up("this is no ring");
	strcpy(ours.bound_to, theirs.generation);
	if (xch_meeting_write(hostile.xs, hostile.self, DOM0, &ours))
		hostile_give_up("cannot write to xenstore");
}

void hostile_notify(void)
{
	struct ioctl_evtchn_notify notify = { .port = hostile.transport.port };

	ioctl(hostile.transport.event, IOCTL_EVTCHN_NOTIFY, &notify);
}

/* ---- frames ---- */

/* dom0's end begins when it has seen that this one is bound */
bool hostile_is_over(void)
{
	bool lives = hostile.memory.control->live[XCH_SERVER] == 1;

	hostile.seen |= lives;
	return hostile.seen && !lives;
}

static void take_frame(size_t len)
{
	struct xch_frame f;
	uint32_t numbers[2];

	if (xch_frame_parse(hostile.in, len, &f) <= 0)
		hostile_give_up("dom0's frame is invalid");
	if (f.type == XCH_HELLO)
		hostile.heard_hello = true;
	if (f.type == XCH_OPENED)
		hostile.heard_opened = true;
	if (f.type == XCH_PONG && f.arg == PING)
		hostile.heard_pong = true;
	if (f.type == XCH_BUF_FAILED) {
		xch_parse_numbers(&f, numbers, 2);
		hostile.refused = (int)numbers[0];
	}
	hostile.fill = 0;
}

/* What dom0 has said since the last call */
static void listen_once(void)
{
	size_t need;
	ssize_t n;

	for (;;) {
		need = hostile.fill < XCH_FRAME_HEADER
			       ? XCH_FRAME_HEADER
			       : xch_get_u32(hostile.in);
		n = xch_ring_read(&hostile.ring, hostile.in + hostile.fill,
				  need - hostile.fill);
		if (n <= 0)
			break;
		hostile.fill += (size_t)n;
		if (hostile.fill >= XCH_FRAME_HEADER &&
		    hostile.fill == xch_get_u32(hostile.in))
			take_frame(hostile.fill);
	}
	if (xch_ring_flush(&hostile.ring))
		hostile_notify();
}

bool hostile_listen_for(const bool *what)
{
	uint64_t end = xdc_now() + PATIENCE;

	while (!*what && !hostile_is_over() && xdc_now() < end) {
		listen_once();
		usleep(2000);
	}
	return *what;
}

bool hostile_say(const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len && !hostile_is_over()) {
		n = xch_ring_write(&hostile.ring, p, len);
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
		xch_ring_flush(&hostile.ring);
		hostile_notify();
		listen_once();
		if (!n)
			usleep(1000);
	}
	return !len;
}

bool hostile_say_plain(enum xch_frame_type type, uint32_t channel, uint32_t arg)
{
	return hostile_say(hostile.out,
			   xch_put_plain(hostile.out, type, channel, arg));
}

void hostile_say_hello(void)
{
	struct xch_hello hello = {
		.version_min = XCH_VERSION_MIN,
		.version_max = XCH_VERSION_MAX,
		.frame_max = XCH_FRAME_MAX,
		.features = XCH_FEATURE_BUFFERS,
		.buffer_pages = 65535,
		.total_pages = 65535,
		.buffers = 512,
		.channels = 64,
		.fences = 64,
	};

	hostile_say(hostile.out, xch_put_hello(hostile.out, &hello));
}

void hostile_say_open(uint32_t id)
{
	struct xch_open open = {
		.type = XCH_STREAM,
		.bytes = 65536,
		.service = "echo-dom0",
	};

	hostile_say(hostile.out, xch_put_open(hostile.out, id, &open));
}

void hostile_say_data(uint32_t id, size_t len)
{
	static const uint8_t bytes[XCH_TURN_MAX];
	struct xch_data data = { .bytes = bytes, .len = len };

	hostile_say(hostile.out, xch_put_data(hostile.out, id, &data));
}
