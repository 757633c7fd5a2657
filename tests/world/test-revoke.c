// SPDX-License-Identifier: GPL-2.0-only
/* Revoke of a MAP: which importers unmap, which do not, and how those are reported. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "card.h"
#include "common.h"
#include "kmod/xdb_importer.h"
#include "pattern.h"

#define PAGES 16
#define MANY 1100 /* three batches of hypercalls */
#define BOTH 3UL

static uint32_t refs[PAGES];

static int importer_open(void)
{
	int fd;

	assert_ok(machine_load("xdb_importer", NULL));
	fd = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int call_importer(int importer, unsigned long cmd, unsigned long arg)
{
	int ret = ioctl(importer, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int attach_mask(int importer, int dmabuf, uint32_t kind, uint32_t bits)
{
	struct xdb_importer_attach req = {
		.dmabuf_fd = dmabuf,
		.kind = kind,
		.mask_bits = bits,
	};

	return call_importer(importer, XDB_IMPORTER_IOC_ATTACH,
			     (uintptr_t)&req);
}

static int attach_importer(int importer, int dmabuf, uint32_t kind)
{
	return attach_mask(importer, dmabuf, kind, 64);
}

static int map_importer(int importer)
{
	return call_importer(importer, XDB_IMPORTER_IOC_MAP, BOTH);
}

static int unmap_importer(int importer)
{
	return call_importer(importer, XDB_IMPORTER_IOC_UNMAP, 0);
}

static int detach_importer(int importer)
{
	return call_importer(importer, XDB_IMPORTER_IOC_DETACH, 0);
}

static int times_told(int importer)
{
	return call_importer(importer, XDB_IMPORTER_IOC_TOLD, 0);
}

static int is_mapped(int importer)
{
	return call_importer(importer, XDB_IMPORTER_IOC_MAPPED, 0);
}

/* the number of the lease's importers in debugfs, and the last of them */
struct named {
	char state[16], device[64], kind[16];
	unsigned int maps;
};

static int importers_of(struct xendmabuf_lease *lease, struct named *last)
{
	unsigned long long id = xendmabuf_lease_id(lease), line_id;
	FILE *f = fopen("/sys/kernel/debug/xen_dmabuf/importers", "re");
	char line[256];
	struct named n;
	int found = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llu %15s %63s %*s %15s %u", &line_id,
			   n.state, n.device, n.kind, &n.maps) != 5 ||
		    line_id != id)
			continue;
		*last = n;
		found++;
	}
	fclose(f);
	return found;
}

static void revocable_map_refuses_static_importer(void **state)
{
	int importer = importer_open(), card = card_open("vgem");
	uint32_t handle;
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, XENDMABUF_REVOCABLE);
	assert_err(attach_importer(importer, v.fd, XDB_IMPORTER_STATIC),
		   -EBUSY);
	/* a stock DRM driver imports statically */
	if (card >= 0) {
		assert_err(card_import(card, v.fd, &handle), -EBUSY);
		close(card);
	}
	assert_int_equal(lease_look(v.lease).attachments, 0);
	/* user mappings are allowed, as they can be taken away */
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 1);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	view_end(&v);
	agent("free 0");
	close(importer);
}

static void revoke_unmaps_dynamic_importer(void **state)
{
	const unsigned int flags[] = { 0, XENDMABUF_REVOCABLE,
				       XENDMABUF_REVOCABLE | XENDMABUF_RDONLY };
	int importer = importer_open();
	struct named n;
	struct view v;
	size_t i;

	(void)state;
	guest_plain(0, PAGES, "rw", 2, refs);
	for (i = 0; i < ARRAY_LEN(flags); i++) {
		bool ro = flags[i] & XENDMABUF_RDONLY;
		int before = 0;

		view_map(&v, refs, PAGES, flags[i]);
		view_mmap(&v, PROT_READ);
		assert_ok(
			attach_importer(importer, v.fd, XDB_IMPORTER_DYNAMIC));
		before = times_told(importer);
		if (ro)
			assert_err(map_importer(importer), -EACCES);
		assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP,
					ro ? 1 : BOTH));
		assert_int_equal(lease_look(v.lease).attachments, 1);
		assert_int_equal(lease_look(v.lease).pinned, 0);
		assert_int_equal(importers_of(v.lease, &n), 1);
		assert_string_equal(n.state, "ACTIVE");
		assert_string_equal(n.kind, "dynamic");
		assert_int_equal(n.maps, 1);
		assert_non_null(strstr(n.device, "xdb-importer"));

		assert_ok(xendmabuf_lease_revoke(v.lease));
		assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
		assert_true(times_told(importer) > before);
		assert_int_equal(is_mapped(importer), 0);
		assert_err(call_importer(importer, XDB_IMPORTER_IOC_MAP,
					 ro ? 1 : BOTH),
			   -ENODEV);
		/* still attached, which holds no page */
		assert_int_equal(lease_look(v.lease).attachments, 1);
		assert_int_equal(lease_look(v.lease).pages_in_use, 0);
		assert_ok(detach_importer(importer));
		assert_err(attach_importer(importer, v.fd,
					   XDB_IMPORTER_DYNAMIC),
			   -ENODEV);
		view_end(&v);
	}
	assert_int_equal(agent("check 0 2"), 0);
	agent("free 0");
	close(importer);
}

