// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program's own pages at the compositor.  Where udmabuf makes a dma-buf of them, the
 * tests' maker gives the program's file itself: the halves do not see a difference.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/route-socket.h"
#include "common/udmabuf.h"
#include "halves.h"

static char out[16384];

/* Of 512 x 512; a file of the other size is a dma-buf for the agent */
#define PIXELS_SIZE (1 << 20)
#define DMABUF_SIZE (PIXELS_SIZE + 4096)
/* More than is sent; the maker has no room for it at first */
#define LARGE_WIDTH 1920
#define LARGE_HEIGHT 1280
#define LARGE_SIZE (LARGE_WIDTH * LARGE_HEIGHT * 4)

static unsigned int full_for = 3; /* attempts */

int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);

int __wrap_fstatfs64(int fd, struct statfs *fs)
{
	int ret = __real_fstatfs64(fd, fs);
	struct stat st;

	if (!fstat(fd, &st) && st.st_size == DMABUF_SIZE)
		fs->f_type = 0x444d4142;
	return ret;
}

static int give_file(struct xwl_maker *m, int memfd, uint64_t offset,
		     uint64_t size)
{
	struct statfs fs;

	/* as udmabuf, which takes memfds alone */
	if (!fstatfs(memfd, &fs) && fs.f_type == 0x444d4142)
		return -EBADFD;
	if (size == LARGE_SIZE && full_for) {
		full_for--;
		return -EDQUOT;
	}
	if (offset || xdc_udmabuf_prepare(memfd, size))
		return -EINVAL;
	return fcntl(memfd, F_DUPFD_CLOEXEC, 0);
}

static int (*call_host)(struct xwl_route *r, int *pending,
			struct xwl_passage *passage);

/* As of two domains, whose halves see no files of each other's */
static int call_across(struct xwl_route *r, int *pending,
		       struct xwl_passage *passage)
{
	int ret = call_host(r, pending, passage);

	passage->across = passage->maker;
	return ret;
}

static void stop(int signal)
{
	_exit(0);
}

static void run_agent(void)
{
	static struct xwl_maker maker = { .make = give_file };
	static struct xwl_socket_route route;
	static struct xwl_agent a;
	static struct xdc_loop loop;
	char path[128], socket[128];
	int fd, lock;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, stop);
	snprintf(socket, sizeof(socket), "%s/host", folder);
	maker.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	xwl_socket_route_init(&route, socket, &maker);
	call_host = route.route.call;
	route.route.call = call_across;
	fd = xwl_agent_listen("guest-0", path, sizeof(path), &lock);
	if (fd < 0 || xdc_loop_init(&loop) ||
	    xwl_agent_start(&a, &loop, fd, &route.route))
		_exit(1);
	_exit(xdc_loop_run(&loop) != 0);
}

static int setup(void **state)
{
	char path[128];
	int i;

	halves_setup(state);
	halves_stop(&agent, SIGTERM);
	agent = fork();
	if (!agent)
		run_agent();
	snprintf(path, sizeof(path), "%s/guest-0", folder);
	for (i = 0; i < 1000 && access(path, F_OK); i++)
		usleep(10000);
	return 0;
}

static struct wl_shm_pool *pool; /* of the image that was made last */

static struct wl_buffer *make_buffer(void)
{
	return wl_shm_pool_create_buffer(pool, 0, 512, 512, 2048,
					 WL_SHM_FORMAT_XRGB8888);
}

/* At the beginning of a file of this size */
static struct image make_image_in(int size)
{
	struct image i = { .width = 512, .height = 512 };

	i.fd = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(i.fd, size), 0);
	i.pixels = mmap(NULL, PIXELS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			i.fd, 0);
	assert_ptr_not_equal(i.pixels, MAP_FAILED);
	/* as a dma-buf; otherwise the agent does it */
	if (size == DMABUF_SIZE)
		assert_int_equal(fcntl(i.fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	pool = wl_shm_create_pool(shm, i.fd, size);
	i.buffer = make_buffer();
	return i;
}

static struct image make_image(void)
{
	return make_image_in(PIXELS_SIZE);
}

static void draw_and_show(struct wl_surface *surface, struct image *i)
{
	image_fill(i, 0, 0, 512, 512);
	wl_surface_attach(surface, i->buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, 1, 1);
	surface_show(surface);
	expect_image(i);
}

static void expect_status(const char *text)
{
	char command[256];
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command), "%s --socket %s/host status",
		 getenv("XWL_PROGRAM"), folder);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	pclose(f);
	if (!strstr(out, text))
		fail_msg("no '%s' in:\n%s", text, out);
}

