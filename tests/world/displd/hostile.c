// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

#define FRONTEND "device/vdispl/0"
/* references of a directory's page */
#define DIR_REFS 1023
#define BACKEND_DOMID 0

int hostile_open(struct hostile *h)
{
	char *path;

	memset(h, 0, sizeof(*h));
	h->patience = 15;
	h->r = h->rings;
	h->xs = xs_open(0);
	h->shr = xengntshr_open(NULL, 0);
	h->evtchn = xenevtchn_open(NULL, 0);
	if (!h->xs || !h->shr || !h->evtchn)
		return -1;
	path = xs_read(h->xs, XBT_NULL, FRONTEND "/backend", NULL);
	if (!path)
		return -1;
	snprintf(h->be_path, sizeof(h->be_path), "%s/state", path);
	free(path);
	return 0;
}

void hostile_check(struct hostile *h, const char *name, bool good, int got)
{
	char path[64], text[160];

	snprintf(path, sizeof(path), "data/hostile/%u", ++h->checks);
	snprintf(text, sizeof(text), "%s %s (%d)", good ? "ok" : "not ok", name,
		 got);
	puts(text);
	xs_write(h->xs, XBT_NULL, path, text, (unsigned int)strlen(text));
}

void hostile_equal(struct hostile *h, const char *name, int want, int got)
{
	hostile_check(h, name, want == got, got);
}

void hostile_write(struct hostile *h, const char *node, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), FRONTEND "/%s", node);
	if (value)
		xs_write(h->xs, XBT_NULL, path, value,
			 (unsigned int)strlen(value));
	else
		xs_rm(h->xs, XBT_NULL, path);
}

void hostile_state(struct hostile *h, const char *state)
{
	hostile_write(h, "state", state);
}

int hostile_backend(struct hostile *h)
{
	char *text = xs_read(h->xs, XBT_NULL, h->be_path, NULL);
	int state = text ? atoi(text) : -1;

	free(text);
	return state;
}

bool hostile_backend_is(struct hostile *h, enum xenbus_state state)
{
	unsigned int i;

	for (i = 0; i < h->patience * 20; i++) {
		if (hostile_backend(h) == (int)state)
			return true;
		usleep(50000);
	}
	return false;
}

void *hostile_page(struct hostile *h, uint32_t *ref)
{
	void *page = xengntshr_share_pages(h->shr, BACKEND_DOMID, 1, ref, 1);

	if (!page) {
		perror("xengntshr_share_pages");
		exit(1);
	}
	memset(page, 0, 4096);
	return page;
}

uint32_t hostile_directory(struct hostile *h, unsigned int pages,
			   unsigned int share)
{
	uint32_t *dir = NULL, *next, first = 0, ref, page_ref = 0;
	unsigned int i;

	for (i = 0; i < pages; i++) {
		if (i % DIR_REFS == 0) {
			next = hostile_page(h, &ref);
			if (dir)
				dir[0] = ref;
			else
				first = ref;
			dir = next;
		}
		if (i % share == 0)
			hostile_page(h, &page_ref);
		dir[1 + i % DIR_REFS] = page_ref;
	}
	return first;
}

void hostile_number(struct hostile *h, const char *node, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	hostile_write(h, node, text);
}

static void write_ring_node(struct hostile *h, unsigned int connector,
			    const char *node, uint32_t value)
{
	char name[32];

	snprintf(name, sizeof(name), "%u/%s", connector, node);
	hostile_number(h, name, value);
}