/* every batch of a large map is unmapped; the guest's driver confirms it */
static void revoke_unmaps_every_batch(void **state)
{
	static uint32_t many[MANY];
	int importer = importer_open();
	struct view v;
	uint8_t byte;
	size_t i;

	(void)state;
	agent("load xen_dmabuf");
	guest_grant(0, MANY, "heap", "rw", 7, many);
	view_map(&v, many, MANY, XENDMABUF_REVOCABLE);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 7);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_DYNAMIC));
	assert_ok(map_importer(importer));
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	agent("revoke 0");
	assert_int_equal(agent_value[1], 0); /* pages in use */
	for (i = 0; i < MANY; i++)
		assert_int_equal(probe_read(v.va + i * PAGE, &byte), SIGBUS);
	assert_int_equal(is_mapped(importer), 0);
	assert_ok(detach_importer(importer));
	assert_int_equal(agent("check 0 7"), 0);
	view_end(&v);
	agent("free 0");
	close(importer);
}

/* an importer that does not unmap holds the memory, and is named in debugfs */
static void check_held_by(uint32_t kind, unsigned int flags, const char *name)
{
	int importer = importer_open();
	bool is_static = kind == XDB_IMPORTER_STATIC;
	struct named n;
	struct view v;

	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", 3, refs);
	view_map(&v, refs, PAGES, flags);
	assert_ok(attach_importer(importer, v.fd, kind));
	assert_ok(map_importer(importer));
	assert_int_equal(lease_look(v.lease).pinned, is_static);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_err(xendmabuf_lease_wait(v.lease, 500), -ETIMEDOUT);
	assert_int_equal(lease_look(v.lease).state, XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(lease_look(v.lease).pages_in_use, PAGES);
	assert_int_equal(lease_look(v.lease).pinned, 1);
	assert_int_equal(importers_of(v.lease, &n), 1);
	assert_string_equal(n.state, "REVOKED");
	assert_string_equal(n.kind, name);
	assert_int_equal(n.maps, 1);
	assert_int_equal(times_told(importer) > 0, !is_static);
	/* the guest does not get its memory back */
	agent("revoke 0");
	assert_err(agent_try("wait 0 300"), -ETIMEDOUT);

	assert_ok(unmap_importer(importer));
	if (is_static) {
		/* dma-buf's core may have mapped it at attach: mapped until detach */
		assert_ok(detach_importer(importer));
		assert_int_equal(importers_of(v.lease, &n), 0);
	}
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	if (!is_static)
		assert_ok(detach_importer(importer));
	view_end(&v);
	agent("free 0");
	close(importer);
}

static void revoked_map_held_by_static_importer(void **state)
{
	(void)state;
	check_held_by(XDB_IMPORTER_STATIC, 0, "static");
}

static void revoked_map_held_by_stubborn_importer(void **state)
{
	(void)state;
	check_held_by(XDB_IMPORTER_STUBBORN, XENDMABUF_REVOCABLE, "pinned");
}

/* several importers: all are told, and the last one holds the map */
static void revoked_map_held_by_last_of_several_importers(void **state)
{
	int importer[3], i;
	struct named n;
	struct view v;

	(void)state;
	guest_plain(0, PAGES, "rw", 4, refs);
	view_map(&v, refs, PAGES, XENDMABUF_REVOCABLE);
	for (i = 0; i < 3; i++) {
		importer[i] = importer_open();
		assert_ok(attach_importer(importer[i], v.fd,
					  i == 1 ? XDB_IMPORTER_STUBBORN
						 : XDB_IMPORTER_DYNAMIC));
		/* each in a direction of its own */
		assert_ok(call_importer(importer[i], XDB_IMPORTER_IOC_MAP,
					i + 1));
	}
	assert_int_equal(importers_of(v.lease, &n), 3);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	eventually(!is_mapped(importer[0]) && !is_mapped(importer[2]));
	assert_err(xendmabuf_lease_wait(v.lease, 300), -ETIMEDOUT);
	close(importer[0]);
	close(importer[2]);
	assert_err(xendmabuf_lease_wait(v.lease, 300), -ETIMEDOUT);
	close(importer[1]);
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	view_end(&v);
	agent("free 0");
}

/* a device with few address bits gets the pages themselves or EREMOTEIO, no copies */
static void narrow_device_mapped_or_refused_eremoteio(void **state)
{
	const uint32_t bits[] = { 24, 32 };
	int importer = importer_open(), err;
	long refused, now;
	struct view v;
	size_t i;

	(void)state;
	guest_plain(0, PAGES, "rw", 5, refs);
	for (i = 0; i < ARRAY_LEN(bits); i++) {
		view_map(&v, refs, PAGES, 0);
		refused = machine_stat("bounces_refused");
		err = attach_mask(importer, v.fd, XDB_IMPORTER_DYNAMIC,
				  bits[i]);
		if (err == -EIO) {
			note("%u bits: this system refuses such a DMA mask",
			     bits[i]);
			view_end(&v);
			continue;
		}
		assert_ok(err);
		err = map_importer(importer);
		now = machine_stat("bounces_refused");
		note("%u bits: %s", bits[i], err ? strerror(-err) : "mapped");
		if (err) {
			assert_err(err, -EREMOTEIO);
			assert_int_equal(now, refused + 1);
		} else {
			assert_int_equal(now, refused);
			assert_int_not_equal(bits[i], 24);
		}
		assert_ok(detach_importer(importer));
		view_end(&v);
	}
	if (world.info.features & XEN_DMABUF_FEATURE_DMA_BACKING) {
		view_map_for_device(&v, refs, PAGES, XENDMABUF_REVOCABLE, 32);
		assert_ok(
			attach_mask(importer, v.fd, XDB_IMPORTER_DYNAMIC, 32));
		assert_ok(map_importer(importer));
		assert_ok(xendmabuf_lease_revoke(v.lease));
		assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
		assert_ok(detach_importer(importer));
		view_end(&v);
	}
	agent("free 0");
	close(importer);
}

/* ---- REVOKE races with calls that begin or end a use ---- */

static int race_importer(void *arg)
{
	int dmabuf = *(int *)arg, importer, err = 0;

	importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	if (importer < 0)
		return 1;
	while (!err) {
		err = attach_importer(importer, dmabuf, XDB_IMPORTER_DYNAMIC);
		if (err)
			break;
		err = map_importer(importer);
		unmap_importer(importer);
		detach_importer(importer);
	}
	return err == -ENODEV ? 0 : 2;
}

static int race_mmap(void *arg)
{
	int dmabuf = *(int *)arg, sig;
	uint8_t value, *va;

	for (;;) {
		va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, dmabuf, 0);
		if (va == MAP_FAILED)
			return errno == ENODEV ? 0 : 1;
		sig = probe_read(va + (PAGES - 1) * PAGE, &value);
		if (sig && sig != SIGBUS)
			return 2;
		munmap(va, PAGES * PAGE);
	}
}

