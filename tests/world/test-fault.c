// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call that the driver makes into the kernel fails once: the caller gets
 * an errno, and nothing stays behind.  On any kernel by probes on what the
 * driver calls; on one that was built for it, also every allocation whoever
 * makes it, by fail_nth.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bad.h"
#include "edu.h"
#include "kmod/xdb_fault.h"
#include "kmod/xdb_importer.h"

#define MOST 400 /* calls of one operation */
#define FAIL_NTH "/proc/thread-self/fail-nth"

static int fault = -1;
static uint64_t text_start, text_end;
static struct local local;
static struct view view;
static int edu = -1;

/* what an operation made, or was prepared for it; to be undone */
static int made[2] = { -1, -1 };
static void *made_va;
static bool vmapped;

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

static int op_mmap_of(int dmabuf)
{
	void *va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			dmabuf, 0);

	if (va == MAP_FAILED)
		return -errno;
	made_va = va;
	return 0;
}

static int op_mmap(void)
{
	return op_mmap_of(view.fd);
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

/* of a device that may do everything yet */
static int before_restrict(void)
{
	return op_open();
}

static int op_restrict(void)
{
	struct xen_dmabuf_restrict r = {
		.size = sizeof(r),
		.flags = XEN_DMABUF_MAY_MAP,
		.domid = world.domid,
	};

	return raw(made[0], XEN_DMABUF_IOC_RESTRICT, &r);
}

static int before_revoke(void)
{
	int err = op_map();

	return err ?: op_mmap_of(made[0]);
}

static int op_revoke(void)
{
	struct xen_dmabuf_lease_revoke r = { .size = sizeof(r) };

	return raw(made[1], XEN_DMABUF_LEASE_IOC_REVOKE, &r);
}

static int op_revoke_grant(void)
{
	struct xen_dmabuf_lease_revoke r = { .size = sizeof(r) };

	return raw(made[0], XEN_DMABUF_LEASE_IOC_REVOKE, &r);
}

/* all that ends a MAP: in here, not in undo(), so that it is watched */
static int op_close(void)
{
	munmap(made_va, PAGES * PAGE);
	made_va = NULL;
	close(made[0]);
	close(made[1]);
	made[0] = made[1] = -1;
	return 0;
}

static int op_vmap(void)
{
	int err = edu_vmap(edu);

	vmapped = !err;
	return err;
}

static void undo(void)
{
	size_t i;

	if (vmapped)
		edu_vunmap(edu);
	vmapped = false;

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

/* one way to let them fail */
struct injector {
	const char *name;
	void (*arm)(unsigned int nth);
	/* no more; what failed, or NULL if it did not come to that */
	const char *(*disarm)(void);
	/* whoever is made to fail may have had another way */
	bool may_succeed;
};

static void probe_arm(unsigned int nth)
{
	struct xdb_fault_arm req = {
		.start = text_start,
		.end = text_end,
		.nth = nth,
	};

	assert_ok(raw(fault, XDB_FAULT_IOC_ARM, &req));
}

static const char *probe_disarm(void)
{
	static struct xdb_fault_result result;

	assert_ok(raw(fault, XDB_FAULT_IOC_DISARM, &result));
	return result.fired ? result.name : NULL;
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
		assert_non_null(probe_disarm());
		assert_int_equal(m.bad_ref, 0);
		nothing_left();
	}
}

static const struct injector probes = {
	.name = "probe",
	.arm = probe_arm,
	.disarm = probe_disarm,
};

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	if (fd >= 0)
		close(fd);
	return done;
}

static int nth_fd = -1;

static void nth_arm(unsigned int nth)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%u", nth);

	assert_int_equal(pwrite(nth_fd, text, n, 0), n);
}

