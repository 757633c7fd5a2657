/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_REFS_H
#define XDL_REFS_H

/* The most references that a list or a page directory may hold */
#define XDL_MAX_REFS 65535U

#endif
