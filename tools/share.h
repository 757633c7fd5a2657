/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shares: what one domain has granted another, told through xenstore.
 *
 * /local/domain/<granting>/data/xen-dmabuf/<name>/ holds the one reference of
 * the page directory and what the reader must know of the picture.  Only the
 * granting domain and its peer can read it.  The same facts travel as one line
 * of text ahead of the references where there is no xenstore (refs_*).
 */
#ifndef XD_SHARE_H
#define XD_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenstore.h>

#define SHARE_VERSION 1U
#define SHARE_NAME_MAX 32
#define SHARE_PAGES_MAX 65535U

#define SHARE_XRGB8888 0x34325258U /* fourcc "XR24", as DRM_FORMAT_XRGB8888 */

/* What is in the pages. */
struct picture {
	uint32_t pages;
	uint32_t width; /* 0: plain bytes, no picture */
	uint32_t height;
	uint32_t stride;
	uint32_t format; /* fourcc */
	bool rdonly;
};

struct share {
	char name[SHARE_NAME_MAX + 1];
	uint16_t owner; /* the granting domain */
	uint16_t peer; /* the domain that may map */
	uint32_t directory; /* the first reference of the page directory */
	int64_t pid; /* who holds it, to know a dead one */
	struct picture pic;
};

/**
 * share_name_check - 1 to 32 letters, digits, '_' or '-', no '-' first
 *
 * It is a node in xenstore, which refuses '.' and most other characters.
 */
bool share_name_check(const char *name);

/**
 * picture_check - whether the figures make sense together
 *
 * They come from the other domain: nothing else may be trusted before this.
 */
int picture_check(const struct picture *pic);

/** fourcc_text - "XR24"; what cannot be printed becomes '?' */
const char *fourcc_text(uint32_t fourcc, char buf[5]);
/** fourcc_parse - the opposite; -EINVAL if it is not four characters */
int fourcc_parse(const char *text, uint32_t *fourcc);

/**
 * share_publish - tell the peer, all at once
 *
 * EEXIST: a living process publishes that name.  EPERM, EACCES: xenstore does
 * not let this domain.
 */
int share_publish(struct xs_handle *xs, const struct share *share);

/** share_withdraw - the opposite, if it is still ours */
void share_withdraw(struct xs_handle *xs, const struct share *share);

/**
 * share_find - what @owner published as @name, checked
 *
 * ENOENT: nothing.  EACCES: not for this domain.  EPROTO: it makes no sense.
 */
int share_find(struct xs_handle *xs, uint16_t owner, const char *name,
	       struct share *share);

/** share_explain - what an error of these functions means, and what to try */
const char *share_explain(int err);

/** refs_header - the line ahead of references in text; malloc'ed */
char *refs_header(const struct picture *pic);

/**
 * refs_read - references, and what the line ahead of them says
 * @text: a header and references, or references alone
 * @pic: filled in from the header; with plain references only the count
 * @refs: malloc'ed
 *
 * EPROTO: the header makes no sense, or another count of references follows
 * than it says.  Otherwise as xendmabuf_refs_parse().
 */
int refs_read(const char *text, size_t len, struct picture *pic,
	      uint32_t **refs);

#endif
