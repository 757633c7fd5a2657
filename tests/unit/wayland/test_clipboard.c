// SPDX-License-Identifier: GPL-2.0-only
/* What of the clipboard moves, by policy, focus and type. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/clipboard/clipboard.h"
#include "host/policy/config.h"
#include "scene.h"
#include "sent.h"

#define OFFER XWL_SERVER_IDS
#define NEXT_OFFER (XWL_SERVER_IDS + 1)

static void begin(unsigned int clipboard)
{
	xwl_config_defaults(&scene.policy);
	scene.policy.clipboard = clipboard;
	scene_begin();
}

static void focus(void)
{
	assert_int_equal(compositor_sends(KEYBOARD, "enter",
					  NUMBERS(1, compositor_id(SURFACE)),
					  NULL),
			 0);
	scene_forget();
}

static void lose_focus(void)
{
	assert_int_equal(compositor_sends(KEYBOARD, "leave",
					  NUMBERS(1, compositor_id(SURFACE)),
					  NULL),
			 0);
	scene_forget();
}

/* Another program has copied a text and a picture */
static void others_copy(uint32_t offer)
{
	assert_int_equal(compositor_sends(DATA_DEVICE, "data_offer",
					  NUMBERS(offer), NULL),
			 0);
	assert_int_equal(compositor_says(offer, "offer", NUMBERS(0),
					 "text/plain;charset=utf-8"),
			 0);
	assert_int_equal(
		compositor_says(offer, "offer", NUMBERS(0), "image/png"), 0);
	assert_int_equal(compositor_sends(DATA_DEVICE, "selection",
					  NUMBERS(offer), NULL),
			 0);
}

static void push_socket(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[0]);
	xwl_fds_push(&scene.fds, ends[1]);
}

static void receive(uint32_t offer, const char *type)
{
	push_socket();
	assert_int_equal(guest_sends(offer, "receive", NUMBERS(0), type), 0);
}

#define TOLD                                                  \
	"wl_data_device.data_offer(-16777216)\n"              \
	"wl_data_offer.offer(\"text/plain;charset=utf-8\")\n" \
	"wl_data_device.selection(-16777216)\n"

static void guest_pastes_with_focus(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	focus();
	others_copy(OFFER);
	/* of types that are not allowed it learns nothing */
	expect_sent(TOLD);
	receive(OFFER, "text/plain;charset=utf-8");
	expect_sent(
		"transfer\n"
		"wl_data_offer.receive(\"text/plain;charset=utf-8\", fd)\n");
	assert_int_equal(scene.account.denied, 0);
	scene_end();
}

static void offers_wait_for_focus(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	others_copy(OFFER);
	expect_sent("");
	assert_int_equal(compositor_sends(KEYBOARD, "enter",
					  NUMBERS(1, compositor_id(SURFACE)),
					  NULL),
			 0);
	assert_non_null(strstr(scene.sent, TOLD));
	lose_focus();
	receive(OFFER, "text/plain;charset=utf-8");
	expect_sent("");
	assert_int_equal(scene.account.denied, 1);
	focus();
	receive(OFFER, "text/plain;charset=utf-8");
	assert_non_null(strstr(scene.sent, "transfer"));
	scene_end();
}

static void released_keyboard_has_no_focus(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	focus();
	others_copy(OFFER);
	assert_int_equal(guest_sends(KEYBOARD, "release", NUMBERS(0), NULL), 0);
	scene_forget();
	receive(OFFER, "text/plain;charset=utf-8");
	expect_sent("");
	scene_end();
}

static void types_that_are_not_allowed(void **state)
{
	begin(XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT);
	focus();
	others_copy(OFFER);
	scene_forget();
	receive(OFFER, "image/png");
	expect_sent("");
	assert_int_equal(
		guest_sends(DATA_SOURCE, "offer", NUMBERS(0), "image/png"), 0);
	expect_sent("");
	assert_int_equal(
		guest_sends(DATA_SOURCE, "offer", NUMBERS(0), "text/plain"), 0);
	expect_sent("wl_data_source.offer(\"text/plain\")\n");
	scene_end();
}

