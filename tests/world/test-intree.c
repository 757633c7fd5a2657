// SPDX-License-Identifier: GPL-2.0-only
/*
 * What gntdev's dma-buf extension gets wrong, where no other test shows that
 * ours does not; tests/world/in-tree lists them all.
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

/* what dom0 is to have, in MiB; 0 if the toolstack does not say */
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

/* neighbours in dom0's memory are no neighbours in the machine's after this */
static void scramble_memory(void)
{
	long target = memory_target(), total, now;

	total = machine_meminfo("MemTotal") / 1024;
	if (!target || set_memory(target - LESS_MIB)) {
		note("the toolstack does not change dom0's memory here");
		return;
	}
	eventually(machine_meminfo("MemTotal") / 1024 < total - LESS_MIB / 2);
	now = machine_meminfo("MemTotal") / 1024;
	assert_ok(set_memory(target));
	eventually(machine_meminfo("MemTotal") / 1024 > total - LESS_MIB / 4);
	note("dom0's memory: %ld MiB, %ld, %ld", total, now,
	     machine_meminfo("MemTotal") / 1024);
}

/* no bounce page in their place, which would hold what was there once */
static void grants_the_pages_themselves(void **state)
{
	struct local l;

	(void)state;
	agent("load xen_dmabuf");
	scramble_memory();
	local_alloc(&l, MANY, "heap", 1);
	local_grant(&l, 0);
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 1"), 0);
	/* what is written later arrives, too: both ways */
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

/* and foreign pages are mapped for the CPU all the same */
static void maps_in_scrambled_memory(void **state)
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

static int odd_dmabuf(unsigned long kind)
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

/* not RAM, not where it should be, not as much as it said */
static void odd_exporters(void **state)
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
		fd = odd_dmabuf(kind);
		g = raw_grant(world.domid, fd, out, XDB_EXPORTER_PAGES);
		note("kind %zu", kind);
		grant_fails(g, expected[kind]);
		/* the part of it that is sound will do */
		if (kind == XDB_EXPORTER_NO_RAM || kind == XDB_EXPORTER_SHORT)
			grant_fails(with(g, nr_refs = 2), 0);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(grants_the_pages_themselves),
		world_test(maps_in_scrambled_memory),
		world_test(odd_exporters),
	};

	return world_run("intree", tests);
}
