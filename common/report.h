/* SPDX-License-Identifier: GPL-2.0-only */
/* Text that a daemon answers with, as a file: a slow reader does not block it. */
#ifndef XDC_REPORT_H
#define XDC_REPORT_H

#include <stdio.h>

/**
 * xdc_report_begin - a stream into a memfd; the caller closes both
 * @name: of the memfd
 * @fd: the memfd, to be sent after the stream is closed; -1 on failure
 *
 * Return: NULL if there is no memory or no descriptor.
 */
FILE *xdc_report_begin(const char *name, int *fd);

#endif
