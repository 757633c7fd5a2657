/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing JSON, with the commas and the escaping in one place. */
#ifndef XDC_JSON_H
#define XDC_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	unsigned int depth;
	bool first; /* nothing yet in the innermost object or array */
};

/* @key is NULL for members of an array and for the outermost value. */
void json_begin(struct json *j, FILE *out);
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_text(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