static unsigned int count_lines(const char *line)
{
	const char *at = scene.sent;
	unsigned int n = 0;

	for (; (at = strstr(at, line)); at += strlen(line))
		n++;
	return n;
}

static void offer_types(uint32_t source, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		assert_int_equal(guest_sends(source, "offer", NUMBERS(0),
					     "text/plain"),
				 0);
}

/* The compositor keeps each of them */
static void types_of_a_source_are_few(void **state)
{
	begin(XWL_CLIPBOARD_OUT);
	offer_types(DATA_SOURCE, 100);
	assert_int_equal(count_lines("wl_data_source.offer(\"text/plain\")\n"),
			 64);
	scene_forget();
	assert_int_equal(guest_sends(PRIMARY_MANAGER, "create_source",
				     NUMBERS(FREE_ID), NULL),
			 0);
	scene_forget();
	offer_types(FREE_ID, 65);
	assert_int_equal(scene.nr_requests, 64);
	scene_end();
}

/* As that of LibreOffice, with the name of a file in it */
static void long_types_of_a_source(void **state)
{
	char type[700] = "application/x-openoffice-objectdescriptor-xml;";

	memset(type + strlen(type), 'x', sizeof(type) - 1 - strlen(type));
	begin(XWL_CLIPBOARD_OUT);
	assert_int_equal(guest_sends(DATA_SOURCE, "offer", NUMBERS(0), type),
			 0);
	expect_sent("");
	strcpy(scene.policy.types, "*");
	assert_int_equal(guest_sends(DATA_SOURCE, "offer", NUMBERS(0), type),
			 0);
	assert_int_equal(count_lines("wl_data_source.offer("), 1);
	/* it counts as three */
	scene_forget();
	offer_types(DATA_SOURCE, 62);
	assert_int_equal(scene.nr_requests, 61);
	scene_end();
	begin(0);
	assert_int_equal(guest_sends(REGISTRY, "bind",
				     NUMBERS(11, 3, DATA_MANAGER),
				     "wl_data_device_manager"),
			 0);
	assert_int_equal(guest_sends(DATA_MANAGER, "create_data_source",
				     NUMBERS(DATA_SOURCE), NULL),
			 0);
	scene_forget();
	assert_int_equal(guest_sends(DATA_SOURCE, "offer", NUMBERS(0), type),
			 0);
	expect_sent("");
	scene_end();
}

static void long_types_that_others_offer(void **state)
{
	char type[300];

	memset(type, 'x', sizeof(type) - 1);
	type[sizeof(type) - 1] = '\0';
	begin(XWL_CLIPBOARD_IN);
	strcpy(scene.policy.types, "*");
	focus();
	others_copy(OFFER);
	scene_forget();
	receive(OFFER, type);
	assert_non_null(strstr(scene.sent, "wl_data_offer.receive("));
	scene_forget();
	receive(OFFER, "text/\n");
	assert_int_equal(guest_sends(OFFER, "accept", NUMBERS(7), type), 0);
	expect_sent("");
	scene_end();
}

static void types_of_what_nobody_may_paste(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	offer_types(DATA_SOURCE, 1);
	expect_sent("");
	scene_end();
	/* the compositor has them when the copy command comes */
	begin(XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_IN | XWL_CLIPBOARD_ASK);
	offer_types(DATA_SOURCE, 1);
	expect_sent("wl_data_source.offer(\"text/plain\")\n");
	scene_end();
}

static void pasting_needs_a_socket(void **state)
{
	int ends[2];

	begin(XWL_CLIPBOARD_IN);
	focus();
	others_copy(OFFER);
	scene_forget();
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	xwl_fds_push(&scene.fds, ends[1]);
	assert_int_equal(
		guest_sends(OFFER, "receive", NUMBERS(0), "text/plain"), 0);
	expect_sent("");
	scene_end();
}

