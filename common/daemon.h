/* SPDX-License-Identifier: GPL-2.0-only */
/* How a daemon lives: until SIGTERM or SIGINT, and systemd knows what it does. */
#ifndef XDC_DAEMON_H
#define XDC_DAEMON_H

#include "common/loop.h"
#include "common/options.h"

/* Set .fd to -1 before anything else */
struct xdc_signals {
	struct xdc_source source;
	struct xdc_loop *loop;
	/* SIGHUP: read the configuration again.  systemd is told.  NULL: there is none,
	 * and SIGHUP ends the program. */
	void (*reload)(void *user);
	void *user;
};

/**
 * xdc_signals_watch - let signals stop @loop, and SIGHUP call reload()
 *
 * SIGPIPE is ignored from then on.  ENOMEM, EMFILE
 */
int xdc_signals_watch(struct xdc_signals *sigs, struct xdc_loop *loop);
/** xdc_signals_fini - also after xdc_signals_watch() has failed */
void xdc_signals_fini(struct xdc_signals *sigs);

/** xdc_daemon_raise_files - let this process have as many descriptors as it may */
void xdc_daemon_raise_files(void);

/**
 * xdc_daemon_run - tell systemd that the program is ready, run @loop, and tell that it
 * ends
 */
int xdc_daemon_run(struct xdc_loop *loop);

/* The steps of a daemon's life; each logs its own errors */
struct xdc_life {
	const struct xdc_about *about;
	struct xdc_loop *loop; /* xdc_daemon_live() initialises it */
	/* read the configuration */
	int (*configure)(void *user);
	/* begin to serve */
	int (*open)(void *user);
	/* at SIGHUP */
	void (*reload)(void *user);
	/* also after a step that failed */
	void (*close)(void *user);
	void *user;
};

/** xdc_daemon_live - all steps, until a signal or an error; the exit status */
int xdc_daemon_live(const struct xdc_life *life);

/** xdc_daemon_no_socket - log why the daemon cannot listen at @path; returns @err */
int xdc_daemon_no_socket(const struct xdc_about *about, const char *path,
			 int err);

#endif
