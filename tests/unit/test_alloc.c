// SPDX-License-Identifier: GPL-2.0-only
/* Local dma-bufs and the CPU's access to them */
#include <errno.h>
#include <fcntl.h>
#include <drm.h>
#include <drm_mode.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xendmabuf.h>

#include "fake.h"

static struct {
	int heap_open, heap_err, udmabuf_open, udmabuf_err;
	const char *limit;
	uint64_t heap_len, udmabuf_size;
	int card_open; /* of card1; there is no other */
	const char *card_name;
	const char *card_link; /* its device in sysfs; NULL: no sysfs */
	int cards_opened;
	const char *guest_type; /* of a Xen domain; NULL: not under Xen */
	bool has_pci;
	uint64_t dumb_size;
	int prime_err;
	int made; /* the dma-buf */
} world;

static int world_open(const char *path, int flags)
{
	if (!strcmp(path, "/sys/hypervisor/guest_type"))
		return world.guest_type ? fake_file(world.guest_type) : -ENOENT;
	if (strstr(path, "size_limit_mb"))
		return world.limit ? fake_file(world.limit) : -ENOENT;
	if (!strcmp(path, "/dev/dma_heap/system"))
		return world.heap_open ? world.heap_open : fake_chardev();
	if (strstr(path, "/dev/dri/card")) {
		assert_int_equal(flags & O_ACCMODE, O_RDWR);
		if (!world.card_name || strcmp(path, "/dev/dri/card1"))
			return -ENOENT;
		world.cards_opened++;
		return world.card_open ? world.card_open : fake_chardev();
	}
	assert_string_equal(path, "/dev/udmabuf");
	assert_int_equal(flags & O_ACCMODE, O_RDWR);
	return world.udmabuf_open ? world.udmabuf_open : fake_chardev();
}

static const char *world_readlink(const char *path)
{
	return strcmp(path, "/sys/class/drm/card1/device") ? NULL
							   : world.card_link;
}

static int world_access(const char *path)
{
	assert_string_equal(path, "/sys/bus/pci/devices/0000:00:00.0");
	return world.has_pci ? 0 : -ENOENT;
}

static int from_heap(struct dma_heap_allocation_data *args)
{
	assert_int_equal(args->fd_flags, O_RDWR | O_CLOEXEC);
	assert_int_equal(args->heap_flags, 0);
	world.heap_len = args->len;
	if (world.heap_err)
		return world.heap_err;
	args->fd = world.made = fake_chardev();
	return 0;
}

static int from_udmabuf(const struct udmabuf_create *args)
{
	struct stat st;

	/* What the kernel requires: sealed, of the buffer's size, whole pages */
	assert_int_equal(fcntl(args->memfd, F_GET_SEALS) & F_SEAL_SHRINK,
			 F_SEAL_SHRINK);
	assert_int_equal(fcntl(args->memfd, F_GET_SEALS) & F_SEAL_WRITE, 0);
	assert_int_equal(fstat(args->memfd, &st), 0);
	assert_int_equal(st.st_size, args->size);
	assert_int_equal(args->offset, 0);
	assert_int_equal(args->flags, UDMABUF_FLAGS_CLOEXEC);
	world.udmabuf_size = args->size;
	if (world.udmabuf_err)
		return world.udmabuf_err;
	return world.made = fake_chardev();
}

static int card_version(struct drm_version *version)
{
	strncpy(version->name, world.card_name, version->name_len);
	return 0;
}

static int card_dumb(struct drm_mode_create_dumb *args)
{
	assert_int_equal(args->bpp, 32);
	args->pitch = args->width * 4;
	args->size = (uint64_t)args->pitch * args->height;
	args->handle = 77;
	world.dumb_size = args->size;
	return 0;
}

static int card_prime(struct drm_prime_handle *args)
{
	assert_int_equal(args->handle, 77);
	assert_int_equal(args->flags, DRM_CLOEXEC | DRM_RDWR);
	if (world.prime_err)
		return world.prime_err;
	args->fd = world.made = fake_chardev();
	return 0;
}

static int world_ioctl(int fd, unsigned long request, void *arg)
{
	assert_true(fake_is_open(fd));
	switch (request) {
	case DMA_HEAP_IOCTL_ALLOC:
		return from_heap(arg);
	case UDMABUF_CREATE:
		return from_udmabuf(arg);
	case DRM_IOCTL_VERSION:
		return card_version(arg);
	case DRM_IOCTL_MODE_CREATE_DUMB:
		return card_dumb(arg);
	case DRM_IOCTL_PRIME_HANDLE_TO_FD:
		return card_prime(arg);
	}
	fail_msg("ioctl %lx", request);
	return -ENOTTY;
}

static int setup(void **state)
{
	memset(&world, 0, sizeof(world));
	fake_setup(state);
	fake.open = world_open;
	fake.readlink = world_readlink;
	fake.access = world_access;
	fake.ioctl = world_ioctl;
	return 0;
}

