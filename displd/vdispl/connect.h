/* SPDX-License-Identifier: GPL-2.0-only */
/* Display devices (xl's vdispl): connecting them, and serving their rings. */
#ifndef XD_VDISPL_CONNECT_H
#define XD_VDISPL_CONNECT_H

#include "xenbus/device.h"

extern const struct xd_device_ops xd_frontend_ops;

#endif
