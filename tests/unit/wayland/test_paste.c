// SPDX-License-Identifier: GPL-2.0-only
/* Copying and pasting through both halves, from program to program. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "halves.h"

#define COPIED "what the guest has copied"
/* With the types of so many sources, more than may wait for a program */
#define SELECTIONS 1000
#define TYPES 60
#define TYPE_LENGTH 254
/* So many contents that are asked for do not fit into a program's socket */
#define PASTES 600

static struct wl_data_offer *offered;
static struct wl_data_device *device;
static struct wl_keyboard *keyboard;
static char types[128];

static void add_type(void *data, struct wl_data_offer *offer, const char *type)
{
	size_t at = strlen(types);

	snprintf(types + at, sizeof(types) - at, "%s ", type);
}

static void no_actions(void *data, struct wl_data_offer *offer, uint32_t action)
{
}

static const struct wl_data_offer_listener offer_listener = { add_type,
							      no_actions,
							      no_actions };

/* Of the program that came last */
static void take_offer(void *data, struct wl_data_device *d,
		       struct wl_data_offer *offer)
{
	if (d != device)
		return;
	types[0] = '\0';
	wl_data_offer_add_listener(offer, &offer_listener, NULL);
}

static void take_selection(void *data, struct wl_data_device *d,
			   struct wl_data_offer *offer)
{
	if (d == device)
		offered = offer;
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = take_offer,
	.selection = take_selection,
};

static void write_copied(void *data, struct wl_data_source *source,
			 const char *type, int fd)
{
	if (write(fd, COPIED, strlen(COPIED)) < 0)
		fail();
	close(fd);
}

static bool cancelled;

static void note_cancelled(void *data, struct wl_data_source *source)
{
	cancelled = true;
}

static const struct wl_data_source_listener source_listener = {
	.send = write_copied,
	.cancelled = note_cancelled,
};

static void restart_host(const char *config)
{
	halves_stop(&host, SIGTERM);
	host_config(config);
	host_start();
	offered = NULL;
	cancelled = false;
	types[0] = '\0';
}

/* A program with a window, which has the focus */
static void enter_with_focus(void)
{
	struct wl_surface *surface;
	struct image image;

	program_enter();
	assert_non_null(clipboard);
	keyboard = wl_seat_get_keyboard(seat);
	device = wl_data_device_manager_get_data_device(clipboard, seat);
	wl_data_device_add_listener(device, &device_listener, NULL);
	surface = wl_compositor_create_surface(wl);
	image = image_make(64, 64);
	wl_surface_attach(surface, image.buffer, 0, 0);
	surface_show(surface);
	assert_true(wl_display_roundtrip(display) > 0);
}

static void paste(char *out, size_t size)
{
	size_t at = 0;
	ssize_t n;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	wl_data_offer_receive(offered, "text/plain", ends[1]);
	close(ends[1]);
	assert_true(wl_display_roundtrip(display) > 0);
	while ((n = read(ends[0], out + at, size - 1 - at)) > 0)
		at += (size_t)n;
	out[at] = '\0';
	close(ends[0]);
}

static void copy_at(struct wl_data_device_manager *manager,
		    struct wl_data_device *at)
{
	struct wl_data_source *source =
		wl_data_device_manager_create_data_source(manager);

	wl_data_source_add_listener(source, &source_listener, NULL);
	wl_data_source_offer(source, "text/plain");
	wl_data_device_set_selection(at, source, 1);
}

static struct wl_data_source *offer_types(char letter)
{
	struct wl_data_source *source =
		wl_data_device_manager_create_data_source(clipboard);
	char type[TYPE_LENGTH + 1];
	unsigned int i;

	memset(type, letter, TYPE_LENGTH);
	type[TYPE_LENGTH] = '\0';
	for (i = 0; i < TYPES; i++)
		wl_data_source_offer(source, type);
	wl_data_source_add_listener(source, &source_listener, NULL);
	return source;
}

/* The guest's half reads all requests at once */
static void copy_often(void)
{
	struct wl_data_source *source[] = { offer_types('a'),
					    offer_types('b') };
	unsigned int i;

	assert_true(wl_display_roundtrip(display) > 0);
	assert_int_equal(kill(agent, SIGSTOP), 0);
	for (i = 0; i < SELECTIONS; i++)
		wl_data_device_set_selection(device, source[i % 2], 1);
	assert_true(wl_display_flush(display) >= 0);
	assert_int_equal(kill(agent, SIGCONT), 0);
	assert_true(wl_display_roundtrip(display) > 0);
}

static void copy(void)
{
	copy_at(clipboard, device);
}

static void guest_pastes(void **state)
{
	char text[256];

	restart_host("clipboard = in");
	enter_with_focus();
	assert_non_null(offered);
	assert_string_equal(types, "text/plain ");
	paste(text, sizeof(text));
	assert_string_equal(text, CLIPBOARD);
	/* that is for the guest alone */
	copy();
	assert_true(wl_display_roundtrip(display) > 0);
	assert_false(cancelled);
	assert_string_equal(seen->pasted, "");
	paste(text, sizeof(text));
	assert_string_equal(text, COPIED);
	expect_others_live();
}

