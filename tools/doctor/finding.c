// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "doctor/finding.h"

void xt_findings_begin(struct xt_findings *f, bool as_json)
{
	f->as_json = as_json;
	f->bad = f->notes = 0;
	if (!as_json)
		return;
	xdc_json_begin(&f->json, stdout);
	xdc_json_open(&f->json, NULL, '{');
	xdc_json_open(&f->json, "checks", '[');
}

void xt_findings_end(struct xt_findings *f)
{
	if (!f->as_json)
		return;
	xdc_json_close(&f->json, ']');
	xdc_json_bool(&f->json, "usable", !f->bad);
	xdc_json_close(&f->json, '}');
}

static void write_json(struct xt_findings *f, const char *verdict,
		       const char *what, const char *advice, const char *text)
{
	xdc_json_open(&f->json, NULL, '{');
	xdc_json_text(&f->json, "check", what);
	xdc_json_text(&f->json, "verdict", verdict);
	xdc_json_text(&f->json, "text", text);
	if (advice)
		xdc_json_text(&f->json, "try", advice);
	xdc_json_close(&f->json, '}');
}

void xt_finding_add(struct xt_findings *f, enum xt_verdict verdict,
		    const char *what, const char *advice, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "note", "BAD" };
	static const char *const keys[] = { "ok", "note", "bad" };
	char text[800];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	f->bad += verdict == XT_BAD;
	f->notes += verdict == XT_NOTE;
	if (f->as_json) {
		write_json(f, keys[verdict], what, advice, text);
		return;
	}
	printf("%-5s %-10s %s\n", words[verdict], what, text);
	if (advice)
		printf("%17sTry: %s\n", "", advice);
}

void xt_finding_refused(struct xt_findings *f, enum xt_verdict verdict,
			const char *what, const char *use,
			const struct xt_refusal *r)
{
	xt_finding_add(f, verdict, what, r->advice, "%s. Needed for %s", r->why,
		       use);
}
