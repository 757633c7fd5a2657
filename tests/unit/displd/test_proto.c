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

/* The pitch of a framebuffer on a buffer of this geometry and size */
static uint32_t find_pitch(uint32_t w, uint32_t h, uint32_t size, bool geometry)
{
	struct xendispl_req r = geometry ? make_create(w, h, 32, size)
					 : make_create(0, 0, 0, size);
	struct xendispl_req a = make_attach(w, h, "XR24");
	struct xd_dbuf_desc d;
	struct xd_fb_desc fb;

	assert_int_equal(xd_proto_dbuf_create(&r, &d), 0);
	assert_int_equal(xd_proto_fb_attach(&a, &fb), 0);
	assert_int_equal(xd_proto_fit(&fb, &d), 0);
	return fb.pitch;
}

/* The protocol does not tell the pitch: rows may be padded */
static void padded_rows_found_from_size(void **state)
{
	static const struct {
		uint32_t w, h, size, pitch;
	} rows[] = {
		/* packed, exactly and to the next page */
		{ 1366, 768, 5464 * 768, 5464 },
		{ 1366, 768, 4198400, 5464 },
		{ 640, 480, 2560 * 480, 2560 },
		/* padded to 64 and 256 bytes, and the same in whole pages */
		{ 1366, 768, 5504 * 768, 5504 },
		{ 1366, 768, 5632 * 768, 5632 },
		{ 800, 600, 3328 * 600, 3328 },
		{ 800, 600, 1998848, 3328 },
		/* too small to tell padding from the rest of a page */
		{ 10, 16, 4096, 40 },
		/* room for two pictures, and for something unknown */
		{ 640, 480, 2 * 2560 * 480, 2560 },
		{ 640, 480, 2560 * 480 + 3 * 4096, 2560 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(find_pitch(rows[i].w, rows[i].h, rows[i].size,
					    true),
				 rows[i].pitch);
		assert_int_equal(find_pitch(rows[i].w, rows[i].h, rows[i].size,
					    false),
				 rows[i].pitch);
	}
}

static void fb_attach_takes_every_format(void **state)
{
	static const char *const names[] = {
		"XR24", "AR24", "RG24", "RG16", "XR15", "AR15",
		"XR12", "AR12", "YUYV", "XB24", "AB24", "RX24",
		"RA24", "BX24", "BA24", "BG24", "XR30",
	};
	struct xendispl_req r;
	struct xd_fb_desc fb;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		r = make_attach(8, 8, names[i]);
		assert_int_equal(xd_proto_fb_attach(&r, &fb), 0);
		assert_string_equal(fb.format->name, names[i]);
		assert_int_equal(fb.format->fourcc, FOURCC(names[i]));
		/* the twin without alpha is a format, too */
		assert_non_null(xd_format_find(fb.format->opaque));
	}
}

static unsigned int sum_of(const uint8_t *bytes, size_t len)
{
	unsigned int sum = 0;

	while (len--)
		sum += *bytes++;
	return sum % 256;
}

static uint32_t detailed_width(const uint8_t *block)
{
	return block[54 + 2] | (block[54 + 4] & 0xf0U) << 4;
}

static uint32_t detailed_height(const uint8_t *block)
{
	return block[54 + 5] | (block[54 + 7] & 0xf0U) << 4;
}

static void edid_has_resolution_and_checksum(void **state)
{
	struct xd_edid what = { 1920, 1080, 1, "left" };
	uint8_t edid[XD_EDID_SIZE];
	unsigned int hz;

	assert_int_equal(xd_edid_make(edid, &what), XD_EDID_BLOCK);
	assert_int_equal(sum_of(edid, XD_EDID_BLOCK), 0);
	assert_int_equal(detailed_width(edid), 1920);
	assert_int_equal(detailed_height(edid), 1080);
	/* 60 Hz: pixels a frame, by the clock in 10 kHz */
	hz = (unsigned int)(edid[54] | edid[55] << 8) * 10000U /
	     ((1920 + 160) * (1080 + 45));
	assert_uint_in_range(hz, 59, 60);
	/* the native mode, and no extension */
	assert_int_equal(edid[24] & 2, 2);
	assert_int_equal(edid[126], 0);
}

/* Two connectors of one size are two monitors */
static void edid_has_name_and_serial(void **state)
{
	struct xd_edid what = { 800, 600, 0x01020304, "left" };
	uint8_t edid[XD_EDID_SIZE];

	xd_edid_make(edid, &what);
	assert_memory_equal(edid + 12, "\4\3\2\1", 4);
	assert_memory_equal(edid + 72, "\0\0\0\xfc\0left\n        ", 18);
	what.name = "";
	xd_edid_make(edid, &what);
	assert_memory_equal(edid + 77, "xen-displd\n  ", 13);
	/* longer than the field, and not ASCII */
	what.name = "B\xc3\xbcro-links-oben";
	xd_edid_make(edid, &what);
	assert_memory_equal(edid + 77, "B??ro-links-o", 13);
	assert_int_equal(sum_of(edid, XD_EDID_BLOCK), 0);
}

/* Sizes that the first block's fields cannot hold */
static void edid_of_large_sizes_has_second_block(void **state)
{
	static const struct {
		uint32_t w, h, small_w, small_h;
	} sizes[] = {
		{ 4096, 2160, 2048, 1080 },   { 5120, 1440, 2560, 720 },
		{ 5120, 2880, 2560, 1440 },   { 2000, 4096, 1000, 2048 },
		{ 16384, 16384, 2048, 2048 },
	};
	uint8_t edid[XD_EDID_SIZE];
	/* behind the header, the product's block and the timing's header */
	const uint8_t *t = edid + XD_EDID_BLOCK + 5 + 15 + 3;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct xd_edid what = { sizes[i].w, sizes[i].h, 1, "" };

		assert_int_equal(xd_edid_make(edid, &what), XD_EDID_SIZE);
		assert_int_equal(sum_of(edid, XD_EDID_BLOCK), 0);
		assert_int_equal(sum_of(edid + XD_EDID_BLOCK, XD_EDID_BLOCK),
				 0);
		/* DisplayID's own checksum */
		assert_int_equal(sum_of(edid + XD_EDID_BLOCK + 1, 126), 0);
		assert_int_equal(edid[126], 1);
		assert_int_equal(edid[24] & 2, 0);
		assert_int_equal(detailed_width(edid), sizes[i].small_w);
		assert_int_equal(detailed_height(edid), sizes[i].small_h);
		assert_int_equal((t[4] | t[5] << 8) + 1, sizes[i].w);
		assert_int_equal((t[12] | t[13] << 8) + 1, sizes[i].h);
		assert_int_equal(t[3] & 0x80, 0x80);
	}
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
		cmocka_unit_test(padded_rows_found_from_size),
		cmocka_unit_test(fb_attach_takes_every_format),
		cmocka_unit_test(edid_has_resolution_and_checksum),
		cmocka_unit_test(edid_has_name_and_serial),
		cmocka_unit_test(edid_of_large_sizes_has_second_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
