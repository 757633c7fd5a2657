/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the driver is found */
#ifndef XDL_PATHS_H
#define XDL_PATHS_H

#define XDL_DEVICE "/dev/xen/dmabuf"
#define XDL_DEVICE_GRANT "/dev/xen/dmabuf-grant"
#define XDL_PARAMETERS "/sys/module/xen_dmabuf/parameters/"

#endif
