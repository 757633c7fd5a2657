// SPDX-License-Identifier: GPL-2.0-only
/* Requests of guests, valid and invalid */
#include "common/number.h"
#include "unit.h"

#include <xen/errno.h>
#include <xen/io/displif.h>

#include "vdispl/proto.h"

#define FOURCC(s)                                                            \
	((uint32_t)(s)[0] | (uint32_t)(s)[1] << 8 | (uint32_t)(s)[2] << 16 | \
	 (uint32_t)(s)[3] << 24)

static struct xendispl_req make_create(uint32_t w, uint32_t h, uint32_t bpp,
				       uint32_t size)
{
	struct xendispl_req r = { .operation = XENDISPL_OP_DBUF_CREATE };

	r.op.dbuf_create.dbuf_cookie = 1;
	r.op.dbuf_create.width = w;
	r.op.dbuf_create.height = h;
	r.op.dbuf_create.bpp = bpp;
	r.op.dbuf_create.buffer_sz = size;
	r.op.dbuf_create.gref_directory = 8;
	return r;
}

static struct xendispl_req make_attach(uint32_t w, uint32_t h,
				       const char *format)
{
	struct xendispl_req r = { .operation = XENDISPL_OP_FB_ATTACH };

	r.op.fb_attach.dbuf_cookie = 1;
	r.op.fb_attach.fb_cookie = 2;
	r.op.fb_attach.width = w;
	r.op.fb_attach.height = h;
	r.op.fb_attach.pixel_format = FOURCC(format);
	return r;
}

static int check_create(struct xendispl_req r)
{
	struct xd_dbuf_desc d;

	return xd_proto_dbuf_create(&r, &d);
}

static void dbuf_create_accepted(void **state)
{
	struct xendispl_req r = make_create(800, 600, 32, 800 * 600 * 4);
	struct xd_dbuf_desc d;

	assert_int_equal(xd_proto_dbuf_create(&r, &d), 0);
	assert_int_equal(d.pages, 469);
	assert_int_equal(d.gref, 8);
	assert_false(d.req_alloc);
	r.op.dbuf_create.flags = 1;
	assert_int_equal(xd_proto_dbuf_create(&r, &d), 0);
	assert_true(d.req_alloc);
	/* the stock frontend's import of a foreign dma-buf */
	assert_int_equal(check_create(make_create(0, 0, 0, 4096)), 0);
	/* odd widths without padding */
	assert_int_equal(check_create(make_create(641, 481, 16, 641 * 481 * 2)),
			 0);
	assert_int_equal(check_create(make_create(3, 3, 12, 15)), 0);
}

static void dbuf_create_bad_geometry_refused(void **state)
{
	struct xendispl_req r;

	assert_int_equal(
		check_create(make_create(800, 600, 32, 800 * 600 * 4 - 1)),
		-EINVAL);
	assert_int_equal(check_create(make_create(800, 600, 32, 0)), -EINVAL);
	assert_int_equal(check_create(make_create(800, 0, 32, 4096)), -EINVAL);
	assert_int_equal(check_create(make_create(0, 600, 32, 4096)), -EINVAL);
	assert_int_equal(check_create(make_create(8, 6, 0, 4096)), -EINVAL);
	assert_int_equal(check_create(make_create(8, 6, 65, 4096)), -EINVAL);
	assert_int_equal(check_create(make_create(8, 6, UINT32_MAX, 4096)),
			 -EINVAL);
	/* each of these overflows 32 bits */
	assert_int_equal(check_create(make_create(0x10000, 0x10000, 32, 4096)),
			 -EFBIG);
	assert_int_equal(check_create(make_create(UINT32_MAX, 1, 8, 4096)),
			 -EFBIG);
	assert_int_equal(check_create(make_create(16384, 16384, 32, 4096)),
			 -EINVAL);
	assert_int_equal(check_create(make_create(16384, 16384, 64, 4096)),
			 -EINVAL);
	assert_int_equal(check_create(make_create(0, 0, 0, UINT32_MAX)),
			 -EFBIG);
	assert_int_equal(check_create(make_create(0, 0, 0, 0x0ffff000)), 0);
	assert_int_equal(check_create(make_create(0, 0, 0, 0x0ffff001)),
			 -EFBIG);

	r = make_create(8, 6, 32, 4096);
	r.op.dbuf_create.dbuf_cookie = 0;
	assert_int_equal(check_create(r), -EINVAL);
	r = make_create(8, 6, 32, 4096);
	r.op.dbuf_create.gref_directory = 0;
	assert_int_equal(check_create(r), -EINVAL);
	r = make_create(8, 6, 32, 4096);
	r.op.dbuf_create.data_ofs = 4096 - 8 * 6 * 4;
	assert_int_equal(check_create(r), 0);
	r.op.dbuf_create.data_ofs++;
	assert_int_equal(check_create(r), -EINVAL);
	r.op.dbuf_create.data_ofs = 4096;
	assert_int_equal(check_create(r), -EINVAL);
	r.op.dbuf_create.data_ofs = UINT32_MAX;
	assert_int_equal(check_create(r), -EINVAL);
}

