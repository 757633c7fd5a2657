// SPDX-License-Identifier: GPL-2.0-only
/* What holds a revoked MAP, besides mappings by importers: vmaps, fences, pins. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "edu.h"
#include "kmod/xdb_importer.h"

#define PAGES 16

static uint32_t refs[PAGES];

static int importer_open(void)
{
	int fd;

	assert_ok(machine_load("xdb_importer", NULL));
	fd = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int call_importer(int importer, unsigned long cmd)
{
	int ret = ioctl(importer, cmd, 3UL);

	return ret < 0 ? -errno : ret;
}

static int attach_importer(int importer, int dmabuf, uint32_t kind)
{
	struct xdb_importer_attach req = {
		.dmabuf_fd = dmabuf,
		.kind = kind,
		.mask_bits = 64,
	};

	return ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req) ? -errno : 0;
}

/* REVOKED, with every page still mapped, and the guest's grant not returned */
static void assert_held(struct view *v)
{
	assert_err(xendmabuf_lease_wait(v->lease, 500), -ETIMEDOUT);
	assert_int_equal(lease_look(v->lease).state, XEN_DMABUF_LEASE_REVOKED);
	assert_int_equal(lease_look(v->lease).pages_in_use, PAGES);
	assert_err(agent_try("wait 0 300"), -ETIMEDOUT);
}

static void assert_returned(struct view *v)
{
	assert_ok(xendmabuf_lease_wait(v->lease, WAIT_MS));
	assert_int_equal(lease_look(v->lease).pages_in_use, 0);
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
}

/* the guest revokes only now, which proves that its pages are not mapped any more */
static void assert_returned_after_revoke(struct view *v)
{
	assert_ok(xendmabuf_lease_wait(v->lease, WAIT_MS));
	agent("revoke 0");
	assert_returned(v);
}

static void view_begin(struct view *v, unsigned int flags, uint64_t seed)
{
	agent("load xen_dmabuf");
	guest_grant(0, PAGES, "heap", "rw", seed, refs);
	view_map(v, refs, PAGES, flags);
}

/* a vmap cannot be taken away: it is counted, and keeps working */
static void revoked_map_held_by_vmap(void **state)
{
	uint8_t page[PAGE], want[PAGE];
	int card = edu_open();
	struct view v;

	(void)state;
	if (card < 0) {
		note("no edu card");
		skip();
	}
	view_begin(&v, 0, 1);
	assert_ok(edu_attach(card, v.fd, 64));
	assert_int_equal(lease_look(v.lease).vmaps, 0);
	assert_ok(edu_vmap(card));
	assert_int_equal(lease_look(v.lease).vmaps, 1);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	agent("revoke 0");
	assert_held(&v);
	assert_int_equal(lease_look(v.lease).vmaps, 1);
	assert_ok(edu_vread(card, 3 * PAGE, page, PAGE));
	pattern_fill(want, 3, 1, 1);
	assert_memory_equal(page, want, PAGE);
	assert_ok(edu_vunmap(card));
	assert_int_equal(lease_look(v.lease).vmaps, 0);
	/* the card is a static importer: attached, it still holds the buffer */
	assert_held(&v);
	assert_ok(edu_detach(card));
	assert_returned(&v);
	close(card);
	view_end_and_free(&v);
}

/* an importer that did not let go can still vmap, and that holds the map, too */
static void revoked_map_vmapped_until_it_ends(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, 0, 9);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_STUBBORN));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP));
	assert_ok(xendmabuf_lease_revoke(v.lease));
	agent("revoke 0");
	assert_held(&v);
	/* a refusal would make the kernel warn, which fails the run */
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_VMAP));
	assert_int_equal(lease_look(v.lease).vmaps, 1);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_UNMAP));
	assert_held(&v);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_VUNMAP));
	assert_returned(&v);
	assert_int_equal(lease_look(v.lease).vmaps, 0);
	close(importer);
	view_end_and_free(&v);
}

