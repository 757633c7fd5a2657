/* SPDX-License-Identifier: GPL-2.0-only */
/* The content of a clipboard on its way: all of it, or nothing.
 *
 * It is collected first and passed on when its end has come, so that nothing is pasted
 * of what is too long or comes too late.
 */
#ifndef XWL_HOST_CLIPBOARD_TRANSFER_H
#define XWL_HOST_CLIPBOARD_TRANSFER_H

#include <sys/queue.h>

#include "common/loop.h"
#include "host/policy/account.h"

struct xwl_transfer;
LIST_HEAD(xwl_transfers, xwl_transfer);

/**
 * xwl_transfer_start - bring what comes from @from to @to
 * @list: it is in until it ends
 * @from: a pipe or stream socket of this process' own, which does not block
 * @to: a pipe or stream socket
 *
 * Takes over both descriptors, also on failure.  Ends by itself, after the policy's time at
 * the latest; what was not passed on is logged.
 *
 * EDQUOT: too many are under way.  ENOMEM, or an error of pipe2() or the loop.
 */
int xwl_transfer_start(struct xdc_loop *loop, struct xwl_account *account,
		       struct xwl_transfers *list, int from, int to);
/** xwl_transfers_end - all of them, at once */
void xwl_transfers_end(struct xwl_transfers *list);

#endif
