/* SPDX-License-Identifier: GPL-2.0-only */
/* One question at a daemon's control socket, whose answer may bring a file. */
#ifndef XDC_ASK_H
#define XDC_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * xdc_ask - connect to @path, send @request, and wait for the answer
 * @line: the answer's text, of @size bytes at most, its NUL included
 * @file: set to the descriptor that came with it, or -1; the caller closes it
 *
 * ENOENT, ECONNREFUSED, EACCES: no daemon, or not for this user.  ETIMEDOUT: no connection,
 * or no answer, within @timeout_ms.  EPIPE: the daemon closes the socket without an answer.
 */
int xdc_ask(const char *path, const char *request, int timeout_ms, char *line,
	    size_t size, int *file);
/**
 * xdc_ask_print - all the text of @file to @out, from its first byte on
 *
 * Control characters become question marks: a daemon that a guest has taken over does
 * not reach the terminal.
 */
int xdc_ask_print(int file, FILE *out);

/* For programs that people run: these tell on stderr what is wrong, and return an exit
 * status.
 */
struct xdc_asker {
	const char *program; /* this one */
	const char *hint; /* a line for who asks a daemon that does not run */
	int timeout_ms;
};

/** xdc_ask_or_report - xdc_ask(); on 0 @line begins with "ok" */
int xdc_ask_or_report(const struct xdc_asker *asker, const char *path,
		      const char *request, char *line, size_t size, int *file);
/** xdc_ask_status - print the daemon's status */
int xdc_ask_status(const struct xdc_asker *asker, const char *path, bool json,
		   FILE *out);

#endif