static pid_t start_child(int (*f)(void *arg), void *arg)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		alarm(60);
		_exit(f(arg));
	}
	return pid;
}

static void revoke_races_with_import_and_mmap(void **state)
{
	pid_t pids[3];
	int i, k, status;
	struct view v;

	(void)state;
	close(importer_open());
	guest_plain(0, PAGES, "rw", 6, refs);
	for (i = 0; i < 20; i++) {
		view_map(&v, refs, PAGES, i & 1 ? XENDMABUF_REVOCABLE : 0);
		pids[0] = start_child(race_importer, &v.fd);
		pids[1] = start_child(race_mmap, &v.fd);
		pids[2] = start_child(race_mmap, &v.fd);
		sleep_ms(5 + i * 3);
		assert_ok(xendmabuf_lease_revoke(v.lease));
		assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
		for (k = 0; k < 3; k++) {
			assert_int_equal(waitpid(pids[k], &status, 0), pids[k]);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
		}
		view_end(&v);
	}
	assert_int_equal(agent("check 0 6"), 0);
	agent("free 0");
}

/*
 * An importer that sees REVOKED unmaps at once, while the driver still removes the
 * pages from a large user mapping.  The map must not be RETURNED before that is done:
 * its frames would be reused by the next map while the old mapping still shows them.
 */
