/* SPDX-License-Identifier: GPL-2.0-only */
/* Why something failed, in words for a person; the caller owns the text. */
#ifndef XDC_REASON_H
#define XDC_REASON_H

#define XDC_REASON_MAX 400

struct xdc_reason {
	char text[XDC_REASON_MAX];
};

/** xdc_reason_set - write the reason, cut off if it is too long; returns @err */
__attribute__((format(printf, 3, 4))) int
xdc_reason_set(struct xdc_reason *r, int err, const char *fmt, ...);

/**
 * xdc_reason_device - why one of Xen's devices cannot be opened, and what to try
 * @module: that has the device
 * @daemon: whose unit of systemd lists the devices that it may open
 */
int xdc_reason_device(struct xdc_reason *r, int err, const char *path,
		      const char *module, const char *daemon);

#endif