/* Damage does not matter: there is nothing to be copied */
static void nothing_is_copied(void **state)
{
	struct wl_surface *surface;
	struct image image;
	int i;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	image = make_image();
	for (i = 0; i < 10; i++)
		draw_and_show(surface, &image);
	expect_status("frames: 10 shared, 0 copied\n");
	/* the program cannot make the compositor fault */
	assert_int_equal(ftruncate(image.fd, 0), -1);
}

/* GStreamer's waylandsink does that with a camera's, if linux-dmabuf takes it too long */
static void dmabuf_is_memory_as_well(void **state)
{
	struct wl_surface *surface;
	struct image image;
	int i;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	image = make_image_in(DMABUF_SIZE);
	for (i = 0; i < 3; i++)
		draw_and_show(surface, &image);
	expect_status("frames: 3 shared, 0 copied\n");
}

/* It is shown as soon as there is room: its program waits, and is not ended */
static void large_buffer_waits_for_room(void **state)
{
	struct image i = { .width = LARGE_WIDTH, .height = LARGE_HEIGHT };
	struct wl_surface *surface;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	i.fd = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(i.fd, LARGE_SIZE), 0);
	i.pixels = mmap(NULL, LARGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			i.fd, 0);
	assert_ptr_not_equal(i.pixels, MAP_FAILED);
	pool = wl_shm_create_pool(shm, i.fd, LARGE_SIZE);
	i.buffer = wl_shm_pool_create_buffer(pool, 0, i.width, i.height,
					     i.width * 4,
					     WL_SHM_FORMAT_XRGB8888);
	image_fill(&i, 0, 0, 100, 100);
	wl_surface_attach(surface, i.buffer, 0, 0);
	wl_surface_damage(surface, 0, 0, 100, 100);
	surface_show(surface);
	expect_image(&i);
	expect_status("frames: 1 shared, 0 copied\n");
	munmap(i.pixels, LARGE_SIZE);
}

static void punch(const struct image *i)
{
	assert_int_equal(fallocate(i->fd,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   8192, 4096),
			 0);
}

static void holes_are_shared_anew_and_then_copied(void **state)
{
	struct wl_surface *surface;
	struct image image;

	program_enter();
	surface = wl_compositor_create_surface(wl);
	image = make_image();
	draw_and_show(surface, &image);
	punch(&image);
	draw_and_show(surface, &image);
	expect_status("frames: 2 shared, 0 copied\n");
	punch(&image);
	draw_and_show(surface, &image);
	expect_status("copied: 1: the program keeps taking pages out");
	/* by damage, which is all of it after the buffer was exchanged */
	image_fill(&image, 5, 5, 20, 20);
	wl_surface_attach(surface, image.buffer, 0, 0);
	wl_surface_damage(surface, 5, 5, 20, 20);
	surface_show(surface);
	expect_image(&image);
	wl_buffer_destroy(image.buffer);
	assert_true(wl_display_roundtrip(display) > 0);
	/* other buffers of the pool, too */
	image.buffer = make_buffer();
	draw_and_show(surface, &image);
	expect_status("copied: 3: the program keeps taking pages out");
	wl_buffer_destroy(image.buffer);
	assert_true(wl_display_roundtrip(display) > 0);
	/* the surface shows it */
	expect_status("1 surfaces, 0 buffers with 1 of 256 MiB\n");
	wl_surface_attach(surface, NULL, 0, 0);
	surface_show(surface);
	expect_status("1 surfaces, 0 buffers with 0 of 256 MiB\n");
	expect_others_live();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, halves_teardown)
		TEST(nothing_is_copied),
		TEST(dmabuf_is_memory_as_well),
		TEST(large_buffer_waits_for_room),
		TEST(holes_are_shared_anew_and_then_copied),
	};
	int failed;

	if (halves_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return halves_end() || failed;
}
