// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-hostile ACT: meets dom0's xen-channeld as a guest's would, and then writes the
 * ring by itself.  Says how that ends, in one line:
 *	ended		the link is over
 *	refused ERRNO	a buffer was not mapped, and the link goes on
 *	goes on		the link goes on
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
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
#include "domains.h"
#include "link/frame.h"
#include "meeting.h"

#define DOM0 0
#define PATIENCE (60 * XDC_NS_PER_S) /* for dom0 to do something */
#define SETTLING XDC_NS_PER_S /* for dom0 to see what was done */
#define FLOOD (8 * XDC_NS_PER_S)
#define PING 0x68656c6cU /* what the last PING brings back */

static struct {
	struct xs_handle *xs;
	uint16_t self;
	struct xch_transport transport;
	struct xch_ring_memory memory;
	struct xch_ring ring;
	uint8_t in[XCH_FRAME_MAX];
	size_t fill;
	int refused; /* what the last BUF_FAILED says, or 0 */
	bool seen, heard_hello, heard_opened, heard_pong;
	uint64_t flood_ends;
} h;

static uint8_t out[XCH_FRAME_MAX];

__attribute__((noreturn)) static void give_up(const char *what)
{
	printf("%s\n", what);
	exit(1);
}

/* ---- the way to a ring: as xen-channeld does it ---- */

static void wait_for_offer(struct xch_meeting *ours, struct xch_meeting *theirs)
{
	uint64_t end = xdc_now() + PATIENCE;

	if (xch_meeting_new(ours) ||
	    xch_meeting_write(h.xs, h.self, DOM0, ours))
		give_up("cannot write to xenstore");
	while (xch_meeting_read(h.xs, DOM0, h.self, theirs) ||
	       !theirs->offers || strcmp(theirs->bound_to, ours->generation)) {
		if (xdc_now() > end)
			give_up("dom0 offers no ring");
		usleep(50000);
	}
}

static void *map_pages(uint64_t at, uint32_t pages, int prot)
{
	void *p = mmap(NULL, pages * XCH_PAGE, prot, MAP_SHARED,
		       h.transport.ring, (off_t)at);

	if (p == MAP_FAILED)
		give_up("cannot map the ring");
	return p;
}

static void bind_ring(void)
{
	struct xch_transport *t = &h.transport;
	struct xch_meeting ours, theirs;
	struct xdc_reason why;

	wait_for_offer(&ours, &theirs);
	if (xch_transport_xen.bind(DOM0, &theirs.offer, t, &why))
		give_up(why.text);
	h.memory.pages = XCH_RING_PAGES;
	h.memory.control = map_pages(t->control_at, 1, PROT_READ | PROT_WRITE);
	h.memory.bytes[XCH_SERVER] =
		map_pages(t->bytes_at[XCH_SERVER], XCH_RING_PAGES, PROT_READ);
	h.memory.bytes[XCH_CLIENT] = map_pages(t->bytes_at[XCH_CLIENT],
					       XCH_RING_PAGES,
					       PROT_READ | PROT_WRITE);
	if (xch_ring_attach(&h.ring, &h.memory, XCH_CLIENT))
		give_up("this is no ring");
	strcpy(ours.bound_to, theirs.generation);
	if (xch_meeting_write(h.xs, h.self, DOM0, &ours))
		give_up("cannot write to xenstore");
}

static void notify(void)
{
	struct ioctl_evtchn_notify notify = { .port = h.transport.port };

	ioctl(h.transport.event, IOCTL_EVTCHN_NOTIFY, &notify);
}

/* ---- frames ---- */

/* dom0's end begins when it has seen that this one is bound */
static bool is_over(void)
{
	bool lives = h.memory.control->live[XCH_SERVER] == 1;

	h.seen |= lives;
	return h.seen && !lives;
}

static void take_frame(size_t len)
{
	struct xch_frame f;
	uint32_t numbers[2];

	if (xch_frame_parse(h.in, len, &f) <= 0)
		give_up("dom0's frame is invalid");
	if (f.type == XCH_HELLO)
		h.heard_hello = true;
	if (f.type == XCH_OPENED)
		h.heard_opened = true;
	if (f.type == XCH_PONG && f.arg == PING)
		h.heard_pong = true;
	if (f.type == XCH_BUF_FAILED) {
		xch_parse_numbers(&f, numbers, 2);
		h.refused = (int)numbers[0];
	}
	h.fill = 0;
}

/* What dom0 has said since the last call */
static void listen_once(void)
{
	size_t need;
	ssize_t n;

	for (;;) {
		need = h.fill < XCH_FRAME_HEADER ? XCH_FRAME_HEADER
						 : xch_get_u32(h.in);
		n = xch_ring_read(&h.ring, h.in + h.fill, need - h.fill);
		if (n <= 0)
			break;
		h.fill += (size_t)n;
		if (h.fill >= XCH_FRAME_HEADER && h.fill == xch_get_u32(h.in))
			take_frame(h.fill);
	}
	if (xch_ring_flush(&h.ring))
		notify();
}