static void expect_alloc(size_t size, unsigned int source)
{
	int fds = fake_fds(), fd = -1;

	assert_int_equal(xendmabuf_alloc(size, source, &fd), 0);
	assert_int_equal(fd, world.made);
	/* The dma-buf alone stays open */
	assert_int_equal(fake_fds(), fds + 1);
	close(fd);
}

static void expect_alloc_error(size_t size, unsigned int source, int err)
{
	int fds = fake_fds(), fd = 0;

	assert_int_equal(xendmabuf_alloc(size, source, &fd), err);
	assert_int_equal(fd, -1);
	assert_int_equal(fake_fds(), fds);
}

static void alloc_from_dma_heap(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);

	(void)state;
	expect_alloc(1, XENDMABUF_ALLOC_HEAP);
	assert_int_equal(world.heap_len, page);
	expect_alloc(page, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.heap_len, page);
	expect_alloc(page + 1, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.heap_len, 2 * page);
	assert_int_equal(world.udmabuf_size, 0);
}

static void alloc_from_udmabuf(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);

	(void)state;
	expect_alloc(1, XENDMABUF_ALLOC_UDMABUF);
	assert_int_equal(world.udmabuf_size, page);
	expect_alloc(8100 * 4096, XENDMABUF_ALLOC_UDMABUF);
	assert_int_equal(world.udmabuf_size, 8100 * 4096);
	assert_int_equal(world.heap_len, 0);
}

static void alloc_any_falls_back_to_udmabuf(void **state)
{
	static const int gone[] = { -ENOENT, -ENOTDIR, -ENXIO,
				    -ENODEV, -EACCES,  -EPERM };
	size_t i;

	(void)state;
	for (i = 0; i < NR(gone); i++) {
		world.heap_open = gone[i];
		world.udmabuf_size = 0;
		expect_alloc(4096, XENDMABUF_ALLOC_ANY);
		assert_int_not_equal(world.udmabuf_size, 0);
	}
	/* A heap without memory: udmabuf is not tried */
	world.heap_open = 0;
	world.heap_err = -ENOMEM;
	world.udmabuf_size = 0;
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -ENOMEM);
	assert_int_equal(world.udmabuf_size, 0);
}

static void alloc_without_heap_and_udmabuf_fails(void **state)
{
	(void)state;
	world.heap_open = -ENOENT;
	world.udmabuf_open = -ENOENT;
	expect_alloc_error(4096, XENDMABUF_ALLOC_HEAP, -ENODEV);
	expect_alloc_error(4096, XENDMABUF_ALLOC_UDMABUF, -ENODEV);
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -ENODEV);
	world.heap_open = -EACCES;
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -EACCES);
	world.heap_open = -ENOENT;
	world.udmabuf_open = -EACCES;
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -EACCES);
}

/* a kernel with neither heaps nor udmabuf: vgem, and no other card, is tried */
static void alloc_falls_back_to_vgem(void **state)
{
	(void)state;
	world.card_name = "vgem";
	expect_alloc(4096 + 1, XENDMABUF_ALLOC_DUMB);
	assert_int_equal(world.dumb_size, 8192);
	world.dumb_size = 0;
	expect_alloc(4096, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.dumb_size, 0);
	world.heap_open = world.udmabuf_open = -ENOENT;
	expect_alloc(8100 * 4096, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.dumb_size, 8100 * 4096);
	world.prime_err = -EMFILE;
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -EMFILE);
	world.prime_err = 0;
	world.card_name = "cirrus";
	expect_alloc_error(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	world.card_name = "vgem2";
	expect_alloc_error(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	world.card_open = -EACCES;
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -EACCES);
	expect_alloc_error(4096, XENDMABUF_ALLOC_DUMB + 1, -EINVAL);
}

/* in a PV domain without PCI, an access to memory of vgem would never end */
static void alloc_any_skips_vgem_in_pv_without_pci(void **state)
{
	static const struct {
		const char *guest_type;
		bool has_pci;
		int err;
	} domains[] = {
		{ "PV\n", false, -ENODEV }, { "PV\n", true, 0 },
		{ "PVH\n", false, 0 },	    { "HVM\n", true, 0 },
		{ "", false, 0 },	    { NULL, false, 0 },
	};
	size_t i;

	(void)state;
	world.card_name = "vgem";
	world.heap_open = world.udmabuf_open = -ENOENT;
	for (i = 0; i < NR(domains); i++) {
		world.guest_type = domains[i].guest_type;
		world.has_pci = domains[i].has_pci;
		if (domains[i].err)
			expect_alloc_error(4096, XENDMABUF_ALLOC_ANY,
					   domains[i].err);
		else
			expect_alloc(4096, XENDMABUF_ALLOC_ANY);
		/* vgem asked for explicitly is used everywhere */
		expect_alloc(4096, XENDMABUF_ALLOC_DUMB);
	}
	world.guest_type = "PV\n";
	world.has_pci = false;
	world.heap_open = -EACCES;
	expect_alloc_error(4096, XENDMABUF_ALLOC_ANY, -EACCES);
}

