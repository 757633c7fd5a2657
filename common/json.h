/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes JSON, with commas, indentation and escapes */
#ifndef XDC_JSON_H
#define XDC_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct xdc_json {
	FILE *out;
	unsigned int depth;
	bool first; /* the innermost object or array is empty */
};

/* @key is NULL for members of an array and for the outermost value. */
void xdc_json_begin(struct xdc_json *j, FILE *out);
void xdc_json_open(struct xdc_json *j, const char *key, char bracket);
void xdc_json_close(struct xdc_json *j, char bracket);
void xdc_json_text(struct xdc_json *j, const char *key, const char *value);
void xdc_json_number(struct xdc_json *j, const char *key, uint64_t value);
void xdc_json_bool(struct xdc_json *j, const char *key, bool value);

#endif
