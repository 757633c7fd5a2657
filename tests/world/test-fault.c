// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call that the driver makes into the kernel fails once: the caller gets
 * an errno, and nothing stays behind.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "kmod/xdb_fault.h"
#include "kmod/xdb_importer.h"

#define MOST 200 /* calls of one operation */

static int fault = -1;
static uint64_t text_start, text_end;
static struct local local;
static struct view view;

/* what an operation made, to be undone */
static int made[2];
static void *made_va;

static uint64_t module_number(const char *what)
{
	char path[96], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/xen_dmabuf/%s", what);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f))
		fail_msg("cannot read %s", path);
	fclose(f);
	return strtoull(text, NULL, 0);
}

/* ---- the operations: 0 or -errno ---- */

static int op_open(void)
{
	int fd = open("/dev/xen/dmabuf", O_RDWR | O_CLOEXEC);

	made[0] = fd;
	return fd < 0 ? -errno : 0;
}

static int op_info(void)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };

	return raw(dev, XEN_DMABUF_IOC_INFO, &info);
}

static int map_with(unsigned int bits, unsigned int flags)
{
	struct xen_dmabuf_map m = raw_map(world.domid, refs, PAGES);
	int err;

	m.dma_bits = bits;
	m.flags = flags;
	err = raw(dev, XEN_DMABUF_IOC_MAP, &m);
	if (!err) {
		made[0] = m.dmabuf_fd;
		made[1] = m.lease_fd;
	}
	return err;
}

static int op_map(void)
{
	return map_with(0, 0);
}

static int op_map_rdonly(void)
{
	return map_with(0, XEN_DMABUF_MAP_RDONLY | XEN_DMABUF_MAP_REVOCABLE);
}

static int op_map_backed(void)
{
	return map_with(32, 0);
}

static int op_grant(void)
{
	struct xen_dmabuf_grant g =
		raw_grant(world.domid, local.fd, local.refs, PAGES);
	int err = raw(dev, XEN_DMABUF_IOC_GRANT, &g);

	if (!err)
		made[0] = g.lease_fd;
	return err;
}

static int op_lease_open(void)
{
	struct xen_dmabuf_lease_open o = {
		.size = sizeof(o),
		.lease_id = xendmabuf_lease_id(view.lease),
	};
	int err = raw(dev, XEN_DMABUF_IOC_LEASE_OPEN, &o);

	if (!err)
		made[0] = o.lease_fd;
	return err;
}

static int op_lease_info(void)
{
	struct xen_dmabuf_lease_info info = { .size = sizeof(info) };

	return raw(xendmabuf_lease_fd(view.lease), XEN_DMABUF_LEASE_IOC_INFO,
		   &info);
}

static int op_mmap(void)
{
	void *va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			view.fd, 0);

	if (va == MAP_FAILED)
		return -errno;
	made_va = va;
	return 0;
}

static int op_import(void)
{
	struct xdb_importer_attach req = {
		.dmabuf_fd = view.fd,
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = 64,
	};
	int fd = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);

	made[0] = fd;
	if (fd < 0)
		return -errno;
	if (ioctl(fd, XDB_IMPORTER_IOC_ATTACH, &req) ||
	    ioctl(fd, XDB_IMPORTER_IOC_MAP, 3UL))
		return -errno;
	return 0;
}

static void undo(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(made); i++) {
		if (made[i] >= 0)
			close(made[i]);
		made[i] = -1;
	}
	if (made_va)
		munmap(made_va, PAGES * PAGE);
	made_va = NULL;
}

/* ---- each of their calls fails once ---- */

static struct xdb_fault_result disarm(void)
{
	struct xdb_fault_result result;

	assert_ok(raw(fault, XDB_FAULT_IOC_DISARM, &result));
	return result;
}

static void arm(unsigned int nth)
{
	struct xdb_fault_arm req = {
		.start = text_start,
		.end = text_end,
		.nth = nth,
	};

	assert_ok(raw(fault, XDB_FAULT_IOC_ARM, &req));
}

