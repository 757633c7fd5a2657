/* SPDX-License-Identifier: GPL-2.0-only */
/* The objects of one side of a Wayland connection, by their ids.
 *
 * A client chooses ids from 1, a server from XWL_SERVER_IDS.  An id that a client
 * has destroyed stays DEAD until the server's delete_id, as events for it may be
 * under way; one of a server stays DEAD until the server gives it to another object.
 */
#ifndef XWL_WIRE_OBJECTS_H
#define XWL_WIRE_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-util.h>

#define XWL_SERVER_IDS 0xff000000U
#define XWL_DISPLAY 1U /* the id of wl_display, which is always there */
#define XWL_IDS_MAX 16384U /* of a client, and of a server */
#define XWL_BLOCK 256U

/* What an owner of the table hangs on an object */
struct xwl_attached {
	void (*destroy)(struct xwl_attached *a);
};

enum xwl_state { XWL_FREE, XWL_LIVE, XWL_DEAD };

struct xwl_object {
	enum xwl_state state;
	uint32_t id;
	uint32_t version; /* of the interface, as it was bound */
	const struct wl_interface *interface;
	/* for the owner of the table; 0 and NULL in a new object */
	uint32_t peer; /* its id at the other side */
	uint32_t parent, parent_serial;
	uint32_t count;
	struct xwl_attached *data;
	uint32_t serial; /* no other object of the table has or had it */
};

/* A pointer to an object is valid until the table ends */
struct xwl_objects {
	struct xwl_object *blocks[2][XWL_IDS_MAX / XWL_BLOCK];
	uint32_t lowest; /* no client's id below it is free */
	uint32_t serial; /* of the newest object */
};

/** xwl_id_of_server - a server chooses it; otherwise a client does */
static inline bool xwl_id_of_server(uint32_t id)
{
	return id >= XWL_SERVER_IDS;
}

void xwl_objects_init(struct xwl_objects *t);
void xwl_objects_fini(struct xwl_objects *t);

/** xwl_objects_find - NULL: no object lives that has the id */
struct xwl_object *xwl_objects_find(const struct xwl_objects *t, uint32_t id);
/** xwl_objects_known - NULL: no object has the id, not even a dead one */
struct xwl_object *xwl_objects_known(const struct xwl_objects *t, uint32_t id);
/**
 * xwl_objects_add - an object with an id that the other end has chosen
 *
 * EEXIST: the id is in use.  ENOSPC: it is out of range.  ENOMEM.
 */
int xwl_objects_add(struct xwl_objects *t, uint32_t id,
		    const struct wl_interface *interface, uint32_t version,
		    struct xwl_object **out);
/**
 * xwl_objects_made - an object that the server has made
 *
 * ENOSPC: a server may not choose this id.  The errors of xwl_objects_add().
 */
int xwl_objects_made(struct xwl_objects *t, uint32_t id,
		     const struct wl_interface *interface, uint32_t version,
		     struct xwl_object **out);
/**
 * xwl_objects_deleted - the object whose id a delete_id frees
 *
 * Return: NULL: no object of the client's has the id, or it is wl_display.
 */
struct xwl_object *xwl_objects_deleted(const struct xwl_objects *t,
				       uint32_t id);
/**
 * xwl_objects_new - an object with the lowest free id of a client
 *
 * ENOSPC: there is none.  ENOMEM.
 */
int xwl_objects_new(struct xwl_objects *t, const struct wl_interface *interface,
		    uint32_t version, struct xwl_object **out);
/** xwl_objects_free - the id may be used again */
void xwl_objects_free(struct xwl_objects *t, struct xwl_object *o);
/** xwl_object_detach - destroy what hangs on it, if anything does */
void xwl_object_detach(struct xwl_object *o);
/** xwl_objects_each - the first object at or behind @id that is not free; NULL: none */
struct xwl_object *xwl_objects_each(const struct xwl_objects *t, uint32_t id);

#endif
