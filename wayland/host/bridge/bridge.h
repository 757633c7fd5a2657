/* SPDX-License-Identifier: GPL-2.0-only */
/* One program of a guest at the compositor: its objects on both sides.
 *
 * An object of the guest's table has a peer in the compositor's table, and the other
 * way round; objects of the compositor's table without a peer are this half's own.
 * A program's objects have other ids at the compositor than in the guest; objects
 * that the compositor makes have the same.
 *
 * Nothing here does input or output: messages leave through the operations.  After
 * an error the bridge is only good for xwl_bridge_fini(), and @why says what was wrong.
 */
#ifndef XWL_HOST_BRIDGE_BRIDGE_H
#define XWL_HOST_BRIDGE_BRIDGE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "common/reason.h"
#include "filter/protocols.h"
#include "filter/text.h"
#include "host/policy/account.h"
#include "host/policy/policy.h"
#include "wire/message.h"
#include "wire/objects.h"

#define XWL_OFFERED_MAX 128U

struct xwl_bridge;

/* The first three take over the descriptors, also on failure */
struct xwl_bridge_ops {
	int (*to_compositor)(struct xwl_bridge *b, struct xwl_message *m);
	int (*to_guest)(struct xwl_bridge *b, struct xwl_message *m);
	/* bring all that comes from @from to @to, or nothing.  EDQUOT, or another error */
	int (*transfer)(struct xwl_bridge *b, int from, int to);
	/*
	 * Call xwl_buffers_idle() for the guest's object @buffer when @fd, which stays the
	 * caller's, can be written
	 */
	int (*await)(struct xwl_bridge *b, int fd,
		     const struct xwl_object *buffer);
	/* call xwl_clipboard_tell() soon: the bridge is not the one that is at work */
	void (*wake)(struct xwl_bridge *b);
};

/* A global that the guest has been told of */
struct xwl_offered {
	uint32_t name; /* 0: free */
	uint32_t version;
	const struct xwl_global *global;
	bool removed; /* but a program that does not know it yet may bind it */
};

#define XWL_COLOUR_SIDES 20

/* Memory that is filled with the guest's colour, and the buffers that show it */
struct xwl_colour {
	bool opened;
	int fd;
	uint32_t pixels; /* in it */
	/* by the powers of two that are their sides; NULL: not needed yet */
	struct xwl_object *buffers[XWL_COLOUR_SIDES][XWL_COLOUR_SIDES];
};

/* The last keymap that the guest was given */
struct xwl_keymap {
	bool made;
	int fd; /* sealed */
	uint32_t size;
};

/* Copied by the program, and not everyone's yet */
struct xwl_copied {
	uint32_t device, device_serial, source, source_serial;
	uint32_t input; /* serial of the event that made the program copy */
	uint64_t order; /* among the programs of the guest; 0: nothing */
};

struct xwl_bridge {
	const struct xwl_bridge_ops *ops;
	const struct xwl_policy *policy;
	struct xwl_account *account;
	LIST_ENTRY(xwl_bridge) entry; /* in the account */
	struct xwl_objects guest, compositor;
	struct xwl_offered offered[XWL_OFFERED_MAX];
	/* this half's own objects at the compositor; NULL: not there */
	struct xwl_object *registry, *first_sync, *shm;
	/* for frames: makers of surfaces, sub-surfaces, viewports; their colour */
	struct xwl_object *surfaces, *subsurfaces, *viewporter;
	struct xwl_colour colour;
	LIST_HEAD(xwl_reaches, xwl_reach) subs; /* the guest's sub-surfaces */
	uint64_t commits; /* of the guest's surfaces */
	struct xwl_keymap keymap;
	/* the clipboard: keyboards of the program that have the focus */
	unsigned int focus;
	LIST_HEAD(xwl_offers, xwl_offer) offers; /* of other programs */
	struct xwl_copied copied[XWL_COPY_KINDS];
	bool untold; /* offers may be told that could not be before */
	bool ready; /* the guest may be listened to */
	char text[XWL_TEXT_MAX]; /* of the message that is being written */
	struct xdc_reason why;
};

/** xwl_bridge_init - @account is shared by all programs of the guest.  ENOMEM */
int xwl_bridge_init(struct xwl_bridge *b, const struct xwl_policy *policy,
		    struct xwl_account *account,
		    const struct xwl_bridge_ops *ops);
void xwl_bridge_fini(struct xwl_bridge *b);

/** xwl_bridge_refuse - set the reason; returns EPROTO */
__attribute__((format(printf, 2, 3))) int
xwl_bridge_refuse(struct xwl_bridge *b, const char *fmt, ...);

/**
 * xwl_bridge_pair - an object that the guest has chosen an id for
 * @out: its entry in the guest's table
 *
 * EPROTO: the id is in use or out of range.  EDQUOT: a limit.  ENOMEM.
 */
int xwl_bridge_pair(struct xwl_bridge *b, uint32_t id,
		    const struct wl_interface *interface, uint32_t version,
		    struct xwl_object **out);
/** xwl_bridge_adopt - one that the compositor has made; the same errors */
int xwl_bridge_adopt(struct xwl_bridge *b, uint32_t id,
		     const struct wl_interface *interface, uint32_t version);
/** xwl_bridge_kill - the guest has destroyed it; its id may still be in use */
void xwl_bridge_kill(struct xwl_bridge *b, struct xwl_object *guest);
/** xwl_bridge_release - the compositor has freed the id */
void xwl_bridge_release(struct xwl_bridge *b, struct xwl_object *guest);

/**
 * xwl_bridge_own - a new object of this half's own at the compositor
 *
 * ENOSPC, ENOMEM.
 */
int xwl_bridge_own(struct xwl_bridge *b, const struct wl_interface *interface,
		   uint32_t version, struct xwl_object **out);
/** xwl_bridge_request - begin a request of an object at the compositor, by its name */
void xwl_bridge_request(const struct xwl_object *compositor, const char *name,
			struct xwl_message *out);
/** xwl_bridge_peer - the compositor's object of a guest's */
struct xwl_object *xwl_bridge_peer(struct xwl_bridge *b,
				   const struct xwl_object *guest);

#endif
