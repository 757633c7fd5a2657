/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop: one thread, epoll, timers and work put off to the next turn.
 *
 * Nothing in the daemon blocks but here.  A callback may remove any source,
 * timer or work, its own included; what is removed is not called any more.
 */
#ifndef XDC_LOOP_H
#define XDC_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define XDC_LOOP_BATCH 32
#define XDC_NS_PER_S 1000000000ULL
#define XDC_NS_PER_MS 1000000ULL

struct xdc_source {
	int fd; /* -1: not in any loop; the owner closes it after removal */
	void (*ready)(struct xdc_source *s, uint32_t events);
};

struct xdc_work {
	struct xdc_work *next;
	bool queued;
	void (*run)(struct xdc_work *w);
};

struct xdc_loop {
	int epfd;
	bool stop;
	int err; /* that it ends with */
	struct epoll_event batch[XDC_LOOP_BATCH];
	int batch_at, batch_nr;
	struct xdc_work *first, **last;
	struct xdc_work marker; /* of the end of this turn's work */
	size_t copied; /* bytes, in this turn; of those who count them */
};

struct xdc_timer {
	struct xdc_source source;
	struct xdc_loop *loop;
	void (*fired)(struct xdc_timer *t);
};

int xdc_loop_init(struct xdc_loop *l);
void xdc_loop_fini(struct xdc_loop *l);
/** xdc_loop_run - until xdc_loop_stop(), or a negative errno value */
int xdc_loop_run(struct xdc_loop *l);
void xdc_loop_stop(struct xdc_loop *l);
/** xdc_loop_fail - stop, and have xdc_loop_run() return @err */
void xdc_loop_fail(struct xdc_loop *l, int err);

/** xdc_loop_add - @s->fd and @s->ready are set; @events as for epoll */
int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events);
int xdc_loop_change(struct xdc_loop *l, struct xdc_source *s, uint32_t events);
/** xdc_loop_remove - the file stays open; nothing if it was never added */
void xdc_loop_remove(struct xdc_loop *l, struct xdc_source *s);

/** xdc_loop_later - @w->run in the next turn, after others had theirs */
void xdc_loop_later(struct xdc_loop *l, struct xdc_work *w);
void xdc_loop_cancel(struct xdc_loop *l, struct xdc_work *w);

int xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		   void (*fired)(struct xdc_timer *t));
void xdc_timer_fini(struct xdc_timer *t);
/** xdc_timer_at - fire once at this time of xdc_now(); 0 stops it */
void xdc_timer_at(struct xdc_timer *t, uint64_t ns);
/** xdc_timer_in - fire once after @ns */
void xdc_timer_in(struct xdc_timer *t, uint64_t ns);

/** xdc_now - nanoseconds of CLOCK_MONOTONIC */
uint64_t xdc_now(void);

#endif