static const char *nth_disarm(void)
{
	char text[16] = "";
	/* if it is this copy that fails, the operation is over */
	bool over = pread(nth_fd, text, sizeof(text) - 1, 0) > 0;
	bool fired = over && atoi(text) == 0;

	/* this copy may be the one, too: then it is done as well */
	if (!fired && pwrite(nth_fd, "0", 1, 0) != 1)
		note("fail_nth hit the end of itself");
	return fired ? "an allocation or copy" : NULL;
}

static const struct injector fail_nth = {
	.name = "fail_nth",
	.arm = nth_arm,
	.disarm = nth_disarm,
	.may_succeed = true,
};

static bool saw[256]; /* which errors the calls of one operation gave */

/* how many calls there were; @before is not watched, and may be NULL */
static unsigned int fail_each(const struct injector *injector, const char *name,
			      int (*before)(void), int (*op)(void))
{
	unsigned int nth, silent = 0;
	const char *failed;
	int err;

	memset(saw, 0, sizeof(saw));
	for (nth = 1; nth < MOST; nth++) {
		if (before)
			assert_ok(before());
		injector->arm(nth);
		err = op();
		failed = injector->disarm();
		if (!failed) {
			assert_ok(err);
			undo();
			nothing_left();
			break;
		}
		saw[-err] = true;
		silent += !err;
		if (injector == &probes)
			note("%s: %s fails: %s", name, failed,
			     err ? strerrorname_np(-err)
				 : "and nothing comes of it");
		/*
		 * Only these are no errors: the peer might still map it, and
		 * letting go does with what memory there is
		 */
		if (!injector->may_succeed && op != op_close &&
		    op != op_revoke &&
		    strcmp(failed, "gnttab_try_end_foreign_access") &&
		    strcmp(failed, "xenmem_reservation_increase"))
			assert_int_not_equal(err, 0);
		undo();
		nothing_left();
	}
	assert_true(nth < MOST);
	note("%s: %s: %u calls, %u of them in vain", injector->name, name,
	     nth - 1, silent);
	return nth - 1;
}

static void prepare(void)
{
	bad_begin();
	undo();
	assert_ok(machine_load("xdb_importer", NULL));
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&local, PAGES, "heap", 1);
	edu = edu_open();
	if (edu < 0)
		note("no edu card: no vmap");
}

static void finish(void)
{
	if (edu >= 0)
		close(edu);
	local_end(&local);
	agent("free 0");
}

/* with a MAP of the test's own: what a use of it needs */
static void view_begin(void)
{
	view_map(&view, refs, PAGES, 0);
	mapped += PAGES;
}

static void view_over(void)
{
	mapped -= PAGES;
	view_end(&view);
}

/* only where it is more than an address; dma-buf's core warns of it */
static void vmap_fails(const struct injector *injector)
{
	if (edu < 0 || !(world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING))
		return;
	view_map_for_device(&view, refs, PAGES, 0, 32);
	mapped += PAGES;
	assert_ok(edu_attach(edu, view.fd, 32));
	assert_true(fail_each(injector, "vmap", NULL, op_vmap) >= 1);
	assert_ok(edu_detach(edu));
	view_over();
}

static void probes_begin(void)
{
	struct xdb_fault_probes there;

	assert_ok(machine_load("xdb_faults", NULL));
	fault = open("/dev/xdb-fault", O_RDWR | O_CLOEXEC);
	assert_true(fault >= 0);
	text_start = module_number("sections/.text");
	text_end = text_start + module_number("coresize");
	assert_ok(raw(fault, XDB_FAULT_IOC_PROBES, &there));
	note("%u of %u functions can be made to fail", there.there,
	     there.wanted);
	assert_string_equal(there.missing, "");
}

