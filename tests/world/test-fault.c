// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every call that the driver makes into the kernel fails once: the caller gets
 * an errno, and nothing stays behind.  On any kernel by probes on the functions
 * that the driver calls; on a kernel with fault injection also every allocation,
 * of the driver or for it, by fail_nth.
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
#include "faults.h"
#include "kmod/xdb_importer.h"

#define MOST 400 /* calls of one operation */

static struct local local;
static struct view view;
static int edu = -1;

/* made by an operation or by its preparation; closed by undo_operation() */
static int made[2] = { -1, -1 };
static void *made_va;
static bool vmapped;

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

static int op_lease_dmabuf(void)
{
	return xendmabuf_lease_dmabuf(view.lease, &made[0]);
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

/* RESTRICT needs a file that is not restricted yet */
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

/* the whole end of a MAP: here and not in undo_operation(), so that calls fail in it */
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

static void undo_operation(void)
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

/* the errno for each status of Xen; injected, as Xen does not give all of them here */
static void check_errno_of_xen_answers(void)
{
	static const struct {
		int status, err;
	} answers[] = {
		{ -1, -EACCES }, /* GNTST_general_error */
		{ -2, -ESRCH }, /* GNTST_bad_domain */
		{ -3, -EACCES }, /* GNTST_bad_gntref */
		{ -7, -ENOSPC }, /* GNTST_no_device_space */
		{ -13, -ENOSPC }, /* GNTST_no_space */
		{ -9, -EIO }, /* GNTST_bad_page */
		{ -12, -EIO }, /* GNTST_eagain */
	};
	struct xen_dmabuf_map m;
	size_t i;

	for (i = 0; i < ARRAY_LEN(answers); i++) {
		m = raw_map(world.domid, refs, PAGES);
		m.bad_ref = 99;
		faults_answer(answers[i].status);
		assert_err(try_map(&m), answers[i].err);
		assert_non_null(faults_probes.disarm());
		assert_int_equal(m.bad_ref, 0);
		nothing_left();
	}
}

/* whether copies from and to user space are function calls, which a probe can fail */
#ifdef __aarch64__
#define COPIES_FAIL false
#else
#define COPIES_FAIL true
#endif

static bool always(void)
{
	return true;
}

static bool on_pv(void)
{
	return world.pv;
}

static bool with_backing(void)
{
	return world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING;
}

struct operation {
	const char *name;
	int (*before)(
		void); /* preparation, in which no call fails; may be NULL */
	int (*op)(void);
	bool (*offered)(void);
	/* at least this many calls copy, and this many are others */
	unsigned int copies, others;
	int errors[4]; /* each seen at least once */
};

static const struct operation ops[] = {
	{ "open", NULL, op_open, always, 0, 2, { ENOMEM } },
	{ "INFO", NULL, op_info, always, 2, 0, { EFAULT } },
	{ "RESTRICT", before_restrict, op_restrict, always, 1, 0, { EFAULT } },
	{ "MAP", NULL, op_map, always, 3, 5, { ENOMEM, ENFILE, EMFILE, EFAULT } },
	{ "MAP read-only", NULL, op_map_rdonly, always, 3, 5, { ENOMEM } },
	{ "MAP with dma_bits",
	  NULL,
	  op_map_backed,
	  with_backing,
	  3,
	  5,
	  { ENOMEM } },
	{ "GRANT",
	  NULL,
	  op_grant,
	  always,
	  2,
	  6,
	  { ENOMEM, ENFILE, EMFILE, ENOSPC } },
	{ "REVOKE", before_revoke, op_revoke, always, 1, 1, { EFAULT } },
	{ "REVOKE of a grant",
	  op_grant,
	  op_revoke_grant,
	  always,
	  1,
	  1,
	  { EFAULT } },
	{ "close", before_revoke, op_close, always, 0, 1, {} },
};

/* operations on a MAP that exists before and after them */
static const struct operation uses[] = {
	{ "LEASE_OPEN",
	  NULL,
	  op_lease_open,
	  always,
	  1,
	  3,
	  { ENOMEM, ENFILE, EMFILE } },
	{ "lease INFO", NULL, op_lease_info, always, 2, 0, { EFAULT } },
	{ "lease DMABUF",
	  NULL,
	  op_lease_dmabuf,
	  always,
	  2,
	  1,
	  { EFAULT, EMFILE } },
	{ "mmap", NULL, op_mmap, on_pv, 0, 4, { ENOMEM } },
	{ "import", NULL, op_import, always, 0, 3, { ENOMEM } },
};

static const struct operation vmap_of_edu = {
	"vmap", NULL, op_vmap, with_backing, 0, 1, {}
};

/* calls whose failure is no error: retried, or not needed to release something */
static bool may_be_silent(const struct operation *o, const char *failed)
{
	return o->op == op_close || o->op == op_revoke ||
	       !strcmp(failed, "gnttab_try_end_foreign_access") ||
	       !strcmp(failed, "xenmem_reservation_increase") ||
	       /* smaller allocations follow */
	       !strcmp(failed, "dma_alloc_pages");
}

/* returns the number of calls */
static unsigned int fail_each(const struct injector *injector,
			      const struct operation *o)
{
	unsigned int nth, silent = 0;
	bool saw[256] = {};
	const char *failed;
	size_t i;
	int err;

	for (nth = 1; nth < MOST; nth++) {
		if (o->before)
			assert_ok(o->before());
		injector->arm(nth);
		err = o->op();
		failed = injector->disarm();
		if (!failed) {
			assert_ok(err);
			undo_operation();
			nothing_left();
			break;
		}
		assert_uint_in_range(-err, 0, ARRAY_LEN(saw) - 1);
		saw[-err] = true;
		silent += !err;
		if (injector == &faults_probes)
			note("%s: %s fails: %s", o->name, failed,
			     err ? strerrorname_np(-err)
				 : "call succeeds all the same");
		if (!injector->may_succeed && !may_be_silent(o, failed))
			assert_int_not_equal(err, 0);
		undo_operation();
		nothing_left();
	}
	assert_true(nth < MOST);
	note("%s: %s: %u calls failed, %u of them without an error",
	     injector->name, o->name, nth - 1, silent);
	if (injector == &faults_probes)
		for (i = 0; i < ARRAY_LEN(o->errors); i++)
			if (o->errors[i] != EFAULT || COPIES_FAIL)
				assert_true(!o->errors[i] || saw[o->errors[i]]);
	return nth - 1;
}

/* every operation of @list that this system offers */
static void fail_all(const struct injector *injector,
		     const struct operation *list, size_t n)
{
	const struct operation *o;
	unsigned int calls;

	for (o = list; o < list + n; o++) {
		if (!o->offered())
			continue;
		calls = fail_each(injector, o);
		if (injector == &faults_probes)
			assert_true(calls >=
				    o->others + o->copies * COPIES_FAIL);
	}
}

static void prepare_buffers(void)
{
	bad_begin();
	undo_operation();
	assert_ok(machine_load("xdb_importer", NULL));
	guest_plain(0, PAGES, "rw", 1, refs);
	local_alloc(&local, PAGES, "heap", 1);
	edu = edu_open();
	if (edu < 0)
		note("no edu card: vmap not tested");
}

static void free_buffers(void)
{
	if (edu >= 0)
		close(edu);
	local_end(&local);
	agent("free 0");
}

/* a MAP for the operations of uses[] */
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

/* only with dma_bits, where vmap calls into the kernel; dma-buf's core warns of it */
static void fail_vmap(const struct injector *injector)
{
	if (edu < 0 || !with_backing())
		return;
	view_map_for_device(&view, refs, PAGES, 0, 32);
	mapped += PAGES;
	assert_ok(edu_attach(edu, view.fd, 32));
	fail_all(injector, &vmap_of_edu, 1);
	assert_ok(edu_detach(edu));
	view_over();
}

static void each_failing_kernel_call_leaves_nothing(void **state)
{
	(void)state;
	prepare_buffers();
	faults_begin();
	faults_all_there();
	check_errno_of_xen_answers();
	fail_all(&faults_probes, ops, ARRAY_LEN(ops));
	view_begin();
	fail_all(&faults_probes, uses, ARRAY_LEN(uses));
	view_over();
	fail_vmap(&faults_probes);
	free_buffers();
	faults_end();
}

/* every allocation during an operation, by the driver or for it */
static void each_failing_allocation_leaves_nothing(void **state)
{
	(void)state;
	if (!faults_nth_begin()) {
		note("this kernel has no fail_nth");
		skip();
	}
	prepare_buffers();
	fail_all(&faults_nth, ops, ARRAY_LEN(ops));
	view_begin();
	fail_all(&faults_nth, uses, ARRAY_LEN(uses));
	view_over();
	fail_vmap(&faults_nth);
	free_buffers();
	faults_nth_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(each_failing_kernel_call_leaves_nothing),
		world_test(each_failing_allocation_leaves_nothing),
	};

	world_timeout(3600); /* a slow kernel */
	return world_run("fault", tests);
}
