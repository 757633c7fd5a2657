// SPDX-License-Identifier: GPL-2.0-only
/* Connections to a compositor: whose they are, and how they end */
#include "fake_window.h"

#include <stdlib.h>
#include <unistd.h>

static void compositor_restarts(void **state)
{
	struct xd_image *a = import(XR24, W, H);

	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	comp.hold = true;
	o->ops->release(o, a);
	a = import(XR24, W, H);
	o->ops->flip(o, a);
	compositor_stop();
	/* the user of the output releases images before the output closes */
	o->ops->release(o, a);
	soon(win.lost == 1);
	assert_null(o);
	assert_int_equal(open_output(), -EAGAIN);
	unlink(path);
	assert_int_equal(open_output(), -EAGAIN);
	comp.hold = false;
	compositor_start(&loop, path);
	assert_int_equal(open_output(), 0);
	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	o->ops->off(o);
	o->ops->release(o, a);
	assert_int_equal(win.lost, 1);
}

/* It accepts the connection and sends nothing */
static void silent_compositor_is_lost(void **state)
{
	struct xd_image *a, *b;

	close_output();
	compositor_stop();
	compositor_mute(path);
	assert_int_equal(open_output(), 0);
	a = import(XR24, W, H);
	b = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	/* flips are done meanwhile */
	o->ops->flip(o, b);
	soon(win.done == 1);
	o->ops->flip(o, a);
	soon(win.done == 2);
	o->ops->release(o, b);
	o->ops->off(o);
	o->ops->release(o, a);
	run_for(5000);
	soon(win.lost == 1);
	compositor_mute(NULL);
}

/* Released while the compositor still makes a buffer of the picture */
static void released_before_buffer_exists(void **state)
{
	struct xd_image *a = import(XR24, W, H);

	comp.slow = true;
	o->ops->show(o, a, 0, 0);
	soon(comp.params_pending == 1);
	run_for(20);
	o->ops->off(o);
	o->ops->release(o, a);
	run_for(20);
	compositor_answer();
	soon(comp.params_pending == 0);
	/* no buffer holds the guest's memory */
	soon(comp.dmabufs == 0);
	/* and a request that is never answered */
	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(comp.params_pending == 1);
	o->ops->off(o);
	o->ops->release(o, a);
}

static void display_names(void **state)
{
	close_output();
	unsetenv("XDG_RUNTIME_DIR");
	strcpy(policy.wayland_display, "socket");
	assert_int_equal(open_output(), -EINVAL);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	assert_int_equal(open_output(), 0);
	close_output();
	policy.wayland_display[0] = '\0';
	setenv("WAYLAND_DISPLAY", path, 1);
	assert_int_equal(open_output(), 0);
	close_output();
	unsetenv("WAYLAND_DISPLAY");
	/* wayland-0 */
	assert_int_equal(open_output(), -EAGAIN);
}

static void windows_share_a_connection(void **state)
{
	struct fake_window second = { 0 };

	assert_int_equal(open_window(&second, &owner), 0);
	run_for(20);
	assert_int_equal(compositor_clients(), 1);
	close_window(&second);
	run_for(20);
	assert_int_equal(compositor_clients(), 1);
	close_output();
	run_for(20);
	assert_int_equal(compositor_clients(), 0);
}

/* As a connection's end may be the fault of a new picture */
static void only_new_pictures_are_new(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);
	struct fake_window second = { 0 };
	uint64_t at;

	assert_int_equal(open_window(&second, &owner), 0);
	assert_int_equal(o->ops->new_import(o), 0);
	o->ops->show(o, a, 0, 0);
	soon(seen.shown);
	at = o->ops->new_import(o);
	assert_int_not_equal(at, 0);
	assert_int_equal(second.output->ops->new_import(second.output), at);
	run_for(20);
	o->ops->flip(o, b);
	soon(win.done == 1);
	assert_true(o->ops->new_import(o) > at);
	at = o->ops->new_import(o);
	run_for(20);
	o->ops->flip(o, a);
	soon(win.done == 2);
	assert_int_equal(o->ops->new_import(o), at);
	o->ops->off(o);
	o->ops->release(o, a);
	o->ops->release(o, b);
	close_window(&second);
}

/* ---- several guests ---- */

static struct xd_owner other; /* holds nothing */
static struct fake_window theirs;

