// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "common/loop.h"

int xdc_loop_init(struct xdc_loop *l)
{
	memset(l, 0, sizeof(*l));
	l->last = &l->first;
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

	if (!l->first)
		return;
	/* the marker ends this turn; other work could be cancelled meanwhile */
	l->marker.next = NULL;
	*l->last = &l->marker;
	l->last = &l->marker.next;
	while ((w = l->first)) {
		l->first = w->next;
		if (!l->first)
			l->last = &l->first;
		if (w == &l->marker)
			break;
		w->queued = false;
		w->run(w);
	}
}

int xdc_loop_run(struct xdc_loop *l)
{
	while (!l->stop) {
		l->batch_nr = epoll_wait(l->epfd, l->batch, XDC_LOOP_BATCH,
					 l->first ? 0 : -1);
		if (l->batch_nr < 0 && errno != EINTR)
			return -errno;
		for (l->batch_at = 0; l->batch_at < l->batch_nr;
		     l->batch_at++) {
			struct epoll_event *e = &l->batch[l->batch_at];
			struct xdc_source *s = e->data.ptr;

			if (s)
				s->ready(s, e->events);
		}
		l->batch_nr = 0;
		run_work(l);
	}
	return l->err;
}

int xdc_loop_add(struct xdc_loop *l, struct xdc_source *s, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = s };

	return epoll_ctl(l->epfd, EPOLL_CTL_ADD, s->fd, &e) ? -errno : 0;
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
	epoll_ctl(l->epfd, EPOLL_CTL_DEL, s->fd, NULL);
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
	w->next = NULL;
	*l->last = w;
	l->last = &w->next;
}

void xdc_loop_cancel(struct xdc_loop *l, struct xdc_work *w)
{
	struct xdc_work **p;

	if (!w->queued)
		return;
	for (p = &l->first; *p; p = &(*p)->next) {
		if (*p != w)
			continue;
		*p = w->next;
		if (!*p)
			l->last = p;
		break;
	}
	w->queued = false;
}

uint64_t xdc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * XDC_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/*
 * The file is not read: it is watched for edges, and tells each expiry once.
 * The setting may have changed since.
 */
static void timer_ready(struct xdc_source *s, uint32_t events)
{
	/* the source is the first member of the timer */
	struct xdc_timer *t = (struct xdc_timer *)s;

	if (!t->at || xdc_now() < t->at)
		return;
	t->at = 0;
	t->fired(t);
}

int xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		   void (*fired)(struct xdc_timer *t))
{
	int err;

	t->loop = l;
	t->fired = fired;
	t->source.ready = timer_ready;
	t->source.fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->source.fd < 0)
		return -errno;
	t->at = 0;
	err = xdc_loop_add(l, &t->source, EPOLLIN | EPOLLET);
	if (err) {
		close(t->source.fd);
		t->source.fd = -1;
	}
	return err;
}

void xdc_timer_fini(struct xdc_timer *t)
{
	if (!t->loop || t->source.fd < 0)
		return;
	xdc_loop_remove(t->loop, &t->source);
	close(t->source.fd);
	t->source.fd = -1;
}

void xdc_timer_at(struct xdc_timer *t, uint64_t ns)
{
	struct itimerspec spec = {
		.it_value = {
			.tv_sec = (time_t)(ns / XDC_NS_PER_S),
			.tv_nsec = (long)(ns % XDC_NS_PER_S),
		},
	};

	/* many timers are set to what they are set to already: to never */
	if (ns == t->at)
		return;
	t->at = ns;
	timerfd_settime(t->source.fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void xdc_timer_in(struct xdc_timer *t, uint64_t ns)
{
	xdc_timer_at(t, xdc_now() + ns);
}
