/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef XDL_ADVICE_H
#define XDL_ADVICE_H

#include "handle.h"

/* What to tell a user about a failed call; @err: positive.  NULL: none known */
const char *xdl_advice(enum xdl_call call, int err);

#endif
