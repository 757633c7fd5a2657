// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

static FILE *report_file;
static unsigned int report_steps, report_done, report_failed;

int demo_report_open(const char *path, unsigned int nr_steps)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	report_steps = nr_steps;
	printf("1..%u\n", nr_steps);
	report_file = fopen(path, "we");
	return report_file ? 0 : -errno;
}

void demo_report_line(const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("# %s\n", text);
	if (report_file)
		fprintf(report_file, "%s\n", text);
}

bool demo_report_step(bool good, const char *name)
{
	report_done++;
	report_failed += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", report_done, name);
	return good;
}

int demo_report_close(void)
{
	while (report_done < report_steps)
		demo_report_step(false, "not reached");
	if (report_file && fclose(report_file))
		report_failed++;
	report_file = NULL;
	return report_failed ? 1 : 0;
}
