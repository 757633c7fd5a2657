// SPDX-License-Identifier: GPL-2.0-only
#include "fake_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/log.h"
#include "output/wayland.h"

char dir[] = "/tmp/test_wayland.XXXXXX";
char path[64];
struct xdc_loop loop;
struct xd_policy policy;
struct fake_window win;
int held;
static int pixels = -1;

static void on_holds(struct xd_owner *of, int more)
{
	assert_ptr_equal(of, &owner);
	held += more;
	assert_true(held >= 0);
}

struct xd_owner owner = { .holds = on_holds };

void close_window(struct fake_window *w)
{
	w->output->ops->destroy(w->output);
	w->output = NULL;
}

static void on_done(struct xd_output *output)
{
	struct fake_window *w = output->user;

	w->done++;
}

static void on_lost(struct xd_output *output)
{
	struct fake_window *w = output->user;
	unsigned int i;

	w->lost++;
	/* as a screen does */
	for (i = 0; i < 4; i++)
		if (w->images[i])
			output->ops->release(output, w->images[i]);
	memset(w->images, 0, sizeof(w->images));
	close_window(w);
}

static void on_refused(struct xd_output *output, struct xd_image *image,
		       int err)
{
	struct fake_window *w = output->user;

	assert_true(err < 0);
	assert_string_not_equal(output->why, "");
	snprintf(w->why, sizeof(w->why), "%s", output->why);
	w->refused++;
	w->refused_image = image;
	output->ops->release(output, image);
}

static void on_broke(struct xd_output *output, struct xd_image *image,
		     const char *why)
{
	struct fake_window *w = output->user;

	w->broke++;
	w->broken_image = image;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static void on_room(struct xd_output *output)
{
	struct fake_window *w = output->user;

	assert_false(output->ops->is_full(output));
	w->rooms++;
}

int open_window(struct fake_window *w, struct xd_owner *of)
{
	struct xdc_reason why = { "" };
	int err = xd_wayland_open(&loop, of, &policy, W, H, &w->output, &why);

	if (err) {
		assert_string_not_equal(why.text, "");
		w->output = NULL;
		return err;
	}
	w->output->user = w;
	w->output->flip_done = on_done;
	w->output->lost = on_lost;
	w->output->refused = on_refused;
	w->output->broke = on_broke;
	w->output->room = on_room;
	w->output->input = &input;
	return 0;
}

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	compositor_flush();
	xdc_timer_init(&loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	loop.stop = false;
	xdc_loop_run(&loop);
	xdc_timer_fini(&timer);
}

struct xd_picture make_picture(uint32_t fourcc, uint32_t w, uint32_t h)
{
	const struct xd_format *f = xd_format_find(fourcc);

	return (struct xd_picture){ .dmabuf = pixels,
				    .format = f,
				    .width = w,
				    .height = h,
				    .pitch = w * f->bytes,
				    .offset = OFFSET };
}

struct xd_image *import_at(struct xd_output *output, uint32_t fourcc,
			   uint32_t w, uint32_t h)
{
	struct xd_picture pic = make_picture(fourcc, w, h);
	struct xd_image *image;

	assert_int_equal(output->ops->import(output, &pic, &image), 0);
	return image;
}

int set_up(void **state)
{
	memset(&comp, 0, sizeof(comp));
	memset(&policy, 0, sizeof(policy));
	memset(&input, 0, sizeof(input));
	memset(&win, 0, sizeof(win));
	held = 0;
	events[0] = '\0';
	relative = false;
	comp.dmabuf_version = 3;
	snprintf(policy.wayland_display, sizeof(policy.wayland_display), "%s",
		 path);
	strcpy(policy.app_id, "xen.work");
	strcpy(policy.title, "Work");
	policy.row_alignment = 64;
	if (xdc_loop_init(&loop))
		return -1;
	compositor_start(&loop, path);
	return open_output();
}

int tear_down(void **state)
{
	if (o)
		close_output();
	assert_int_equal(held, 0);
	compositor_deaf(false);
	run_for(10);
	compositor_stop();
	/* the compositor has no objects left */
	assert_int_equal(comp.surfaces, 0);
	assert_int_equal(comp.dmabufs, 0);
	assert_int_equal(comp.params_pending, 0);
	assert_int_equal(comp.inhibitors, 0);
	assert_int_equal(comp.locks, 0);
	assert_int_equal(comp.relative_pointers, 0);
	xdc_loop_fini(&loop);
	return 0;
}

int begin_windows(void)
{
	xdc_log_init(XDC_ERROR, false);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	pixels = memfd_create("pixels", MFD_CLOEXEC);
	return ftruncate(pixels, OFFSET + (W + 32) * (H + 10) * 4);
}

void end_windows(void)
{
	close(pixels);
	unlink(path);
	rmdir(dir);
}
