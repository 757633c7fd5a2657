// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code written for gntdev's dma-buf extension, on libxendmabuf-gnttab, which is
 * linked before libxengnttab; the latter opens the handles.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xengnttab.h>

#include "common.h"

#define PAGES 48
#define NOBODY 0x7ff0U

static uint32_t refs[PAGES];
static xengnttab_handle *gnttab;

static void open_gnttab(void)
{
	gnttab = xengnttab_open(NULL, 0);
	assert_non_null(gnttab);
}

/* -errno of a call that returns -1 and sets errno; 0 for success */
static int err_of(int ret)
{
	return ret ? -errno : 0;
}

static int wait_released(uint32_t fd, uint32_t ms)
{
	return err_of(xengnttab_dmabuf_exp_wait_released(gnttab, fd, ms));
}

static uint8_t *map_pages(uint32_t fd)
{
	uint8_t *va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED, (int)fd, 0);

	assert_ptr_not_equal(va, MAP_FAILED);
	return va;
}

static uint32_t export_guest_pages(uint32_t flags, uint64_t seed)
{
	uint32_t fd;

	guest_plain(0, PAGES, "rw", seed, refs);
	assert_ok(err_of(xengnttab_dmabuf_exp_from_refs(
		gnttab, world.domid, flags, PAGES, refs, &fd)));
	assert_int_equal(xendmabuf_size((int)fd), PAGES * PAGE);
	assert_int_equal(fcntl((int)fd, F_GETFD), FD_CLOEXEC);
	return fd;
}

static void exp_from_refs_maps_guest_pages(void **state)
{
	uint32_t fd;
	uint8_t *va;

	(void)state;
	open_gnttab();
	fd = export_guest_pages(GNTDEV_DMA_FLAG_WC, 1);
	va = map_pages(fd);
	assert_int_equal(pattern_check(va, 0, PAGES, 1, NULL), 0);
	pattern_fill(va, 0, PAGES, 2);
	assert_int_equal(agent("check 0 2"), 0);

	/* in use by its descriptor, then by its mapping alone */
	assert_err(wait_released(fd, 0), -ETIMEDOUT);
	close((int)fd);
	assert_err(wait_released(fd, 100), -ETIMEDOUT);
	assert_int_equal(munmap(va, PAGES * PAGE), 0);
	/* ENOENT, if it was released before the call */
	assert_true(wait_released(fd, WAIT_MS) != -ETIMEDOUT);
	assert_int_equal(machine_stat("pages_mapped"), world.info.pages_mapped);
	assert_err(wait_released(fd, 0), -ENOENT);
	assert_int_equal(xengnttab_close(gnttab), 0);
	agent("free 0");
}

static void *unmap_later(void *va)
{
	sleep_ms(200);
	munmap(va, PAGES * PAGE);
	return NULL;
}

static void exp_wait_released_ends_with_last_user(void **state)
{
	pthread_t thread;
	uint32_t fd;
	uint8_t *va;

	(void)state;
	open_gnttab();
	fd = export_guest_pages(0, 3);
	va = map_pages(fd);
	close((int)fd);
	assert_int_equal(pthread_create(&thread, NULL, unmap_later, va), 0);
	assert_ok(wait_released(fd, WAIT_MS));
	assert_int_equal(machine_stat("pages_mapped"), world.info.pages_mapped);
	pthread_join(thread, NULL);
	assert_int_equal(xengnttab_close(gnttab), 0);
	agent("free 0");
}

/* gntdev's extension finds a buffer by its descriptor's number, which may be reused */
static void exp_wait_released_with_reused_fd_number(void **state)
{
	uint32_t first, second;
	uint8_t *va;
	int copy, hole;

	(void)state;
	open_gnttab();
	hole = dup(STDIN_FILENO);
	first = export_guest_pages(0, 4);
	copy = dup((int)first);
	va = map_pages(first);
	close((int)first);
	assert_err(wait_released((uint32_t)copy, 0), -ETIMEDOUT);
	/* the second buffer gets the first one's number; its lease gets @hole's */
	close(hole);
	assert_ok(err_of(xengnttab_dmabuf_exp_from_refs(gnttab, world.domid, 0,
							PAGES, refs, &second)));
	assert_int_equal(second, first);
	close((int)second);
	/* the second buffer is released; the first, of the same number, is in use */
	assert_err(wait_released(second, 300), -ETIMEDOUT);
	close(copy);
	assert_int_equal(munmap(va, PAGES * PAGE), 0);
	assert_true(wait_released(first, WAIT_MS) != -ETIMEDOUT);
	assert_int_equal(machine_stat("pages_mapped"), world.info.pages_mapped);
	assert_int_equal(xengnttab_close(gnttab), 0);
	agent("free 0");
}