/* what Xen's answers become; it cannot be made to give all of them here */
static void xen_says_no(void)
{
	static const struct {
		int status, err;
	} answers[] = {
		{ -1, -EACCES }, /* GNTST_general_error */
		{ -2, -ESRCH }, /* GNTST_bad_domain */
		{ -3, -EACCES }, /* GNTST_bad_gntref */
		{ -7, -ENOSPC }, /* GNTST_no_device_space */
		{ -9, -EIO }, /* GNTST_bad_page */
		{ -12, -EIO }, /* GNTST_eagain */
	};
	struct xdb_fault_arm req = {
		.start = text_start,
		.end = text_end,
		.nth = 1,
	};
	struct xen_dmabuf_map m;
	size_t i;

	for (i = 0; i < ARRAY_LEN(answers); i++) {
		req.status = answers[i].status;
		m = raw_map(world.domid, refs, PAGES);
		m.bad_ref = 99;
		assert_ok(raw(fault, XDB_FAULT_IOC_ARM, &req));
		assert_err(try_map(&m), answers[i].err);
		assert_true(disarm().fired);
		assert_int_equal(m.bad_ref, 0);
		nothing_left();
	}
}

static bool saw[256]; /* which errors the calls of one operation gave */

/* how many calls there were */
static unsigned int fail_each(const char *name, int (*op)(void))
{
	struct xdb_fault_result result;
	unsigned int nth;
	int err;

	memset(saw, 0, sizeof(saw));
	for (nth = 1; nth < MOST; nth++) {
		arm(nth);
		err = op();
		result = disarm();
		if (!result.fired) {
			assert_ok(err);
			undo();
			nothing_left();
			break;
		}
		saw[-err] = true;
		note("%s: %s fails: %s", name, result.name,
		     err ? strerrorname_np(-err) : "and nothing comes of it");
		/* only this one is not an error: the peer might still map it */
		if (strcmp(result.name, "gnttab_try_end_foreign_access"))
			assert_int_not_equal(err, 0);
		undo();
		nothing_left();
	}
	assert_true(nth < MOST);
	return nth - 1;
}

static bool prepare(void)
{
	bad_begin();
	undo();
	if (machine_load("xdb_fault", NULL) ||
	    machine_load("xdb_importer", NULL)) {
		note("no kprobes here");
		return false;
	}
	fault = open("/dev/xdb-fault", O_RDWR | O_CLOEXEC);
	assert_true(fault >= 0);
	text_start = module_number("sections/.text");
	text_end = text_start + module_number("coresize");
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&local, PAGES, "heap", 1);
	return true;
}

static void finish(void)
{
	local_end(&local);
	agent("free 0");
	close(fault);
	assert_ok(machine_remove("xdb_fault"));
}

static void every_call_once(void **state)
{
	(void)state;
	made[0] = made[1] = -1;
	if (!prepare())
		skip();
	xen_says_no();
	assert_true(fail_each("open", op_open) >= 2);
	assert_true(fail_each("INFO", op_info) >= 2);
	assert_true(fail_each("MAP", op_map) >= 8);
	assert_true(saw[ENOMEM] && saw[ENFILE] && saw[EMFILE] && saw[EFAULT]);
	assert_true(fail_each("MAP read-only", op_map_rdonly) >= 8);
	if (world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING)
		assert_true(fail_each("MAP with dma_bits", op_map_backed) >= 8);
	assert_true(fail_each("GRANT", op_grant) >= 8);
	assert_true(saw[ENOMEM] && saw[ENFILE] && saw[EMFILE] && saw[ENOSPC]);

	view_map(&view, refs, PAGES, 0);
	mapped += PAGES;
	assert_true(fail_each("LEASE_OPEN", op_lease_open) >= 4);
	assert_true(saw[ENOMEM] && saw[ENFILE] && saw[EMFILE]);
	assert_true(fail_each("lease INFO", op_lease_info) >= 2);
	if (world.pv)
		assert_true(fail_each("mmap", op_mmap) >= 4);
	assert_true(fail_each("import", op_import) >= 2);
	mapped -= PAGES;
	view_end(&view);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(every_call_once),
	};

	return world_run("fault", tests);
}