/* Offers that the guest does not learn of do not pile up at the compositor */
static void offers_the_guest_never_saw_are_destroyed(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	others_copy(OFFER);
	others_copy(NEXT_OFFER);
	expect_sent("wl_data_offer.destroy()\n");
	/* its id is free again */
	others_copy(OFFER);
	expect_sent("wl_data_offer.destroy()\n");
	assert_int_equal(guest_sends(DATA_DEVICE, "release", NUMBERS(0), NULL),
			 0);
	expect_sent("wl_data_offer.destroy()\nwl_data_device.release()\n");
	/* one that was under way */
	assert_int_equal(compositor_sends(DATA_DEVICE, "data_offer",
					  NUMBERS(NEXT_OFFER), NULL),
			 0);
	expect_sent("wl_data_offer.destroy()\n");
	scene_end();
}

static void offers_the_guest_saw_are_its_own(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	focus();
	others_copy(OFFER);
	scene_forget();
	/* nothing can be pasted any more */
	assert_int_equal(compositor_sends(DATA_DEVICE, "selection", NUMBERS(0),
					  NULL),
			 0);
	expect_sent("wl_data_device.selection(0)\n");
	assert_int_equal(guest_sends(OFFER, "destroy", NUMBERS(0), NULL), 0);
	expect_sent("wl_data_offer.destroy()\n");
	others_copy(OFFER);
	expect_sent(TOLD);
	scene_end();
}

static void guest_copies_with_focus(void **state)
{
	begin(XWL_CLIPBOARD_OUT);
	assert_int_equal(guest_sends(DATA_DEVICE, "set_selection",
				     NUMBERS(DATA_SOURCE, 7), NULL),
			 0);
	expect_sent("wl_data_source.cancelled()\n");
	focus();
	assert_int_equal(guest_sends(DATA_DEVICE, "set_selection",
				     NUMBERS(DATA_SOURCE, 7), NULL),
			 0);
	assert_int_equal(
		strncmp(scene.sent, "wl_data_device.set_selection", 28), 0);
	scene_end();
}

static void others_paste_what_the_guest_copied(void **state)
{
	int ends[2];

	begin(XWL_CLIPBOARD_OUT);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	xwl_fds_push(&scene.fds, ends[1]);
	assert_int_equal(compositor_sends(DATA_SOURCE, "send", NUMBERS(0),
					  "text/plain"),
			 0);
	expect_sent("transfer\nwl_data_source.send(\"text/plain\", fd)\n");
	/* a socket of another program could make this half wait */
	push_socket();
	assert_int_equal(compositor_sends(DATA_SOURCE, "send", NUMBERS(0),
					  "text/plain"),
			 0);
	expect_sent("");
	scene_end();
}

/* Of a content that nobody will read, its owner is not told */
static void nobody_is_asked_for_too_many_contents(void **state)
{
	int ends[2];

	begin(XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT);
	focus();
	others_copy(OFFER);
	scene_forget();
	scene.busy = true;
	receive(OFFER, "text/plain");
	expect_sent("");
	assert_int_equal(scene.account.denied, 1);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	xwl_fds_push(&scene.fds, ends[1]);
	assert_int_equal(compositor_sends(DATA_SOURCE, "send", NUMBERS(0),
					  "text/plain"),
			 0);
	expect_sent("");
	/* the one who asked reads an empty text */
	assert_int_equal(read(ends[0], ends, 1), 0);
	close(ends[0]);
	scene_end();
}

static void one_direction_without_the_other(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	focus();
	assert_int_equal(guest_sends(DATA_DEVICE, "set_selection",
				     NUMBERS(DATA_SOURCE, 7), NULL),
			 0);
	expect_sent("wl_data_source.cancelled()\n");
	scene_end();
	begin(XWL_CLIPBOARD_OUT);
	focus();
	others_copy(OFFER);
	expect_sent("wl_data_offer.destroy()\n");
	scene_end();
}

