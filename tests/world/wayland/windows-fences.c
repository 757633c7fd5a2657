// SPDX-License-Identifier: GPL-2.0-only
/*
 * windows-fences drawn | fence | points: a window whose picture is still drawn when it is
 * committed, as the kernel knows, a fence or a point of a timeline says.  The commit must
 * not get on before, and its end must be told as well.
 * windows-fences turn FILE: shows the second of two pictures once there is such a file,
 * and says when the compositor has let go of the first.
 * windows-fences read PROCESS: is a device that reads all dma-bufs which the process has,
 * until SIGTERM.
 */
#include <dirent.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "card.h"
#include "explicit-synchronization-client-protocol.h"
#include "linux-dmabuf-client-protocol.h"
#include "linux-drm-syncobj-client-protocol.h"
#include "vgem.h"
#include "window.h"

#define SIDE 64
#define HELD 2000 /* ms for which nothing may get on */
#define PATIENCE 40000 /* ms */

static struct zwp_linux_dmabuf_v1 *dmabufs;
static struct zwp_linux_explicit_synchronization_v1 *fences;
static struct wp_linux_drm_syncobj_manager_v1 *timelines;

struct picture {
	struct wl_buffer *buffer;
	uint32_t handle; /* of vgem's */
	int dmabuf;
	bool released;
};

static int card; /* vgem's */

static _Noreturn void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	printf("not so: %s\n", what);
	exit(1);
}

/* ---- what the compositor says ---- */

static void add_global(struct wl_registry *r, uint32_t name,
		       const char *interface)
{
	if (!strcmp(interface, zwp_linux_dmabuf_v1_interface.name))
		dmabufs = wl_registry_bind(r, name,
					   &zwp_linux_dmabuf_v1_interface, 3);
	else if (!strcmp(interface,
			 zwp_linux_explicit_synchronization_v1_interface.name))
		fences = wl_registry_bind(
			r, name,
			&zwp_linux_explicit_synchronization_v1_interface, 2);
	else if (!strcmp(interface,
			 wp_linux_drm_syncobj_manager_v1_interface.name))
		timelines = wl_registry_bind(
			r, name, &wp_linux_drm_syncobj_manager_v1_interface, 1);
}

static struct window window = { .add_global = add_global };

static void released(void *data, struct wl_buffer *buffer)
{
	struct picture *p = data;

	p->released = true;
}

static const struct wl_buffer_listener buffer_listener = { released };