void hostile_offer(struct hostile *h, unsigned int connector)
{
	struct hostile_ring *r = &h->rings[connector];
	char name[32];

	/* the former pages stay shared, which must not disturb the backend */
	r->ring = hostile_page(h, &r->req_ref);
	r->events = hostile_page(h, &r->evt_ref);
	r->ring->req_event = r->ring->rsp_event = 1;
	r->prod = r->cons = 0;
	r->req_port = xenevtchn_bind_unbound_port(h->evtchn, BACKEND_DOMID);
	r->evt_port = xenevtchn_bind_unbound_port(h->evtchn, BACKEND_DOMID);
	snprintf(name, sizeof(name), "%u/resolution", connector);
	hostile_write(h, name, "64x16");
	write_ring_node(h, connector, "req-ring-ref", r->req_ref);
	write_ring_node(h, connector, "req-event-channel",
			(uint32_t)r->req_port);
	write_ring_node(h, connector, "evt-ring-ref", r->evt_ref);
	write_ring_node(h, connector, "evt-event-channel",
			(uint32_t)r->evt_port);
}

bool hostile_join(struct hostile *h)
{
	hostile_state(h, "1");
	if (!hostile_backend_is(h, XenbusStateInitWait))
		return false;
	hostile_state(h, "3");
	if (!hostile_backend_is(h, XenbusStateConnected))
		return false;
	hostile_state(h, "4");
	return true;
}

bool hostile_connect(struct hostile *h)
{
	hostile_state(h, "1");
	if (!hostile_backend_is(h, XenbusStateInitWait))
		return false;
	hostile_offer(h, 0);
	return hostile_join(h);
}

void hostile_put(struct hostile *h, const struct xendispl_req *req)
{
	h->r->ring->ring[h->r->prod % 32].req = *req;
	__sync_synchronize();
	h->r->prod++;
}

void hostile_tell(struct hostile *h)
{
	h->r->ring->req_prod = h->r->prod;
	__sync_synchronize();
	xenevtchn_notify(h->evtchn, (evtchn_port_t)h->r->req_port);
}

int hostile_answer(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < h->patience * 1000; i++) {
		__sync_synchronize();
		if (h->r->ring->rsp_prod != h->r->cons)
			return h->r->ring->ring[h->r->cons++ % 32].rsp.status;
		usleep(1000);
	}
	return 1;
}

int hostile_ask(struct hostile *h, struct xendispl_req req)
{
	hostile_put(h, &req);
	hostile_tell(h);
	return hostile_answer(h);
}

/* ---- requests ---- */

struct xendispl_req hostile_request(uint8_t op)
{
	static uint16_t id;
	struct xendispl_req r = { .id = id++, .operation = op };

	return r;
}

struct xendispl_req hostile_create(uint64_t cookie, uint32_t w, uint32_t rows,
				   uint32_t size, uint32_t dir)
{
	struct xendispl_req r = hostile_request(XENDISPL_OP_DBUF_CREATE);

	r.op.dbuf_create.dbuf_cookie = cookie;
	r.op.dbuf_create.width = w;
	r.op.dbuf_create.height = rows;
	r.op.dbuf_create.bpp = w ? 32 : 0;
	r.op.dbuf_create.buffer_sz = size;
	r.op.dbuf_create.gref_directory = dir;
	return r;
}

struct xendispl_req hostile_attach(uint64_t dbuf, uint64_t fb, uint32_t w,
				   uint32_t rows, uint32_t format)
{
	struct xendispl_req r = hostile_request(XENDISPL_OP_FB_ATTACH);

	r.op.fb_attach.dbuf_cookie = dbuf;
	r.op.fb_attach.fb_cookie = fb;
	r.op.fb_attach.width = w;
	r.op.fb_attach.height = rows;
	r.op.fb_attach.pixel_format = format;
	return r;
}

struct xendispl_req hostile_with_fb(uint8_t op, uint64_t cookie)
{
	struct xendispl_req r = hostile_request(op);

	/* SET_CONFIG, PG_FLIP, FB_DETACH and DBUF_DESTROY begin with the same cookie */
	r.op.pg_flip.fb_cookie = cookie;
	if (op == XENDISPL_OP_SET_CONFIG) {
		r.op.set_config.width = 64;
		r.op.set_config.height = 16;
		r.op.set_config.bpp = 32;
	}
	return r;
}
