// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that tries everything.  What came of it goes to xenstore, one line
 * a check, for test-displd to read: data/hostile/N = "ok NAME".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xen/errno.h>

#include "hostile.h"

/* pages of a large buffer, of its directory, and for how many seconds */
#define LARGE 16000
#define DIRS 16
#define GREEDY 10

static struct hostile h;

static void check(const char *name, bool good, int got)
{
	hostile_check(&h, name, good, got);
}

static void status_is(const char *name, int want, int got)
{
	hostile_equal(&h, name, want, got);
}

static void unknown_requests(void)
{
	status_is("an unknown request", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, hostile_request(0)));
	status_is("another", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, hostile_request(255)));
	status_is("EDID without version 2", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, hostile_request(XENDISPL_OP_GET_EDID)));
	status_is("a flip to nothing", -XEN_ENOENT,
		  hostile_ask(&h, hostile_with_fb(XENDISPL_OP_PG_FLIP, 77)));
	status_is("a mode with nothing", -XEN_ENOENT,
		  hostile_ask(&h, hostile_with_fb(XENDISPL_OP_SET_CONFIG, 77)));
	status_is("the end of nothing", -XEN_ENOENT,
		  hostile_ask(&h,
			      hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 77)));
}

static void directories(uint32_t dir_ref, uint32_t *dir)
{
	int got;

	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096, 0));
	status_is("a directory of nothing", -XEN_EINVAL, got);
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096, 31000));
	check("a directory that was not granted", got < 0, got);
	dir[0] = 0;
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096 * 2000, dir_ref));
	status_is("a directory that is too short", -XEN_EINVAL, got);
	dir[0] = dir_ref;
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096 * 16000, dir_ref));
	check("a directory that is a loop", got < 0, got);
	memset(dir, 0x7f, 4096);
	dir[0] = 0;
	got = hostile_ask(&h, hostile_create(1, 0, 0, 4096 * 1000, dir_ref));
	check("references that were not granted", got < 0, got);
	got = hostile_ask(&h, hostile_create(1, 0, 0, UINT32_MAX, dir_ref));
	status_is("a buffer of 4 GiB", -XEN_E2BIG, got);
	got = hostile_ask(&h, hostile_create(1, 65536, 65536, 4096, dir_ref));
	status_is("a size that wraps around", -XEN_E2BIG, got);
}

static void geometry(uint32_t dir_ref, const uint32_t *dir, uint32_t page_ref)
{
	struct xendispl_req r = hostile_create(1, 64, 16, 4096, dir_ref);

	status_is("one page four times, which is legal", 0,
		  hostile_ask(&h, hostile_create(2, 0, 0, 4 * 4096, dir_ref)));
	status_is("a cookie twice", -XEN_EEXIST,
		  hostile_ask(&h, hostile_create(2, 0, 0, 4096, dir_ref)));
	/* not allowed to this guest, and so not looked at */
	r.op.dbuf_create.flags = UINT32_MAX;
	status_is("flags of all kinds", 0, hostile_ask(&h, r));
	check("give it no pages of the backend's", dir[1] == page_ref,
	      (int)dir[1]);
	status_is("larger than its buffer", -XEN_EINVAL,
		  hostile_ask(&h, hostile_attach(1, 5, 65, 16, XR24)));
	status_is("taller than its buffer", -XEN_EINVAL,
		  hostile_ask(&h, hostile_attach(1, 5, 64, 17, XR24)));
	status_is("half a pair of pixels", -XEN_EINVAL,
		  hostile_ask(&h, hostile_attach(1, 5, 63, 16, YUYV)));
	status_is("a format nobody knows", -XEN_EOPNOTSUPP,
		  hostile_ask(&h, hostile_attach(1, 5, 64, 16, 0x12345678)));
	status_is("a buffer nobody knows", -XEN_ENOENT,
		  hostile_ask(&h, hostile_attach(99, 5, 64, 16, XR24)));
	status_is("a good one", 0,
		  hostile_ask(&h, hostile_attach(1, 5, 64, 16, XR24)));
	status_is("and again", -XEN_EEXIST,
		  hostile_ask(&h, hostile_attach(1, 5, 64, 16, XR24)));
}

static int create_at(uint64_t cookie, uint32_t w, uint32_t rows,
		     uint32_t offset, uint32_t dir_ref)
{
	struct xendispl_req r = hostile_create(cookie, w, rows, 4096, dir_ref);

	r.op.dbuf_create.data_ofs = offset;
	return hostile_ask(&h, r);
}

static void offsets(uint32_t dir_ref)
{
	struct xendispl_req r = hostile_create(3, 64, 16, 4096, dir_ref);

	status_is("data that begins at the end", -XEN_EINVAL,
		  create_at(3, 0, 0, 4096, dir_ref));
	status_is("far behind it", -XEN_EINVAL,
		  create_at(3, 0, 0, UINT32_MAX, dir_ref));
	status_is("a picture that ends behind it", -XEN_EINVAL,
		  create_at(3, 64, 16, 4, dir_ref));
	r.op.dbuf_create.bpp = UINT32_MAX;
	status_is("4 billion bits a pixel", -XEN_EINVAL, hostile_ask(&h, r));
	r = hostile_create(3, 16384, 16384, 4096, dir_ref);
	status_is("a picture of 1 GiB in a page", -XEN_EINVAL,
		  hostile_ask(&h, r));
	status_is("the second half of a page", 0,
		  create_at(3, 0, 0, 2048, dir_ref));
	status_is("is not a whole one", -XEN_EINVAL,
		  hostile_ask(&h, hostile_attach(3, 6, 64, 16, XR24)));
	status_is("but half a one", 0,
		  hostile_ask(&h, hostile_attach(3, 6, 64, 8, XR24)));
	status_is("which goes", 0,
		  hostile_ask(&h,
			      hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 3)));
}

