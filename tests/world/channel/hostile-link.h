/* SPDX-License-Identifier: GPL-2.0-only */
/* A client's end of a link with dom0 that a test writes by itself: its ring, and frames. */
#ifndef HOSTILE_LINK_H
#define HOSTILE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#include "link/frame.h"
#include "link/ring.h"
#include "transport.h"

#define DOM0 0
#define PING 0x68656c6cU /* what the last PING brings back */

struct hostile {
	struct xs_handle *xs;
	uint16_t self;
	struct xch_transport transport;
	struct xch_ring_memory memory;
	struct xch_ring ring;
	uint8_t in[XCH_FRAME_MAX], out[XCH_FRAME_MAX];
	size_t fill; /* of in */
	int refused; /* what the last BUF_FAILED says, or 0 */
	bool seen, heard_hello, heard_opened, heard_pong;
};

extern struct hostile hostile;

/** hostile_give_up - say what was not possible, and end */
__attribute__((noreturn)) void hostile_give_up(const char *what);

/** hostile_bind - meet dom0 as xen-channeld does, and map the ring that it offers */
void hostile_bind(void);
/** hostile_is_over - whether dom0 has ended the link that it had begun */
bool hostile_is_over(void);
void hostile_notify(void);

/** hostile_listen_for - take what dom0 says until it has said that; false: it does not */
bool hostile_listen_for(const bool *what);
/** hostile_say - all of it, as fast as dom0 reads; false: the link is over before */
bool hostile_say(const void *data, size_t len);
bool hostile_say_plain(enum xch_frame_type type, uint32_t channel,
		       uint32_t arg);
void hostile_say_hello(void);
void hostile_say_open(uint32_t id);
void hostile_say_data(uint32_t id, size_t len);

#endif
