// SPDX-License-Identifier: GPL-2.0-only
/* Requests that end what a screen still shows */
#include "fake_screen.h"

#include <xendmabuf.h>

#include "vdispl/requests.h"

/* ---- the ring, and what these requests do not use ---- */

static unsigned int answers;
static int last_status;

void xd_ring_answer(struct xd_ring *r, const struct xendispl_resp *resp)
{
	answers++;
	last_status = resp->status;
}

void xd_ring_push(struct xd_ring *r)
{
}

int xd_dbuf_create(struct xd_daemon *daemon, struct xd_guest *g,
		   const struct xd_dbuf_desc *desc, bool alloc,
		   struct xd_output *card, struct xd_dbuf **buf)
{
	return -EOPNOTSUPP;
}

int xendmabuf_directory_read(uint16_t domid, uint32_t first, uint32_t *refs,
			     size_t nr)
{
	return -EOPNOTSUPP;
}

static void request(const struct xendispl_req *req)
{
	xd_request(&frontend.connectors[0], req);
}

static void detach(unsigned int fb)
{
	struct xendispl_req req = { .operation = XENDISPL_OP_FB_DETACH };

	req.op.fb_detach.fb_cookie = fbs[fb]->desc.cookie;
	answers = 0;
	request(&req);
	assert_int_equal(answers, 1);
	assert_int_equal(last_status, 0);
}

static void destroy_buffer(void)
{
	struct xendispl_req req = { .operation = XENDISPL_OP_DBUF_DESTROY };

	req.op.dbuf_destroy.dbuf_cookie = dbuf.desc.cookie;
	request(&req);
}

static int begin_requests(void **state)
{
	if (begin(state))
		return -1;
	frontend.connectors[0].frontend = &frontend;
	dbuf.desc.cookie = 77;
	LIST_INSERT_HEAD(&frontend.dbufs, &dbuf, link);
	return 0;
}

/*
 * The framebuffer on screen is detached, and freed when the next one of the same
 * buffer is
 */
static void buffer_destroyed_during_flip_from_detached_framebuffer(void **state)
{
	unsigned int users = dbuf.users;

	assert_int_equal(xd_screen_show(s, fbs[3], 0, 0), 0);
	assert_int_equal(xd_screen_flip(s, fbs[4]), 0);
	detach(3);
	destroy_buffer();
	told_is(1, 5);
	assert_int_equal(out.offs, 1);
	assert_true(LIST_EMPTY(&frontend.fbs));
	/* the framebuffers' and the cookie's */
	assert_int_equal(dbuf.users, users - 6);
	dbuf.users++;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			buffer_destroyed_during_flip_from_detached_framebuffer,
			begin_requests, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
