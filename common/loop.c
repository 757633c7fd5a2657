// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/loop.h"

int xdc_loop_init(struct xdc_loop *l)
{
	memset(l, 0, sizeof(*l));
	TAILQ_INIT(&l->works);
	LIST_INIT(&l->timers);
	l->epfd = epoll_create1(EPOLL_CLOEXEC);
	return l->epfd < 0 ? -errno : 0;
}

void xdc_loop_fini(struct xdc_loop *l)
{
	if (l->epfd >= 0)
		close(l->epfd);
	l->epfd = -1;
}

void xdc_loop_stop(struct xdc_loop *l)
{
	l->stop = true;
}

void xdc_loop_fail(struct xdc_loop *l, int err)
{
	l->err = err;
	l->stop = true;
}

/*
 * Runs the work queued so far.  Work queued meanwhile runs in the next turn,
 * after the next epoll_wait().
 */
static void run_work(struct xdc_loop *l)
{
	struct xdc_work *w;

	if (TAILQ_EMPTY(&l->works))
		return;
	/* the marker ends this turn; other work could be cancelled meanwhile */
	TAILQ_INSERT_TAIL(&l->works, &l->marker, link);
	while ((w = TAILQ_FIRST(&l->works))) {
		TAILQ_REMOVE(&l->works, w, link);
		if (w == &l->marker)
			break;
		w->queued = false;
		w->run(w);
	}
}

/* Milliseconds until the first timer, rounded up: no timer fires early; -1: none is set */
static int find_timeout(struct xdc_loop *l, uint64_t now)
{
	const struct xdc_timer *t = LIST_FIRST(&l->timers);
	uint64_t ms;

	if (!TAILQ_EMPTY(&l->works))
		return 0;
	if (!t)
		return -1;
	if (t->at <= now)
		return 0;
	ms = (t->at - now + XDC_NS_PER_MS - 1) / XDC_NS_PER_MS;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

/*
 * A full batch may leave out files that were ready at @begin.  The kernel puts what it
 * has returned behind them: all had their turn when as many came as there are files.
 */
static void note_heard(struct xdc_loop *l, uint64_t begin)
{
	if (l->batch_nr < XDC_LOOP_BATCH) {
		l->left = 0;
		l->heard = begin;
		return;
	}
	if (!l->left) {
		l->left = l->sources;
		l->left_since = begin;
	}
	l->left -= l->left < XDC_LOOP_BATCH ? l->left : XDC_LOOP_BATCH;
	if (!l->left)
		l->heard = l->left_since;
}

static int wait_for_events(struct xdc_loop *l)
{
	uint64_t begin = LIST_EMPTY(&l->timers) ? l->now : xdc_loop_now(l);
	int timeout = find_timeout(l, begin);

	l->batch_nr = epoll_wait(l->epfd, l->batch, XDC_LOOP_BATCH, timeout);
	if (l->batch_nr < 0)
		return errno == EINTR ? 0 : -errno;
	/* so much has passed, which the coarse clock may not tell yet */
	if (!l->batch_nr && timeout > 0)
		begin = l->now = begin + (uint64_t)timeout * XDC_NS_PER_MS;
	note_heard(l, begin);
	return 0;
}

static void run_sources(struct xdc_loop *l)
{
	for (l->batch_at = 0; l->batch_at < l->batch_nr; l->batch_at++) {
		struct epoll_event *e = &l->batch[l->batch_at];
		struct xdc_source *s = e->data.ptr;

		if (s)
			s->ready(s, e->events);
	}
	l->batch_nr = 0;
}

/*
 * Runs the timers that were due when the sources were last asked: if the process was
 * held up since then, what a timer waits for may have come, and is heard in the next
 * turn.  What is set meanwhile runs in the next turn at the earliest, or a timer that
 * is always late would keep out the rest.
 */
static void run_timers(struct xdc_loop *l)
{
	struct xdc_timers due = LIST_HEAD_INITIALIZER(due);
	struct xdc_timer *t, *last = NULL;

	while ((t = LIST_FIRST(&l->timers)) && t->at <= l->heard) {
		LIST_REMOVE(t, link);
		if (last)
			LIST_INSERT_AFTER(last, t, link);
		else
			LIST_INSERT_HEAD(&due, t, link);
		last = t;
	}
	while ((t = LIST_FIRST(&due))) {
		xdc_timer_at(t, 0);
		t->fired(t);
	}
}

int xdc_loop_run(struct xdc_loop *l)
{
	int err;

	while (!l->stop) {
		err = wait_for_events(l);
		if (err)
			return err;
		/* what a timer waits for may have come in time */
		run_sources(l);
		run_timers(l);
		run_work(l);
	}
	return l->err;
}

int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, s->fd, &e))
		return -errno;
	l->sources++;
	return 0;
}

int xdc_loop_change(struct xdc_loop *l, struct xdc_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	return epoll_ctl(l->epfd, EPOLL_CTL_MOD, s->fd, &e) ? -errno : 0;
}

void xdc_loop_remove(struct xdc_loop *l, struct xdc_source *s)
{
	int i;

	if (s->fd < 0)
		return;
	if (!epoll_ctl(l->epfd, EPOLL_CTL_DEL, s->fd, NULL))
		l->sources--;
	/* this batch may hold an event of the removed source */
	for (i = 0; i < l->batch_nr; i++)
		if (l->batch[i].data.ptr == s)
			l->batch[i].data.ptr = NULL;
}

void xdc_loop_later(struct xdc_loop *l, struct xdc_work *w)
{
	if (w->queued)
		return;
	w->queued = true;
	TAILQ_INSERT_TAIL(&l->works, w, link);
}

void xdc_loop_cancel(struct xdc_loop *l, struct xdc_work *w)
{
	if (!w->queued)
		return;
	TAILQ_REMOVE(&l->works, w, link);
	w->queued = false;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * XDC_NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t xdc_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t xdc_loop_now(struct xdc_loop *l)
{
	uint64_t now = read_clock(CLOCK_MONOTONIC_COARSE);

	if (now > l->now)
		l->now = now;
	return l->now;
}

void xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		    void (*fired)(struct xdc_timer *t))
{
	t->loop = l;
	t->fired = fired;
	t->at = 0;
}

void xdc_timer_fini(struct xdc_timer *t)
{
	xdc_timer_at(t, 0);
}

/* After those that are due at the same time */
static void insert_timer(struct xdc_timers *timers, struct xdc_timer *t)
{
	struct xdc_timer *next = LIST_FIRST(timers), *before = NULL;

	while (next && next->at <= t->at) {
		before = next;
		next = LIST_NEXT(next, link);
	}
	if (before)
		LIST_INSERT_AFTER(before, t, link);
	else
		LIST_INSERT_HEAD(timers, t, link);
}

void xdc_timer_at(struct xdc_timer *t, uint64_t ns)
{
	if (ns == t->at)
		return;
	if (t->at)
		LIST_REMOVE(t, link);
	t->at = ns;
	if (ns)
		insert_timer(&t->loop->timers, t);
}

void xdc_timer_in(struct xdc_timer *t, uint64_t ns)
{
	xdc_timer_at(t, xdc_now() + ns);
}
