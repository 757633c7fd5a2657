// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <xendmabuf.h>

#include "daemon.h"
#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "vdispl/frontend.h"
#include "vdispl/requests.h"
#include "guest.h"

/* The request was or will be answered by other code */
#define LATER 1

static struct xd_dbuf *find_dbuf(const struct xd_frontend *f, uint64_t cookie)
{
	struct xd_dbuf *buf;

	LIST_FOREACH(buf, &f->dbufs, link)
		if (buf->desc.cookie == cookie)
			return buf;
	return NULL;
}

static struct xd_fb *find_fb(const struct xd_frontend *f, uint64_t cookie)
{
	struct xd_fb *fb;

	LIST_FOREACH(fb, &f->fbs, link)
		if (fb->desc.cookie == cookie && !fb->detached)
			return fb;
	return NULL;
}

static struct xd_fb *find_fb_of(const struct xd_frontend *f,
				const struct xd_dbuf *buf)
{
	struct xd_fb *fb;

	LIST_FOREACH(fb, &f->fbs, link)
		if (fb->dbuf == buf && !fb->detached)
			return fb;
	return NULL;
}

static void send_answer(struct xd_connector *c, uint16_t id, uint8_t op,
			int err)
{
	struct xendispl_resp resp;

	xd_proto_answer(&resp, id, op, err);
	xd_ring_answer(&c->ring, &resp);
}

/* The card whose memory be-alloc should use: the first that shows the guest */
static struct xd_output *find_card(const struct xd_frontend *f)
{
	unsigned int i;

	for (i = 0; i < f->nr_connectors; i++) {
		struct xd_output *o = f->connectors[i].screen.output;

		if (o && o->ops->alloc)
			return o;
	}
	return NULL;
}

static int dbuf_create(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xd_frontend *f = c->frontend;
	struct xd_dbuf_desc desc;
	struct xd_dbuf *buf;
	int err;

	err = xd_proto_dbuf_create(req, &desc);
	if (err)
		return err;
	if (find_dbuf(f, desc.cookie))
		return -EEXIST;
	/* the configuration decides who may; see be-alloc in the manual */
	err = xd_dbuf_create(f->daemon, f->guest, &desc,
			     f->be_alloc && desc.req_alloc, find_card(f), &buf);
	if (err)
		return err;
	LIST_INSERT_HEAD(&f->dbufs, buf, link);
	return 0;
}

static void answer_destroy(struct xd_dbuf *buf)
{
	struct xd_connector *c = buf->owner;

	send_answer(c, buf->req_id, XENDISPL_OP_DBUF_DESTROY, 0);
	xd_ring_push(&c->ring);
}

static int dbuf_destroy(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xd_frontend *f = c->frontend;
	struct xd_dbuf *buf = find_dbuf(f, req->op.dbuf_destroy.dbuf_cookie);
	struct xd_fb *fb;

	if (!buf)
		return -ENOENT;
	/*
	 * First the framebuffers that the guest has left on it.  Any other may end
	 * with one: a detached one that was still on screen
	 */
	while ((fb = find_fb_of(f, buf)))
		xd_fb_detach(fb);
	LIST_REMOVE(buf, link);
	buf->gone = answer_destroy;
	buf->owner = c;
	buf->req_id = req->id;
	xd_dbuf_put(buf);
	return LATER;
}

static int fb_attach(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xd_frontend *f = c->frontend;
	struct xd_fb_desc desc;
	struct xd_dbuf *buf;
	struct xd_fb *fb;
	int err;

	err = xd_proto_fb_attach(req, &desc);
	if (err)
		return err;
	buf = find_dbuf(f, desc.dbuf_cookie);
	if (!buf)
		return -ENOENT;
	if (find_fb(f, desc.cookie))
		return -EEXIST;
	err = xd_proto_fit(&desc, &buf->desc);
	if (!err)
		err = xd_fb_create(&f->fbs, f->guest, buf, &desc, &fb);
	return err;
}

static int fb_detach(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xd_fb *fb = find_fb(c->frontend, req->op.fb_detach.fb_cookie);

	if (!fb)
		return -ENOENT;
	xd_fb_detach(fb);
	return 0;
}

static int set_config(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xd_mode_desc m;
	struct xd_fb *fb = NULL;
	int err;

	err = xd_proto_set_config(req, &m);
	if (err)
		return err;
	if (m.fb_cookie) {
		fb = find_fb(c->frontend, m.fb_cookie);
		if (!fb)
			return -ENOENT;
	}
	return xd_screen_show(&c->screen, fb, m.x, m.y);
}