/* A framebuffer on a buffer of 641 x 481 at 16 bits, or on an import */
static int check_fit(uint32_t w, uint32_t h, const char *format, uint32_t size,
		     uint32_t offset, int import, uint32_t *pitch)
{
	struct xendispl_req r = import ? make_create(0, 0, 0, size)
				       : make_create(641, 481, 16, size);
	struct xendispl_req a = make_attach(w, h, format);
	struct xd_dbuf_desc d;
	struct xd_fb_desc fb;
	int err;

	r.op.dbuf_create.data_ofs = offset;
	err = xd_proto_dbuf_create(&r, &d);
	assert_int_equal(err, 0);
	err = xd_proto_fb_attach(&a, &fb);
	if (!err)
		err = xd_proto_fit(&fb, &d);
	if (!err && pitch)
		*pitch = fb.pitch;
	if (!err)
		assert_int_equal(fb.offset, offset);
	return err;
}

static void fb_attach_must_fit_its_buffer(void **state)
{
	uint32_t size = 641 * 481 * 2, pitch;

	assert_int_equal(check_fit(641, 481, "RG16", size, 0, 0, &pitch), 0);
	assert_int_equal(pitch, 1282);
	assert_int_equal(check_fit(640, 480, "YUYV", size, 0, 0, &pitch), 0);
	assert_int_equal(pitch, 1282);
	/* the last row needs its pixels only, not the whole pitch */
	assert_int_equal(check_fit(320, 481, "XR24", size, 0, 0, NULL), 0);
	assert_int_equal(check_fit(641, 481, "RG16", size + 2, 2, 0, NULL), 0);
	assert_int_equal(check_fit(64, 16, "XR24", 4096, 0, 1, &pitch), 0);
	assert_int_equal(pitch, 256);

	assert_int_equal(check_fit(642, 481, "RG16", size, 0, 0, NULL),
			 -EINVAL);
	assert_int_equal(check_fit(641, 482, "RG16", size, 0, 0, NULL),
			 -EINVAL);
	assert_int_equal(check_fit(641, 481, "XR24", size, 0, 0, NULL),
			 -EINVAL);
	assert_int_equal(check_fit(641, 481, "YUYV", size, 0, 0, NULL),
			 -EINVAL);
	assert_int_equal(check_fit(64, 16, "XR24", 4096, 1, 1, NULL), -EINVAL);
	assert_int_equal(check_fit(65, 16, "XR24", 4096, 0, 1, NULL), -EINVAL);
	assert_int_equal(check_fit(16384, 16384, "XR24", 4096, 0, 1, NULL),
			 -EINVAL);
	assert_int_equal(check_fit(16385, 1, "XR24", 4096, 0, 1, NULL), -EFBIG);
	assert_int_equal(check_fit(1, UINT32_MAX, "XR24", 4096, 0, 1, NULL),
			 -EFBIG);
	assert_int_equal(check_fit(0, 16, "XR24", 4096, 0, 1, NULL), -EINVAL);
	assert_int_equal(check_fit(64, 16, "NV12", 4096, 0, 1, NULL),
			 -EOPNOTSUPP);
	assert_int_equal(check_fit(64, 16, "\0\0\0\0", 4096, 0, 1, NULL),
			 -EOPNOTSUPP);
}

static void set_config_checked(void **state)
{
	struct xendispl_req r = { .operation = XENDISPL_OP_SET_CONFIG };
	struct xd_mode_desc m;

	assert_int_equal(xd_proto_set_config(&r, &m), 0);
	assert_true(m.fb_cookie == 0);
	r.op.set_config.width = 1;
	assert_int_equal(xd_proto_set_config(&r, &m), -EINVAL);
	r.op.set_config.fb_cookie = 5;
	assert_int_equal(xd_proto_set_config(&r, &m), -EINVAL);
	r.op.set_config.height = 1;
	assert_int_equal(xd_proto_set_config(&r, &m), 0);
	assert_true(m.fb_cookie == 5);
	r.op.set_config.x = UINT32_MAX;
	assert_int_equal(xd_proto_set_config(&r, &m), -EFBIG);
}

static void get_edid_checked(void **state)
{
	struct xendispl_req r = { .operation = XENDISPL_OP_GET_EDID };
	uint32_t size, gref;

	r.op.get_edid.buffer_sz = XENDISPL_EDID_MAX_SIZE;
	assert_int_equal(xd_proto_get_edid(&r, &size, &gref), -EINVAL);
	r.op.get_edid.gref_directory = 9;
	assert_int_equal(xd_proto_get_edid(&r, &size, &gref), 0);
	assert_int_equal(gref, 9);
	r.op.get_edid.buffer_sz--;
	assert_int_equal(xd_proto_get_edid(&r, &size, &gref), -EINVAL);
	r.op.get_edid.buffer_sz = UINT32_MAX;
	assert_int_equal(xd_proto_get_edid(&r, &size, &gref), -EFBIG);
}

