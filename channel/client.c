// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common/ask.h"
#include "lib/channel/wire.h"

#define PATIENCE 20000 /* ms */

static int report_error(const char *what, const char *why)
{
	fprintf(stderr, "xen-channeld: %s: %s\n", what, why);
	return 1;
}

static int report_refusal(const char *path, int err)
{
	if (err == -EPIPE)
		return report_error(path, "closed without an answer");
	report_error(path, strerror(-err));
	if (err != -ETIMEDOUT)
		fprintf(stderr,
			"Is the daemon running? Try: systemctl status xen-channeld\n");
	return 1;
}

/* The error's number is for programs */
static const char *skip_number(const char *text)
{
	return text + strspn(text, "0123456789 ");
}

int xch_client_status(const char *path, bool json, FILE *out)
{
	char line[XCW_LINE_MAX];
	int file, err;

	err = xdc_ask(path, json ? "status json" : "status", PATIENCE, line,
		      sizeof(line), &file);
	if (err)
		return report_refusal(path, err);
	if (file < 0 || strcmp(line, "ok")) {
		if (file >= 0)
			close(file);
		if (!strncmp(line, "error ", 6))
			return report_error("status", skip_number(line + 6));
		return report_error(path, "unexpected answer");
	}
	err = xdc_ask_print(file, out);
	close(file);
	if (err)
		return report_error("writing the status", strerror(-err));
	if (json)
		fputc('\n', out);
	return 0;
}
