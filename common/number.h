/* SPDX-License-Identifier: GPL-2.0-only */
/* Decimal numbers in text that a user or another domain has written: digits alone */
#ifndef XDC_NUMBER_H
#define XDC_NUMBER_H

#include <stdint.h>

/**
 * xdc_parse_u64 - the whole of @text is a decimal number of at most @max
 *
 * Return: 0; or, with @out unchanged, -EINVAL: not a number, -ERANGE: above @max.
 */
int xdc_parse_u64(const char *text, uint64_t max, uint64_t *out);
/**
 * xdc_parse_number - the whole of @text is a decimal number of at most @max
 *
 * Return: 0, or -EINVAL in both cases, with @out unchanged.
 */
int xdc_parse_number(const char *text, uint32_t max, uint32_t *out);
/**
 * xdc_parse_digits - the number at the start of @text; @end points behind it
 *
 * Return: 0, or -EINVAL with @out and @end unchanged.
 */
int xdc_parse_digits(const char *text, uint32_t max, uint32_t *out,
		     const char **end);

#endif
