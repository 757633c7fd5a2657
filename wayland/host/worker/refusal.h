/* SPDX-License-Identifier: GPL-2.0-only */
/* A program that is not served is told why, and so is the log. */
#ifndef XWL_HOST_WORKER_REFUSAL_H
#define XWL_HOST_WORKER_REFUSAL_H

/**
 * xwl_refuse - end a channel with a reason, as far as its socket takes it
 * @guest: whose program it is
 * @channel: closed
 */
void xwl_refuse(const char *guest, int channel, const char *why);

#endif