/* opening another card's node could make this process its DRM master */
static void alloc_does_not_open_other_cards(void **state)
{
	(void)state;
	world.card_name = "vgem";
	world.card_link = "../../../vgem";
	expect_alloc(4096, XENDMABUF_ALLOC_DUMB);
	assert_int_equal(world.cards_opened, 1);
	world.card_link = "vgem";
	expect_alloc(4096, XENDMABUF_ALLOC_DUMB);
	world.card_link = "../../../vgem2";
	expect_alloc_error(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	world.card_link = "../../../0000:00:02.0";
	world.card_name = "cirrus";
	world.card_open = -EACCES;
	expect_alloc_error(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	assert_int_equal(world.cards_opened, 2);
}

static void alloc_over_udmabuf_limit_fails_efbig(void **state)
{
	(void)state;
	world.udmabuf_err = -EINVAL;
	expect_alloc_error(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	expect_alloc_error(64 << 20, XENDMABUF_ALLOC_UDMABUF, -EINVAL);
	world.limit = "100\n";
	expect_alloc_error(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EINVAL);
	expect_alloc_error(101 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	world.limit = "";
	expect_alloc_error(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	world.limit = "99999999999999";
	expect_alloc_error(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	world.udmabuf_err = -ENOMEM;
	expect_alloc_error(65 << 20, XENDMABUF_ALLOC_UDMABUF, -ENOMEM);
}

static void alloc_bad_arguments_refused(void **state)
{
	(void)state;
	expect_alloc_error(0, XENDMABUF_ALLOC_ANY, -EINVAL);
	expect_alloc_error(4096, 4, -EINVAL);
	expect_alloc_error(SIZE_MAX, XENDMABUF_ALLOC_ANY, -EFBIG);
	expect_alloc_error(SIZE_MAX / 2, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	assert_int_equal(world.heap_len, 0);
}

static void size_of_dmabuf(void **state)
{
	int fd = memfd_create("size", 0);
	int fds[2];

	(void)state;
	assert_int_equal(ftruncate(fd, 5LL << 30), 0);
	assert_int_equal(xendmabuf_size(fd), 5LL << 30);
	close(fd);
	assert_int_equal(xendmabuf_size(-1), -EBADF);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(xendmabuf_size(fds[0]), -ESPIPE);
	close(fds[0]);
	close(fds[1]);
}

static struct {
	int again; /* how many calls are interrupted first */
	int err;
	int calls;
	uint64_t flags;
} sync_to;

static int sync_ioctl(int fd, unsigned long request, void *arg)
{
	assert_int_equal(fd, 55);
	assert_int_equal(request, DMA_BUF_IOCTL_SYNC);
	sync_to.flags = ((struct dma_buf_sync *)arg)->flags;
	sync_to.calls++;
	if (sync_to.again) {
		sync_to.again--;
		return sync_to.calls & 1 ? -EINTR : -EAGAIN;
	}
	return sync_to.err;
}

static void cpu_access_begins_and_ends(void **state)
{
	(void)state;
	fake.ioctl = sync_ioctl;
	memset(&sync_to, 0, sizeof(sync_to));
	assert_int_equal(xendmabuf_access_begin(55, XENDMABUF_READ), 0);
	assert_int_equal(sync_to.flags, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_START);
	assert_int_equal(
		xendmabuf_access_end(55, XENDMABUF_READ | XENDMABUF_WRITE), 0);
	assert_int_equal(sync_to.flags, DMA_BUF_SYNC_RW | DMA_BUF_SYNC_END);
	assert_int_equal(sync_to.calls, 2);
	assert_int_equal(xendmabuf_access_begin(55, 0), -EINVAL);
	assert_int_equal(xendmabuf_access_end(55, 4), -EINVAL);
	assert_int_equal(sync_to.calls, 2);
	sync_to.err = -ENODEV;
	assert_int_equal(xendmabuf_access_begin(55, XENDMABUF_WRITE), -ENODEV);
}

static void cpu_access_retried_when_interrupted(void **state)
{
	int err;

	(void)state;
	fake.ioctl = sync_ioctl;
	memset(&sync_to, 0, sizeof(sync_to));
	sync_to.again = 5;
	assert_int_equal(xendmabuf_access_begin(55, XENDMABUF_READ), 0);
	assert_int_equal(sync_to.calls, 6);
	sync_to.again = 1000000;
	sync_to.calls = 0;
	err = xendmabuf_access_begin(55, XENDMABUF_READ);
	assert_true(err == -EAGAIN || err == -EINTR);
	assert_uint_in_range(sync_to.calls, 10, 1000);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alloc_from_dma_heap),
		TEST(alloc_from_udmabuf),
		TEST(alloc_any_falls_back_to_udmabuf),
		TEST(alloc_without_heap_and_udmabuf_fails),
		TEST(alloc_falls_back_to_vgem),
		TEST(alloc_any_skips_vgem_in_pv_without_pci),
		TEST(alloc_does_not_open_other_cards),
		TEST(alloc_over_udmabuf_limit_fails_efbig),
		TEST(alloc_bad_arguments_refused),
		TEST(size_of_dmabuf),
		TEST(cpu_access_begins_and_ends),
		TEST(cpu_access_retried_when_interrupted),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