static void modes(void)
{
	struct xendispl_req r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, 5);
	int got;

	r.op.set_config.x = UINT32_MAX;
	status_is("a mode beyond everything", -XEN_E2BIG, hostile_ask(&h, r));
	r.op.set_config.x = r.op.set_config.y = 16384;
	got = hostile_ask(&h, r);
	check("a mode beyond the picture", got <= 0, got);
	r = hostile_with_fb(XENDISPL_OP_SET_CONFIG, 0);
	status_is("half an end of a mode", -XEN_EINVAL, hostile_ask(&h, r));
	memset(&r.op, 0, sizeof(r.op));
	status_is("a whole one", 0, hostile_ask(&h, r));
}

static void flood(void)
{
	struct xendispl_req flip = hostile_with_fb(XENDISPL_OP_PG_FLIP, 5);
	int i, good = 0;

	status_is("a flip before a mode", -XEN_EINVAL, hostile_ask(&h, flip));
	status_is("a mode", 0,
		  hostile_ask(&h, hostile_with_fb(XENDISPL_OP_SET_CONFIG, 5)));
	for (i = 0; i < 32; i++)
		hostile_put(&h, &flip);
	hostile_tell(&h);
	for (i = 0; i < 32; i++)
		good += !hostile_answer(&h);
	status_is("32 flips at once are accepted", 32, good);
	for (i = 0; i < 200 && h.r->events->in_prod < 32; i++)
		usleep(10000);
	status_is("and each is done, once", 32, (int)h.r->events->in_prod);
	for (i = 0; i < 20000; i++)
		xenevtchn_notify(h.evtchn,
				 (evtchn_port_t)(i % 2 ? h.r->req_port
						       : h.r->evt_port));
	status_is("after a storm of events", 0, hostile_ask(&h, flip));
	/* the request changes while it is being looked at */
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
	status_is("requests that change are answered all the same", 2000, good);
}

static void destroy(void)
{
	status_is("the end of a buffer on screen", 0,
		  hostile_ask(&h,
			      hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 1)));
	status_is("its framebuffer went with it", -XEN_ENOENT,
		  hostile_ask(&h, hostile_with_fb(XENDISPL_OP_FB_DETACH, 5)));
}

static void quota(uint32_t dir_ref)
{
	int i, got = 0;

	for (i = 0; i < 200 && !got; i++)
		got = hostile_ask(&h, hostile_create(1000 + (uint64_t)i, 0, 0,
						     4096, dir_ref));
	status_is("too many buffers", -XEN_ENOSPC, got);
	check("are 64", i == 64, i);
	got = hostile_ask(&h, hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 1000));
	status_is("one less", 0, got);
	got = hostile_ask(&h, hostile_create(1000, 0, 0, 4096, dir_ref));
	status_is("makes room for another", 0, got);
	for (i = 0, got = 0; i < 2000 && !got; i++)
		got = hostile_ask(&h, hostile_attach(1000, 5000 + (uint64_t)i,
						     64, 16, XR24));
	status_is("too many framebuffers", -XEN_ENOSPC, got);
}

/* Large buffers, one after the other: the others are served in between */
static void greedy(void)
{
	uint32_t refs[DIRS], *dirs[DIRS], page_ref = 0;
	time_t end = time(NULL) + GREEDY;
	int i, got = 0, rounds = 0;

	for (i = 0; i < DIRS; i++)
		dirs[i] = hostile_page(&h, &refs[i]);
	for (i = 0; i < DIRS; i++)
		dirs[i][0] = i + 1 < DIRS ? refs[i + 1] : 0;
	for (i = 0; i < LARGE; i++) {
		/* Xen counts to 127 */
		if (i % 100 == 0)
			hostile_page(&h, &page_ref);
		dirs[i / 1023][1 + i % 1023] = page_ref;
	}
	while (!got && time(NULL) < end) {
		got = hostile_ask(&h, hostile_create(900, 0, 0, LARGE * 4096,
						     refs[0]));
		if (!got)
			got = hostile_ask(
				&h,
				hostile_with_fb(XENDISPL_OP_DBUF_DESTROY, 900));
		rounds++;
	}
	status_is("large buffers, one after the other", 0, got);
	check("more than once", rounds > 1, rounds);
}

/* And one that is honest: version 2 of the protocol */
static void edid(uint32_t dir_ref, const uint8_t *page)
{
	struct xendispl_req r = hostile_request(XENDISPL_OP_GET_EDID);
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
	      h.r->ring->ring[(h.r->cons - 1) % 32].rsp.op.get_edid.edid_sz ==
		      128,
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
	geometry(dir_ref, dir, page_ref);
	offsets(dir_ref);
	flood();
	modes();
	destroy();
	quota(dir_ref);
	hostile_nodes(&h, dir_ref);
	greedy();
	for (i = 1; i < 1024; i++)
		dir[i] = i <= 8 ? page_ref : 0;
	edid(dir_ref, page);
	xs_write(h.xs, XBT_NULL, "data/hostile/all", "1", 1);
	sleep(1000000);
	return 0;
}
