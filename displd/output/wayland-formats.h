/* SPDX-License-Identifier: GPL-2.0-only */
/* Which dma-bufs the compositor takes: of the formats that a guest can have,
 * linear ones or those with the implicit modifier.  For memory that no GPU has
 * written both mean the same.
 */
#ifndef XD_OUTPUT_WAYLAND_FORMATS_H
#define XD_OUTPUT_WAYLAND_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XD_WL_FORMATS 32

struct zwp_linux_dmabuf_v1;
struct zwp_linux_dmabuf_feedback_v1;

/* How the compositor takes dma-bufs of a format. */
struct xd_wl_format {
	uint32_t fourcc;
	bool linear; /* with DRM_FORMAT_MOD_LINEAR */
	bool implicit; /* with DRM_FORMAT_MOD_INVALID */
};

struct xd_wl_format_list {
	struct xd_wl_format formats[XD_WL_FORMATS];
	unsigned int nr;
};

struct xd_wl_formats {
	struct zwp_linux_dmabuf_feedback_v1 *feedback; /* or NULL */
	void *table; /* of formats, which the feedback's indices refer to */
	size_t table_size;
	struct xd_wl_format_list coming; /* until the feedback is complete */
	struct xd_wl_format_list list;
};

/** xd_wl_formats_listen - note what @dmabuf announces from now on */
void xd_wl_formats_listen(struct xd_wl_formats *f,
			  struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t version);
void xd_wl_formats_fini(struct xd_wl_formats *f);
/** xd_wl_formats_find - NULL: the compositor does not take it as a dma-buf */
const struct xd_wl_format *xd_wl_formats_find(const struct xd_wl_formats *f,
					      uint32_t fourcc);

#endif
