// SPDX-License-Identifier: GPL-2.0-only
/*
 * channel-hostile ACT: meets dom0's xen-channeld as a guest's would, and then writes the
 * ring by itself.  Says how that ends, in one line:
 *	ended		the link is over
 *	refused ERRNO	a buffer was not mapped, and the link goes on
 *	goes on		the link goes on
 *	dom0 offers no ring
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/loop.h"
#include "domains.h"
#include "hostile-link.h"
#include "meeting.h"

#define SETTLING XDC_NS_PER_S /* for dom0 to see what was done */
#define FLOOD (8 * XDC_NS_PER_S)

static uint64_t flood_ends;

static uint32_t *index_of(bool sender)
{
	struct xch_ring_way *way =
		&hostile.memory.control->from[sender ? XCH_CLIENT : XCH_SERVER];

	return sender ? &way->sender.index : &way->receiver.index;
}

static void set_index(bool sender, uint32_t to)
{
	__atomic_store_n(index_of(sender), to, __ATOMIC_SEQ_CST);
	hostile_notify();
}

static void act_ahead(void)
{
	set_index(true, hostile.ring.produced + 2 * hostile.ring.size);
}

static void act_back(void)
{
	set_index(true, hostile.ring.produced - 1);
}

/* dom0 looks at it when it has something to say, such as a PONG */
static void act_read_ahead(void)
{
	size_t len = xch_put_plain(hostile.out, XCH_PING, 0, 1);

	set_index(false, hostile.ring.consumed + 1000000);
	xch_ring_write(&hostile.ring, hostile.out, len);
	hostile.ring.published = hostile.ring.produced;
	set_index(true, hostile.ring.produced);
}

static void act_dead(void)
{
	hostile.memory.control->live[XCH_CLIENT] = 0;
	hostile_notify();
}

static void act_magic(void)
{
	memset(hostile.memory.control, 0xff,
	       offsetof(struct xch_ring_control, live));
	hostile_notify();
}

static void act_short(void)
{
	size_t len = xch_put_plain(hostile.out, XCH_PING, 0, 1);

	hostile.out[0] = 5;
	hostile_say(hostile.out, len);
}

static void act_long(void)
{
	size_t len = xch_put_plain(hostile.out, XCH_PING, 0, 1);

	memset(hostile.out, 0xff, 4);
	hostile_say(hostile.out, len);
}

static void act_type(void)
{
	hostile_say_plain((enum xch_frame_type)4711, 0, 0);
}

static void act_hello(void)
{
	hostile_say_hello();
}

static void act_parity(void)
{
	hostile_say_open(2);
}

static void act_many(void)
{
	uint32_t id;

	for (id = 1; id < 200; id += 2)
		hostile_say_open(id);
}

static void act_nowhere(void)
{
	hostile_say_data(1001, 100);
}

/* More than the channel has room for; what comes back is not asked for */
static void act_credit(void)
{
	unsigned int i;

	hostile_say_open(1);
	hostile_listen_for(&hostile.heard_opened);
	for (i = 0; i < 100; i++)
		hostile_say_data(1, XCH_TURN_MAX);
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
		if (!hostile_say(hostile.out,
				 xch_put_offer(hostile.out, 1, &offer, refs)))
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
	hostile_say_plain(XCH_BUF_MAPPED, 0, 7);
}

static void act_returned(void)
{
	hostile_say_plain(XCH_BUF_RETURNED, 0, 7);
}

static void act_signal(void)
{
	uint32_t status = 0;

	hostile_say(hostile.out,
		    xch_put_numbers(hostile.out, XCH_SIGNAL, 0, 9, &status, 1));
}

static void act_pong(void)
{
	hostile_say_plain(XCH_PONG, 0, 3);
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

	hostile_say(hostile.out, xch_put_blob(hostile.out, 1001, 1, &blob));
}

static bool flood_lasts(void)
{
	return xdc_now() < flood_ends;
}

static void act_busy(void)
{
	while (flood_lasts())
		;
}

static void act_events(void)
{
	while (flood_lasts())
		hostile_notify();
}

static void act_pings(void)
{
	while (flood_lasts() && hostile_say_plain(XCH_PING, 0, 1))
		;
}

/* Each makes dom0 run a program, or refuse to */
static void act_opens(void)
{
	uint32_t id = 1;

	while (flood_lasts() && !hostile_is_over()) {
		hostile_say_open(id);
		hostile_say_plain(XCH_RESET, id, ECANCELED);
		id += 2;
	}
}

static void write_on(const char *path)
{
	while (flood_lasts())
		xs_write(hostile.xs, XBT_NULL, path, "x", 1);
}

/* A peer may write in xenstore whatever and whenever it likes */
static void act_nodes(void)
{
	char dir[XCH_MEETING_PATH], path[XCH_MEETING_PATH + 16];

	xch_meeting_path(dir, hostile.self, DOM0);
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
	volatile uint8_t *bytes = hostile.memory.bytes[XCH_CLIENT];
	uint32_t at = 0;

	while (rewriting) {
		bytes[at % hostile.ring.size] ^= 0x40;
		at += 4;
	}
	return NULL;
}

static void act_rewrite(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, rewrite_bytes, NULL))
		hostile_give_up("no thread");
	while (flood_lasts() && hostile_say_plain(XCH_PING, 0, 1))
		;
	rewriting = false;
	pthread_join(thread, NULL);
}

static void act_noise(void)
{
	size_t i;

	while (flood_lasts() && !hostile_is_over()) {
		for (i = 0; i < sizeof(hostile.out); i++)
			hostile.out[i] = (uint8_t)random();
		hostile_say(hostile.out, sizeof(hostile.out));
	}
}

/* Link after link, each with a ring of its own; none is unmapped */
static void act_rings(void)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		hostile_bind();
}

/* dom0 has much to say to it, and it does not listen */
static void act_deaf(void)
{
	unsigned int i;

	hostile_say_open(1);
	hostile_listen_for(&hostile.heard_opened);
	for (i = 0; i < 7; i++)
		hostile_say_data(1, XCH_TURN_MAX);
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
	{ "rings", act_rings },
};

static void say_outcome(void)
{
	uint64_t end = xdc_now() + SETTLING;

	while (!hostile_is_over() && xdc_now() < end)
		usleep(10000);
	if (!hostile_is_over())
		hostile_say_plain(XCH_PING, 0, PING);
	hostile_listen_for(&hostile.heard_pong);
	if (hostile.heard_pong && hostile.refused)
		printf("refused %s\n", strerrorname_np(hostile.refused));
	else if (hostile.heard_pong)
		puts("goes on");
	else
		puts(hostile_is_over() ? "ended" : "no answer");
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (argc == 2 && !strcmp(argv[1], acts[i].name))
			break;
	if (i == sizeof(acts) / sizeof(acts[0]))
		return 2;
	hostile.xs = xs_open(0);
	if (!hostile.xs || xch_domains_self(hostile.xs, &hostile.self))
		hostile_give_up("no xenstore");
	hostile_bind();
	hostile_say_hello();
	if (!hostile_listen_for(&hostile.heard_hello))
		hostile_give_up("dom0 says no HELLO");
	flood_ends = xdc_now() + FLOOD;
	acts[i].run();
	say_outcome();
	return 0;
}
