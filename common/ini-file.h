/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration file of [sections] with lines "key = value", read by libinih.
 *
 * The first complaint counts, and says which line it is about.
 */
#ifndef XDC_INI_FILE_H
#define XDC_INI_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/log.h"
#include "common/reason.h"

struct xdc_ini {
	/* a section begins; @header is what stands between the brackets */
	void (*section)(struct xdc_ini *ini, const char *header);
	/* a key of that section; 0, or what xdc_ini_reject() has returned */
	int (*key)(struct xdc_ini *ini, const char *name, const char *value);
	/* xdc_ini_load() has read the last line; may be NULL */
	void (*end)(struct xdc_ini *ini);
	/* the line that is read, from 1 on */
	unsigned int line;
	/* in a section */
	bool begun;
	FILE *file;
	/* of the first complaint; 0: none */
	unsigned int bad_line;
	char why[256];
};

/**
 * xdc_ini_load - open the file, read it once, close it
 *
 * Return: 0, the error of fopen(), or EINVAL, with @why.
 */
int xdc_ini_load(struct xdc_ini *ini, const char *path, struct xdc_reason *why);
/**
 * xdc_ini_open - Return: 0, or the error of fopen(), with @why
 */
int xdc_ini_open(struct xdc_ini *ini, const char *path, struct xdc_reason *why);
/**
 * xdc_ini_read - the whole file, from its beginning; up to the first complaint
 *
 * Calls section() and key().  May be called again.
 */
void xdc_ini_read(struct xdc_ini *ini);
/** xdc_ini_reject - complain about the line that is read; returns EINVAL */
__attribute__((format(printf, 2, 3))) int xdc_ini_reject(struct xdc_ini *ini,
							 const char *fmt, ...);
/** xdc_ini_log_level - the value of a key log-level; 0, or what xdc_ini_reject() returns */
int xdc_ini_log_level(struct xdc_ini *ini, const char *value,
		      enum xdc_level *level);
/** xdc_ini_reject_line - complain about another @line; returns EINVAL */
__attribute__((format(printf, 3, 4))) int
xdc_ini_reject_line(struct xdc_ini *ini, unsigned int line, const char *fmt,
		    ...);
/**
 * xdc_ini_close - Return: 0, or EINVAL, with the line and the complaint as @why
 */
int xdc_ini_close(struct xdc_ini *ini, const char *path,
		  struct xdc_reason *why);

#endif