static void answer_filled_in_and_errors_translated(void **state)
{
	struct xendispl_resp resp;
	const uint8_t *p = (const uint8_t *)&resp;
	size_t i;

	memset(&resp, 0xff, sizeof(resp));
	xd_proto_answer(&resp, 7, XENDISPL_OP_PG_FLIP, -EDQUOT);
	assert_int_equal(sizeof(resp), 64);
	assert_int_equal(resp.id, 7);
	assert_int_equal(resp.operation, XENDISPL_OP_PG_FLIP);
	assert_int_equal(resp.status, -XEN_ENOSPC);
	/* unused fields are zero, as the frontend reuses the slot */
	for (i = 8; i < sizeof(resp); i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(xd_proto_status(0), 0);
	assert_int_equal(xd_proto_status(-EINVAL), -XEN_EINVAL);
	assert_int_equal(xd_proto_status(-EACCES), -XEN_EACCES);
	assert_int_equal(xd_proto_status(-ELIBBAD), -XEN_EIO);
	assert_string_equal(xd_proto_op_name(XENDISPL_OP_PG_FLIP), "PG_FLIP");
	assert_string_equal(xd_proto_op_name(0), "unknown request");
	assert_string_equal(xd_proto_op_name(255), "unknown request");
}

static void xenstore_texts_parsed(void **state)
{
	static const char *const bad[] = { "",
					   "x",
					   "1x",
					   "x1",
					   "0x1",
					   "1x0",
					   "-1x1",
					   "1x1 ",
					   "1,1",
					   "1x1x1",
					   "16385x1",
					   "1x99999",
					   "99999999999999999999x1" };
	uint32_t w, h, n;
	uint16_t domid;
	size_t i;

	assert_int_equal(xd_parse_resolution("1920x1080", &w, &h), 0);
	assert_int_equal(w, 1920);
	assert_int_equal(h, 1080);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(xd_parse_resolution(bad[i], &w, &h), -EINVAL);
	assert_int_equal(xdc_parse_number("4294967295", UINT32_MAX, &n), 0);
	assert_int_equal(xdc_parse_number("4294967296", UINT32_MAX, &n),
			 -EINVAL);
	assert_int_equal(xdc_parse_number("7", 6, &n), -EINVAL);
	assert_int_equal(xdc_parse_number(" 7", 9, &n), -EINVAL);
	assert_int_equal(xd_parse_backend("backend/vdispl/12/0", "vdispl",
					  &domid, &n),
			 0);
	assert_int_equal(domid, 12);
	assert_int_equal(xd_parse_backend("backend/vdispl/12/3/state", "vdispl",
					  &domid, &n),
			 0);
	assert_int_equal(n, 3);
	assert_int_equal(xd_parse_backend("backend/vdispl", "vdispl", &domid,
					  &n),
			 -EINVAL);
	assert_int_equal(xd_parse_backend("backend/vdispl/12", "vdispl", &domid,
					  &n),
			 -EINVAL);
	assert_int_equal(xd_parse_backend("backend/vdispl/12/3x", "vdispl",
					  &domid, &n),
			 -EINVAL);
	assert_int_equal(xd_parse_backend("backend/vdispl/32752/0", "vdispl",
					  &domid, &n),
			 -EINVAL);
	assert_int_equal(xd_parse_backend("backend/vkbd/1/0", "vdispl", &domid,
					  &n),
			 -EINVAL);
}

static void directory_page_count(void **state)
{
	assert_int_equal(xd_dir_pages(1), 1);
	assert_int_equal(xd_dir_pages(1023), 1);
	assert_int_equal(xd_dir_pages(1024), 2);
	assert_int_equal(xd_dir_pages(65535), 65);
}

static void edid_has_resolution_and_checksum(void **state)
{
	uint8_t block[XD_EDID_SIZE];
	unsigned int i, sum = 0;

	xd_edid_make(block, 1920, 1080);
	for (i = 0; i < XD_EDID_SIZE; i++)
		sum += block[i];
	assert_int_equal(sum % 256, 0);
	assert_int_equal(block[54 + 2] | (block[54 + 4] & 0xf0) << 4, 1920);
	assert_int_equal(block[54 + 5] | (block[54 + 7] & 0xf0) << 4, 1080);
	/* 60 Hz: pixels a frame, by the clock in 10 kHz */
	i = (unsigned int)(block[54] | block[55] << 8) * 10000U /
	    ((1920 + 160) * (1080 + 45));
	assert_uint_in_range(i, 59, 60);
	/* a resolution too large for the block's fields */
	sum = 0;
	xd_edid_make(block, 16384, 16384);
	for (i = 0; i < XD_EDID_SIZE; i++)
		sum += block[i];
	assert_int_equal(sum % 256, 0);
	assert_int_equal(block[54] | block[55], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dbuf_create_accepted),
		cmocka_unit_test(dbuf_create_bad_geometry_refused),
		cmocka_unit_test(fb_attach_must_fit_its_buffer),
		cmocka_unit_test(set_config_checked),
		cmocka_unit_test(get_edid_checked),
		cmocka_unit_test(answer_filled_in_and_errors_translated),
		cmocka_unit_test(xenstore_texts_parsed),
		cmocka_unit_test(directory_page_count),
		cmocka_unit_test(edid_has_resolution_and_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
