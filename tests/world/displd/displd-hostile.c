// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile guest: sends invalid requests and breaks its ring and its nodes.
 * Each result is a line in xenstore, which test-displd-guests reads:
 * data/hostile/N = "ok NAME".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/errno.h>

#include "hostile.h"

/* pages of a large buffer and of its directory; seconds of create_large_buffers() */
#define LARGE 16000
#define GREEDY 10

static struct hostile h;

static void check_good(const char *name, bool good, int got)
{
	hostile_check(&h, name, good, got);
}

static void check_status(const char *name, int want, int got)
{
	hostile_equal(&h, name, want, got);
}

static void try_unknown_requests(void)
{
	check_status("unknown operation 0: EOPNOTSUPP", -XEN_EOPNOTSUPP,
		     hostile_ask(&h, hostile_request(0)));
	check_status("unknown operation 255: EOPNOTSUPP", -XEN_EOPNOTSUPP,
		     hostile_ask(&h, hostile_request(255)));
	check_status("GET_EDID in version 1: EOPNOTSUPP", -XEN_EOPNOTSUPP,
		     hostile_ask(&h, hostile_request(XENDISPL_OP_GET_EDID)));
	check_status("PG_FLIP to an unknown framebuffer: ENOENT", -XEN_ENOENT,
		     hostile_ask(&h, hostile_with_fb(XENDISPL_OP_PG_FLIP, 77)));
	check_status(
		"SET_CONFIG with an unknown framebuffer: ENOENT", -XEN_ENOENT,
		hostile_ask(&h, hostile_with_fb(XENDISPL_OP_SET_CONFIG, 77)));
	check_status(
		"DBUF_DESTROY of an unknown buffer: ENOENT", -XEN_ENOENT,
		hostile_ask(&h, hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 77)));
}

static void try_directories(uint32_t dir_ref, uint32_t *dir)
{
	int got;

	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096, 0));
	check_status("directory reference 0: EINVAL", -XEN_EINVAL, got);
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096, 31000));
	check_good("directory not granted: refused", got < 0, got);
	dir[0] = 0;
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096 * 2000, dir_ref));
	check_status("directory shorter than its buffer: EINVAL", -XEN_EINVAL,
		     got);
	dir[0] = dir_ref;
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096 * 16000, dir_ref));
	check_good("directory that loops: refused", got < 0, got);
	memset(dir, 0x7f, 4096);
	dir[0] = 0;
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096 * 1000, dir_ref));
	check_good("buffer pages not granted: refused", got < 0, got);
	got = hostile_ask(&h, hostile_create(1, 0, 0, UINT32_MAX, dir_ref));
	check_status("buffer of 4 GiB: E2BIG", -XEN_E2BIG, got);
	got = hostile_ask(&h, hostile_create(1, 65536, 65536, 4096, dir_ref));
	check_status("geometry that overflows 32 bits: E2BIG", -XEN_E2BIG, got);
}

static void try_geometry(uint32_t dir_ref, const uint32_t *dir,
			 uint32_t page_ref)
{
	struct xendispl_req r = hostile_create(1, 64, 16, 4096, dir_ref);

	check_status("buffer of one page four times: accepted", 0,
		     hostile_ask(&h,
				 hostile_create(2, 0, 0, 4 * 4096, dir_ref)));
	check_status("buffer cookie used twice: EEXIST", -XEN_EEXIST,
		     hostile_ask(&h, hostile_create(2, 0, 0, 4096, dir_ref)));
	/* without be-alloc for this guest, the flags are ignored */
	r.op.dbuf_create.flags = UINT32_MAX;
	check_status("every buffer flag set: accepted", 0, hostile_ask(&h, r));
	check_good("every buffer flag set: no page of the backend granted",
		   dir[1] == page_ref, (int)dir[1]);
	check_status("framebuffer wider than its buffer: EINVAL", -XEN_EINVAL,
		     hostile_ask(&h, hostile_attach(1, 5, 65, 16, XR24)));
	check_status("framebuffer taller than its buffer: EINVAL", -XEN_EINVAL,
		     hostile_ask(&h, hostile_attach(1, 5, 64, 17, XR24)));
	check_status("YUYV framebuffer of odd width: EINVAL", -XEN_EINVAL,
		     hostile_ask(&h, hostile_attach(1, 5, 63, 16, YUYV)));
	check_status("framebuffer of an unknown format: EOPNOTSUPP",
		     -XEN_EOPNOTSUPP,
		     hostile_ask(&h, hostile_attach(1, 5, 64, 16, 0x12345678)));
	check_status("framebuffer of an unknown buffer: ENOENT", -XEN_ENOENT,
		     hostile_ask(&h, hostile_attach(99, 5, 64, 16, XR24)));
	check_status("framebuffer that fits: attached", 0,
		     hostile_ask(&h, hostile_attach(1, 5, 64, 16, XR24)));
	check_status("framebuffer cookie used twice: EEXIST", -XEN_EEXIST,
		     hostile_ask(&h, hostile_attach(1, 5, 64, 16, XR24)));
}

