/* SPDX-License-Identifier: GPL-2.0-only */
/* What programs of this guest copy, for each other.
 *
 * The host's half decides what of it leaves the guest, and what others have copied
 * comes in.  Whatever it decides, the programs of this half can paste from each other:
 * what one of them has copied stays here, and is what they paste until another copies,
 * or the host's half offers something.
 */
#ifndef XWL_AGENT_SELECTION_H
#define XWL_AGENT_SELECTION_H

#include "agent/proxy.h"
#include "wire/handler.h"

enum { XWL_CLIPBOARD, XWL_PRIMARY, XWL_SELECTIONS };

struct xwl_selection {
	/* the program that has copied; NULL: none, or what there is is not of this half's */
	struct xwl_proxy *owner;
	uint32_t source, source_serial; /* among its objects */
	uint32_t serial; /* of what can be pasted; 0: nothing ever */
	bool cancelled; /* by the host's half, and the owner does not know */
};

struct xwl_selections {
	struct xwl_selection of[XWL_SELECTIONS];
	LIST_HEAD(xwl_proxies, xwl_proxy) programs;
};

void xwl_selections_init(struct xwl_selections *all);
/** xwl_selections_join - of one program; until xwl_selections_leave() */
void xwl_selections_join(struct xwl_selections *all, struct xwl_proxy *p);
void xwl_selections_leave(struct xwl_proxy *p);

/* requests, for a proxy; and events, in the program's ids */
extern const struct xwl_handler xwl_selection_requests[];
extern const struct xwl_handler xwl_selection_events[];

/** xwl_selection_behind - a request was passed on: tell its program what is new */
void xwl_selection_behind(struct xwl_proxy *p, const struct xwl_message *m);
/** xwl_selection_tell - what others have copied, once the program has read all before */
void xwl_selection_tell(struct xwl_proxy *p);

#endif
