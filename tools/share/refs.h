/* SPDX-License-Identifier: GPL-2.0-only */
/* References as text, after a header line that describes the picture */
#ifndef XT_REFS_H
#define XT_REFS_H

#include <stddef.h>
#include <stdint.h>

#include "picture/picture.h"

/** xt_refs_header - the header line; malloc'ed */
char *xt_refs_header(const struct xt_picture *pic);

/**
 * xt_refs_read - parse references and the header line
 * @text: a header and references, or references alone
 * @pic: filled in from the header; with plain references only the count
 * @refs: malloc'ed
 *
 * EPROTO: the header is invalid, or the number of references differs from it.
 * Otherwise as xendmabuf_refs_parse().
 */
int xt_refs_read(const char *text, size_t len, struct xt_picture *pic,
		 uint32_t **refs);

#endif
