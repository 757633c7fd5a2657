// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "share/hold.h"
#include "share/peer.h"
#include "signals.h"

#define RETURN_WAIT_MS 30000

void xt_hold_begin(struct xt_hold *h, struct xendmabuf_lease *lease,
		   uint16_t domid, const char *what)
{
	h->signals = xt_signals_open();
	h->lease = lease;
	h->xs = xs_open(0);
	h->told = xt_peer_watch_release(h->xs, domid);
	h->domid = domid;
	h->what = what;
}

enum xt_hold_event xt_hold_next(struct xt_hold *h, int timeout_ms)
{
	struct xen_dmabuf_lease_info info;
	struct pollfd fds[] = {
		{ .fd = h->signals, .events = POLLIN },
		{ .fd = xendmabuf_lease_fd(h->lease), .events = POLLIN },
		{ .fd = h->told ? xs_fileno(h->xs) : -1, .events = POLLIN },
	};
	int sig;

	if (poll(fds, 3, timeout_ms) < 0) {
		if (errno == EINTR)
			return XT_HOLD_NOTHING;
		xt_fail("poll: %s", strerror(errno));
		return XT_HOLD_END;
	}
	if (fds[0].revents) {
		sig = xt_signals_read(h->signals);
		if (sig && sig != SIGUSR1)
			return XT_HOLD_END;
		if (sig)
			return XT_HOLD_REFRESH;
	}
	if (fds[1].revents &&
	    !xendmabuf_lease_info(h->lease, &info, sizeof(info)) &&
	    info.state != XEN_DMABUF_LEASE_ACTIVE) {
		xt_say("The lease of %s was revoked: unmapping it.", h->what);
		return XT_HOLD_END;
	}
	if (fds[2].revents && xt_peer_released(h->xs, h->domid)) {
		/* Xen cannot free its memory until this end unmaps it */
		xt_say("The granting domain of %s is gone: unmapping it.",
		       h->what);
		return XT_HOLD_END;
	}
	return XT_HOLD_NOTHING;
}

void xt_hold_finish(struct xt_hold *h)
{
	xs_close(h->xs);
	h->xs = NULL;
	close(h->signals);
}

int xt_hold_return(struct xendmabuf_lease *lease, const char *what)
{
	struct xen_dmabuf_lease_info info;
	int err;

	err = xendmabuf_lease_wait(lease, RETURN_WAIT_MS);
	if (!err) {
		if (!xendmabuf_lease_info(lease, &info, sizeof(info)))
			xt_say("All %u pages of %s were given back.",
			       info.nr_pages, what);
		return XT_EXIT_OK;
	}
	if (err == -ETIMEDOUT &&
	    !xendmabuf_lease_info(lease, &info, sizeof(info)))
		return xt_fail(
			"%u of %u pages of %s are still in use after %d s. Try: xendmabuf list, which shows the users",
			info.pages_in_use, info.nr_pages, what,
			RETURN_WAIT_MS / 1000);
	return xt_fail("cannot wait for the return of %s: %s", what,
		       xendmabuf_explain(NULL, err));
}