static void nothing_is_dragged(void **state)
{
	begin(XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT);
	focus();
	assert_int_equal(guest_sends(DATA_DEVICE, "start_drag",
				     NUMBERS(DATA_SOURCE, SURFACE, 0, 7), NULL),
			 0);
	expect_sent("wl_data_source.cancelled()\n");
	scene_end();
}

static void drag_over_the_window(uint32_t offer)
{
	assert_int_equal(compositor_sends(DATA_DEVICE, "data_offer",
					  NUMBERS(offer), NULL),
			 0);
	assert_int_equal(compositor_sends(DATA_DEVICE, "enter",
					  NUMBERS(1, compositor_id(SURFACE), 0,
						  0, offer),
					  NULL),
			 0);
}

/* Compositors end a drag whose offer is destroyed, and it may be for another window */
static void drags_pass_over_the_guest(void **state)
{
	begin(XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT);
	drag_over_the_window(OFFER);
	/* nor when something is copied, or the guest gets the focus */
	others_copy(NEXT_OFFER);
	assert_int_equal(
		compositor_sends(DATA_DEVICE, "motion", NUMBERS(0), NULL), 0);
	assert_int_equal(
		compositor_sends(DATA_DEVICE, "leave", NUMBERS(0), NULL), 0);
	expect_sent("");
	focus();
	assert_int_equal(compositor_sends(DATA_DEVICE, "selection", NUMBERS(0),
					  NULL),
			 0);
	expect_sent("wl_data_device.selection(0)\n");
	/* they do not pile up at the compositor */
	drag_over_the_window(NEXT_OFFER + 1);
	expect_sent("wl_data_offer.destroy()\n");
	/* its source waits for an answer */
	assert_int_equal(
		compositor_sends(DATA_DEVICE, "drop", NUMBERS(0), NULL), 0);
	expect_sent("wl_data_offer.destroy()\n");
	drag_over_the_window(NEXT_OFFER + 2);
	assert_int_equal(guest_sends(DATA_DEVICE, "release", NUMBERS(0), NULL),
			 0);
	expect_sent("wl_data_offer.destroy()\nwl_data_device.release()\n");
	scene_end();
}

static int copy(void)
{
	return xwl_clipboard_copy(&scene.bridge, XWL_COPY_CLIPBOARD);
}

static void copy_command_before_others_paste(void **state)
{
	begin(XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_ASK);
	assert_int_equal(copy(), -ENODATA);
	focus();
	assert_int_equal(guest_sends(DATA_DEVICE, "set_selection",
				     NUMBERS(DATA_SOURCE, 7), NULL),
			 0);
	expect_sent("");
	lose_focus();
	assert_int_equal(copy(), 0);
	assert_non_null(strstr(scene.sent, "wl_data_device.set_selection("));
	assert_non_null(strstr(scene.sent, ", 7)"));
	/* once */
	assert_int_equal(copy(), -ENODATA);
	scene_end();
}

/* A text that is selected later, or not any more, is another matter */
static void copy_beside_the_primary_selection(void **state)
{
	begin(XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_ASK);
	focus();
	assert_int_equal(guest_sends(PRIMARY_MANAGER, "create_source",
				     NUMBERS(FREE_ID), NULL),
			 0);
	scene_forget();
	assert_int_equal(guest_sends(DATA_DEVICE, "set_selection",
				     NUMBERS(DATA_SOURCE, 7), NULL),
			 0);
	assert_int_equal(guest_sends(PRIMARY_DEVICE, "set_selection",
				     NUMBERS(FREE_ID, 8), NULL),
			 0);
	assert_int_equal(xwl_clipboard_copy(&scene.bridge, XWL_COPY_PRIMARY),
			 0);
	assert_non_null(strstr(
		scene.sent, "zwp_primary_selection_device_v1.set_selection("));
	assert_int_equal(guest_sends(PRIMARY_DEVICE, "set_selection",
				     NUMBERS(0, 9), NULL),
			 0);
	scene_forget();
	assert_int_equal(copy(), 0);
	assert_non_null(strstr(scene.sent, "wl_data_device.set_selection("));
	assert_non_null(strstr(scene.sent, ", 7)"));
	scene_end();
}

