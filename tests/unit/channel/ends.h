/* SPDX-License-Identifier: GPL-2.0-only */
/* The channels of two ends, whose frames the test carries. */
#ifndef XCH_UNIT_ENDS_H
#define XCH_UNIT_ENDS_H

#include "link/channels.h"

#define CHANNELS 64
#define ENDS_ORDER 1000

struct side {
	struct xch_channels set;
	struct xch_channel *asked[CHANNELS];
	unsigned int nr_asked, nr_opened, nr_closed;
	int closed_with;
	bool told_first; /* before the program's socket was closed */
	/* of the last message with descriptors */
	int prepare; /* what ops->prepare() returns */
	struct xch_message *prepared;
	unsigned int forgotten;
	int discarded;
};

struct pair {
	int near, far; /* what the programs hold */
	struct xch_channel *near_ch, *far_ch;
};

extern struct side server, client;
extern unsigned int frames[XCH_TYPES_END]; /* that went over, by type */
extern uint32_t order[ENDS_ORDER]; /* channels of the DATA frames */
extern unsigned int nr_data;

int ends_begin(void **state);
int ends_end(void **state);
/** ends_turn - one turn of the loop, which both ends share */
void ends_turn(void);
/** ends_carry - all that @from has to say now; 0, or how the link ended */
int ends_carry(struct side *from, struct side *to);
/** ends_settle - until nothing is left to do */
void ends_settle(void);
/** ends_inject - a frame that no honest peer sends */
int ends_inject(struct side *to, size_t len, const uint8_t *raw);
/** ends_open - a channel that the client has opened, and the server accepted */
struct pair ends_open(enum xch_channel_type type);
void ends_close(struct pair *p);

#endif
