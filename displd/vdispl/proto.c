// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xen/errno.h>
#include <xen/io/displif.h>

#include "common/number.h"
#include "vdispl/proto.h"

#define DIR_REFS (XD_PAGE / sizeof(grant_ref_t) - 1)
/* bytes: what padded rows are a multiple of, and less than what they add */
#define ROW_ALIGN 64U
#define PADDING_MAX 512U

uint32_t xd_dir_pages(uint32_t refs)
{
	return refs / DIR_REFS + !!(refs % DIR_REFS);
}

/* Bytes of a row of pixels without padding */
static uint32_t packed_pitch(uint32_t width, uint32_t bpp)
{
	/* both are bounded by the caller: at most 2^14 * 2^6 */
	return (width * bpp + 7) / 8;
}

/*
 * The bytes from one row of pixels to the next.  The protocol does not tell
 * them, and some guests pad rows.  They do if @size is larger than rows without
 * padding need, by more than rounding up to a page explains, and rows of a
 * multiple of 64 bytes fill it to its last page.
 */
static uint32_t guess_pitch(uint32_t row, uint32_t rows, uint32_t size)
{
	uint64_t packed = (uint64_t)row * rows;
	uint32_t padded = size / rows / ROW_ALIGN * ROW_ALIGN;

	if (packed + XD_PAGE > size)
		return row;
	if (padded <= row || padded - row >= PADDING_MAX ||
	    (uint64_t)padded * rows + XD_PAGE <= size)
		return row;
	return padded;
}

int xd_proto_dbuf_create(const struct xendispl_req *req,
			 struct xd_dbuf_desc *buf)
{
	const struct xendispl_dbuf_create_req *r = &req->op.dbuf_create;
	uint32_t row;

	memset(buf, 0, sizeof(*buf));
	if (!r->dbuf_cookie || !r->buffer_sz || !r->gref_directory)
		return -EINVAL;
	if (r->buffer_sz > XD_BUFFER_PAGES_MAX * XD_PAGE)
		return -EFBIG;
	if (r->data_ofs >= r->buffer_sz)
		return -EINVAL;
	buf->offset = r->data_ofs;
	/* a guest that got the buffer elsewhere may leave these out */
	if (r->width || r->height || r->bpp) {
		if (!r->width || !r->height || !r->bpp || r->bpp > 64)
			return -EINVAL;
		if (r->width > XD_SIDE_MAX || r->height > XD_SIDE_MAX)
			return -EFBIG;
		row = packed_pitch(r->width, r->bpp);
		if ((uint64_t)row * r->height > r->buffer_sz - r->data_ofs)
			return -EINVAL;
		buf->pitch =
			guess_pitch(row, r->height, r->buffer_sz - r->data_ofs);
	}
	buf->cookie = r->dbuf_cookie;
	buf->width = r->width;
	buf->height = r->height;
	buf->bpp = r->bpp;
	buf->size = r->buffer_sz;
	buf->pages = r->buffer_sz / XD_PAGE + !!(r->buffer_sz % XD_PAGE);
	buf->gref = r->gref_directory;
	/* other bits may be left from an earlier response in this slot */
	buf->req_alloc = r->flags & XENDISPL_DBUF_FLG_REQ_ALLOC;
	return 0;
}

int xd_proto_fb_attach(const struct xendispl_req *req, struct xd_fb_desc *fb)
{
	const struct xendispl_fb_attach_req *r = &req->op.fb_attach;

	memset(fb, 0, sizeof(*fb));
	if (!r->dbuf_cookie || !r->fb_cookie || !r->width || !r->height)
		return -EINVAL;
	if (r->width > XD_SIDE_MAX || r->height > XD_SIDE_MAX)
		return -EFBIG;
	fb->format = xd_format_find(r->pixel_format);
	if (!fb->format)
		return -EOPNOTSUPP;
	fb->cookie = r->fb_cookie;
	fb->dbuf_cookie = r->dbuf_cookie;
	fb->width = r->width;
	fb->height = r->height;
	return 0;
}

int xd_proto_fit(struct xd_fb_desc *fb, const struct xd_dbuf_desc *buf)
{
	uint32_t row = fb->width * fb->format->bytes, pitch;
	uint64_t end;

	/* each pair of pixels shares its colour */
	if (fb->format->fourcc == XD_FOURCC('Y', 'U', 'Y', 'V') &&
	    fb->width % 2)
		return -EINVAL;
	pitch = buf->pitch
			? buf->pitch
			: guess_pitch(row, fb->height, buf->size - buf->offset);
	if (pitch < row)
		return -EINVAL;
	end = (uint64_t)pitch * (fb->height - 1) + row + buf->offset;
	if (end > buf->size)
		return -EINVAL;
	fb->pitch = pitch;
	fb->offset = buf->offset;
	return 0;
}

