/* SPDX-License-Identifier: GPL-2.0-only */
/* The event loop: one thread, epoll, timers, and work deferred to the end of a
 * turn.
 *
 * Only xdc_loop_run() blocks.  A callback may remove any source, timer or work,
 * including its own; a removed one is not called again.
 */
#ifndef XDC_LOOP_H
#define XDC_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/queue.h>

#define XDC_LOOP_BATCH 32
#define XDC_NS_PER_S 1000000000ULL
#define XDC_NS_PER_MS 1000000ULL

struct xdc_source {
	/* -1: in no loop; the owner closes it after xdc_loop_remove() */
	int fd;
	void (*ready)(struct xdc_source *s, uint32_t events);
};

struct xdc_work {
	TAILQ_ENTRY(xdc_work) link; /* in loop->works, while it is queued */
	bool queued;
	void (*run)(struct xdc_work *w);
};

/* All zeros: a timer that is not set */
struct xdc_timer {
	LIST_ENTRY(xdc_timer) link; /* in loop->timers, while it is set */
	struct xdc_loop *loop;
	uint64_t at; /* when it fires; 0: never */
	void (*fired)(struct xdc_timer *t);
};

struct xdc_loop {
	int epfd;
	bool stop;
	int err; /* what xdc_loop_run() returns */
	uint64_t now; /* what xdc_loop_now() has returned last, or later */
	uint64_t heard; /* sources were called for all that came until then */
	unsigned int sources; /* number */
	/* that may have been ready since left_since, and had no turn yet */
	unsigned int left;
	uint64_t left_since;
	struct epoll_event batch[XDC_LOOP_BATCH];
	int batch_at, batch_nr;
	TAILQ_HEAD(xdc_works, xdc_work) works;
	struct xdc_work marker; /* marks the end of this turn's work */
	/* that are set, the first one first */
	LIST_HEAD(xdc_timers, xdc_timer) timers;
};

int xdc_loop_init(struct xdc_loop *l);
void xdc_loop_fini(struct xdc_loop *l);
/** xdc_loop_run - run until xdc_loop_stop(); 0 or a negative errno value */
int xdc_loop_run(struct xdc_loop *l);
void xdc_loop_stop(struct xdc_loop *l);
/** xdc_loop_fail - stop; xdc_loop_run() returns @err */
void xdc_loop_fail(struct xdc_loop *l, int err);

/** xdc_loop_add - @s->fd and @s->ready are set; @events as for epoll_ctl() */
int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events);
int xdc_loop_change(struct xdc_loop *l, struct xdc_source *s, uint32_t events);
/** xdc_loop_remove - does not close the file; ignores a file of -1 */
void xdc_loop_remove(struct xdc_loop *l, struct xdc_source *s);

/** xdc_loop_later - call @w->run once, after the events of this turn */
void xdc_loop_later(struct xdc_loop *l, struct xdc_work *w);
void xdc_loop_cancel(struct xdc_loop *l, struct xdc_work *w);

/*
 * Timers cost no file and no system call: the loop waits no longer than until the
 * first one.  They fire up to a tick of the kernel's late (4 ms, if it has 250 a
 * second), and never early.  What is readable when a timer is due is read before it
 * fires, also if a source or the kernel has held up the process until then: so a timer
 * can give up waiting for a source.
 */
void xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		    void (*fired)(struct xdc_timer *t));
/** xdc_timer_fini - may be called again, and for a timer that is all zeros */
void xdc_timer_fini(struct xdc_timer *t);
/** xdc_timer_at - fire once when xdc_now() has reached @ns; 0 disarms */
void xdc_timer_at(struct xdc_timer *t, uint64_t ns);
/** xdc_timer_in - fire once after @ns */
void xdc_timer_in(struct xdc_timer *t, uint64_t ns);

/** xdc_now - nanoseconds of CLOCK_MONOTONIC; a system call on some systems */
uint64_t xdc_now(void);
/**
 * xdc_loop_now - xdc_now(), or up to a tick of the kernel's before it
 *
 * Never goes back, and never makes a system call.
 */
uint64_t xdc_loop_now(struct xdc_loop *l);

#endif
