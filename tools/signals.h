/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals as something to poll */
#ifndef XT_SIGNALS_H
#define XT_SIGNALS_H

/** signals_open - SIGINT, SIGTERM, SIGHUP and SIGUSR1 become readable */
int signals_open(void);

/** signals_read - the signal that is there, or 0 */
int signals_read(int fd);

#endif
