// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "common/json.h"
#include "result.h"
#include "say.h"

/* The series with these keys, or a new one; NULL: out of memory */
struct xt_series *xt_result_series(struct xt_bench *b, const char *what,
				   const char *how, size_t pages)
{
	struct xt_series *s;
	size_t i;

	for (i = 0; i < b->nr_series; i++) {
		s = &b->series[i];
		if (s->what == what && s->how == how && s->pages == pages &&
		    s->live == b->live && s->nr < XT_BENCH_ROUNDS_MAX)
			return s;
	}
	s = realloc(b->series, (b->nr_series + 1) * sizeof(*s));
	if (!s)
		return NULL;
	b->series = s;
	s += b->nr_series++;
	*s = (struct xt_series){
		.what = what,
		.how = how,
		.pages = pages,
		.live = b->live,
	};
	return s;
}

int xt_result_held(struct xt_bench *b, const char *what, const char *how,
		   size_t pages, int64_t bytes)
{
	struct xt_held *h = realloc(b->held, (b->nr_held + 1) * sizeof(*h));

	if (!h)
		return -ENOMEM;
	b->held = h;
	h[b->nr_held++] = (struct xt_held){ what, how, pages, bytes };
	return 0;
}

static int compare_ns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t xt_series_median(const struct xt_series *s)
{
	uint64_t ns[XT_BENCH_ROUNDS_MAX];

	if (!s->nr)
		return 0;
	memcpy(ns, s->ns, s->nr * sizeof(*ns));
	qsort(ns, s->nr, sizeof(*ns), compare_ns);
	return ns[s->nr / 2];
}

/* The same step of this driver, to compare with */
static const struct xt_series *find_ours(const struct xt_bench *b,
					 const struct xt_series *s)
{
	size_t i;

	for (i = 0; i < b->nr_series; i++)
		if (!strncmp(b->series[i].how, "xen-dmabuf", 10) &&
		    !strcmp(b->series[i].what, s->what) &&
		    b->series[i].pages == s->pages &&
		    b->series[i].live == s->live)
			return &b->series[i];
	return NULL;
}

static void print_series(const struct xt_bench *b, const struct xt_series *s)
{
	const struct xt_series *mine = find_ours(b, s);
	uint64_t median = xt_series_median(s);

	printf("%-8s %-26s %6zu %6zu %12.1f %10.3f ", s->what, s->how, s->pages,
	       s->live, (double)median / 1e3,
	       (double)median / 1e3 / (double)s->pages);
	if (mine && mine != s && xt_series_median(mine))
		printf("%10.2f ",
		       (double)median / (double)xt_series_median(mine));
	else
		printf("%10s ", "");
	if (s->hypercalls >= 0 && !strncmp(s->how, "xen-dmabuf", 10))
		printf("%6" PRId64, s->hypercalls);
	if (s->copied)
		printf("%6s %11" PRIu64, "", s->copied);
	putchar('\n');
}

/* One table for each step, in the order of their first measurement */
static void print_steps(const struct xt_bench *b)
{
	const char *what;
	size_t i, k;

	for (i = 0; i < b->nr_series; i++) {
		what = b->series[i].what;
		for (k = 0; strcmp(b->series[k].what, what); k++)
			;
		if (k < i)
			continue;
		printf("%s%-8s %-26s %6s %6s %12s %10s %10s %6s %11s\n",
		       i ? "\n" : "", "what", "how", "pages", "live", "us",
		       "us a page", "this/ours", "calls", "copied");
		for (; k < b->nr_series; k++)
			if (!strcmp(b->series[k].what, what))
				print_series(b, &b->series[k]);
	}
}

void xt_result_tables(const struct xt_bench *b)
{
	size_t i;

	print_steps(b);
	if (b->nr_held)
		printf("\n%-8s %-26s %6s %12s %12s\n", "memory", "how", "pages",
		       "bytes", "a page");
	for (i = 0; i < b->nr_held; i++)
		printf("%-8s %-26s %6zu %12" PRId64 " %12.1f\n",
		       b->held[i].what, b->held[i].how, b->held[i].pages,
		       b->held[i].bytes,
		       (double)b->held[i].bytes / (double)b->held[i].pages);
}

static void write_series(struct xdc_json *j, const struct xt_series *s)
{
	unsigned int i;

	xdc_json_open(j, NULL, '{');
	xdc_json_text(j, "what", s->what);
	xdc_json_text(j, "how", s->how);
	xdc_json_number(j, "pages", s->pages);
	xdc_json_number(j, "live", s->live);
	if (s->hypercalls >= 0)
		xdc_json_number(j, "hypercalls", (uint64_t)s->hypercalls);
	xdc_json_number(j, "copied", s->copied);
	xdc_json_open(j, "ns", '[');
	for (i = 0; i < s->nr; i++)
		xdc_json_number(j, NULL, s->ns[i]);
	xdc_json_close(j, ']');
	xdc_json_open(j, "sections", '[');
	for (i = 0; i < s->nr; i++)
		xdc_json_number(j, NULL, s->section[i]);
	xdc_json_close(j, ']');
	xdc_json_close(j, '}');
}

int xt_result_json(const struct xt_bench *b, const char *path)
{
	struct xen_dmabuf_info info;
	struct utsname uts = { 0 };
	struct xdc_json j;
	FILE *f;
	size_t i;

	f = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (!f)
		return xt_fail("cannot write %s: %s", path, strerror(errno));
	uname(&uts);
	xdc_json_begin(&j, f);
	xdc_json_open(&j, NULL, '{');
	xdc_json_text(&j, "linux", uts.release);
	xdc_json_text(&j, "machine", uts.machine);
	if (!xendmabuf_info(b->x, &info, sizeof(info)))
		xdc_json_bool(&j, "pv", info.features & XEN_DMABUF_FEATURE_PV);
	xdc_json_number(&j, "rounds", b->rounds);
	xdc_json_number(&j, "peers", b->nr_peers);
	xdc_json_number(&j, "sections", b->sections);
	xdc_json_open(&j, "series", '[');
	for (i = 0; i < b->nr_series; i++)
		write_series(&j, &b->series[i]);
	xdc_json_close(&j, ']');
	xdc_json_open(&j, "held", '[');
	for (i = 0; i < b->nr_held; i++) {
		xdc_json_open(&j, NULL, '{');
		xdc_json_text(&j, "what", b->held[i].what);
		xdc_json_text(&j, "how", b->held[i].how);
		xdc_json_number(&j, "pages", b->held[i].pages);
		xdc_json_number(&j, "bytes",
				(uint64_t)(b->held[i].bytes > 0
						   ? b->held[i].bytes
						   : 0));
		xdc_json_close(&j, '}');
	}
	xdc_json_close(&j, ']');
	xdc_json_close(&j, '}');
	if (f != stdout && fclose(f))
		return xt_fail("cannot write %s: %s", path, strerror(errno));
	return XT_EXIT_OK;
}
