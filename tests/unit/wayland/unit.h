/* SPDX-License-Identifier: GPL-2.0-only */
/* Included by every test here, in the order that cmocka needs */
#ifndef XWL_UNIT_H
#define XWL_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../cmocka-1.h"

#endif