static void copy_of_a_source_that_is_gone(void **state)
{
	begin(XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_ASK);
	focus();
	assert_int_equal(guest_sends(DATA_DEVICE, "set_selection",
				     NUMBERS(DATA_SOURCE, 7), NULL),
			 0);
	assert_int_equal(guest_sends(DATA_SOURCE, "destroy", NUMBERS(0), NULL),
			 0);
	assert_int_equal(copy(), -ENODATA);
	scene_end();
}

static void paste_command_before_the_guest_pastes(void **state)
{
	begin(XWL_CLIPBOARD_IN | XWL_CLIPBOARD_OUT | XWL_CLIPBOARD_ASK);
	assert_int_equal(xwl_clipboard_paste(&scene.bridge), -ENODATA);
	others_copy(OFFER);
	/* without focus, nobody sees which window would get it */
	assert_int_equal(xwl_clipboard_paste(&scene.bridge), -ENODATA);
	focus();
	expect_sent("");
	assert_int_equal(xwl_clipboard_paste(&scene.bridge), 0);
	expect_sent(TOLD);
	receive(OFFER, "text/plain");
	assert_non_null(strstr(scene.sent, "transfer"));
	/* not for ever */
	lose_focus();
	focus();
	receive(OFFER, "text/plain");
	expect_sent("");
	/* what is copied later is another matter */
	others_copy(NEXT_OFFER);
	expect_sent("wl_data_device.selection(0)\n");
	scene_end();
}

static void primary_selection_has_the_same_rules(void **state)
{
	begin(XWL_CLIPBOARD_IN);
	assert_int_equal(compositor_sends(PRIMARY_DEVICE, "data_offer",
					  NUMBERS(OFFER), NULL),
			 0);
	assert_int_equal(
		compositor_says(OFFER, "offer", NUMBERS(0), "text/plain"), 0);
	assert_int_equal(compositor_sends(PRIMARY_DEVICE, "selection",
					  NUMBERS(OFFER), NULL),
			 0);
	expect_sent("");
	assert_int_equal(compositor_sends(KEYBOARD, "enter",
					  NUMBERS(1, compositor_id(SURFACE)),
					  NULL),
			 0);
	assert_non_null(strstr(scene.sent,
			       "zwp_primary_selection_offer_v1.offer(\"text"));
	assert_int_equal(guest_sends(PRIMARY_DEVICE, "set_selection",
				     NUMBERS(0, 7), NULL),
			 0);
	assert_null(strstr(scene.sent, "set_selection"));
	scene_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_pastes_with_focus),
		cmocka_unit_test(offers_wait_for_focus),
		cmocka_unit_test(released_keyboard_has_no_focus),
		cmocka_unit_test(types_that_are_not_allowed),
		cmocka_unit_test(types_of_a_source_are_few),
		cmocka_unit_test(long_types_of_a_source),
		cmocka_unit_test(long_types_that_others_offer),
		cmocka_unit_test(types_of_what_nobody_may_paste),
		cmocka_unit_test(pasting_needs_a_socket),
		cmocka_unit_test(offers_the_guest_never_saw_are_destroyed),
		cmocka_unit_test(offers_the_guest_saw_are_its_own),
		cmocka_unit_test(guest_copies_with_focus),
		cmocka_unit_test(others_paste_what_the_guest_copied),
		cmocka_unit_test(nobody_is_asked_for_too_many_contents),
		cmocka_unit_test(one_direction_without_the_other),
		cmocka_unit_test(nothing_is_dragged),
		cmocka_unit_test(drags_pass_over_the_guest),
		cmocka_unit_test(copy_command_before_others_paste),
		cmocka_unit_test(copy_beside_the_primary_selection),
		cmocka_unit_test(copy_of_a_source_that_is_gone),
		cmocka_unit_test(paste_command_before_the_guest_pastes),
		cmocka_unit_test(primary_selection_has_the_same_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