static int create_buffer_at(uint64_t cookie, uint32_t w, uint32_t rows,
			    uint32_t offset, uint32_t dir_ref)
{
	struct xendispl_req r = hostile_create(cookie, w, rows, 4096, dir_ref);

	r.op.dbuf_create.data_ofs = offset;
	return hostile_ask(&h, r);
}

static void try_offsets(uint32_t dir_ref)
{
	struct xendispl_req r = hostile_create(3, 64, 16, 4096, dir_ref);

	check_status("data offset at the buffer's end: EINVAL", -XEN_EINVAL,
		     create_buffer_at(3, 0, 0, 4096, dir_ref));
	check_status("data offset far behind the buffer's end: EINVAL",
		     -XEN_EINVAL,
		     create_buffer_at(3, 0, 0, UINT32_MAX, dir_ref));
	check_status("picture that ends behind its buffer: EINVAL", -XEN_EINVAL,
		     create_buffer_at(3, 64, 16, 4, dir_ref));
	r.op.dbuf_create.bpp = UINT32_MAX;
	check_status("4294967295 bits a pixel: EINVAL", -XEN_EINVAL,
		     hostile_ask(&h, r));
	r = hostile_create(3, 16384, 16384, 4096, dir_ref);
	check_status("picture of 1 GiB in a buffer of 4 KiB: EINVAL",
		     -XEN_EINVAL, hostile_ask(&h, r));
	check_status("data offset of half a page: accepted", 0,
		     create_buffer_at(3, 0, 0, 2048, dir_ref));
	check_status(
		"data offset of half a page, framebuffer of a page: EINVAL",
		-XEN_EINVAL,
		hostile_ask(&h, hostile_attach(3, 6, 64, 16, XR24)));
	check_status(
		"data offset of half a page, framebuffer of half a page: attached",
		0, hostile_ask(&h, hostile_attach(3, 6, 64, 8, XR24)));
	check_status("data offset of half a page: buffer destroyed", 0,
		     hostile_ask(&h,
				 hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 3)));
}

static void try_modes(void)
{
	struct xendispl_req r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, 5);
	int got;

	r.op.set_config.x = UINT32_MAX;
	check_status("mode position that overflows: E2BIG", -XEN_E2BIG,
		     hostile_ask(&h, r));
	r.op.set_config.x = r.op.set_config.y = 16384;
	got = hostile_ask(&h, r);
	check_good("mode position outside of the framebuffer: answered",
		   got <= 0, got);
	r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, 0);
	check_status("SET_CONFIG with a size but no framebuffer: EINVAL",
		     -XEN_EINVAL, hostile_ask(&h, r));
	memset(&r.op, 0, sizeof(r.op));
	check_status("SET_CONFIG with neither size nor framebuffer: accepted",
		     0, hostile_ask(&h, r));
}

static void flood_ring(void)
{
	struct xendispl_req flip = hostile_with_fb(XENDISPL_OP_PG_FLIP, 5);
	int i, good = 0;

	check_status("PG_FLIP before SET_CONFIG: EINVAL", -XEN_EINVAL,
		     hostile_ask(&h, flip));
	check_status("SET_CONFIG with the framebuffer: accepted", 0,
		     hostile_ask(&h,
				 hostile_with_fb(XENDISPL_OP_SET_CONFIG, 5)));
	for (i = 0; i < 32; i++)
		hostile_put(&h, &flip);
	hostile_tell(&h);
	for (i = 0; i < 32; i++)
		good += !hostile_answer(&h);
	check_status("32 flips at once: accepted", 32, good);
	for (i = 0; i < 200 && h.r->events->in_prod < 32; i++)
		usleep(10000);
	check_status("32 flips at once: one event each", 32,
		     (int)h.r->events->in_prod);
	for (i = 0; i < 20000; i++)
		xenevtchn_notify(h.evtchn,
				 (evtchn_port_t)(i % 2 ? h.r->req_port
						       : h.r->evt_port));
	check_status("20000 notifications: next flip accepted", 0,
		     hostile_ask(&h, flip));
	/* the request changes while the backend reads it */
	for (i = 0, good = 0; i < 2000; i++) {
		struct xendispl_req *slot =
			&h.r->ring->ring[h.r->prod % 32].req;
		int j;

		hostile_put(&h, &flip);
		hostile_tell(&h);
		for (j = 0; j < 50; j++) {
			slot->operation = (uint8_t)(j * 7);
			slot->op.pg_flip.fb_cookie = (uint64_t)j << 33;
		}
		good += hostile_answer(&h) != 1;
	}
	check_status("requests that change while they are read: answered", 2000,
		     good);
}

static void destroy_shown(void)
{
	check_status("DBUF_DESTROY of a buffer on screen: accepted", 0,
		     hostile_ask(&h,
				 hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 1)));
	check_status("DBUF_DESTROY of a buffer on screen: framebuffer detached",
		     -XEN_ENOENT,
		     hostile_ask(&h,
				 hostile_with_fb(XENDISPL_OP_FB_DETACH, 5)));
}

