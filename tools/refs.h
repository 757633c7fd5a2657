/* SPDX-License-Identifier: GPL-2.0-only */
/* References as text, with a line ahead that describes the picture */
#ifndef XT_REFS_H
#define XT_REFS_H

#include <stddef.h>
#include <stdint.h>

#include "picture.h"

/** xt_refs_header - the line ahead of references in text; malloc'ed */
char *xt_refs_header(const struct xt_picture *pic);

/**
 * xt_refs_read - references, and what the line ahead of them says
 * @text: a header and references, or references alone
 * @pic: filled in from the header; with plain references only the count
 * @refs: malloc'ed
 *
 * EPROTO: the header makes no sense, or another count of references follows
 * than it says.  Otherwise as xendmabuf_refs_parse().
 */
int xt_refs_read(const char *text, size_t len, struct xt_picture *pic,
		 uint32_t **refs);

#endif
