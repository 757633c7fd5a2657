/* SPDX-License-Identifier: GPL-2.0-only */
/* Connectors, modes, CRTCs and properties of a graphics card (KMS). */
#ifndef XDC_KMS_H
#define XDC_KMS_H

#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

/** xdc_kms_driver_name - the card's driver, or "unknown driver" */
void xdc_kms_driver_name(int fd, char *name, size_t len);

/** xdc_kms_connector_name - as in /sys/class/drm, such as "HDMI-A-1" */
void xdc_kms_connector_name(const drmModeConnector *c, char *name, size_t len);

/**
 * xdc_kms_pick_mode - the largest mode of @c that @w x @h pixels cover
 *
 * Interlaced modes are left out.  NULL: every mode is larger.
 */
const drmModeModeInfo *xdc_kms_pick_mode(const drmModeConnector *c, uint32_t w,
					 uint32_t h);
/**
 * xdc_kms_best_mode - as xdc_kms_pick_mode(), or the smallest if all are larger
 *
 * NULL: @c has no mode that is not interlaced.
 */
const drmModeModeInfo *xdc_kms_best_mode(const drmModeConnector *c, uint32_t w,
					 uint32_t h);

/**
 * xdc_kms_pick_crtc - a CRTC for a connector, as an index into @res->crtcs
 * @taken: one bit an index, set for CRTCs that must not be used
 * @others: one bit an index into @res->connectors, set for connectors that may
 * need a CRTC later
 *
 * As many of the other connectors as possible can still get a CRTC, those with
 * a screen first.  Where that leaves a choice, a connector that is lit keeps its
 * CRTC, and one that is not gets a CRTC that lights no other connector.
 * ENOENT: none is free.
 */
int xdc_kms_pick_crtc(int fd, const drmModeRes *res, const drmModeConnector *c,
		      uint32_t taken, uint32_t others);

/**
 * xdc_kms_find_prop - the id of an object's property, 0 if it has none such
 * @type: DRM_MODE_OBJECT_*
 * @value: set to the property's value if there is one; may be NULL
 */
uint32_t xdc_kms_find_prop(int fd, uint32_t object, uint32_t type,
			   const char *name, uint64_t *value);

#endif
