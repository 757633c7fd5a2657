/* SPDX-License-Identifier: GPL-2.0-only */
/* The display protocol (xen/io/displif.h) as pure functions, from a guest's
 * request to its meaning, or to an error.  No Xen and no state, so it can be
 * tested and fuzzed anywhere.
 */
#ifndef XD_VDISPL_PROTO_H
#define XD_VDISPL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "place.h"

#define XD_SIDE_MAX 16384U
#define XD_PAGE 4096U
#define XD_BUFFER_PAGES_MAX 65535U
#define XD_EDID_BLOCK 128U
#define XD_EDID_SIZE (2 * XD_EDID_BLOCK)

struct xendispl_req;
struct xendispl_resp;

/* A display buffer, as requested. */
struct xd_dbuf_desc {
	uint64_t cookie;
	uint32_t width, height, bpp; /* all 0: the guest gave none */
	uint32_t pitch; /* of its rows; 0: as the framebuffer's */
	uint32_t size; /* bytes */
	uint32_t pages;
	uint32_t offset; /* of the first pixel, below size */
	uint32_t gref; /* of the page directory */
	bool req_alloc; /* as in the request; be-alloc may be off */
};

/* A framebuffer; pitch and offset are 0 until it is fitted to its buffer. */
struct xd_fb_desc {
	uint64_t cookie, dbuf_cookie;
	const struct xd_format *format;
	uint32_t width, height;
	uint32_t pitch, offset;
};

struct xd_mode_desc {
	uint64_t fb_cookie; /* 0: off */
	uint32_t x, y, width, height;
};

/* All return EINVAL if the request contradicts itself or the protocol, EFBIG if
 * it exceeds the limits above, EOPNOTSUPP for an unknown format.
 */
int xd_proto_dbuf_create(const struct xendispl_req *req,
			 struct xd_dbuf_desc *buf);
int xd_proto_fb_attach(const struct xendispl_req *req, struct xd_fb_desc *fb);
/** xd_proto_fit - set pitch and offset; EINVAL: @fb exceeds @buf */
int xd_proto_fit(struct xd_fb_desc *fb, const struct xd_dbuf_desc *buf);
int xd_proto_set_config(const struct xendispl_req *req, struct xd_mode_desc *m);
int xd_proto_get_edid(const struct xendispl_req *req, uint32_t *size,
		      uint32_t *gref);

/** xd_proto_answer - fill in a response; unused fields are zeroed */
void xd_proto_answer(struct xendispl_resp *resp, uint16_t id, uint8_t op,
		     int err);
/** xd_proto_status - a negative errno value as the protocol's status */
int32_t xd_proto_status(int err);
const char *xd_proto_op_name(uint8_t op);

/** xd_dir_pages - pages of a directory that has @refs references */
uint32_t xd_dir_pages(uint32_t refs);

/* values in xenstore: text of the guest, of any length */
int xd_parse_resolution(const char *text, uint32_t *w, uint32_t *h);
/** xd_parse_backend - parse "backend/TYPE/DOMID/DEVID[/...]" */
int xd_parse_backend(const char *path, const char *type, uint16_t *domid,
		     uint32_t *devid);

/* The monitor that a guest sees. */
struct xd_edid {
	uint32_t width, height; /* at most XD_SIDE_MAX */
	uint32_t serial;
	const char *name; /* its first 13 characters of ASCII are used */
};

/**
 * xd_edid_make - an EDID whose preferred mode is the connector's size at 60 Hz
 *
 * Return: its length in bytes, one or two blocks.
 */
uint32_t xd_edid_make(uint8_t edid[XD_EDID_SIZE], const struct xd_edid *what);

#endif