static void called(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(bool *)data = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = { called };

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Listens to the compositor; false: so long the flag has not become true */
static bool becomes(const bool *flag, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms, now;
	struct pollfd file = { .fd = wl_display_get_fd(window.display),
			       .events = POLLIN };

	while (!*flag && (now = now_ms()) < end) {
		while (wl_display_prepare_read(window.display))
			wl_display_dispatch_pending(window.display);
		wl_display_flush(window.display);
		if (!*flag && poll(&file, 1, (int)(end - now)) > 0)
			wl_display_read_events(window.display);
		else
			wl_display_cancel_read(window.display);
		if (wl_display_dispatch_pending(window.display) < 0)
			fail("the compositor");
	}
	return *flag;
}

/* Something that all requests before have got on */
static bool *ask(void)
{
	bool *answered = calloc(1, sizeof(*answered));

	wl_callback_add_listener(wl_display_sync(window.display),
				 &callback_listener, answered);
	return answered;
}

/* ---- the window ---- */

static void open_window(void)
{
	const char *missing = window_open(&window, "fences");

	if (missing)
		fail(missing);
	must(dmabufs, "the compositor has linux-dmabuf");
	card = card_open("vgem");
	if (card < 0)
		fail("vgem");
}

/* The compositor has it before something is done with it: else the dma-buf itself would
 * wait on its way */
static void make_picture(struct picture *p)
{
	struct drm_mode_create_dumb dumb = { .width = SIDE,
					     .height = SIDE,
					     .bpp = 32 };
	struct zwp_linux_buffer_params_v1 *params;

	memset(p, 0, sizeof(*p));
	if (ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb) ||
	    drmPrimeHandleToFD(card, dumb.handle, DRM_CLOEXEC | DRM_RDWR,
			       &p->dmabuf))
		fail("a buffer of vgem");
	p->handle = dumb.handle;
	params = zwp_linux_dmabuf_v1_create_params(dmabufs);
	zwp_linux_buffer_params_v1_add(params, p->dmabuf, 0, 0, dumb.pitch, 0,
				       0);
	p->buffer = zwp_linux_buffer_params_v1_create_immed(
		params, SIDE, SIDE, DRM_FORMAT_XRGB8888, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	wl_buffer_add_listener(p->buffer, &buffer_listener, p);
	must(becomes(ask(), PATIENCE), "the compositor has the buffer");
}

static void show(struct picture *p)
{
	p->released = false;
	window_show(&window, p->buffer);
}

/* Of a picture that is drawn; the flag is true when the commit has got on */
static bool *show_undrawn(struct picture *p)
{
	bool *passed;

	show(p);
	passed = ask();
	must(!becomes(passed, HELD), "the frame waits until it is drawn");
	return passed;
}

static uint32_t begin_drawing(const struct picture *p)
{
	uint32_t fence;
	int err = vgem_begin(card, p->handle, VGEM_WRITES, &fence);

	errno = -err;
	if (err)
		fail("a fence of vgem");
	return fence;
}

static int drawn(void)
{
	struct picture p;
	uint32_t fence;
	bool *passed;

	open_window();
	make_picture(&p);
	fence = begin_drawing(&p);
	passed = show_undrawn(&p);
	vgem_end(card, fence);
	must(becomes(passed, PATIENCE), "the frame gets on when it is drawn");
	return 0;
}

/* ---- fences ---- */

static void let_go(void *data, struct zwp_linux_buffer_release_v1 *r)
{
	*(bool *)data = true;
}

static void let_go_later(void *data, struct zwp_linux_buffer_release_v1 *r,
			 int32_t fd)
{
	struct pollfd file = { .fd = fd, .events = POLLIN };

	*(bool *)data = poll(&file, 1, PATIENCE) == 1;
	close(fd);
}

static const struct zwp_linux_buffer_release_v1_listener release_listener = {
	let_go_later, let_go
};

static int fence(void)
{
	struct zwp_linux_surface_synchronization_v1 *sync;
	struct picture pictures[2], work;
	bool *passed, gone = false;
	uint32_t drawing;
	int file;

	open_window();
	must(fences, "explicit synchronisation is offered");
	make_picture(&pictures[0]);
	make_picture(&pictures[1]);
	make_picture(&work);
	drawing = begin_drawing(&work);
	file = vgem_sync_file(work.dmabuf);
	must(file >= 0, "the fence is exported");
	sync = zwp_linux_explicit_synchronization_v1_get_synchronization(
		fences, window.surface);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, file);
	zwp_linux_buffer_release_v1_add_listener(
		zwp_linux_surface_synchronization_v1_get_release(sync),
		&release_listener, &gone);
	passed = show_undrawn(&pictures[0]);
	vgem_end(card, drawing);
	must(becomes(passed, PATIENCE), "the frame gets on with its fence");
	must(!gone, "it is not let go while it is shown");
	show(&pictures[1]);
	must(becomes(&gone, PATIENCE), "it is let go for the next one");
	return 0;
}

/* ---- points ---- */

static int open_timelines(void)
{
	char path[32];
	uint64_t value;
	int i, fd;

	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%d", 128 + i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		value = 0;
		if (fd >= 0 &&
		    !drmGetCap(fd, DRM_CAP_SYNCOBJ_TIMELINE, &value) && value)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	must(false, "a device has timelines");
	return -1;
}