int xd_proto_set_config(const struct xendispl_req *req, struct xd_mode_desc *m)
{
	const struct xendispl_set_config_req *r = &req->op.set_config;

	memset(m, 0, sizeof(*m));
	if (!r->fb_cookie) {
		/* "all zeros to reset", says the protocol */
		if (r->x || r->y || r->width || r->height || r->bpp)
			return -EINVAL;
		return 0;
	}
	if (!r->width || !r->height)
		return -EINVAL;
	if (r->x > XD_SIDE_MAX || r->y > XD_SIDE_MAX ||
	    r->width > XD_SIDE_MAX || r->height > XD_SIDE_MAX)
		return -EFBIG;
	m->fb_cookie = r->fb_cookie;
	m->x = r->x;
	m->y = r->y;
	m->width = r->width;
	m->height = r->height;
	return 0;
}

int xd_proto_get_edid(const struct xendispl_req *req, uint32_t *size,
		      uint32_t *gref)
{
	const struct xendispl_get_edid_req *r = &req->op.get_edid;

	if (!r->gref_directory || r->buffer_sz < XENDISPL_EDID_MAX_SIZE)
		return -EINVAL;
	if (r->buffer_sz > 2 * XENDISPL_EDID_MAX_SIZE)
		return -EFBIG;
	*size = r->buffer_sz;
	*gref = r->gref_directory;
	return 0;
}

int32_t xd_proto_status(int err)
{
	/* by name: Linux's numbers differ between architectures */
	switch (err) {
	case 0:
		return 0;
	case -EPERM:
		return -XEN_EPERM;
	case -ENOENT:
		return -XEN_ENOENT;
	case -ENOMEM:
		return -XEN_ENOMEM;
	case -EACCES:
		return -XEN_EACCES;
	case -EBUSY:
		return -XEN_EBUSY;
	case -EEXIST:
		return -XEN_EEXIST;
	case -ENODEV:
		return -XEN_ENODEV;
	case -EINVAL:
	case -EPROTO:
		return -XEN_EINVAL;
	case -ENOSPC:
	case -EDQUOT:
	case -EMLINK:
		return -XEN_ENOSPC;
	case -EFBIG:
		return -XEN_E2BIG; /* Xen has no EFBIG */
	case -EOPNOTSUPP:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_EIO;
	}
}

void xd_proto_answer(struct xendispl_resp *resp, uint16_t id, uint8_t op,
		     int err)
{
	memset(resp, 0, sizeof(*resp));
	resp->id = id;
	resp->operation = op;
	resp->status = xd_proto_status(err);
}

const char *xd_proto_op_name(uint8_t op)
{
	static const char *const names[] = {
		[XENDISPL_OP_DBUF_CREATE] = "DBUF_CREATE",
		[XENDISPL_OP_DBUF_DESTROY] = "DBUF_DESTROY",
		[XENDISPL_OP_FB_ATTACH] = "FB_ATTACH",
		[XENDISPL_OP_FB_DETACH] = "FB_DETACH",
		[XENDISPL_OP_SET_CONFIG] = "SET_CONFIG",
		[XENDISPL_OP_PG_FLIP] = "PG_FLIP",
		[XENDISPL_OP_GET_EDID] = "GET_EDID",
	};

	if (op < sizeof(names) / sizeof(names[0]) && names[op])
		return names[op];
	return "unknown request";
}

/* ---- values in xenstore ---- */

int xd_parse_resolution(const char *text, uint32_t *w, uint32_t *h)
{
	uint32_t width, height;
	const char *end;
	int err = xdc_parse_digits(text, XD_SIDE_MAX, &width, &end);

	if (!err && *end != 'x')
		err = -EINVAL;
	if (!err)
		err = xdc_parse_number(end + 1, XD_SIDE_MAX, &height);
	if (err)
		return err;
	if (!width || !height)
		return -EINVAL;
	*w = width;
	*h = height;
	return 0;
}

int xd_parse_backend(const char *path, const char *type, uint16_t *domid,
		     uint32_t *devid)
{
	static const char root[] = "backend/";
	size_t len = strlen(type);
	uint32_t domain, device;
	const char *end;

	if (strncmp(path, root, sizeof(root) - 1))
		return -EINVAL;
	path += sizeof(root) - 1;
	if (strncmp(path, type, len) || path[len] != '/')
		return -EINVAL;
	path += len + 1;
	if (xdc_parse_digits(path, 0x7fef, &domain, &end) || *end != '/' ||
	    xdc_parse_digits(end + 1, 0xffff, &device, &end) ||
	    (*end && *end != '/'))
		return -EINVAL;
	*domid = (uint16_t)domain;
	*devid = device;
	return 0;
}
