// SPDX-License-Identifier: GPL-2.0-only
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

#define FRONTEND "device/vdispl/0"
#define BACKEND_DOMID 0

int hostile_open(struct hostile *h)
{
	char *path;

	memset(h, 0, sizeof(*h));
	h->patience = 15;
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

bool hostile_backend_is(struct hostile *h, enum xenbus_state state)
{
	unsigned int i;

	for (i = 0; i < h->patience * 20; i++) {
		char *text = xs_read(h->xs, XBT_NULL, h->be_path, NULL);
		int now = text ? atoi(text) : -1;

		free(text);
		if (now == (int)state)
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

static void number(struct hostile *h, const char *node, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	hostile_write(h, node, text);
}

bool hostile_connect(struct hostile *h)
{
	uint32_t req_ref, evt_ref;

	/* what there was before stays shared: the backend may not mind */
	h->ring = hostile_page(h, &req_ref);
	h->events = hostile_page(h, &evt_ref);
	h->ring->req_event = h->ring->rsp_event = 1;
	h->prod = h->cons = 0;
	h->req_port = xenevtchn_bind_unbound_port(h->evtchn, BACKEND_DOMID);
	h->evt_port = xenevtchn_bind_unbound_port(h->evtchn, BACKEND_DOMID);
	hostile_state(h, "1");
	if (!hostile_backend_is(h, XenbusStateInitWait))
		return false;
	number(h, "0/req-ring-ref", req_ref);
	number(h, "0/req-event-channel", (uint32_t)h->req_port);
	number(h, "0/evt-ring-ref", evt_ref);
	number(h, "0/evt-event-channel", (uint32_t)h->evt_port);
	hostile_state(h, "3");
	if (!hostile_backend_is(h, XenbusStateConnected))
		return false;
	hostile_state(h, "4");
	return true;
}

void hostile_put(struct hostile *h, const struct xendispl_req *req)
{
	h->ring->ring[h->prod % 32].req = *req;
	__sync_synchronize();
	h->prod++;
}

void hostile_tell(struct hostile *h)
{
	h->ring->req_prod = h->prod;
	__sync_synchronize();
	xenevtchn_notify(h->evtchn, (evtchn_port_t)h->req_port);
}

int hostile_answer(struct hostile *h)
{
	unsigned int i;

	for (i = 0; i < 5000; i++) {
		__sync_synchronize();
		if (h->ring->rsp_prod != h->cons)
			return h->ring->ring[h->cons++ % 32].rsp.status;
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
