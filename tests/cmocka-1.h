/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that cmocka 2 asks for, where cmocka 1 is installed; after cmocka.h */
#ifndef XDB_CMOCKA_1_H
#define XDB_CMOCKA_1_H

#ifndef assert_uint_in_range
#define assert_uint_in_range(value, min, max) assert_in_range(value, min, max)
#endif

#endif
