/* SPDX-License-Identifier: GPL-2.0-only */
/* Why what a program sends does not leave, in the words of the log. */
#ifndef XCH_LINK_REFUSAL_H
#define XCH_LINK_REFUSAL_H

#include "link/hub.h"
#include "link/kind.h"

/** xch_refusal_log - a line about a channel; programs cause it, so that many are left out */
__attribute__((format(printf, 4, 5))) void
xch_refusal_log(struct xch_hub *hub, const struct xch_channel *ch,
		enum xdc_level level, const char *fmt, ...);
/**
 * xch_refusal_of_grant - log why memory of @pages was not granted
 *
 * Return: false: the error alone says it, and nothing is logged.
 */
bool xch_refusal_of_grant(struct xch_hub *hub, const struct xch_channel *ch,
			  enum xch_kind kind, uint64_t pages, int err);

#endif
