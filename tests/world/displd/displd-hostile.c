// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that tries everything.  What came of it goes to xenstore, one line
 * a check, for test-displd to read: data/hostile/N = "ok NAME".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/errno.h>

#include "hostile.h"

#define XR24 0x34325258U

static struct hostile h;
static unsigned int checks;

static void check(const char *name, bool good, int got)
{
	char path[64], text[160];

	snprintf(path, sizeof(path), "data/hostile/%u", ++checks);
	snprintf(text, sizeof(text), "%s %s (%d)", good ? "ok" : "not ok", name,
		 got);
	puts(text);
	xs_write(h.xs, XBT_NULL, path, text, (unsigned int)strlen(text));
}

static void status_is(const char *name, int want, int got)
{
	check(name, want == got, got);
}

static struct xendispl_req request(uint8_t op)
{
	static uint16_t id;
	struct xendispl_req r = { .id = id++, .operation = op };

	return r;
}

static struct xendispl_req create(uint64_t cookie, uint32_t w, uint32_t rows,
				  uint32_t size, uint32_t dir)
{
	struct xendispl_req r = request(XENDISPL_OP_DBUF_CREATE);

	r.op.dbuf_create.dbuf_cookie = cookie;
	r.op.dbuf_create.width = w;
	r.op.dbuf_create.height = rows;
	r.op.dbuf_create.bpp = w ? 32 : 0;
	r.op.dbuf_create.buffer_sz = size;
	r.op.dbuf_create.gref_directory = dir;
	return r;
}

static struct xendispl_req attach(uint64_t dbuf, uint64_t fb, uint32_t w,
				  uint32_t rows, uint32_t format)
{
	struct xendispl_req r = request(XENDISPL_OP_FB_ATTACH);

	r.op.fb_attach.dbuf_cookie = dbuf;
	r.op.fb_attach.fb_cookie = fb;
	r.op.fb_attach.width = w;
	r.op.fb_attach.height = rows;
	r.op.fb_attach.pixel_format = format;
	return r;
}

static struct xendispl_req with_fb(uint8_t op, uint64_t cookie)
{
	struct xendispl_req r = request(op);

	/* SET_CONFIG, PG_FLIP, FB_DETACH and DBUF_DESTROY begin alike */
	r.op.pg_flip.fb_cookie = cookie;
	if (op == XENDISPL_OP_SET_CONFIG) {
		r.op.set_config.width = 64;
		r.op.set_config.height = 16;
		r.op.set_config.bpp = 32;
	}
	return r;
}

static void unknown_requests(void)
{
	status_is("an unknown request", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, request(0)));
	status_is("another", -XEN_EOPNOTSUPP, hostile_ask(&h, request(255)));
	status_is("EDID without version 2", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, request(XENDISPL_OP_GET_EDID)));
	status_is("a flip to nothing", -XEN_ENOENT,
		  hostile_ask(&h, with_fb(XENDISPL_OP_PG_FLIP, 77)));
	status_is("a mode with nothing", -XEN_ENOENT,
		  hostile_ask(&h, with_fb(XENDISPL_OP_SET_CONFIG, 77)));
	status_is("the end of nothing", -XEN_ENOENT,
		  hostile_ask(&h, with_fb(XENDISPL_OP_DBUF_DESTROY, 77)));
}

static void directories(uint32_t dir_ref, uint32_t *dir)
{
	int got;

	got = hostile_ask(&h, create(1, 0, 0, 4096, 0));
	status_is("a directory of nothing", -XEN_EINVAL, got);
	got = hostile_ask(&h, create(1, 0, 0, 4096, 31000));
	check("a directory that was not granted", got < 0, got);
	dir[0] = 0;
	got = hostile_ask(&h, create(1, 0, 0, 4096 * 2000, dir_ref));
	status_is("a directory that is too short", -XEN_EINVAL, got);
	dir[0] = dir_ref;
	got = hostile_ask(&h, create(1, 0, 0, 4096 * 16000, dir_ref));
	check("a directory that is a loop", got < 0, got);
	memset(dir, 0x7f, 4096);
	dir[0] = 0;
	got = hostile_ask(&h, create(1, 0, 0, 4096 * 1000, dir_ref));
	check("references that were not granted", got < 0, got);
	got = hostile_ask(&h, create(1, 0, 0, UINT32_MAX, dir_ref));
	status_is("a buffer of 4 GiB", -XEN_E2BIG, got);
	got = hostile_ask(&h, create(1, 65536, 65536, 4096, dir_ref));
	status_is("a size that wraps around", -XEN_E2BIG, got);
}

