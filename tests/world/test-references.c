// SPDX-License-Identifier: GPL-2.0-only
/*
 * How GRANT takes references from the grant table: a part at a time, as the kernel
 * keeps interrupts off meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common.h"

#define TRACING "/sys/kernel/tracing/"
#define PAGES 10000
#define PART 1024 /* the driver's TAKE_AT_ONCE */

static bool write_trace(const char *file, const char *text)
{
	char path[96];
	bool ok;
	int fd;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

/* Trace how many references are taken at a time; false on kernels without that. */
static bool begin_tracing(void)
{
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (!write_trace(
		    "kprobe_events",
		    "p:xdb/take gnttab_alloc_grant_references count=$arg1:u16\n"))
		return false;
	return write_trace("events/xdb/take/enable", "1");
}

static void end_tracing(void)
{
	write_trace("events/xdb/take/enable", "0");
	write_trace("kprobe_events", "-:xdb/take\n");
}

/* What was traced: the sum, and the most of one call */
static void read_trace(unsigned long *sum, unsigned long *most)
{
	FILE *f = fopen(TRACING "trace", "re");
	char line[256];
	const char *count;
	unsigned long n;

	*sum = 0;
	*most = 0;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		count = strstr(line, " count=");
		if (!count)
			continue;
		n = strtoul(count + 7, NULL, 10);
		*sum += n;
		if (*most < n)
			*most = n;
	}
	fclose(f);
}

static void grant_takes_references_in_parts(void **state)
{
	unsigned long sum, most;
	struct local l;

	(void)state;
	local_alloc(&l, PAGES, "heap", 1);
	if (!begin_tracing()) {
		local_end(&l);
		skip();
	}
	local_grant(&l, 0);
	read_trace(&sum, &most);
	end_tracing();
	note("%lu references taken, at most %lu at a time", sum, most);
	assert_true(sum >= PAGES);
	assert_true(most <= PART);
	local_end(&l);
}

/* as many pages as the grant table has room for, up to what one GRANT takes */
static size_t most_pages(void)
{
	struct xen_dmabuf_info info;
	uint32_t most;

	assert_ok(xendmabuf_info(world.x, &info, sizeof(info)));
	/* what is left is an estimate */
	most = info.grants_left - info.grants_reserved - 1024;
	return most < info.max_pages ? most : info.max_pages;
}

static unsigned long read_latency(void)
{
	FILE *f = fopen(TRACING "tracing_max_latency", "re");
	unsigned long us;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu", &us), 1);
	fclose(f);
	return us;
}

/*
 * The figure is printed alone: it is of a debug kernel, and of all that happened
 * meanwhile.
 */
static void longest_time_with_interrupts_off_in_grant_told(void **state)
{
	unsigned long us;
	struct local l;

	(void)state;
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (!write_trace("current_tracer", "irqsoff")) {
		note("this kernel has no irqsoff tracer");
		skip();
	}
	write_trace("tracing_on", "0");
	local_alloc(&l, most_pages(), "heap", 2);
	write_trace("tracing_max_latency", "0");
	write_trace("tracing_on", "1");
	local_grant(&l, 0);
	write_trace("tracing_on", "0");
	us = read_latency();
	write_trace("current_tracer", "nop");
	write_trace("tracing_on", "1");
	note("%zu pages granted: interrupts off for at most %lu us", l.pages,
	     us);
	local_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(grant_takes_references_in_parts),
		world_test(longest_time_with_interrupts_off_in_grant_told),
	};

	return world_run("references", tests);
}
