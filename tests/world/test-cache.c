// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: a device that is not coherent needs the caches of foreign pages
 * cleaned, and only Xen can do that.  QEMU has no caches to be wrong, so what
 * is looked at is whether Xen is asked: by a probe on the hypercall.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "kmod/xdb_importer.h"

#define PAGES 16
#define TRACING "/sys/kernel/debug/tracing/"
#define CACHE_FLUSH 12 /* GNTTABOP_cache_flush */

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ssize_t len = strlen(text);
	bool done = fd >= 0 && write(fd, text, len) == len;

	if (!done)
		note("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

/* whether hypercalls can be seen here */
static bool watch_begin(void)
{
	return put(TRACING "kprobe_events",
		   "p:xdb_grant HYPERVISOR_grant_table_op cmd=%x0:u32\n") &&
	       put(TRACING "events/kprobes/xdb_grant/enable", "1");
}

static void watch_end(void)
{
	put(TRACING "events/kprobes/xdb_grant/enable", "0");
	put(TRACING "kprobe_events", "");
}

/* how many cache operations since the last look */
static unsigned int flushes(void)
{
	FILE *f = fopen(TRACING "trace", "re");
	unsigned int n = 0, cmd;
	char line[512], *at;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, "cmd=");
		if (strstr(line, "xdb_grant") && at &&
		    sscanf(at, "cmd=%u", &cmd) == 1 && cmd == CACHE_FLUSH)
			n++;
	}
	fclose(f);
	put(TRACING "trace", "");
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
	assert_true(watch_begin());
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

	watch_end();
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