/* A buffer that is there already has the page four times */
static void exceed_page(uint32_t dir_ref)
{
	int i, n, got = 0, gone = 0;

	for (i = 0; i < 100 && !got; i++)
		got = hostile_ask(&h, hostile_create(1000 + (uint64_t)i, 0, 0,
						     4096, dir_ref));
	check_status("page that is in buffers 16 times already: ENOSPC",
		     -XEN_ENOSPC, got);
	check_good("page in buffers 16 times: accepted", i == 13, i);
	for (n = 0; n < i - 1; n++)
		gone += !hostile_ask(&h,
				     hostile_with_fb(XENDISPL_OP_DBUF_DESTROY,
						     1000 + (uint64_t)n));
	check_status("page in buffers 16 times: destroyed", i - 1, gone);
}

static void exceed_quota(uint32_t dir_ref, uint32_t *dir)
{
	int i, got = 0;

	for (i = 0; i < 200 && !got; i++) {
		hostile_page(&h, &dir[1]);
		got = hostile_ask(&h, hostile_create(1000 + (uint64_t)i, 0, 0,
						     4096, dir_ref));
	}
	check_status("buffers over the quota: ENOSPC", -XEN_ENOSPC, got);
	check_good("buffers over the quota: 64 are accepted", i == 64, i);
	got = hostile_ask(&h, hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 1000));
	check_status("one buffer less than the quota: destroyed", 0, got);
	got = hostile_ask(&h, hostile_create(1000, 0, 0, 4096, dir_ref));
	check_status("one buffer less than the quota: another accepted", 0,
		     got);
	for (i = 0, got = 0; i < 2000 && !got; i++)
		got = hostile_ask(&h, hostile_attach(1000, 5000 + (uint64_t)i,
						     64, 16, XR24));
	check_status("framebuffers over the quota: ENOSPC", -XEN_ENOSPC, got);
}

/* Large buffers, one after the other: the daemon must serve other guests in between */
static void create_large_buffers(void)
{
	uint32_t dir_ref = hostile_directory(&h, LARGE, 16);
	time_t end = time(NULL) + GREEDY;
	int got = 0, rounds = 0;

	while (!got && time(NULL) < end) {
		got = hostile_ask(&h, hostile_create(900, 0, 0, LARGE * 4096,
						     dir_ref));
		if (!got)
			got = hostile_ask(
				&h,
				hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 900));
		rounds++;
	}
	check_status("large buffers in turn: each accepted", 0, got);
	check_good("large buffers in turn: more than one", rounds > 1, rounds);
}

/* Version 2 of the protocol, used correctly */
static void read_edid(uint32_t dir_ref, const uint8_t *page)
{
	struct xendispl_req r = hostile_request(XENDISPL_OP_GET_EDID);
	unsigned int i, sum = 0;

	hostile_write(&h, "version", "2");
	check_good("version 2: connected", hostile_connect(&h), 0);
	r.op.get_edid.buffer_sz = XENDISPL_EDID_MAX_SIZE - 1;
	r.op.get_edid.gref_directory = dir_ref;
	check_status("GET_EDID with too small a buffer: EINVAL", -XEN_EINVAL,
		     hostile_ask(&h, r));
	r.op.get_edid.buffer_sz = XENDISPL_EDID_MAX_SIZE;
	check_status("GET_EDID in version 2: accepted", 0, hostile_ask(&h, r));
	check_good(
		"GET_EDID in version 2: one block",
		h.r->ring->ring[(h.r->cons - 1) % 32].rsp.op.get_edid.edid_sz ==
			128,
		0);
	for (i = 0; i < 128; i++)
		sum += page[i];
	check_good("GET_EDID in version 2: checksum right",
		   page[1] == 0xff && !(sum % 256), (int)sum);
}

int main(void)
{
	uint32_t dir_ref, page_ref, *dir;
	const uint8_t *page;
	unsigned int i;

	/* line by line, so that the last line before a crash is seen */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (hostile_open(&h))
		return 1;
	xs_write(h.xs, XBT_NULL, "data/ready", "1", 1);
	hostile_write(&h, "0/resolution", "64x16");
	check_good("first connection: connected", hostile_connect(&h), 0);
	dir = hostile_page(&h, &dir_ref);
	page = hostile_page(&h, &page_ref);
	try_unknown_requests();
	try_directories(dir_ref, dir);
	dir[0] = 0;
	for (i = 1; i < 1024; i++)
		dir[i] = page_ref;
	try_geometry(dir_ref, dir, page_ref);
	try_offsets(dir_ref);
	flood_ring();
	try_modes();
	destroy_shown();
	exceed_page(dir_ref);
	exceed_quota(dir_ref, dir);
	hostile_nodes(&h, dir_ref);
	create_large_buffers();
	for (i = 1; i < 1024; i++)
		dir[i] = i <= 8 ? page_ref : 0;
	read_edid(dir_ref, page);
	xs_write(h.xs, XBT_NULL, "data/hostile/all", "1", 1);
	sleep(1000000);
	return 0;
}