static int points(void)
{
	struct wp_linux_drm_syncobj_surface_v1 *sync;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
	int device = open_timelines(), file;
	struct picture pictures[2];
	uint64_t point = 1;
	uint32_t handle;
	bool *passed;

	open_window();
	must(timelines, "points of timelines are offered");
	make_picture(&pictures[0]);
	make_picture(&pictures[1]);
	if (drmSyncobjCreate(device, 0, &handle) ||
	    drmSyncobjHandleToFD(device, handle, &file))
		fail("a timeline");
	timeline = wp_linux_drm_syncobj_manager_v1_import_timeline(timelines,
								   file);
	sync = wp_linux_drm_syncobj_manager_v1_get_surface(timelines,
							   window.surface);
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync, timeline, 0, 1);
	wp_linux_drm_syncobj_surface_v1_set_release_point(sync, timeline, 0, 2);
	passed = show_undrawn(&pictures[0]);
	if (drmSyncobjTimelineSignal(device, &handle, &point, 1))
		fail("a point");
	must(becomes(passed, PATIENCE), "the frame gets on with its point");
	point = 2;
	must(drmSyncobjTimelineWait(device, &handle, &point, 1, 0, 0, NULL),
	     "it is not let go while it is shown");
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync, timeline, 0, 1);
	wp_linux_drm_syncobj_surface_v1_set_release_point(sync, timeline, 0, 3);
	show(&pictures[1]);
	must(becomes(&pictures[0].released, PATIENCE),
	     "the buffer is released");
	must(!drmSyncobjTimelineWait(device, &handle, &point, 1, INT64_MAX,
				     DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
				     NULL),
	     "its point is signalled");
	return 0;
}

/* ---- a compositor that reads for longer than it says ---- */

static int turn(const char *file)
{
	struct picture pictures[2];
	bool never = false;

	open_window();
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_picture(&pictures[0]);
	make_picture(&pictures[1]);
	show(&pictures[0]);
	printf("first\n");
	while (access(file, F_OK))
		becomes(&never, 200);
	show(&pictures[1]);
	must(becomes(ask(), PATIENCE), "the second picture gets on");
	printf("second\n");
	becomes(&pictures[0].released, INT32_MAX);
	printf("released\n");
	becomes(&never, INT32_MAX);
	return 0;
}

static bool fence_all(uint32_t *fence_of, const uint32_t *handles,
		      unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (vgem_begin(card, handles[i], VGEM_READS, &fence_of[i]))
			return false;
	return true;
}

static unsigned int import_all(const char *process, uint32_t *handles,
			       unsigned int most)
{
	int from = (int)syscall(SYS_pidfd_open, atoi(process), 0), fd;
	char path[64], target[64];
	struct dirent *entry;
	unsigned int nr = 0;
	ssize_t n;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	folder = opendir(path);
	if (from < 0 || !folder)
		fail("the process");
	while ((entry = readdir(folder)) && nr < most) {
		n = readlinkat(dirfd(folder), entry->d_name, target,
			       sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		if (strncmp(target, "/dmabuf:", 8))
			continue;
		fd = (int)syscall(SYS_pidfd_getfd, from, atoi(entry->d_name),
				  0);
		if (fd >= 0 && !card_import(card, fd, &handles[nr]))
			nr++;
		close(fd);
	}
	return nr;
}

static volatile sig_atomic_t ended;

static void end(int number)
{
	ended = 1;
}

/* A fence of vgem's lasts ten seconds at most: there is always a newer one */
static int read_all(const char *process)
{
	uint32_t handles[32], old[32], new[32];
	unsigned int nr, i;

	card = card_open("vgem");
	if (card < 0)
		fail("vgem");
	signal(SIGTERM, end);
	nr = import_all(process, handles, 32);
	must(nr, "the process has dma-bufs");
	must(fence_all(old, handles, nr), "fences are attached");
	printf("reads %u dma-bufs\n", nr);
	fflush(stdout);
	while (!ended) {
		poll(NULL, 0, 2000);
		must(fence_all(new, handles, nr), "fences are renewed");
		for (i = 0; i < nr; i++)
			vgem_end(card, old[i]);
		memcpy(old, new, sizeof(old));
	}
	for (i = 0; i < nr; i++)
		vgem_end(card, old[i]);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "drawn"))
		return drawn();
	if (argc == 2 && !strcmp(argv[1], "fence"))
		return fence();
	if (argc == 2 && !strcmp(argv[1], "points"))
		return points();
	if (argc == 3 && !strcmp(argv[1], "turn"))
		return turn(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "read"))
		return read_all(argv[2]);
	fprintf(stderr,
		"usage: windows-fences drawn|fence|points|turn FILE|read PROCESS\n");
	return 2;
}
