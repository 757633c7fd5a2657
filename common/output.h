/* SPDX-License-Identifier: GPL-2.0-only */
/* What a command prints, at its end */
#ifndef XDC_OUTPUT_H
#define XDC_OUTPUT_H

/** xdc_output_end - the exit status: @status, or 1 if standard output was not written */
int xdc_output_end(const char *program, int status);

#endif