static void geometry(uint32_t dir_ref)
{
	struct xendispl_req r = create(1, 64, 16, 4096, dir_ref);

	status_is("one page four times, which is legal", 0,
		  hostile_ask(&h, create(2, 0, 0, 4 * 4096, dir_ref)));
	status_is("a cookie twice", -XEN_EEXIST,
		  hostile_ask(&h, create(2, 0, 0, 4096, dir_ref)));
	/* not allowed to this guest, and so not looked at */
	r.op.dbuf_create.flags = UINT32_MAX;
	status_is("flags of all kinds", 0, hostile_ask(&h, r));
	status_is("larger than its buffer", -XEN_EINVAL,
		  hostile_ask(&h, attach(1, 5, 65, 16, XR24)));
	status_is("taller than its buffer", -XEN_EINVAL,
		  hostile_ask(&h, attach(1, 5, 64, 17, XR24)));
	status_is("a format nobody knows", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, attach(1, 5, 64, 16, 0x12345678)));
	status_is("a buffer nobody knows", -XEN_ENOENT,
		  hostile_ask(&h, attach(99, 5, 64, 16, XR24)));
	status_is("a good one", 0, hostile_ask(&h, attach(1, 5, 64, 16, XR24)));
	status_is("and again", -XEN_EEXIST,
		  hostile_ask(&h, attach(1, 5, 64, 16, XR24)));
}

static void flood(void)
{
	struct xendispl_req flip = with_fb(XENDISPL_OP_PG_FLIP, 5);
	int i, good = 0;

	status_is("a flip before a mode", -XEN_EINVAL, hostile_ask(&h, flip));
	status_is("a mode", 0,
		  hostile_ask(&h, with_fb(XENDISPL_OP_SET_CONFIG, 5)));
	for (i = 0; i < 32; i++)
		hostile_put(&h, &flip);
	hostile_tell(&h);
	for (i = 0; i < 32; i++)
		good += !hostile_answer(&h);
	status_is("32 flips at once are accepted", 32, good);
	for (i = 0; i < 200 && h.events->in_prod < 32; i++)
		usleep(10000);
	status_is("and each is done, once", 32, (int)h.events->in_prod);
	for (i = 0; i < 20000; i++)
		xenevtchn_notify(h.evtchn, (evtchn_port_t)(i % 2 ? h.req_port
								 : h.evt_port));
	status_is("after a storm of events", 0, hostile_ask(&h, flip));
	/* the request changes while it is being looked at */
	for (i = 0, good = 0; i < 2000; i++) {
		struct xendispl_req *slot = &h.ring->ring[h.prod % 32].req;
		int j;

		hostile_put(&h, &flip);
		hostile_tell(&h);
		for (j = 0; j < 50; j++) {
			slot->operation = (uint8_t)(j * 7);
			slot->op.pg_flip.fb_cookie = (uint64_t)j << 33;
		}
		good += hostile_answer(&h) != 1;
	}
	status_is("requests that change are answered all the same", 2000, good);
}

static void destroy(void)
{
	status_is("the end of a buffer on screen", 0,
		  hostile_ask(&h, with_fb(XENDISPL_OP_DBUF_DESTROY, 1)));
	status_is("its framebuffer went with it", -XEN_ENOENT,
		  hostile_ask(&h, with_fb(XENDISPL_OP_FB_DETACH, 5)));
}

static void quota(uint32_t dir_ref)
{
	int i, got = 0;

	for (i = 0; i < 200 && !got; i++)
		got = hostile_ask(&h, create(1000 + (uint64_t)i, 0, 0, 4096,
					     dir_ref));
	status_is("too many buffers", -XEN_ENOSPC, got);
	check("are 64", i == 64, i);
	got = hostile_ask(&h, with_fb(XENDISPL_OP_DBUF_DESTROY, 1000));
	status_is("one less", 0, got);
	got = hostile_ask(&h, create(1000, 0, 0, 4096, dir_ref));
	status_is("makes room for another", 0, got);
}

