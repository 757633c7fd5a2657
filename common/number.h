/* SPDX-License-Identifier: GPL-2.0-only */
/* Decimal numbers in text that another domain may have written. */
#ifndef XDC_NUMBER_H
#define XDC_NUMBER_H

#include <stdint.h>

/**
 * xdc_parse_number - the whole of @text is a decimal number of at most @max
 *
 * Return: 0, or -EINVAL with @out unchanged.
 */
int xdc_parse_number(const char *text, uint32_t max, uint32_t *out);
/**
 * xdc_parse_digits - the number at the start of @text; @end points behind it
 */
int xdc_parse_digits(const char *text, uint32_t max, uint32_t *out,
		     const char **end);

#endif
