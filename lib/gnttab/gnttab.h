/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_GNTTAB_H
#define XDL_GNTTAB_H

/* for tests: forget all entries and close the device */
void xdl_gnttab_reset(void);

#endif