static void guest_copies(void **state)
{
	int i;

	restart_host("clipboard = out");
	enter_with_focus();
	assert_null(offered);
	copy();
	for (i = 0; i < 100 && strcmp(seen->pasted, COPIED); i++) {
		assert_true(wl_display_roundtrip(display) > 0);
		usleep(20000);
	}
	assert_string_equal(seen->pasted, COPIED);
	assert_false(cancelled);
	expect_others_live();
}

/* From another program of the guest, which sends it while this one waits */
static void paste_from(struct wl_display *first, char *out, size_t size)
{
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	wl_data_offer_receive(offered, "text/plain", ends[1]);
	close(ends[1]);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_true(wl_display_roundtrip(first) > 0);
	n = read(ends[0], out, size - 1);
	assert_true(n >= 0);
	out[n] = '\0';
	close(ends[0]);
}

static void wait_for_offer(bool wanted)
{
	int i;

	for (i = 0; i < 100 && !offered == wanted; i++) {
		assert_true(wl_display_roundtrip(display) > 0);
		usleep(20000);
	}
	assert_int_equal(!!offered, wanted);
}

/* Nothing moves between the domains, and much among the guest's own programs */
static void programs_of_the_guest_paste_from_each_other(void **state)
{
	struct wl_data_device_manager *first_clipboard;
	struct wl_data_device *first_device;
	struct wl_display *first;
	char text[256];

	restart_host("clipboard = none");
	enter_with_focus();
	assert_null(offered);
	copy();
	assert_true(wl_display_roundtrip(display) > 0);
	assert_string_equal(types, "text/plain ");
	paste(text, sizeof(text));
	assert_string_equal(text, COPIED);
	first = display;
	first_clipboard = clipboard;
	first_device = device;
	offered = NULL;

	/* another program that gets the focus */
	enter_with_focus();
	wait_for_offer(true);
	assert_string_equal(types, "text/plain ");
	paste_from(first, text, sizeof(text));
	assert_string_equal(text, COPIED);
	/* an offer that is old is empty */
	copy();
	assert_true(wl_display_roundtrip(display) > 0);
	assert_true(wl_display_roundtrip(first) > 0);
	assert_true(cancelled);
	paste(text, sizeof(text));
	assert_string_equal(text, COPIED);
	wl_data_device_set_selection(device, NULL, 1);
	offered = NULL;
	assert_true(wl_display_roundtrip(display) > 0);
	assert_null(offered);
	/* what a program has copied ends with it */
	cancelled = false;
	copy_at(first_clipboard, first_device);
	assert_true(wl_display_roundtrip(first) > 0);
	wait_for_offer(true);
	wl_display_disconnect(first);
	wait_for_offer(false);
	assert_string_equal(seen->pasted, "");
	expect_others_live();
}

static void wait_for_types(const char *wanted)
{
	int i;

	for (i = 0; i < 100 && strcmp(types, wanted); i++) {
		assert_true(wl_display_roundtrip(display) > 0);
		usleep(20000);
	}
	assert_string_equal(types, wanted);
}

/*
 * Of what the guest copies, a part is for others, and the compositor offers that to the
 * guest, too.  Among each other its programs paste all of it.
 */
static void types_that_stay_in_the_guest(void **state)
{
	struct wl_data_source *source;
	char text[256];
	int i;

	restart_host("clipboard = both");
	enter_with_focus();
	assert_string_equal(types, "text/plain ");
	source = wl_data_device_manager_create_data_source(clipboard);
	wl_data_source_add_listener(source, &source_listener, NULL);
	wl_data_source_offer(source, "text/plain");
	wl_data_source_offer(source, "image/png");
	wl_data_device_set_selection(device, source, 1);
	for (i = 0; i < 100 && strcmp(seen->pasted, COPIED); i++) {
		assert_true(wl_display_roundtrip(display) > 0);
		usleep(20000);
	}
	assert_string_equal(seen->pasted, COPIED);
	assert_string_equal(types, "text/plain image/png ");
	assert_false(cancelled);
	paste(text, sizeof(text));
	assert_string_equal(text, COPIED);
	/* until others copy, also while the focus stays */
	compositor_copy(compositor);
	wait_for_types("text/plain ");
	assert_true(cancelled);
	paste(text, sizeof(text));
	assert_string_equal(text, CLIPBOARD);
	expect_others_live();
}

static struct wl_display *other;

/* A program that has the focus, and another without that */
static void enter_without_focus(void)
{
	restart_host("clipboard = none");
	enter_with_focus();
	other = display;
	program_enter();
	device = wl_data_device_manager_get_data_device(clipboard, seat);
	wl_data_device_add_listener(device, &device_listener, NULL);
}

static void programs_without_the_focus_cannot_copy(void **state)
{
	enter_without_focus();
	copy_often();
	assert_true(cancelled);
	assert_true(wl_display_roundtrip(other) > 0);
	wl_display_disconnect(other);
	expect_others_live();
}