#define LARGE 8100U

struct early {
	struct view v;
	int ready[2];
};

static int early_reader(void *arg)
{
	struct early *e = arg;
	uint64_t value;
	uint8_t byte;
	uint8_t *va =
		mmap(NULL, LARGE * PAGE, PROT_READ, MAP_SHARED, e->v.fd, 0);
	uint32_t i;
	int sig = 0;

	if (va == MAP_FAILED)
		return 1;
	for (i = 0; i < LARGE; i++)
		if (probe_read(va + i * PAGE, &byte))
			return 2;
	if (write(e->ready[1], "r", 1) != 1)
		return 3;
	/* from the end, which is removed last */
	while (!sig) {
		for (i = LARGE; i-- > 0 && !sig;) {
			sig = probe_read(va + i * PAGE, &byte);
			value = pattern_word(6, i, 0);
			if (!sig && byte != (uint8_t)value)
				return 4;
		}
	}
	return sig == SIGBUS ? 0 : 5;
}

static int early_detacher(void *arg)
{
	struct early *e = arg;
	int importer = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	struct pollfd p = { xendmabuf_lease_fd(e->v.lease), POLLIN, 0 };

	if (importer < 0 ||
	    attach_importer(importer, e->v.fd, XDB_IMPORTER_DYNAMIC) ||
	    map_importer(importer))
		return 1;
	if (write(e->ready[1], "d", 1) != 1 || poll(&p, 1, WAIT_MS) != 1)
		return 2;
	return detach_importer(importer) ? 3 : 0;
}

static int early_revoker(void *arg)
{
	struct early *e = arg;

	return xendmabuf_lease_revoke(e->v.lease) ? 1 : 0;
}

static void revoke_takes_user_memory_before_returned(void **state)
{
	static uint32_t first[LARGE], second[LARGE];
	struct early e = { .ready = { -1, -1 } };
	struct view other;
	pid_t pids[3];
	int i, k, status;
	char c;

	(void)state;
	close(importer_open());
	guest_plain(0, LARGE, "rw", 6, first);
	guest_plain(1, LARGE, "rw", 7, second);
	/* each takes half a minute where an emulator translates addresses twice */
	for (i = 0; i < (world.pv ? 8 : 3); i++) {
		view_map(&e.v, first, LARGE, 0);
		assert_ok(pipe(e.ready) ? -errno : 0);
		pids[0] = start_child(early_reader, &e);
		pids[1] = start_child(early_detacher, &e);
		for (k = 0; k < 2; k++)
			assert_int_equal(read(e.ready[0], &c, 1), 1);
		pids[2] = start_child(early_revoker, &e);
		assert_ok(xendmabuf_lease_wait(e.v.lease, WAIT_MS));
		view_map(&other, second, LARGE, 0);
		for (k = 0; k < 3; k++) {
			assert_int_equal(waitpid(pids[k], &status, 0), pids[k]);
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
		}
		view_end(&e.v);
		view_end(&other);
		close(e.ready[0]);
		close(e.ready[1]);
	}
	agent("free 0");
	agent("free 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(revocable_map_refuses_static_importer),
		world_test(revoke_unmaps_dynamic_importer),
		world_test(revoke_unmaps_every_batch),
		world_test(revoked_map_held_by_static_importer),
		world_test(revoked_map_held_by_stubborn_importer),
		world_test(revoked_map_held_by_last_of_several_importers),
		world_test(narrow_device_mapped_or_refused_eremoteio),
		world_test(revoke_races_with_import_and_mmap),
		world_test(revoke_takes_user_memory_before_returned),
	};

	return world_run("revoke", tests);
}
