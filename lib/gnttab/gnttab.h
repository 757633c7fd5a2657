/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_GNTTAB_H
#define XDL_GNTTAB_H

/* forget everything, close the device: for tests */
void xdl_gnttab_reset(void);

#endif