/* revoked, and held by an importer that has unmapped: its device is still at work */
static void hold_by_fence(int importer, struct view *v)
{
	assert_ok(attach_importer(importer, v->fd, XDB_IMPORTER_DYNAMIC));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_FENCE));
	assert_ok(xendmabuf_lease_revoke(v->lease));
	agent("revoke 0");
	eventually(call_importer(importer, XDB_IMPORTER_IOC_MAPPED) == 0);
	assert_held(v);
}

static void revoked_map_held_by_fence(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, XENDMABUF_REVOCABLE, 2);
	hold_by_fence(importer, &v);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_SIGNAL));
	assert_returned(&v);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_DETACH));
	close(importer);
	view_end_and_free(&v);
}

/* who has the dma-buf can add work to it without end */
static void revoked_map_not_held_by_later_fences(void **state)
{
	int importer = importer_open(), other = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, XENDMABUF_REVOCABLE, 2);
	assert_ok(attach_importer(other, v.fd, XDB_IMPORTER_DYNAMIC));
	hold_by_fence(importer, &v);
	assert_ok(call_importer(other, XDB_IMPORTER_IOC_FENCE));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_SIGNAL));
	assert_returned(&v);
	assert_ok(call_importer(other, XDB_IMPORTER_IOC_DETACH));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_DETACH));
	close(other);
	close(importer);
	view_end_and_free(&v);
}

/* the last importer has gone: its fence holds nothing, and may signal when it likes */
static void revoked_map_ends_before_fence_of_gone_importer(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, XENDMABUF_REVOCABLE, 2);
	hold_by_fence(importer, &v);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_LEAVE));
	view_drop(&v);
	assert_returned(&v);
	view_end_and_free(&v);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_SIGNAL));
	close(importer);
}

/* whether xdb_importer reports that this kernel has a property */
static bool kernel_has(const char *property)
{
	char path[64];
	FILE *f;
	int answer;

	snprintf(path, sizeof(path), "/sys/module/xdb_importer/parameters/%s",
		 property);
	f = fopen(path, "re");
	assert_non_null(f);
	answer = fgetc(f);
	fclose(f);
	return answer == 'Y';
}

/* the kernel tells importers that have pinned; otherwise a pin forbids to tell */
static bool pinned_told(void)
{
	return kernel_has("pinned_told");
}

static void guest_gets_all_back(void)
{
	agent("revoke 0");
	assert_ok(agent_try("wait 0 %d", WAIT_MS));
	agent("free 0");
}

/* the importer pins before it maps, as RDMA drivers do, and is refused one of them */
static void revocable_map_refuses_importer_that_pins(void **state)
{
	int importer = importer_open(), err;
	struct view v;

	(void)state;
	view_begin(&v, XENDMABUF_REVOCABLE, 5);
	err = attach_importer(importer, v.fd, XDB_IMPORTER_PINNING);
	if (pinned_told()) {
		assert_err(err, -EBUSY);
	} else {
		assert_ok(err);
		err = call_importer(importer, XDB_IMPORTER_IOC_PIN);
		if (!err)
			err = call_importer(importer, XDB_IMPORTER_IOC_MAP);
		assert_err(err, -EBUSY);
		assert_int_equal(lease_look(v.lease).pinned, 0);
	}
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	close(importer);
	view_end(&v);
	guest_gets_all_back();
}

/* the importer maps first; it may pin where it is told in spite of the pin */
static void revocable_map_refuses_pin_unless_pinned_are_told(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, XENDMABUF_REVOCABLE, 6);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_DYNAMIC));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP));
	assert_err(call_importer(importer, XDB_IMPORTER_IOC_PIN),
		   pinned_told() ? 0 : -EBUSY);
	assert_int_equal(lease_look(v.lease).pinned, 0);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_int_equal(call_importer(importer, XDB_IMPORTER_IOC_TOLD), 1);
	close(importer);
	view_end(&v);
	guest_gets_all_back();
}