static bool listen_for(const bool *what)
{
	uint64_t end = xdc_now() + PATIENCE;

	while (!*what && !is_over() && xdc_now() < end) {
		listen_once();
		usleep(2000);
	}
	return *what;
}

/* All of it, as fast as dom0 reads; false: the link is over before */
static bool say(const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len && !is_over()) {
		n = xch_ring_write(&h.ring, p, len);
		if (n < 0)
			return false;
		p += n;
		len -= (size_t)n;
		xch_ring_flush(&h.ring);
		notify();
		listen_once();
		if (!n)
			usleep(1000);
	}
	return !len;
}

static bool say_plain(enum xch_frame_type type, uint32_t channel, uint32_t arg)
{
	return say(out, xch_put_plain(out, type, channel, arg));
}

static void say_hello(void)
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

	say(out, xch_put_hello(out, &hello));
}

static void say_open(uint32_t id)
{
	struct xch_open open = {
		.type = XCH_STREAM,
		.bytes = 65536,
		.service = "echo-dom0",
	};

	say(out, xch_put_open(out, id, &open));
}

static void say_data(uint32_t id, size_t len)
{
	static const uint8_t bytes[XCH_TURN_MAX];
	struct xch_data data = { .bytes = bytes, .len = len };

	say(out, xch_put_data(out, id, &data));
}

/* ---- acts ---- */

static uint32_t *index_of(bool sender)
{
	struct xch_ring_way *way =
		&h.memory.control->from[sender ? XCH_CLIENT : XCH_SERVER];

	return sender ? &way->sender.index : &way->receiver.index;
}

static void set_index(bool sender, uint32_t to)
{
	__atomic_store_n(index_of(sender), to, __ATOMIC_SEQ_CST);
	notify();
}

static void act_ahead(void)
{
	set_index(true, h.ring.produced + 2 * h.ring.size);
}

static void act_back(void)
{
	set_index(true, h.ring.produced - 1);
}

/* dom0 looks at it when it has something to say, such as a PONG */
static void act_read_ahead(void)
{
	size_t len = xch_put_plain(out, XCH_PING, 0, 1);

	set_index(false, h.ring.consumed + 1000000);
	xch_ring_write(&h.ring, out, len);
	h.ring.published = h.ring.produced;
	set_index(true, h.ring.produced);
}

static void act_dead(void)
{
	h.memory.control->live[XCH_CLIENT] = 0;
	notify();
}

static void act_magic(void)
{
	memset(h.memory.control, 0xff, offsetof(struct xch_ring_control, live));
	notify();
}

static void act_short(void)
{
	size_t len = xch_put_plain(out, XCH_PING, 0, 1);

	out[0] = 5;
	say(out, len);
}

static void act_long(void)
{
	size_t len = xch_put_plain(out, XCH_PING, 0, 1);

	memset(out, 0xff, 4);
	say(out, len);
}

static void act_type(void)
{
	say_plain((enum xch_frame_type)4711, 0, 0);
}

static void act_hello(void)
{
	say_hello();
}

static void act_parity(void)
{
	say_open(2);
}

static void act_many(void)
{
	uint32_t id;

	for (id = 1; id < 200; id += 2)
		say_open(id);
}

static void act_nowhere(void)
{
	say_data(1001, 100);
}

/* More than the channel has room for; what comes back is not asked for */
static void act_credit(void)
{
	unsigned int i;

	say_open(1);
	listen_for(&h.heard_opened);
	for (i = 0; i < 100; i++)
		say_data(1, XCH_TURN_MAX);
}

static void say_offer(uint32_t pages, uint32_t first_ref)
{
	static uint32_t refs[XCH_OFFER_REFS_MAX];
	struct xch_offer offer = {
		.pages = pages,
		.bytes = (uint64_t)pages * XCH_PAGE,
	};
	uint32_t i;

	for (i = 0; i < XCH_OFFER_REFS_MAX; i++)
		refs[i] = first_ref + i;
	while (offer.first < pages) {
		offer.nr = pages - offer.first < XCH_OFFER_REFS_MAX
				   ? pages - offer.first
				   : XCH_OFFER_REFS_MAX;
		offer.end = offer.first + offer.nr == pages;
		if (!say(out, xch_put_offer(out, 1, &offer, refs)))
			return;
		offer.first += offer.nr;
	}
}

static void act_huge(void)
{
	say_offer(65535, 1000);
}

static void act_stranger(void)
{
	say_offer(64, 20000);
}

/* The console and xenstore's ring are of this domain's grants */
static void act_reserved(void)
{
	say_offer(8, 0);
}

/* Each buffer has an id of its own */
static void act_same_id(void)
{
	say_offer(8, 20000);
	say_offer(8, 20000);
}

static void act_mapped(void)
{
	say_plain(XCH_BUF_MAPPED, 0, 7);
}

static void act_returned(void)
{
	say_plain(XCH_BUF_RETURNED, 0, 7);
}