static int pg_flip(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xd_fb *fb = find_fb(c->frontend, req->op.pg_flip.fb_cookie);

	return fb ? xd_screen_flip(&c->screen, fb) : -ENOENT;
}

static uint32_t make_edid(const struct xd_connector *c,
			  uint8_t edid[XD_EDID_SIZE])
{
	const struct xd_screen *s = &c->screen;
	struct xd_edid what = {
		.width = s->width,
		.height = s->height,
		.serial = (uint32_t)s->place + 1,
		.name = c->unique_id,
	};

	return xd_edid_make(edid, &what);
}

/* Writes the first page alone: it has room for both blocks */
static int put_edid(struct xd_connector *c, uint32_t size, uint32_t gref,
		    uint32_t *len)
{
	struct xd_frontend *f = c->frontend;
	uint32_t refs[2 * XENDISPL_EDID_MAX_SIZE / XD_PAGE];
	uint8_t edid[XD_EDID_SIZE];
	void *page;
	int err;

	err = xendmabuf_directory_read(f->domid, gref, refs,
				       size / XD_PAGE + !!(size % XD_PAGE));
	if (err)
		return err;
	page = xengnttab_map_grant_ref(f->daemon->gnttab, f->domid, refs[0],
				       PROT_READ | PROT_WRITE);
	if (!page)
		return -EACCES;
	*len = make_edid(c, edid);
	memcpy(page, edid, *len);
	xengnttab_unmap(f->daemon->gnttab, page, 1);
	return 0;
}

static int get_edid(struct xd_connector *c, const struct xendispl_req *req)
{
	struct xendispl_resp resp;
	uint32_t size, gref, len;
	int err;

	if (c->frontend->version < 2)
		return -EOPNOTSUPP;
	err = xd_proto_get_edid(req, &size, &gref);
	if (!err)
		err = put_edid(c, size, gref, &len);
	if (err)
		return err;
	xd_proto_answer(&resp, req->id, req->operation, 0);
	resp.op.get_edid.edid_sz = len;
	xd_ring_answer(&c->ring, &resp);
	return LATER;
}

static int dispatch_request(struct xd_connector *c,
			    const struct xendispl_req *req)
{
	/* requests about the device come on the first connector's ring */
	bool first = c == &c->frontend->connectors[0];

	switch (req->operation) {
	case XENDISPL_OP_DBUF_CREATE:
		return first ? dbuf_create(c, req) : -EINVAL;
	case XENDISPL_OP_DBUF_DESTROY:
		return first ? dbuf_destroy(c, req) : -EINVAL;
	case XENDISPL_OP_FB_ATTACH:
		return first ? fb_attach(c, req) : -EINVAL;
	case XENDISPL_OP_FB_DETACH:
		return first ? fb_detach(c, req) : -EINVAL;
	case XENDISPL_OP_SET_CONFIG:
		return set_config(c, req);
	case XENDISPL_OP_PG_FLIP:
		return pg_flip(c, req);
	case XENDISPL_OP_GET_EDID:
		return get_edid(c, req);
	default:
		return -EOPNOTSUPP;
	}
}

void xd_request(struct xd_connector *c, const struct xendispl_req *req)
{
	int err = dispatch_request(c, req);

	c->requests++;
	if (err == LATER)
		return;
	if (err) {
		c->refused++;
		xd_guest_log(c->frontend->guest, XDC_WARNING,
			     "connector %s: %s refused: %s", c->screen.name,
			     xd_proto_op_name(req->operation), strerror(-err));
	}
	send_answer(c, req->id, req->operation, err);
}

void xd_requests_drop(struct xd_frontend *f)
{
	struct xd_dbuf *buf;
	struct xd_fb *fb;
	unsigned int i;

	for (i = 0; i < f->nr_connectors; i++)
		xd_screen_fini(&f->connectors[i].screen);
	/* screens have put their references: the cookies' are left */
	while ((fb = LIST_FIRST(&f->fbs)))
		xd_fb_put(fb);
	while ((buf = LIST_FIRST(&f->dbufs))) {
		LIST_REMOVE(buf, link);
		xd_dbuf_put(buf);
	}
	/* the rings are closed next: do not answer */
	LIST_FOREACH(buf, &f->daemon->dying, link)
		for (i = 0; i < f->nr_connectors; i++)
			if (buf->owner == &f->connectors[i])
				buf->gone = NULL;
}
