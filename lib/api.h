/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_API_H
#define XDL_API_H

/* Marks what the library exports; everything else is hidden */
#define XDL_API __attribute__((visibility("default")))

#endif