static void act_signal(void)
{
	uint32_t status = 0;

	say(out, xch_put_numbers(out, XCH_SIGNAL, 0, 9, &status, 1));
}

static void act_pong(void)
{
	say_plain(XCH_PONG, 0, 3);
}

static void act_blob(void)
{
	static const uint8_t bytes[100];
	struct xch_blob blob = {
		.total = sizeof(bytes),
		.bytes = bytes,
		.len = sizeof(bytes),
		.end = true,
	};

	say(out, xch_put_blob(out, 1001, 1, &blob));
}

static bool flood_lasts(void)
{
	return xdc_now() < h.flood_ends;
}

static void act_busy(void)
{
	while (flood_lasts())
		;
}

static void act_events(void)
{
	while (flood_lasts())
		notify();
}

static void act_pings(void)
{
	while (flood_lasts() && say_plain(XCH_PING, 0, 1))
		;
}

/* Each makes dom0 run a program, or refuse to */
static void act_opens(void)
{
	uint32_t id = 1;

	while (flood_lasts() && !is_over()) {
		say_open(id);
		say_plain(XCH_RESET, id, ECANCELED);
		id += 2;
	}
}

static void write_on(const char *path)
{
	while (flood_lasts())
		xs_write(h.xs, XBT_NULL, path, "x", 1);
}

/* A peer may write in xenstore whatever and whenever it likes */
static void act_nodes(void)
{
	char dir[XCH_MEETING_PATH], path[XCH_MEETING_PATH + 16];

	xch_meeting_path(dir, h.self, DOM0);
	snprintf(path, sizeof(path), "%s/noise", dir);
	write_on(path);
}

static void act_writes(void)
{
	write_on("data/noise");
}

static volatile bool rewriting = true;

/* Lengths and types of frames that dom0 is reading */
static void *rewrite_bytes(void *unused)
{
	volatile uint8_t *bytes = h.memory.bytes[XCH_CLIENT];
	uint32_t at = 0;

	while (rewriting) {
		bytes[at % h.ring.size] ^= 0x40;
		at += 4;
	}
	return NULL;
}

static void act_rewrite(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, rewrite_bytes, NULL))
		give_up("no thread");
	while (flood_lasts() && say_plain(XCH_PING, 0, 1))
		;
	rewriting = false;
	pthread_join(thread, NULL);
}

static void act_noise(void)
{
	size_t i;

	while (flood_lasts() && !is_over()) {
		for (i = 0; i < sizeof(out); i++)
			out[i] = (uint8_t)random();
		say(out, sizeof(out));
	}
}

/* dom0 has much to say to it, and it does not listen */
static void act_deaf(void)
{
	unsigned int i;

	say_open(1);
	listen_for(&h.heard_opened);
	for (i = 0; i < 7; i++)
		say_data(1, XCH_TURN_MAX);
	sleep(FLOOD / XDC_NS_PER_S);
}

static const struct {
	const char *name;
	void (*run)(void);
} acts[] = {
	{ "ahead", act_ahead },
	{ "back", act_back },
	{ "read-ahead", act_read_ahead },
	{ "dead", act_dead },
	{ "magic", act_magic },
	{ "short", act_short },
	{ "long", act_long },
	{ "type", act_type },
	{ "hello", act_hello },
	{ "parity", act_parity },
	{ "many", act_many },
	{ "nowhere", act_nowhere },
	{ "credit", act_credit },
	{ "huge", act_huge },
	{ "stranger", act_stranger },
	{ "reserved", act_reserved },
	{ "same-id", act_same_id },
	{ "mapped", act_mapped },
	{ "returned", act_returned },
	{ "signal", act_signal },
	{ "pong", act_pong },
	{ "blob", act_blob },
	{ "busy", act_busy }, /* says nothing */
	{ "events", act_events },
	{ "pings", act_pings },
	{ "opens", act_opens },
	{ "nodes", act_nodes },
	{ "writes", act_writes }, /* where the daemon does not look */
	{ "rewrite", act_rewrite },
	{ "noise", act_noise },
	{ "deaf", act_deaf },
};

static void say_outcome(void)
{
	uint64_t end = xdc_now() + SETTLING;

	while (!is_over() && xdc_now() < end)
		usleep(10000);
	if (!is_over())
		say_plain(XCH_PING, 0, PING);
	listen_for(&h.heard_pong);
	if (h.heard_pong && h.refused)
		printf("refused %s\n", strerrorname_np(h.refused));
	else if (h.heard_pong)
		puts("goes on");
	else
		puts(is_over() ? "ended" : "no answer");
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (argc == 2 && !strcmp(argv[1], acts[i].name))
			break;
	if (i == sizeof(acts) / sizeof(acts[0]))
		return 2;
	h.xs = xs_open(0);
	if (!h.xs || xch_domains_self(h.xs, &h.self))
		give_up("no xenstore");
	bind_ring();
	say_hello();
	if (!listen_for(&h.heard_hello))
		give_up("dom0 says no HELLO");
	h.flood_ends = xdc_now() + FLOOD;
	acts[i].run();
	say_outcome();
	return 0;
}
