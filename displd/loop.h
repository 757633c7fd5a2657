/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop: one thread, epoll, timers and work put off to the next turn.
 *
 * Nothing in the daemon blocks but here.  A callback may remove any source,
 * timer or work, its own included; what is removed is not called any more.
 */
#ifndef XD_LOOP_H
#define XD_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define XD_LOOP_BATCH 32
#define XD_NS_PER_S 1000000000ULL
#define XD_NS_PER_MS 1000000ULL

struct xd_source {
	int fd; /* -1: not in any loop; the owner closes it after removal */
	void (*ready)(struct xd_source *s, uint32_t events);
};

struct xd_work {
	struct xd_work *next;
	bool queued;
	void (*run)(struct xd_work *w);
};

struct xd_loop {
	int epfd;
	bool stop;
	int err; /* that it ends with */
	struct epoll_event batch[XD_LOOP_BATCH];
	int batch_at, batch_nr;
	struct xd_work *first, **last;
	struct xd_work marker; /* of the end of this turn's work */
	size_t copied; /* bytes, in this turn; of those who count them */
};

struct xd_timer {
	struct xd_source source;
	struct xd_loop *loop;
	void (*fired)(struct xd_timer *t);
};

int xd_loop_init(struct xd_loop *l);
void xd_loop_fini(struct xd_loop *l);
/** xd_loop_run - until xd_loop_stop(), or a negative errno value */
int xd_loop_run(struct xd_loop *l);
void xd_loop_stop(struct xd_loop *l);
/** xd_loop_fail - stop, and have xd_loop_run() return @err */
void xd_loop_fail(struct xd_loop *l, int err);

/** xd_loop_add - @s->fd and @s->ready are set; @events as for epoll */
int xd_loop_add(struct xd_loop *l, struct xd_source *s, uint32_t events);
int xd_loop_change(struct xd_loop *l, struct xd_source *s, uint32_t events);
/** xd_loop_remove - the file stays open; nothing if it was never added */
void xd_loop_remove(struct xd_loop *l, struct xd_source *s);

/** xd_loop_later - @w->run in the next turn, after others had theirs */
void xd_loop_later(struct xd_loop *l, struct xd_work *w);
void xd_loop_cancel(struct xd_loop *l, struct xd_work *w);

int xd_timer_init(struct xd_loop *l, struct xd_timer *t,
		  void (*fired)(struct xd_timer *t));
void xd_timer_fini(struct xd_timer *t);
/** xd_timer_at - fire once at this time of xd_now(); 0 stops it */
void xd_timer_at(struct xd_timer *t, uint64_t ns);
/** xd_timer_in - fire once after @ns */
void xd_timer_in(struct xd_timer *t, uint64_t ns);

/** xd_now - nanoseconds of CLOCK_MONOTONIC */
uint64_t xd_now(void);

#endif
