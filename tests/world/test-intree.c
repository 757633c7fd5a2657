// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistakes of gntdev's dma-buf extension that no other test covers;
 * tests/world/in-tree lists all of them with their tests.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "kmod/xdb_exporter.h"

#define MANY 900
#define LESS_MIB 500

/* dom0's memory target in MiB; 0 if the toolstack has none */
static long memory_target(void)
{
	FILE *f = popen("xenstore-read /local/domain/0/memory/target", "re");
	long kib = 0;

	if (f && fscanf(f, "%ld", &kib) != 1)
		kib = 0;
	if (f)
		pclose(f);
	return kib / 1024;
}

static int set_memory(long mib)
{
	char target[24];
	const char *argv[] = { "xl", "mem-set", "0", target, NULL };

	snprintf(target, sizeof(target), "%ldm", mib);
	return machine_run(argv);
}

/* ballooning: contiguous dom0 frames are no contiguous machine frames afterwards */
static void scramble_memory(void)
{
	long target = memory_target(), total, now;

	total = machine_meminfo("MemTotal") / 1024;
	if (!target || set_memory(target - LESS_MIB)) {
		note("the toolstack cannot change dom0's memory in this world");
		return;
	}
	eventually(machine_meminfo("MemTotal") / 1024 < total - LESS_MIB / 2);
	now = machine_meminfo("MemTotal") / 1024;
	assert_ok(set_memory(target));
	eventually(machine_meminfo("MemTotal") / 1024 > total - LESS_MIB / 4);
	note("dom0's memory: %ld MiB before, %ld reduced, %ld after", total,
	     now, machine_meminfo("MemTotal") / 1024);
}

/* no bounce pages, which would hold a stale copy */
static void grant_gives_pages_not_bounce_copies(void **state)
{
	struct local l;

	(void)state;
	agent("load xen_dmabuf");
	scramble_memory();
	local_alloc(&l, MANY, "heap", 1);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 1"), 0);
	/* later writes arrive as well, in both directions */
	assert_ok(xendmabuf_access_begin(l.fd, XENDMABUF_WRITE));
	pattern_fill(l.va, 0, MANY, 2);
	assert_ok(xendmabuf_access_end(l.fd, XENDMABUF_WRITE));
	assert_int_equal(agent("check 0 2"), 0);
	agent("fill 0 3");
	assert_ok(xendmabuf_access_begin(l.fd, XENDMABUF_READ));
	assert_int_equal(pattern_check(l.va, 0, MANY, 3, NULL), 0);
	assert_ok(xendmabuf_access_end(l.fd, XENDMABUF_READ));
	agent("free 0");
	local_end(&l);
}

/* foreign pages are mapped for the CPU in scrambled memory as well */
static void map_in_scrambled_memory_readable(void **state)
{
	static uint32_t many[MANY];
	struct view v;

	(void)state;
	guest_plain(0, MANY, "rw", 4, many);
	view_map(&v, many, MANY, 0);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 4);
	view_fill(&v, 5);
	assert_int_equal(agent("check 0 5"), 0);
	view_end(&v);
	agent("free 0");
}

static int make_odd_dmabuf(unsigned long kind)
{
	int exporter, fd;

	assert_ok(machine_load("xdb_exporter", NULL));
	exporter = open("/dev/xdb-exporter", O_RDWR | O_CLOEXEC);
	assert_true(exporter >= 0);
	fd = ioctl(exporter, XDB_EXPORTER_IOC_MAKE, kind);
	close(exporter);
	assert_true(fd >= 0);
	return fd;
}

/* exporters of memory that is not RAM, not aligned, or less than the buffer's size */
static void grant_of_odd_exporters_refused(void **state)
{
	static const int expected[] = {
		[XDB_EXPORTER_GOOD] = 0,
		[XDB_EXPORTER_NO_RAM] = -EOPNOTSUPP,
		[XDB_EXPORTER_SHORT] = -ERANGE,
		[XDB_EXPORTER_UNALIGNED] = -EOPNOTSUPP,
		[XDB_EXPORTER_OTHER] = -EOPNOTSUPP,
		[XDB_EXPORTER_BUSY] = -EBUSY,
		[XDB_EXPORTER_BY_PAGE] = -EIO,
	};
	uint32_t out[XDB_EXPORTER_PAGES];
	struct xen_dmabuf_grant g;
	size_t kind;
	int fd;

	(void)state;
	bad_begin();
	for (kind = 0; kind < ARRAY_LEN(expected); kind++) {
		fd = make_odd_dmabuf(kind);
		g = raw_grant(world.domid, fd, out, XDB_EXPORTER_PAGES);
		note("kind %zu", kind);
		grant_fails(g, expected[kind]);
		/* the valid part can be granted */
		if (kind == XDB_EXPORTER_NO_RAM || kind == XDB_EXPORTER_SHORT)
			grant_fails(with(g, nr_refs = 2), 0);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(grant_gives_pages_not_bounce_copies),
		world_test(map_in_scrambled_memory_readable),
		world_test(grant_of_odd_exporters_refused),
	};

	return world_run("intree", tests);
}
