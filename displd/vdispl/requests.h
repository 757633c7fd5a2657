/* SPDX-License-Identifier: GPL-2.0-only */
/* Carries out a guest's requests. */
#ifndef XD_VDISPL_REQUESTS_H
#define XD_VDISPL_REQUESTS_H

struct xd_connector;
struct xd_frontend;
struct xendispl_req;

/** xd_request - carry out @req, and answer it, now or later */
void xd_request(struct xd_connector *c, const struct xendispl_req *req);
/** xd_requests_drop - close screens, then free framebuffers and buffers */
void xd_requests_drop(struct xd_frontend *f);

#endif
