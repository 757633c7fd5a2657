/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of events, which may go to an input device each. */
#ifndef XD_KIND_H
#define XD_KIND_H

enum xd_kind { XD_KEYS, XD_POINTER, XD_TOUCH, XD_KINDS };

#endif