/* Another guest's window, with a picture */
static void show_other(void)
{
	memset(&theirs, 0, sizeof(theirs));
	assert_int_equal(open_window(&theirs, &other), 0);
	theirs.images[0] = import_at(theirs.output, XR24, W, H);
	theirs.output->ops->show(theirs.output, theirs.images[0], 0, 0);
	soon(comp.windows[0].shown);
}

static void close_other(void)
{
	theirs.output->ops->off(theirs.output);
	theirs.output->ops->release(theirs.output, theirs.images[0]);
	close_window(&theirs);
}

static void guests_have_connections_of_their_own(void **state)
{
	show_other();
	assert_int_equal(compositor_clients(), 2);
	close_other();
	run_for(20);
	assert_int_equal(compositor_clients(), 1);
}

/* Shows a picture that the compositor answers with @fault */
static void show_fault(enum compositor_fault fault)
{
	comp.fault = fault;
	win.images[0] = import(XR24, W, H);
	win.images[1] = import(XR24, W, H);
	o->ops->show(o, win.images[0], 0, 0);
	soon(win.lost == 1);
	assert_null(o);
	comp.fault = FAULT_NONE;
}

static void blamed(enum compositor_fault fault, const char *why)
{
	struct xd_image *first;

	show_other();
	first = win.images[0];
	show_fault(fault);
	assert_int_equal(win.broke, 1);
	assert_ptr_not_equal(win.broken_image, first);
	assert_non_null(win.broken_image);
	if (!strstr(win.why, why))
		fail_msg("%s: not in %s", why, win.why);
	/* the other guest's window is what it was */
	run_for(50);
	assert_int_equal(theirs.lost, 0);
	assert_true(comp.windows[0].shown);
	theirs.output->ops->flip(theirs.output, theirs.images[0]);
	soon(theirs.done == 1);
	close_other();
}

static void error_about_parameters_blames_picture(void **state)
{
	blamed(FAULT_PARAMS, "cannot import the dma-buf");
}

static void error_about_surface_blames_picture(void **state)
{
	blamed(FAULT_SURFACE, "cannot draw the buffer");
}

static void error_about_display_blames_picture(void **state)
{
	blamed(FAULT_DISPLAY, "wl_display");
}

static void closed_connection_blames_nobody(void **state)
{
	show_fault(FAULT_HANG_UP);
	assert_int_equal(win.broke, 0);
}

/* Of two windows of a guest, the one that the compositor names */
static void error_blames_one_window(void **state)
{
	struct fake_window second = { 0 };

	win.images[0] = import(XR24, W, H);
	o->ops->show(o, win.images[0], 0, 0);
	soon(comp.windows[0].shown);
	assert_int_equal(open_window(&second, &owner), 0);
	comp.fault = FAULT_SURFACE;
	second.images[0] = import_at(second.output, XR24, W, H);
	second.output->ops->show(second.output, second.images[0], 0, 0);
	soon(win.lost == 1);
	assert_int_equal(second.lost, 1);
	assert_int_equal(second.broke, 1);
	assert_int_equal(win.broke, 0);
}

/* The picture was released before the error came: any picture may be at fault */
static void error_about_released_picture(void **state)
{
	struct xd_image *a = import(XR24, W, H);

	comp.slow = true;
	o->ops->show(o, a, 0, 0);
	soon(comp.params_pending == 1);
	o->ops->off(o);
	o->ops->release(o, a);
	comp.fault = FAULT_PARAMS;
	compositor_answer();
	soon(win.lost == 1);
	assert_int_equal(win.broke, 1);
	assert_null(win.broken_image);
}

/* Without a dma-buf it was something else */
static void error_without_picture_blames_nobody(void **state)
{
	struct xd_image *copy;

	assert_int_equal(o->ops->shadow(o, &copy), 0);
	o->ops->show(o, copy, 0, 0);
	soon(comp.windows[0].shown);
	win.images[0] = copy;
	compositor_error();
	soon(win.lost == 1);
	assert_int_equal(win.broke, 0);
}

/* ---- images that are released before the compositor has answered ---- */

static void unanswered_images_are_charged(void **state)
{
	struct xd_image *a;
	int i;

	run_for(50);
	comp.slow = true;
	for (i = 1; i <= 20; i++) {
		a = import(XR24, W, H);
		o->ops->show(o, a, 0, 0);
		soon(comp.params_pending == (unsigned int)i);
		o->ops->off(o);
		o->ops->release(o, a);
		assert_int_equal(held, i);
	}
	compositor_answer();
	soon(!held);
	assert_int_equal(comp.params_pending, 0);
	soon(!comp.dmabufs);
	/* until the connection ends, at the latest */
	a = import(XR24, W, H);
	o->ops->show(o, a, 0, 0);
	soon(comp.params_pending == 1);
	o->ops->off(o);
	o->ops->release(o, a);
	assert_int_equal(held, 1);
	close_output();
	assert_int_equal(held, 0);
}

