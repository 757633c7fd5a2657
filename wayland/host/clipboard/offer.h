/* SPDX-License-Identifier: GPL-2.0-only */
/* What other programs offer to one of the guest's.
 *
 * It is this half's own object at the compositor until the guest may know of it.
 */
#ifndef XWL_HOST_CLIPBOARD_OFFER_H
#define XWL_HOST_CLIPBOARD_OFFER_H

#include "host/bridge/bridge.h"

/* Of one offer or source; further ones do not exist for the other end */
#define XWL_COPY_TYPES 64U

/* By the compositor's id */
struct xwl_offer {
	LIST_ENTRY(xwl_offer) entry;
	uint32_t id,
		device; /* at the compositor, and there the guest's device */
	enum xwl_copy_kind kind;
	bool selected; /* it is what can be pasted now */
	bool told; /* the guest has it, and may destroy it */
	bool open; /* the guest may read it while it has the focus */
	bool others; /* has a type that the guest cannot have offered */
	bool dragged; /* over the guest's window, now or before */
	unsigned int nr_types;
	char *types[XWL_COPY_TYPES];
};

/** xwl_offer_add - @made is a new one, at this device.  ENOMEM */
int xwl_offer_add(struct xwl_bridge *b, const struct xwl_object *device,
		  const struct xwl_object *made);
/** xwl_offer_add_type - if the policy has it */
void xwl_offer_add_type(struct xwl_bridge *b, struct xwl_offer *offer,
			const char *type);
/** xwl_offer_find - NULL: there is none */
struct xwl_offer *xwl_offer_find(struct xwl_bridge *b, uint32_t id);
void xwl_offer_free(struct xwl_offer *offer);
/** xwl_offer_drop - one that the guest does not know: destroyed at the compositor */
int xwl_offer_drop(struct xwl_bridge *b, struct xwl_offer *offer);
/** xwl_offer_send_id - an event of a guest's device, with one id */
int xwl_offer_send_id(struct xwl_bridge *b, const struct xwl_object *guest,
		      const char *event, uint32_t id);
/**
 * xwl_offers_tell - the guest may have all that can be pasted now, and is of others
 * @told: counts them
 */
int xwl_offers_tell(struct xwl_bridge *b, unsigned int *told);

#endif
