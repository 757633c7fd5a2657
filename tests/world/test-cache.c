// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: a device that is not coherent needs the caches of foreign pages cleaned,
 * which only Xen can do.  QEMU emulates no caches; so a probe counts the cache
 * hypercalls instead.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "kmod/xdb_importer.h"

#define PAGES 16
#define COUNT "/sys/module/xdb_flushes/parameters/count"

/* cache operations since the last call */
static unsigned int count_flushes(void)
{
	static unsigned int before;
	FILE *f = fopen(COUNT, "re");
	unsigned int now = 0, n;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &now), 1);
	fclose(f);
	n = now - before;
	before = now;
	return n;
}

static void xen_flushes_caches_for_each_sync(void **state)
{
	struct xdb_importer_attach req = {
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = 64,
	};
	uint32_t refs[PAGES];
	struct view v;
	int importer;

	(void)state;
#ifndef __aarch64__
	note("devices are coherent on this architecture");
	skip();
#endif
	assert_ok(machine_load("xdb_importer", NULL));
	importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(importer >= 0);
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	req.dmabuf_fd = v.fd;
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req), 0);
	assert_ok(machine_load("xdb_flushes", NULL));
	count_flushes();

	/* before the device reads */
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_MAP, 3UL), 0);
	assert_int_equal(count_flushes(), PAGES);
	/* before the CPU reads, and before the device reads again */
	assert_ok(xendmabuf_access_begin(v.fd, XENDMABUF_READ));
	assert_int_equal(count_flushes(), PAGES);
	assert_ok(xendmabuf_access_end(v.fd, XENDMABUF_READ));
	assert_int_equal(count_flushes(), PAGES);
	/* and when the device is done */
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_UNMAP, 0), 0);
	assert_int_equal(count_flushes(), PAGES);
	/* without a device's mapping there is nothing to flush */
	assert_ok(xendmabuf_access_begin(v.fd, XENDMABUF_READ));
	assert_ok(xendmabuf_access_end(v.fd, XENDMABUF_READ));
	assert_int_equal(count_flushes(), 0);

	assert_ok(machine_remove("xdb_flushes"));
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_DETACH, 0), 0);
	close(importer);
	view_end(&v);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(xen_flushes_caches_for_each_sync),
	};

	return world_run("cache", tests);
}
