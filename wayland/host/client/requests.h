/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest's half sends: checked, then written anew for the compositor. */
#ifndef XWL_HOST_CLIENT_REQUESTS_H
#define XWL_HOST_CLIENT_REQUESTS_H

#include "host/bridge/bridge.h"
#include "wire/fds.h"
#include "wire/record.h"

/**
 * xwl_requests_take - carry out a record of the guest
 * @fds: that came with it; what is taken is removed from it
 * @count: incremented by the number of messages in it
 *
 * After an error @b->why says what was wrong.  EPROTO, ERANGE, EILSEQ: the guest
 * has broken a rule.  EDQUOT: it has reached a limit.
 */
int xwl_requests_take(struct xwl_bridge *b, const struct xwl_record *r,
		      struct xwl_fds *fds, uint32_t *count);

#endif