static void every_call_once(void **state)
{
	(void)state;
	prepare();
	probes_begin();
	xen_says_no();
	assert_true(fail_each(&probes, "open", NULL, op_open) >= 2);
	assert_true(fail_each(&probes, "INFO", NULL, op_info) >= 2);
	assert_true(fail_each(&probes, "RESTRICT", before_restrict,
			      op_restrict) >= 2);
	assert_true(fail_each(&probes, "MAP", NULL, op_map) >= 8);
	assert_true(saw[ENOMEM] && saw[ENFILE] && saw[EMFILE] && saw[EFAULT]);
	assert_true(fail_each(&probes, "MAP read-only", NULL, op_map_rdonly) >=
		    8);
	if (world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING)
		assert_true(fail_each(&probes, "MAP with dma_bits", NULL,
				      op_map_backed) >= 8);
	assert_true(fail_each(&probes, "GRANT", NULL, op_grant) >= 8);
	assert_true(saw[ENOMEM] && saw[ENFILE] && saw[EMFILE] && saw[ENOSPC]);
	assert_true(fail_each(&probes, "REVOKE", before_revoke, op_revoke) >=
		    2);
	assert_true(fail_each(&probes, "REVOKE of a grant", op_grant,
			      op_revoke_grant) >= 2);
	assert_true(fail_each(&probes, "close", before_revoke, op_close) >= 2);

	view_begin();
	assert_true(fail_each(&probes, "LEASE_OPEN", NULL, op_lease_open) >= 4);
	assert_true(saw[ENOMEM] && saw[ENFILE] && saw[EMFILE]);
	assert_true(fail_each(&probes, "lease INFO", NULL, op_lease_info) >= 2);
	if (world.pv)
		assert_true(fail_each(&probes, "mmap", NULL, op_mmap) >= 4);
	assert_true(fail_each(&probes, "import", NULL, op_import) >= 2);
	view_over();
	vmap_fails(&probes);
	finish();
	close(fault);
	assert_ok(machine_remove("xdb_faults"));
}

/* what is allocated on the way, by the driver or for it */
static void every_allocation_once(void **state)
{
	static const struct {
		const char *name;
		int (*before)(void), (*op)(void);
	} ops[] = {
		{ "open", NULL, op_open },
		{ "INFO", NULL, op_info },
		{ "RESTRICT", before_restrict, op_restrict },
		{ "MAP", NULL, op_map },
		{ "MAP read-only", NULL, op_map_rdonly },
		{ "GRANT", NULL, op_grant },
		{ "REVOKE", before_revoke, op_revoke },
		{ "REVOKE of a grant", op_grant, op_revoke_grant },
		{ "close", before_revoke, op_close },
	}, uses[] = {
		{ "LEASE_OPEN", NULL, op_lease_open },
		{ "lease INFO", NULL, op_lease_info },
		{ "mmap", NULL, op_mmap },
		{ "import", NULL, op_import },
	};
	size_t i;

	(void)state;
	if (access(FAIL_NTH, W_OK)) {
		note("this kernel has no fail_nth");
		skip();
	}
	/* those that may sleep, too; and no trace of each in the log */
	assert_true(put("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"));
	assert_true(
		put("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"));
	assert_true(put("/sys/kernel/debug/fail_page_alloc/min-order", "0"));
	assert_true(put("/sys/kernel/debug/failslab/verbose", "0"));
	assert_true(put("/sys/kernel/debug/fail_page_alloc/verbose", "0"));
	assert_true(put("/sys/kernel/debug/fail_usercopy/verbose", "0"));
	nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	assert_true(nth_fd >= 0);
	prepare();
	for (i = 0; i < ARRAY_LEN(ops); i++)
		assert_true(fail_each(&fail_nth, ops[i].name, ops[i].before,
				      ops[i].op) >= 2);
	if (world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING)
		assert_true(fail_each(&fail_nth, "MAP with dma_bits", NULL,
				      op_map_backed) >= 8);
	view_begin();
	for (i = 0; i < ARRAY_LEN(uses); i++)
		fail_each(&fail_nth, uses[i].name, NULL, uses[i].op);
	view_over();
	vmap_fails(&fail_nth);
	finish();
	close(nth_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(every_call_once),
		world_test(every_allocation_once),
	};

	world_timeout(3600); /* a slow kernel */
	return world_run("fault", tests);
}
