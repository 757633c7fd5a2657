/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers in text that another domain may have written, of any length. */
#ifndef XDC_NUMBER_H
#define XDC_NUMBER_H

#include <stdint.h>

/**
 * xdc_parse_number - the whole of @text is a decimal number of at most @max
 *
 * Return: 0, or EINVAL, and then @out is left as it was.
 */
int xdc_parse_number(const char *text, uint32_t max, uint32_t *out);
/** xdc_parse_digits - the same of its beginning; @end is what follows */
int xdc_parse_digits(const char *text, uint32_t max, uint32_t *out,
		     const char **end);

#endif
