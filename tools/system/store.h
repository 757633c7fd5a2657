/* SPDX-License-Identifier: GPL-2.0-only */
/* Why xenstore cannot be reached */
#ifndef XT_STORE_H
#define XT_STORE_H

#include "system/node.h"

/** xt_store_refused - after xs_open() has failed */
void xt_store_refused(struct xt_refusal *r);

#endif
