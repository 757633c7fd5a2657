// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/evtchn.h>

#include "common/container_of.h"
#include "common/log.h"
#include "link/event.h"

static void log_failure(const char *what)
{
	/* EAGAIN: no event, or it has been notified often enough */
	if (errno != EAGAIN)
		xdc_log(XDC_ERROR, "%s: %s", what, strerror(errno));
}

static void clear_eventfd(struct xch_event *e)
{
	uint64_t n;

	if (read(e->fd, &n, sizeof(n)) < 0)
		log_failure("cannot read the event");
}

static void notify_eventfd(struct xch_event *e)
{
	struct xch_wakeup *w = container_of(e, struct xch_wakeup, event);
	uint64_t one = 1;

	if (write(w->notify, &one, sizeof(one)) < 0)
		log_failure("cannot notify the peer");
}

/* The device tells the port, and delivers no more events until it is written back */
static void clear_evtchn(struct xch_event *e)
{
	uint32_t port;

	if (read(e->fd, &port, sizeof(port)) != (ssize_t)sizeof(port) ||
	    write(e->fd, &port, sizeof(port)) != (ssize_t)sizeof(port))
		log_failure("cannot read the event channel");
}

static void notify_evtchn(struct xch_event *e)
{
	struct xch_wakeup *w = container_of(e, struct xch_wakeup, event);
	struct ioctl_evtchn_notify notify = { .port = w->port };

	if (ioctl(w->notify, IOCTL_EVTCHN_NOTIFY, &notify))
		log_failure("cannot notify the peer");
}

void xch_wakeup_eventfd(struct xch_wakeup *w)
{
	w->event.clear = clear_eventfd;
	w->event.notify = notify_eventfd;
}

void xch_wakeup_evtchn(struct xch_wakeup *w)
{
	w->event.clear = clear_evtchn;
	w->event.notify = notify_evtchn;
}
