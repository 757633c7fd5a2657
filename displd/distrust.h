/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of pictures with which a guest has broken an output, such as by an error
 * that ends the connection to a compositor, or a page flip that a card does not
 * complete: they are copied there from now on.
 */
#ifndef XD_DISTRUST_H
#define XD_DISTRUST_H

#include "config.h"
#include "output/output.h"

/* more kinds: all pictures of the guest are copied everywhere */
#define XD_DISTRUSTS 8
#define XD_KIND_MAX 48

struct xd_distrust {
	char target[XD_TEXT_MAX]; /* xd_output_ops.target(); "": every one */
	char kind[XD_KIND_MAX]; /* such as "XR24 800x600 pitch 3200"; "": all */
	char why[XD_WHY_MAX];
};

struct xd_distrusts {
	unsigned int nr;
	struct xd_distrust list[XD_DISTRUSTS];
};

/** xd_distrust_add - @kind: "": all kinds; the texts are copied */
void xd_distrust_add(struct xd_distrusts *d, const char *target,
		     const char *kind, const char *why);
/** xd_distrust_find - why such pictures must be copied; NULL: they need not */
const char *xd_distrust_find(const struct xd_distrusts *d, const char *target,
			     const char *kind);

#endif