/* However often another program copies, it is told of what was copied last */
static void programs_are_told_no_more_than_they_read(void **state)
{
	struct wl_data_device *own;

	restart_host("clipboard = none");
	enter_with_focus();
	other = display;
	own = device;
	enter_with_focus();
	copy_often();
	device = own;
	types[0] = '\0';
	offered = NULL;
	assert_true(wl_display_roundtrip(other) > 0);
	assert_non_null(offered);
	assert_int_equal(types[0], 'b');
	wl_display_disconnect(other);
	expect_others_live();
}

static void drop_copied(void *data, struct wl_data_source *source,
			const char *type, int fd)
{
	close(fd);
}

static const struct wl_data_source_listener dropping_listener = {
	.send = drop_copied,
	.cancelled = note_cancelled,
};

/* What it is asked for is not pasted, but it lives on */
static void program_does_not_send_what_is_pasted(void **state)
{
	struct wl_data_source *source;
	char text[16];
	int i, ends[2];

	restart_host("clipboard = none");
	enter_with_focus();
	other = display;
	source = wl_data_device_manager_create_data_source(clipboard);
	wl_data_source_add_listener(source, &dropping_listener, NULL);
	wl_data_source_offer(source, "text/plain");
	wl_data_device_set_selection(device, source, 1);
	assert_true(wl_display_roundtrip(display) > 0);
	offered = NULL;
	enter_with_focus();
	wait_for_offer(true);
	for (i = 0; i < PASTES; i++) {
		assert_int_equal(pipe(ends), 0);
		wl_data_offer_receive(offered, "text/plain", ends[1]);
		close(ends[0]);
		close(ends[1]);
		assert_true(wl_display_roundtrip(display) > 0);
	}
	paste(text, sizeof(text));
	assert_string_equal(text, "");
	assert_true(wl_display_roundtrip(other) > 0);
	wl_display_disconnect(other);
	expect_others_live();
}

/*
 * What the guest's half itself tells a program has no other end that could wait: a
 * program that reads nothing of it ends.
 */
static void program_does_not_read(void **state)
{
	struct pollfd p = { .events = POLLOUT };
	struct wl_data_source *source;

	enter_without_focus();
	source = wl_data_device_manager_create_data_source(clipboard);
	p.fd = wl_display_get_fd(display);
	while (!wl_display_get_error(display)) {
		wl_data_device_set_selection(device, source, 1);
		if (wl_display_flush(display) < 0 && errno == EAGAIN)
			poll(&p, 1, -1);
	}
	program_leave();
	assert_true(log_has("the program does not read its clipboard events"));
	assert_true(wl_display_roundtrip(other) > 0);
	wl_display_disconnect(other);
	expect_others_live();
}

/* Both ways only by a command */
static void copy_and_paste_commands(void **state)
{
	char command[256], text[256];
	int i;

	restart_host("clipboard = ask");
	enter_with_focus();
	assert_null(offered);
	copy();
	assert_true(wl_display_roundtrip(display) > 0);
	assert_string_equal(seen->pasted, "");
	snprintf(command, sizeof(command), "%s --socket %s/host copy work",
		 getenv("XWL_PROGRAM"), folder);
	assert_int_equal(system(command), 0);
	for (i = 0; i < 100 && strcmp(seen->pasted, COPIED); i++) {
		assert_true(wl_display_roundtrip(display) > 0);
		usleep(20000);
	}
	assert_string_equal(seen->pasted, COPIED);
	snprintf(command, sizeof(command), "%s --socket %s/host paste work",
		 getenv("XWL_PROGRAM"), folder);
	/* that is what the guest has copied */
	assert_int_not_equal(system(command), 0);
	compositor_copy(compositor);
	for (i = 0; i < 100 && system(command); i++)
		usleep(20000);
	assert_true(wl_display_roundtrip(display) > 0);
	assert_non_null(offered);
	paste(text, sizeof(text));
	assert_string_equal(text, CLIPBOARD);
}

/* What another program has copied before is not new any more */
static void copy_command_takes_what_was_copied_last(void **state)
{
	struct wl_display *first;
	char command[256];

	restart_host("clipboard = ask");
	enter_with_focus();
	copy();
	assert_true(wl_display_roundtrip(display) > 0);
	first = display;
	enter_with_focus();
	copy();
	assert_true(wl_display_roundtrip(display) > 0);
	snprintf(command, sizeof(command), "%s --socket %s/host copy work",
		 getenv("XWL_PROGRAM"), folder);
	assert_int_equal(system(command), 0);
	assert_int_not_equal(system(command), 0);
	wl_display_disconnect(first);
	expect_others_live();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, halves_setup, halves_teardown)
		TEST(guest_pastes),
		TEST(guest_copies),
		TEST(programs_of_the_guest_paste_from_each_other),
		TEST(types_that_stay_in_the_guest),
		TEST(programs_without_the_focus_cannot_copy),
		TEST(programs_are_told_no_more_than_they_read),
		TEST(program_does_not_send_what_is_pasted),
		TEST(program_does_not_read),
		TEST(copy_and_paste_commands),
		TEST(copy_command_takes_what_was_copied_last),
	};
	int failed;

	if (halves_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return halves_end() || failed;
}