static void imp_to_refs_grants_to_guest(void **state)
{
	uint32_t again[PAGES];
	struct local l;
	size_t i;

	(void)state;
	open_gnttab();
	agent("load xen_dmabuf");
	local_alloc(&l, PAGES, "heap", 5);
	assert_err(err_of(xengnttab_dmabuf_imp_to_refs(gnttab, world.domid,
						       (uint32_t)l.fd,
						       PAGES - 1, l.refs)),
		   -EINVAL);
	assert_ok(err_of(xengnttab_dmabuf_imp_to_refs(
		gnttab, world.domid, (uint32_t)l.fd, PAGES, l.refs)));
	assert_ok(local_to_guest(&l, 0, "rw"));
	assert_int_equal(agent("check 0 5"), 0);
	/* later writes arrive: these are the pages themselves, not copies */
	pattern_fill(l.va, 0, PAGES, 6);
	assert_int_equal(agent("check 0 6"), 0);
	agent("fill 0 7");
	assert_int_equal(pattern_check(l.va, 0, PAGES, 7, NULL), 0);

	/* the kernel keeps what the guest still maps */
	assert_ok(err_of(xengnttab_dmabuf_imp_release(gnttab, (uint32_t)l.fd)));
	assert_err(err_of(xengnttab_dmabuf_imp_release(gnttab, (uint32_t)l.fd)),
		   -ENOENT);
	assert_int_equal(machine_stat("pages_granted"),
			 world.info.pages_granted + PAGES);
	assert_int_equal(agent("check 0 7"), 0);
	agent("free 0");
	eventually(machine_stat("pages_granted") == world.info.pages_granted);

	/* not mapped by the guest: ends when the handle is closed */
	assert_ok(err_of(xengnttab_dmabuf_imp_to_refs(
		gnttab, world.domid, (uint32_t)l.fd, PAGES, again)));
	for (i = 0; i < PAGES; i++)
		assert_int_not_equal(again[i], 0);
	assert_int_equal(xengnttab_close(gnttab), 0);
	eventually(machine_stat("pages_granted") == world.info.pages_granted);
	local_end(&l);
}

/* as programs export a dumb buffer: with DRM_CLOEXEC alone, for reading only */
static void imp_to_refs_grants_writing_of_read_only_fd(void **state)
{
	struct local l;
	int fd = read_only_alloc(PAGES);

	(void)state;
	if (fd < 0) {
		note("no DMA heap that makes a read-only dma-buf");
		skip();
	}
	open_gnttab();
	agent("load xen_dmabuf");
	memset(&l, 0, sizeof(l));
	l.pages = PAGES;
	l.refs = calloc(PAGES, sizeof(*l.refs));
	assert_non_null(l.refs);
	l.fd = fd;
	l.va = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(l.va, MAP_FAILED);
	assert_ok(err_of(xengnttab_dmabuf_imp_to_refs(
		gnttab, world.domid, (uint32_t)fd, PAGES, l.refs)));
	assert_ok(local_to_guest(&l, 0, "rw"));
	agent("fill 0 7");
	assert_int_equal(pattern_check(l.va, 0, PAGES, 7, NULL), 0);
	agent("free 0");
	assert_ok(err_of(xengnttab_dmabuf_imp_release(gnttab, (uint32_t)fd)));
	assert_int_equal(xengnttab_close(gnttab), 0);
	eventually(machine_stat("pages_granted") == world.info.pages_granted);
	local_end(&l);
}

/* libxengnttab's other calls work at the same time, on the same references */
static void exp_from_refs_beside_map_grant_refs(void **state)
{
	uint32_t fd;
	uint8_t *va, *other;

	(void)state;
	open_gnttab();
	fd = export_guest_pages(GNTDEV_DMA_FLAG_COHERENT, 8);
	va = map_pages(fd);
	other = xengnttab_map_domain_grant_refs(gnttab, PAGES, world.domid,
						refs, PROT_READ | PROT_WRITE);
	assert_non_null(other);
	pattern_fill(other, 0, PAGES, 9);
	assert_int_equal(pattern_check(va, 0, PAGES, 9, NULL), 0);
	assert_int_equal(xengnttab_unmap(gnttab, other, PAGES), 0);
	close((int)fd);
	assert_int_equal(munmap(va, PAGES * PAGE), 0);
	assert_true(wait_released(fd, WAIT_MS) != -ETIMEDOUT);
	assert_int_equal(xengnttab_close(gnttab), 0);
	agent("free 0");
}

static void dmabuf_calls_set_documented_errno(void **state)
{
	uint32_t fd = 9999, none = 60000;

	(void)state;
	open_gnttab();
	assert_err(wait_released(9999, 0), -ENOENT);
	assert_err(err_of(xengnttab_dmabuf_exp_from_refs(gnttab, world.domid, 0,
							 1, &none, &fd)),
		   -EACCES);
	assert_err(err_of(xengnttab_dmabuf_exp_from_refs(gnttab, world.domid, 0,
							 0, &none, &fd)),
		   -EINVAL);
	assert_err(err_of(xengnttab_dmabuf_imp_release(gnttab, 9999)), -ENOENT);
	assert_int_equal(fd, 9999);
	assert_int_equal(xengnttab_close(gnttab), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(exp_from_refs_maps_guest_pages),
		world_test(exp_wait_released_ends_with_last_user),
		world_test(exp_wait_released_with_reused_fd_number),
		world_test(imp_to_refs_grants_to_guest),
		world_test(imp_to_refs_grants_writing_of_read_only_fd),
		world_test(exp_from_refs_beside_map_grant_refs),
		world_test(dmabuf_calls_set_documented_errno),
	};
	uint32_t fd, none = 0;

	/* The library keeps the device open after its first call: not a test's leak */
	xengnttab_dmabuf_exp_from_refs(NULL, NOBODY, 0, 1, &none, &fd);
	return world_run("dropin", tests);
}
