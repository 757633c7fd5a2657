// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "fake_kms.h"

struct xdc_loop loop;
struct xd_output *output;
struct xd_image *image;
struct xd_policy policy;
static char folder[] = "/tmp/displd-kms-XXXXXX";
int done, lost, refused, broken, warnings;

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
	warnings += level == XDC_WARNING;
}

static void flip_done(struct xd_output *o)
{
	assert_ptr_equal(o, output);
	done++;
	xdc_loop_stop(&loop);
}

/* As a screen does */
void output_lost(struct xd_output *o)
{
	assert_ptr_equal(o, output);
	lost++;
	o->ops->release(o, image);
	o->ops->destroy(o);
	output = NULL;
	xdc_loop_stop(&loop);
}

static void output_refused(struct xd_output *o, struct xd_image *i, int err)
{
	assert_ptr_equal(o, output);
	assert_ptr_equal(i, image);
	refused = err;
}

static void output_broken(struct xd_output *o, struct xd_image *i,
			  const char *why)
{
	assert_ptr_equal(o, output);
	assert_null(i);
	assert_string_equal(o->ops->target(o), policy.card);
	broken++;
}

int open_policy(struct xd_output **o)
{
	struct xdc_reason why;
	int err = xd_kms_open(&loop, &policy, 64, 48, o, &why);

	if (!err) {
		(*o)->flip_done = flip_done;
		(*o)->lost = output_lost;
		(*o)->refused = output_refused;
		(*o)->broke = output_broken;
	}
	return err;
}

int open_output(void)
{
	return open_policy(&output);
}

static void stop_loop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

void run_for(uint64_t ms)
{
	struct xdc_timer timer;

	xdc_timer_init(&loop, &timer, stop_loop);
	xdc_timer_in(&timer, ms * XDC_NS_PER_MS);
	loop.stop = false;
	assert_int_equal(xdc_loop_run(&loop), 0);
	xdc_timer_fini(&timer);
}

void land(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fake_drm_events(policy.card);
		run_for(20);
	}
}

static const struct xd_format xrgb = { .fourcc = 0x34325258 };
const struct xd_picture picture = {
	.format = &xrgb,
	.width = 64,
	.height = 48,
	.pitch = 256,
};

struct xd_image *import_image(struct xd_output *o)
{
	struct xd_image *i;

	assert_int_equal(o->ops->import(o, &picture, &i), 0);
	return i;
}

void show_image(void)
{
	image = import_image(output);
	assert_int_equal(output->ops->show(output, image, 0, 0), 0);
	land();
}

int set_up(void **state)
{
	fake_drm_reset();
	snprintf(policy.connector, sizeof(policy.connector), "VGA-1");
	done = lost = refused = broken = 0;
	if (xdc_loop_init(&loop) || open_output())
		return -1;
	show_image();
	return 0;
}

void close_output(void)
{
	output->ops->off(output);
	output->ops->release(output, image);
	output->ops->destroy(output);
	output = NULL;
	land();
}

void wait_for_files(int n)
{
	unsigned int i;

	for (i = 0; i < 1000 && drm.files != n; i++)
		usleep(1000);
	assert_int_equal(drm.files, n);
}

void limit_files(unsigned int more)
{
	int next = dup(0);
	struct rlimit limit;

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next + more;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int tear_down(void **state)
{
	if (output)
		close_output();
	xd_kms_stop();
	wait_for_files(0);
	/* forgets which connectors were probed */
	xd_kms_hotplug();
	assert_int_equal(drm.fbs, 0);
	assert_int_equal(drm.blobs, 0);
	assert_int_equal(drm.dumbs, 0);
	assert_int_equal(drm.handles, 0);
	/* no commit waits, and no picture is taken from the screen */
	assert_int_equal(drm.waits, 0);
	assert_int_equal(drm.torn, 0);
	xdc_loop_fini(&loop);
	return 0;
}

void send_event(void *data)
{
	fake_drm_event(policy.card, data);
	run_for(200);
}

int run_group(const struct CMUnitTest *tests, size_t n)
{
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(policy.card, sizeof(policy.card), "%s/card0", folder);
	fake_drm_folder = folder;
	if (mkfifo(policy.card, 0600))
		return 1;
	failed = _cmocka_run_group_tests("kms", tests, n, NULL, NULL);
	unlink(policy.card);
	rmdir(folder);
	return failed;
}
