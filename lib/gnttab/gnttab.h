/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDB_GNTTAB_H
#define XDB_GNTTAB_H

/* forget everything, close the device: for tests */
void gnttab_reset(void);

#endif
