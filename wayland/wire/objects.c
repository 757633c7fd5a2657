// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/objects.h"

/* Which half of the table an id is in, and where; false: in none */
static bool locate_id(uint32_t id, unsigned int *half, uint32_t *index)
{
	*half = xwl_id_of_server(id);
	*index = *half ? id - XWL_SERVER_IDS : id;
	return id && *index < XWL_IDS_MAX;
}

static struct xwl_object *get_slot(const struct xwl_objects *t, uint32_t id)
{
	struct xwl_object *block;
	unsigned int half;
	uint32_t index;

	if (!locate_id(id, &half, &index))
		return NULL;
	block = t->blocks[half][index / XWL_BLOCK];
	return block ? &block[index % XWL_BLOCK] : NULL;
}

static int make_slot(struct xwl_objects *t, uint32_t id,
		     struct xwl_object **out)
{
	struct xwl_object **block;
	unsigned int half;
	uint32_t index;

	if (!locate_id(id, &half, &index))
		return -ENOSPC;
	block = &t->blocks[half][index / XWL_BLOCK];
	if (!*block)
		*block = calloc(XWL_BLOCK, sizeof(**block));
	if (!*block)
		return -ENOMEM;
	*out = &(*block)[index % XWL_BLOCK];
	return 0;
}

void xwl_objects_init(struct xwl_objects *t)
{
	memset(t, 0, sizeof(*t));
	t->lowest = 1;
}

void xwl_objects_fini(struct xwl_objects *t)
{
	unsigned int half, i;

	for (half = 0; half < 2; half++)
		for (i = 0; i < XWL_IDS_MAX / XWL_BLOCK; i++)
			free(t->blocks[half][i]);
	xwl_objects_init(t);
}

struct xwl_object *xwl_objects_known(const struct xwl_objects *t, uint32_t id)
{
	struct xwl_object *o = get_slot(t, id);

	return o && o->state != XWL_FREE ? o : NULL;
}

struct xwl_object *xwl_objects_find(const struct xwl_objects *t, uint32_t id)
{
	struct xwl_object *o = get_slot(t, id);

	return o && o->state == XWL_LIVE ? o : NULL;
}

int xwl_objects_add(struct xwl_objects *t, uint32_t id,
		    const struct wl_interface *interface, uint32_t version,
		    struct xwl_object **out)
{
	struct xwl_object *o;
	int err = make_slot(t, id, &o);

	if (err)
		return err;
	if (o->state == XWL_LIVE ||
	    (o->state == XWL_DEAD && !xwl_id_of_server(id)))
		return -EEXIST;
	memset(o, 0, sizeof(*o));
	o->state = XWL_LIVE;
	o->id = id;
	o->interface = interface;
	o->version = version;
	o->serial = ++t->serial;
	*out = o;
	return 0;
}

int xwl_objects_made(struct xwl_objects *t, uint32_t id,
		     const struct wl_interface *interface, uint32_t version,
		     struct xwl_object **out)
{
	return xwl_id_of_server(id)
		       ? xwl_objects_add(t, id, interface, version, out)
		       : -ENOSPC;
}

struct xwl_object *xwl_objects_deleted(const struct xwl_objects *t, uint32_t id)
{
	return xwl_id_of_server(id) || id == XWL_DISPLAY
		       ? NULL
		       : xwl_objects_known(t, id);
}

int xwl_objects_new(struct xwl_objects *t, const struct wl_interface *interface,
		    uint32_t version, struct xwl_object **out)
{
	int err;

	while (t->lowest < XWL_IDS_MAX && xwl_objects_known(t, t->lowest))
		t->lowest++;
	err = xwl_objects_add(t, t->lowest, interface, version, out);
	if (!err)
		t->lowest++;
	return err;
}

void xwl_objects_free(struct xwl_objects *t, struct xwl_object *o)
{
	o->state = XWL_FREE;
	if (o->id < t->lowest)
		t->lowest = o->id;
}

void xwl_object_detach(struct xwl_object *o)
{
	if (o->data)
		o->data->destroy(o->data);
	o->data = NULL;
}

/* The first at or behind @index that is not free; most blocks are not there */
static struct xwl_object *find_used(struct xwl_object *const *blocks,
				    uint32_t index)
{
	struct xwl_object *block;

	for (; index < XWL_IDS_MAX; index++) {
		block = blocks[index / XWL_BLOCK];
		if (!block)
			index |= XWL_BLOCK - 1;
		else if (block[index % XWL_BLOCK].state != XWL_FREE)
			return &block[index % XWL_BLOCK];
	}
	return NULL;
}

struct xwl_object *xwl_objects_each(const struct xwl_objects *t, uint32_t id)
{
	struct xwl_object *o = NULL;

	if (!xwl_id_of_server(id)) {
		o = find_used(t->blocks[0], id);
		id = XWL_SERVER_IDS;
	}
	return o ? o : find_used(t->blocks[1], id - XWL_SERVER_IDS);
}
