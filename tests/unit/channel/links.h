/* SPDX-License-Identifier: GPL-2.0-only */
/* Two links in one process, joined by a ring in memory. */
#ifndef XCH_UNIT_LINKS_H
#define XCH_UNIT_LINKS_H

#include "link/link.h"
#include "memory.h"

#define LINKS_ASKED 64

struct link_end {
	struct xch_link link;
	struct xch_event event;
	int other; /* the peer's event descriptor */
	bool ready;
	int ended; /* 0: not yet */
	struct xch_channel *asked[LINKS_ASKED]; /* not answered yet */
	unsigned int nr_asked, nr_opened, nr_closed;
	int closed_with;
	unsigned int events; /* received */
};

struct link_pair {
	int near, far; /* sockets of the programs */
	struct xch_channel *near_ch, *far_ch;
};

extern struct xdc_loop links_loop;
extern struct link_end links_server, links_client;
extern struct xch_ring_memory links_memory;
extern struct xch_link_config links_config;

/** links_prepare - set links_config, for a test that changes it before links_meet() */
void links_prepare(void);
/** links_meet - two ends that have said HELLO; returns 0 */
int links_meet(void);
/** links_begin - links_prepare(), and links_meet() unless there is a state */
int links_begin(void **state);
int links_end(void **state);
/** links_start - begin one end; see links_config */
void links_start(struct link_end *e, enum xch_role role);
/** links_turn - turns of the loop until nothing happens for some milliseconds */
void links_settle(void);
void links_run_for(uint64_t ns);
/** links_open - a channel that the client has opened, and the server accepted */
struct link_pair links_open(enum xch_channel_type type);
void links_close(struct link_pair *p);
/** links_send - a message with descriptors, which are closed here */
void links_send(int fd, const char *text, const int *fds, unsigned int nr);
/** links_receive - a message and its descriptors; fails the test if there is none */
unsigned int links_receive(int fd, const char *text, int *fds);

#endif