/* ---- a compositor that does not read ---- */

/* As many mode changes as the socket takes */
static void fill_socket(struct xd_image *a)
{
	unsigned int i;

	compositor_deaf(true);
	for (i = 0; i < 100000 && !o->ops->is_full(o); i++) {
		o->ops->off(o);
		assert_int_equal(o->ops->show(o, a, 0, 0), 0);
	}
	assert_true(o->ops->is_full(o));
}

static void full_socket_pauses_guest(void **state)
{
	struct xd_image *a = import(XR24, W, H), *b = import(XR24, W, H);
	struct xd_image *c = import(XR24, W, H);
	char text[160];
	uint32_t w, h;
	unsigned int i;

	o->ops->show(o, b, 0, 0);
	soon(comp.windows[0].shown);
	o->ops->show(o, a, 0, 0);
	soon(comp.dmabufs == 2);
	fill_socket(a);
	/* what must be sent nevertheless waits: a buffer to destroy, a flip */
	o->ops->release(o, b);
	assert_int_equal(held, 1);
	for (i = 0; i < 1000; i++)
		assert_int_equal(o->ops->flip(o, c), 0);
	run_for(500);
	assert_true(o->ops->is_full(o));
	assert_int_equal(win.rooms, 0);
	o->ops->describe(o, text, sizeof(text), &w, &h);
	assert_non_null(strstr(text, "does not read"));
	/* the guest goes on, unseen, as with a hidden window */
	assert_int_equal(win.done, 1);
	compositor_deaf(false);
	soon(win.rooms == 1);
	assert_int_equal(held, 0);
	soon(comp.dmabufs == 2);
	soon(comp.windows[0].shown);
	assert_int_equal(win.lost, 0);
	o->ops->off(o);
	o->ops->release(o, a);
	o->ops->release(o, c);
}

/* The guest's other window shares the socket; another guest's does not */
static void full_socket_is_one_guests(void **state)
{
	struct xd_image *a = import(XR24, W, H);
	struct fake_window second = { 0 };

	o->ops->show(o, a, 0, 0);
	soon(comp.windows[0].shown);
	assert_int_equal(open_window(&second, &owner), 0);
	memset(&theirs, 0, sizeof(theirs));
	assert_int_equal(open_window(&theirs, &other), 0);
	run_for(50);
	fill_socket(a);
	assert_true(second.output->ops->is_full(second.output));
	assert_false(theirs.output->ops->is_full(theirs.output));
	compositor_deaf(false);
	soon(win.rooms == 1);
	soon(second.rooms == 1);
	assert_int_equal(theirs.rooms, 0);
	close_window(&second);
	close_window(&theirs);
	o->ops->off(o);
	o->ops->release(o, a);
}

/* The stock frontend waits three seconds: the guest goes on headless before */
static void deaf_compositor_is_lost(void **state)
{
	uint64_t began;

	win.images[0] = import(XR24, W, H);
	o->ops->show(o, win.images[0], 0, 0);
	soon(comp.windows[0].shown);
	began = xdc_now();
	fill_socket(win.images[0]);
	run_for(1500);
	assert_int_equal(win.lost, 0);
	soon(win.lost == 1);
	assert_true(xdc_now() - began < 3000 * XDC_NS_PER_MS);
	assert_int_equal(win.broke, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(compositor_restarts),
		test(silent_compositor_is_lost),
		test(released_before_buffer_exists),
		test(display_names),
		test(windows_share_a_connection),
		test(only_new_pictures_are_new),
		test(guests_have_connections_of_their_own),
		test(error_about_parameters_blames_picture),
		test(error_about_surface_blames_picture),
		test(error_about_display_blames_picture),
		test(closed_connection_blames_nobody),
		test(error_blames_one_window),
		test(error_about_released_picture),
		test(error_without_picture_blames_nobody),
		test(unanswered_images_are_charged),
		test(full_socket_pauses_guest),
		test(full_socket_is_one_guests),
		test(deaf_compositor_is_lost),
	};
	int failed;

	if (begin_windows())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	end_windows();
	return failed;
}
