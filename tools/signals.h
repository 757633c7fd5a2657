/* SPDX-License-Identifier: GPL-2.0-only */
/* Signals as something to poll */
#ifndef XT_SIGNALS_H
#define XT_SIGNALS_H

/**
 * xt_signals_open - SIGINT, SIGTERM, SIGHUP and SIGUSR1 become readable
 *
 * Those that are ignored stay so, as nohup and scripts have it.
 */
int xt_signals_open(void);

/** xt_signals_read - the signal that is there, or 0 */
int xt_signals_read(int fd);

/** xt_signals_restore - the default actions, for a command: exec keeps what is ignored */
void xt_signals_restore(void);

#endif
