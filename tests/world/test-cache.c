// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: a device that is not coherent needs the caches of foreign pages
 * cleaned, and only Xen can do that.  QEMU has no caches to be wrong, so what
 * is looked at is whether Xen is asked: by a probe on the hypercall.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "kmod/xdb_importer.h"

#define PAGES 16
#define COUNT "/sys/module/xdb_flushes/parameters/count"

/* how many cache operations since the last look */
static unsigned int flushes(void)
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

static void xen_is_asked(void **state)
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
	note("devices are coherent here");
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
	flushes();

	/* before the device looks */
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_MAP, 3UL), 0);
	assert_int_equal(flushes(), PAGES);
	/* before the CPU does, and before the device does again */
	assert_ok(xendmabuf_access_begin(v.fd, XENDMABUF_READ));
	assert_int_equal(flushes(), PAGES);
	assert_ok(xendmabuf_access_end(v.fd, XENDMABUF_READ));
	assert_int_equal(flushes(), PAGES);
	/* and when the device is done */
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_UNMAP, 0), 0);
	assert_int_equal(flushes(), PAGES);
	/* nobody's device, nobody's caches */
	assert_ok(xendmabuf_access_begin(v.fd, XENDMABUF_READ));
	assert_ok(xendmabuf_access_end(v.fd, XENDMABUF_READ));
	assert_int_equal(flushes(), 0);

	assert_ok(machine_remove("xdb_flushes"));
	assert_int_equal(ioctl(importer, XDB_IMPORTER_IOC_DETACH, 0), 0);
	close(importer);
	view_end(&v);
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(xen_is_asked),
	};

	return world_run("cache", tests);
}
