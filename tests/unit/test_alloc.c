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
	const char *card_link; /* its device in sysfs, if that is there */
	int cards_opened;
	const char *guest_type; /* if this is a Xen domain */
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

	/* As the kernel asks: sealed, as long as the buffer, whole pages */
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

static void allocates(size_t size, unsigned int source)
{
	int fds = fake_fds(), fd = -1;

	assert_int_equal(xendmabuf_alloc(size, source, &fd), 0);
	assert_int_equal(fd, world.made);
	/* Nothing is kept open but the dma-buf */
	assert_int_equal(fake_fds(), fds + 1);
	close(fd);
}

static void fails(size_t size, unsigned int source, int err)
{
	int fds = fake_fds(), fd = 0;

	assert_int_equal(xendmabuf_alloc(size, source, &fd), err);
	assert_int_equal(fd, -1);
	assert_int_equal(fake_fds(), fds);
}

static void from_the_heap(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);

	(void)state;
	allocates(1, XENDMABUF_ALLOC_HEAP);
	assert_int_equal(world.heap_len, page);
	allocates(page, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.heap_len, page);
	allocates(page + 1, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.heap_len, 2 * page);
	assert_int_equal(world.udmabuf_size, 0);
}

static void from_the_memfd(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);

	(void)state;
	allocates(1, XENDMABUF_ALLOC_UDMABUF);
	assert_int_equal(world.udmabuf_size, page);
	allocates(8100 * 4096, XENDMABUF_ALLOC_UDMABUF);
	assert_int_equal(world.udmabuf_size, 8100 * 4096);
	assert_int_equal(world.heap_len, 0);
}

static void any_tries_both(void **state)
{
	static const int gone[] = { -ENOENT, -ENOTDIR, -ENXIO,
				    -ENODEV, -EACCES,  -EPERM };
	size_t i;

	(void)state;
	for (i = 0; i < NR(gone); i++) {
		world.heap_open = gone[i];
		world.udmabuf_size = 0;
		allocates(4096, XENDMABUF_ALLOC_ANY);
		assert_int_not_equal(world.udmabuf_size, 0);
	}
	/* The heap is there and has no memory: the other one is not tried */
	world.heap_open = 0;
	world.heap_err = -ENOMEM;
	world.udmabuf_size = 0;
	fails(4096, XENDMABUF_ALLOC_ANY, -ENOMEM);
	assert_int_equal(world.udmabuf_size, 0);
}

static void nothing_there(void **state)
{
	(void)state;
	world.heap_open = -ENOENT;
	world.udmabuf_open = -ENOENT;
	fails(4096, XENDMABUF_ALLOC_HEAP, -ENODEV);
	fails(4096, XENDMABUF_ALLOC_UDMABUF, -ENODEV);
	fails(4096, XENDMABUF_ALLOC_ANY, -ENODEV);
	world.heap_open = -EACCES;
	fails(4096, XENDMABUF_ALLOC_ANY, -EACCES);
	world.heap_open = -ENOENT;
	world.udmabuf_open = -EACCES;
	fails(4096, XENDMABUF_ALLOC_ANY, -EACCES);
}

/* a kernel with neither: vgem, and no other card, is the last resort */
static void from_vgem(void **state)
{
	(void)state;
	world.card_name = "vgem";
	allocates(4096 + 1, XENDMABUF_ALLOC_DUMB);
	assert_int_equal(world.dumb_size, 8192);
	world.dumb_size = 0;
	allocates(4096, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.dumb_size, 0);
	world.heap_open = world.udmabuf_open = -ENOENT;
	allocates(8100 * 4096, XENDMABUF_ALLOC_ANY);
	assert_int_equal(world.dumb_size, 8100 * 4096);
	world.prime_err = -EMFILE;
	fails(4096, XENDMABUF_ALLOC_ANY, -EMFILE);
	world.prime_err = 0;
	world.card_name = "cirrus";
	fails(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	world.card_name = "vgem2";
	fails(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	world.card_open = -EACCES;
	fails(4096, XENDMABUF_ALLOC_ANY, -EACCES);
	fails(4096, XENDMABUF_ALLOC_DUMB + 1, -EINVAL);
}

/* a PV domain without hardware would never get beyond its first touch of it */
static void vgem_only_where_it_can_be_touched(void **state)
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
			fails(4096, XENDMABUF_ALLOC_ANY, domains[i].err);
		else
			allocates(4096, XENDMABUF_ALLOC_ANY);
		/* who asks for it knows better */
		allocates(4096, XENDMABUF_ALLOC_DUMB);
	}
	world.guest_type = "PV\n";
	world.has_pci = false;
	world.heap_open = -EACCES;
	fails(4096, XENDMABUF_ALLOC_ANY, -EACCES);
}

/* to open another card's node may make this process its master: it is not */
static void other_cards_are_left_alone(void **state)
{
	(void)state;
	world.card_name = "vgem";
	world.card_link = "../../../vgem";
	allocates(4096, XENDMABUF_ALLOC_DUMB);
	assert_int_equal(world.cards_opened, 1);
	world.card_link = "vgem";
	allocates(4096, XENDMABUF_ALLOC_DUMB);
	world.card_link = "../../../vgem2";
	fails(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	world.card_link = "../../../0000:00:02.0";
	world.card_name = "cirrus";
	world.card_open = -EACCES;
	fails(4096, XENDMABUF_ALLOC_DUMB, -ENODEV);
	assert_int_equal(world.cards_opened, 2);
}

static void udmabuf_limit(void **state)
{
	(void)state;
	world.udmabuf_err = -EINVAL;
	fails(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	fails(64 << 20, XENDMABUF_ALLOC_UDMABUF, -EINVAL);
	world.limit = "100\n";
	fails(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EINVAL);
	fails(101 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	world.limit = "";
	fails(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	world.limit = "99999999999999";
	fails(65 << 20, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	world.udmabuf_err = -ENOMEM;
	fails(65 << 20, XENDMABUF_ALLOC_UDMABUF, -ENOMEM);
}

static void bad_arguments(void **state)
{
	(void)state;
	fails(0, XENDMABUF_ALLOC_ANY, -EINVAL);
	fails(4096, 4, -EINVAL);
	fails(SIZE_MAX, XENDMABUF_ALLOC_ANY, -EFBIG);
	fails(SIZE_MAX / 2, XENDMABUF_ALLOC_UDMABUF, -EFBIG);
	assert_int_equal(world.heap_len, 0);
}

static void size(void **state)
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
	int again; /* so many of these first */
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

static void cpu_access(void **state)
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

static void cpu_access_again(void **state)
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
		TEST(from_the_heap),
		TEST(from_the_memfd),
		TEST(any_tries_both),
		TEST(nothing_there),
		TEST(from_vgem),
		TEST(vgem_only_where_it_can_be_touched),
		TEST(other_cards_are_left_alone),
		TEST(udmabuf_limit),
		TEST(bad_arguments),
		TEST(size),
		TEST(cpu_access),
		TEST(cpu_access_again),
	};

	return cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
