/* SPDX-License-Identifier: GPL-2.0-only */
/* What doctor finds: a line each, or an object of JSON */
#ifndef XT_FINDING_H
#define XT_FINDING_H

#include <stdbool.h>

#include "common/json.h"
#include "system/node.h"

enum xt_verdict {
	XT_OK,
	XT_NOTE, /* something does not work that not everyone needs */
	XT_BAD, /* nothing works until this is fixed */
};

struct xt_findings {
	bool as_json;
	struct xdc_json json;
	unsigned int bad;
	unsigned int notes;
};

/** xt_findings_begin - to standard output */
void xt_findings_begin(struct xt_findings *f, bool as_json);
/** xt_findings_end - of JSON, which says whether there was nothing bad */
void xt_findings_end(struct xt_findings *f);
/**
 * xt_finding_add - what was checked, and the result
 * @advice: what to do, or NULL
 */
__attribute__((format(printf, 5, 6))) void
xt_finding_add(struct xt_findings *f, enum xt_verdict verdict, const char *what,
	       const char *advice, const char *fmt, ...);
/** xt_finding_refused - something that @use needs cannot be used */
void xt_finding_refused(struct xt_findings *f, enum xt_verdict verdict,
			const char *what, const char *use,
			const struct xt_refusal *r);

#endif