/* these buffers never move: a pin without a mapping does not hold a revoked MAP */
static void revoked_map_not_held_by_pin_without_mapping(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, 0, 3);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_DYNAMIC));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_PIN));
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_returned_after_revoke(&v);
	assert_int_equal(lease_look(v.lease).pinned, 0);
	assert_err(call_importer(importer, XDB_IMPORTER_IOC_PIN), -ENODEV);
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_UNPIN));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_DETACH));
	close(importer);
	view_end_and_free(&v);
}

/* an importer that has pinned and mapped is told at once, or when it has unpinned */
static void importer_that_pinned_told_when_kernel_allows(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, 0, 7);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_DYNAMIC));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_PIN));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP));
	assert_int_equal(lease_look(v.lease).pinned, !pinned_told());
	assert_ok(xendmabuf_lease_revoke(v.lease));
	if (!pinned_told()) {
		agent("revoke 0");
		assert_held(&v);
		assert_int_equal(lease_look(v.lease).pinned, 1);
		assert_int_equal(call_importer(importer, XDB_IMPORTER_IOC_TOLD),
				 0);
		assert_ok(call_importer(importer, XDB_IMPORTER_IOC_UNPIN));
	}
	assert_returned_after_revoke(&v);
	assert_int_equal(call_importer(importer, XDB_IMPORTER_IOC_TOLD), 1);
	assert_int_equal(lease_look(v.lease).pinned, 0);
	close(importer);
	view_end_and_free(&v);
}

/* an importer that cannot be told to let go is never told, and counted */
static void revoked_map_held_by_importer_that_pins(void **state)
{
	int importer = importer_open();
	struct view v;

	(void)state;
	view_begin(&v, 0, 8);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_PINNING));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_PIN));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP));
	assert_int_equal(lease_look(v.lease).pinned, 1);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	agent("revoke 0");
	assert_held(&v);
	assert_int_equal(lease_look(v.lease).pinned, 1);
	assert_int_equal(call_importer(importer, XDB_IMPORTER_IOC_TOLD), 0);
	/* closing the importer ends its mapping and its pin */
	close(importer);
	assert_returned(&v);
	view_end_and_free(&v);
}

/* some drivers warn each time they are told what they cannot do */
static void importer_that_keeps_its_mapping_told_once(void **state)
{
	int importer = importer_open(), i;
	struct view v;

	(void)state;
	view_begin(&v, 0, 4);
	assert_ok(attach_importer(importer, v.fd, XDB_IMPORTER_STUBBORN));
	assert_ok(call_importer(importer, XDB_IMPORTER_IOC_MAP));
	assert_int_equal(lease_look(v.lease).pinned, 0);
	agent("revoke 0");
	for (i = 0; i < 5; i++) {
		assert_ok(xendmabuf_lease_revoke(v.lease));
		assert_held(&v);
	}
	assert_int_equal(call_importer(importer, XDB_IMPORTER_IOC_TOLD), 1);
	assert_int_equal(lease_look(v.lease).pinned, 1);
	close(importer);
	assert_returned(&v);
	view_end_and_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(revoked_map_held_by_vmap),
		world_test(revoked_map_vmapped_until_it_ends),
		world_test(revoked_map_held_by_fence),
		world_test(revoked_map_not_held_by_later_fences),
		world_test(revoked_map_ends_before_fence_of_gone_importer),
		world_test(revocable_map_refuses_importer_that_pins),
		world_test(revocable_map_refuses_pin_unless_pinned_are_told),
		world_test(revoked_map_not_held_by_pin_without_mapping),
		world_test(importer_that_pinned_told_when_kernel_allows),
		world_test(revoked_map_held_by_importer_that_pins),
		world_test(importer_that_keeps_its_mapping_told_once),
	};

	return world_run("held", tests);
}