/* The display ends, and comes back when the guest behaves again */
static void reconnects(void)
{
	static const char *const states[] = {
		"", "x", "-1", "99999999999999", "0x4", "4 ", "8", "2"
	};
	size_t i;

	h.prod += 1000;
	hostile_tell(&h);
	check("a ring that overflows ends the display",
	      hostile_backend_is(&h, XenbusStateClosed), 0);
	check("until it begins anew", hostile_connect(&h), 0);
	h.ring->req_prod = UINT32_MAX;
	xenevtchn_notify(h.evtchn, (evtchn_port_t)h.req_port);
	check("so does one that runs backwards",
	      hostile_backend_is(&h, XenbusStateClosed), 0);
	check("and again", hostile_connect(&h), 0);

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		hostile_state(&h, states[i]);
	hostile_state(&h, NULL);
	hostile_write(&h, "backend", "/local/domain/0/backend/vdispl/0/0");
	hostile_write(&h, "backend-id", "7");
	check("states that are none", hostile_connect(&h), 0);
	hostile_write(&h, "0", NULL);
	hostile_state(&h, "6");
	hostile_state(&h, "1");
	hostile_state(&h, "3");
	h.patience = 3;
	check("no connector at all",
	      !hostile_backend_is(&h, XenbusStateConnected), 0);
	for (i = 0; i < 7; i++) {
		char node[32];

		snprintf(node, sizeof(node), "%u/resolution", (unsigned int)i);
		hostile_write(&h, node, i ? "99999x1" : "64x16");
	}
	check("more connectors than there can be, and silly ones",
	      !hostile_connect(&h), 0);
	hostile_write(&h, "1", NULL);
	hostile_state(&h, "1");
	h.patience = 15;
	check("a good guest again", hostile_connect(&h), 0);
}

/* And one that is honest: version 2 of the protocol */
static void edid(uint32_t dir_ref, const uint8_t *page)
{
	struct xendispl_req r = request(XENDISPL_OP_GET_EDID);
	unsigned int i, sum = 0;

	hostile_write(&h, "version", "2");
	check("version 2", hostile_connect(&h), 0);
	r.op.get_edid.buffer_sz = XENDISPL_EDID_MAX_SIZE - 1;
	r.op.get_edid.gref_directory = dir_ref;
	status_is("an EDID buffer that is too small", -XEN_EINVAL,
		  hostile_ask(&h, r));
	r.op.get_edid.buffer_sz = XENDISPL_EDID_MAX_SIZE;
	status_is("the EDID", 0, hostile_ask(&h, r));
	check("has one block",
	      h.ring->ring[(h.cons - 1) % 32].rsp.op.get_edid.edid_sz == 128,
	      0);
	for (i = 0; i < 128; i++)
		sum += page[i];
	check("which adds up", page[1] == 0xff && !(sum % 256), (int)sum);
}

int main(void)
{
	uint32_t dir_ref, page_ref, *dir;
	const uint8_t *page;
	unsigned int i;

	/* not through its stack, for the last line to be seen */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (hostile_open(&h))
		return 1;
	xs_write(h.xs, XBT_NULL, "data/ready", "1", 1);
	hostile_write(&h, "0/resolution", "64x16");
	check("it connects", hostile_connect(&h), 0);
	dir = hostile_page(&h, &dir_ref);
	page = hostile_page(&h, &page_ref);
	unknown_requests();
	directories(dir_ref, dir);
	dir[0] = 0;
	for (i = 1; i < 1024; i++)
		dir[i] = page_ref;
	geometry(dir_ref);
	flood();
	destroy();
	quota(dir_ref);
	reconnects();
	for (i = 1; i < 1024; i++)
		dir[i] = i <= 8 ? page_ref : 0;
	edid(dir_ref, page);
	xs_write(h.xs, XBT_NULL, "data/hostile/all", "1", 1);
	sleep(1000000);
	return 0;
}
