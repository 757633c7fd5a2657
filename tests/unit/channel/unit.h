/* SPDX-License-Identifier: GPL-2.0-only */
/* Included by every test here, in the order that cmocka needs */
#ifndef XCH_UNIT_H
#define XCH_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../cmocka-1.h"

#endif
